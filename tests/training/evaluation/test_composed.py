"""Composed numbers, of digits drawn here."""

from pathlib import Path

import numpy as np
import pytest

from tests.samples.writers import archive
from training.evaluation import composed


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> composed.Writers:
    return composed.Writers(archive(tmp_path_factory.mktemp("writers") / "pen.npz"))


def test_every_length_is_composed_and_every_digit_has_its_box(writers: composed.Writers) -> None:
    found = composed.compose(writers, 40, seed=1)
    assert {len(one.text) for one in found} == set(composed.LENGTHS)
    for one in found:
        assert len(one.boxes) == len(one.text)
        height, width = one.picture.shape
        for x, y, wide, high in one.boxes:
            assert 0 <= x < x + wide <= width
            assert 0 <= y < y + high <= height
            part = one.picture[int(y) : int(y + high), int(x) : int(x + wide)]
            assert int(one.picture.max()) - int(part.min()) > 100


def test_gaps_are_what_they_are_said_to_be(writers: composed.Writers) -> None:
    for one in composed.compose(writers, 40, seed=2):
        boxes = np.array(one.boxes)
        gaps = (boxes[1:, 0] - boxes[:-1, 0] - boxes[:-1, 2]) / boxes[:, 3].mean()
        assert gaps.mean() == pytest.approx(one.gap, abs=0.08)


def test_digits_apart_do_not_touch_and_most_overlapping_ones_do(writers: composed.Writers) -> None:
    assert not any(one.touching for one in composed.compose(writers, 40, 3, (0.2, 0.6)))
    assert np.mean([one.touching for one in composed.compose(writers, 40, 3, (-0.2, -0.15))]) > 0.7


def test_a_number_is_written_by_one_writer(writers: composed.Writers) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        thick, *rest = [composed.pen(digit) for digit in writers.digits("0123456789", rng)]
        assert all((pen > 0.15) == (thick > 0.15) for pen in rest)


def test_the_same_seed_composes_the_same_numbers(tmp_path: Path) -> None:
    path = archive(tmp_path / "pen.npz")
    first, second = (composed.compose(composed.Writers(path), 5, seed=4) for _ in range(2))
    assert [one.text for one in first] == [one.text for one in second]
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(first, second, strict=True))
