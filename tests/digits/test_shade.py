"""Dark marks that no pen made are told from ink. Looks are of 112×112, the size at work."""

import numpy as np
import pytest

from digits.normalize import normalize
from digits.raster import Grey, Mask, bounding_box
from digits.shade import is_shade, is_soft
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


def spot(edge: float) -> tuple[Grey, Mask]:
    """Return an upright dark ellipse that fades into the paper within so many pixels, and its mask."""
    far = np.hypot((Y - 56) / 2, X - 56) - 14
    look = (PAPER - 120 / (1 + np.exp(far / edge))).astype(np.uint8)
    mask: Mask = look < PAPER - 60
    return look, mask


def test_the_dark_of_a_vignette_has_no_edge() -> None:
    assert is_soft(*spot(8))


@pytest.mark.parametrize("edge", [0.2, 1])
def test_a_pens_blot_has_an_edge_even_out_of_focus(edge: float) -> None:
    assert not is_soft(*spot(edge))


def test_a_thin_stroke_is_never_soft() -> None:
    mask = slanted(2)
    look: Grey = np.where(mask, 60, PAPER).astype(np.uint8)
    assert not is_soft(look, mask)


def test_a_shallow_line_from_corner_to_corner_is_a_fold() -> None:
    assert found(slanted(2, slope=1) & (X < SIDE), 180)
