"""A small digit on an empty sheet is found; grain, specks and what reaches in from the rim are none."""

import numpy as np
import pytest

from digits.lone import lone_mark
from digits.look import Look
from digits.normalize import normalize
from digits.raster import Grey
from tests.samples.drawings import draw

SIDE = 400  # pixels of the sheets


def sheet(top: int, left: int, mark: Grey) -> Grey:
    """Return a grained sheet with a mark at a place."""
    grain = np.random.default_rng(3).normal(240, 2, (SIDE, SIDE))
    paper = grain.clip(0, 255).astype(np.uint8)
    paper[top : top + len(mark), left : left + mark.shape[1]] = mark
    return paper


@pytest.mark.parametrize("place", [(20, 30), (200, 190), (350, 360)])
def test_a_small_digit_is_seen_wherever_it_is(place: tuple[int, int]) -> None:
    picture = sheet(*place, draw(5, 24))
    for each in (picture, 255 - picture):
        (seen,) = normalize(each, "always")
        (wanted,) = normalize(draw(5, 24), "always")
        assert (seen * wanted.astype(float)).sum() > 0.8 * np.linalg.norm(seen) * np.linalg.norm(wanted)


def test_a_small_digit_of_a_thin_pen_is_seen() -> None:
    thin = 240 - (255 - draw(5, 24)) // 4
    assert lone_mark(Look.of(sheet(200, 190, thin.astype(np.uint8))).grey, SIDE) is not None


@pytest.mark.parametrize(
    ("top", "left", "mark"),
    [
        (200, 200, np.full((6, 6), 20, np.uint8)),
        (0, 200, np.full((20, 12), 20, np.uint8)),
        (100, 200, np.full((90, 4), 20, np.uint8)),
        (200, 200, np.full((20, 12), 218, np.uint8)),
    ],
    ids=["a speck", "at the rim", "long", "pale"],
)
def test_other_marks_are_no_digits(top: int, left: int, mark: Grey) -> None:
    assert lone_mark(Look.of(sheet(top, left, mark)).grey, SIDE) is None
