"""The surroundings of a digit: they add ink, change none of its own, and follow the seed."""

import numpy as np
import pytest

from training.drawing import strokes, surroundings

EVERY = [surround for _, surround in surroundings.KINDS.values()]
EVERY += [surroundings.ring, surroundings.clear_box, surroundings.tight_box]


@pytest.mark.parametrize("surround", EVERY, ids=lambda surround: surround.__name__)
def test_a_surrounding_adds_ink_and_keeps_the_digits(surround: surroundings.Surrounding) -> None:
    added = 0
    for seed in range(10):
        drawing = strokes.render(seed, np.random.default_rng(seed))
        first, again = (surroundings.draw(drawing, surround, np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(first, again)
        strong = int((drawing > 128).sum())
        assert int((first > 128).sum()) >= strong
        added += int((first > 64).sum()) > int((drawing > 64).sum())
    assert added >= 5


def test_the_lines_of_a_clear_box_stand_off_the_digit() -> None:
    for seed in range(10):
        drawing = strokes.ruled_one(np.random.default_rng(seed), 80)
        boxed = surroundings.draw(drawing, surroundings.clear_box, np.random.default_rng(seed))
        rows = np.flatnonzero(drawing.max(axis=1) > 64)
        assert boxed.shape[0] > 1.1 * (np.ptp(rows) + 1)
        assert (boxed[:6].max() > 32) & (boxed[-6:].max() > 32)


def test_an_empty_drawing_gets_lines_all_the_same() -> None:
    assert surroundings.surround(np.zeros((64, 64), np.uint8), np.random.default_rng(1)).ndim == 2


def test_every_kind_comes_up() -> None:
    drawing = strokes.render(3, np.random.default_rng(0))
    shapes = {surroundings.surround(drawing, np.random.default_rng(seed)).shape for seed in range(40)}
    assert len(shapes) > 20


@pytest.mark.parametrize("label", range(10))
def test_a_digit_cut_out_of_a_row_keeps_its_ink_and_its_box(label: int) -> None:
    drawing = strokes.render(label, np.random.default_rng(label))
    rows, columns = np.flatnonzero(drawing.max(axis=1) > 64), np.flatnonzero(drawing.max(axis=0) > 64)
    cut = surroundings.crowd(drawing, np.random.default_rng(label))
    side = max(np.ptp(rows), np.ptp(columns)) + 1
    assert (np.array(cut.shape) <= (np.ptp(rows) + 1 + 0.1 * side, np.ptp(columns) + 1 + 0.1 * side)).all()
    assert (cut > 128).sum() >= (drawing > 128).sum()
