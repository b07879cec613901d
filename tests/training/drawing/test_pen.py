"""The pen draws what it is given, for the same seed in the same way."""

import numpy as np
import pytest

from training.drawing import pen

DIAGONAL = [np.array([[0.0, 0.0], [1.0, 1.0]])]


@pytest.mark.parametrize("size", [40, 80, 96])
@pytest.mark.parametrize("width", [0.02, 0.08, 0.22])
def test_picture_has_the_size_asked_for_and_keeps_the_ink_off_its_border(size: int, width: float) -> None:
    for seed in range(20):
        picture = pen.draw(DIAGONAL, np.random.default_rng(seed), size, width)
        assert picture.shape == (size, size)
        assert picture.dtype == np.uint8
        assert picture.max() > 60
        assert not np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).any()


def test_same_seed_same_picture_other_seed_other_picture() -> None:
    first, again, other = (pen.draw(DIAGONAL, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_wider_pen_leaves_more_ink() -> None:
    def ink(width: float) -> float:
        return float(
            np.mean([pen.draw(DIAGONAL, np.random.default_rng(s), 80, width).mean() for s in range(30)])
        )

    assert ink(0.03) < ink(0.08) < ink(0.2)


def test_ink_follows_the_stroke() -> None:
    level = [np.array([[0.0, 0.5], [1.0, 0.5]])]
    picture = pen.draw(level, np.random.default_rng(0), 80, 0.1)
    rows = np.flatnonzero(picture.any(axis=1))
    assert 30 < rows.min() < rows.max() < 50
    assert np.ptp(np.flatnonzero(picture.any(axis=0))) > 60


def test_along_spaces_points_evenly_and_keeps_the_ends() -> None:
    path = pen.along(np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]]), 0.5)
    np.testing.assert_allclose(path[[0, -1]], [[0, 0], [3, 1]])
    np.testing.assert_allclose(np.hypot(*np.diff(path, axis=0).T), 0.5)


def test_a_dot_is_drawn() -> None:
    assert pen.draw([np.full((2, 2), 0.5)], np.random.default_rng(0), 80, 0.1).any()


def test_pressure_shows_in_the_width_of_a_stroke() -> None:
    level = [np.array([[0.0, 0.5], [1.0, 0.5]])]
    spreads = []
    for seed in range(60):
        picture = pen.draw(level, np.random.default_rng(seed), 96, 0.12)
        widths = (picture > 40).sum(axis=0)[20:-20]
        spreads.append(int(np.ptp(widths)))
    assert sum(spread >= 3 for spread in spreads) > 4
    assert sum(spread <= 1 for spread in spreads) > 20
