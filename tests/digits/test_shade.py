"""Dark marks that no pen made are told from ink. Looks are of 112×112, the size at work."""

import numpy as np
import pytest

from digits.normalize import normalize
from digits.raster import Grey, Mask, bounding_box
from digits.shade import is_shade
from training.drawing import sheets
from training.drawing.pen import draw
from training.drawing.strokes import digit, pen_width

SIDE = 112
PAPER = 220
Y, X = np.mgrid[:SIDE, :SIDE]


def found(mask: Mask, ink: int, *, lit: bool = False) -> bool:
    """Return whether a mark of this grey level on even paper is shade."""
    look: Grey = np.where(mask, ink, PAPER).astype(np.uint8)
    return is_shade(look, mask, bounding_box(mask), lit)


def slanted(width: int, slope: float = 0.4) -> Mask:
    """Return a line from the upper rim to the lower one."""
    mask: Mask = np.abs(X - 30 - slope * Y) < width
    return mask


def rod(top: int, *, width: int = 12, bottom: int = SIDE) -> Mask:
    """Return an upright rod with a round tip, down to the lower rim."""
    mask: Mask = (np.hypot(X - 50, np.minimum(Y - top - width, 0)) < width) & (bottom > Y)
    return mask


def test_a_shallow_line_from_rim_to_rim_is_a_fold() -> None:
    assert found(slanted(2), 180)


def test_a_line_from_rim_to_rim_as_dark_as_ink_may_be_a_one() -> None:
    assert not found(slanted(2), 60)


def test_a_shallow_one_that_its_crop_was_cut_around_stays() -> None:
    one = slanted(5, slope=0.6)
    _, _, left, right = bounding_box(one)
    assert not found(one[:, left:right], 180)


def test_a_rod_that_reaches_in_from_one_rim_is_a_finger() -> None:
    assert found(rod(60), 60)


@pytest.mark.parametrize(("top", "bottom"), [(60, 105), (10, SIDE)])
def test_a_one_apart_from_the_rim_or_as_tall_as_the_crop_stays(top: int, bottom: int) -> None:
    assert not found(rod(top, bottom=bottom), 60)


def test_a_band_along_a_rim_is_what_lies_beyond_the_paper() -> None:
    assert found(X < 20, 40)


def test_an_edge_between_light_and_shade_is_no_stroke_where_light_was_uneven() -> None:
    edge = np.abs(X - 50) < 4
    look = np.where(X < 54, 80, PAPER).astype(np.uint8)
    assert is_shade(look, edge, bounding_box(edge), True)
    assert not found(edge & (Y > 20) & (Y < 90), 80, lit=True)


@pytest.mark.parametrize(("kind", "least"), [("ramp", 0.9), ("fold", 0.4), ("torn", 0.7)])
def test_most_sheets_leave_no_picture(kind: str, least: float) -> None:
    rng = np.random.default_rng(0)
    empty = [not normalize(sheets.render(sheets.KINDS[kind], rng)).any() for _ in range(100)]
    assert np.mean(empty) > least


def test_digits_that_fill_their_crop_stay() -> None:
    rng = np.random.default_rng(1)
    for label in range(10):
        written = digit(label, rng)
        drawn = draw(written, rng, 100, pen_width(written, rng))
        rows, columns = drawn.max(axis=1) > 64, drawn.max(axis=0) > 64
        assert normalize(255 - drawn[np.ix_(rows, columns)]).any()
