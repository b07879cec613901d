import numpy as np
import pytest

from digits.detect import DIGITS, decode
from training.reader import targets
from training.reader.network import CHANNELS

BOXES = np.array([[4, 6, 18, 40], [30, 10, 6, 30], [60, 20, 40, 24], [110.5, 3.25, 14, 22]], np.float32)
LABELS = np.array([3, 1, 0, 8], np.int64)


def perfect_maps(target: np.ndarray) -> np.ndarray:
    """Return the maps of a network that has learned the target by heart."""
    heat = np.clip(target[..., :DIGITS], 1e-4, 1 - 1e-4)
    return np.concatenate([np.log(heat / (1 - heat)), target[..., DIGITS : DIGITS + 4]], axis=-1)


def test_boxes_drawn_as_maps_are_decoded_as_the_same_boxes() -> None:
    maps = perfect_maps(targets.draw(BOXES, LABELS, 64, 128))
    assert maps.shape == (16, 32, CHANNELS)
    boxes, scores = decode(maps, 0.5)
    order = np.argsort(boxes[:, 0])
    assert scores[order].argmax(axis=1).tolist() == LABELS.tolist()
    assert np.allclose(boxes[order], BOXES, atol=0.01)


@pytest.mark.parametrize("gap", [-3, 0, 4])
def test_digits_that_touch_keep_a_peak_each(gap: int) -> None:
    boxes = np.array([[10 + number * (20 + gap), 8, 20, 36] for number in range(4)], np.float32)
    found, _ = decode(perfect_maps(targets.draw(boxes, np.array([7, 7, 7, 7]), 64, 128)), 0.5)
    assert len(found) == 4


def test_a_digit_cut_off_or_too_small_is_neither_sought_nor_wrong() -> None:
    boxes = np.array([[0, 0, 12, 20], [40, 8, 5, 7]], np.float32)
    target = targets.draw(boxes, np.array([-1, 4]), 64, 128)
    assert not target[..., :DIGITS].any()
    assert not target[1, 1, -1]
    assert not target[2, 10, -1]
    assert target[12, 25, -1] == 1


def test_the_loss_is_least_where_the_maps_are_right_and_ignores_what_does_not_count() -> None:
    target = targets.draw(BOXES, LABELS, 64, 128)[None]
    right = perfect_maps(target).astype(np.float32)
    loss = targets.loss(1.0)
    wrong = right.copy()
    wrong[..., :DIGITS] = np.roll(wrong[..., :DIGITS], 1, axis=-1)
    shifted = right.copy()
    shifted[..., DIGITS:] += 0.5
    least = float(loss(target, right))
    assert least < 0.1
    assert float(loss(target, wrong)) > least + 1
    assert float(loss(target, shifted)) > least + 0.1
    target[..., -1] = 0
    target[..., -2] = 0
    assert float(loss(target, wrong)) == pytest.approx(0, abs=1e-6)
