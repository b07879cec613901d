"""Which strokes stay: those of the digit. The pictures are masks of 112×112, the size at work."""

import numpy as np
import pytest

from digits.raster import Grey, Mask, histogram
from digits.strokes import faint_strokes, keep_digit, stroke_width

SIDE = 112
Box = tuple[int, int, int, int]  # top, bottom, left, right; the latter of each pair exclusive
BODY: Box = (30, 80, 40, 70)


def ink(*boxes: Box) -> Mask:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    for top, bottom, left, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


def hollow(box: Box, width: int) -> Mask:
    top, bottom, left, right = box
    return ink(box) & ~ink((top + width, bottom - width, left + width, right - width))


@pytest.mark.parametrize("width", [3, 6, 12, 25])
def test_the_width_of_a_straight_stroke_is_measured(width: int) -> None:
    long = np.pad(np.ones((90, width), np.bool_), 5)
    assert stroke_width(long) == pytest.approx(width * 4 / np.pi, rel=0.35)


def test_no_ink_has_no_width() -> None:
    assert stroke_width(ink()) == 0


@pytest.mark.parametrize(
    "dirt",
    [
        pytest.param((10, 12, 90, 92), id="speck"),
        pytest.param((98, 101, 0, 112), id="ruled line"),
        pytest.param((0, 112, 5, 8), id="upright line beside it"),
        pytest.param((20, 40, 104, 112), id="neighbor at the edge"),
        pytest.param((5, 15, 98, 106), id="small stroke far off"),
    ],
)
def test_what_does_not_belong_to_the_digit_goes(dirt: Box) -> None:
    np.testing.assert_array_equal(keep_digit(ink(BODY, dirt)), ink(BODY))


@pytest.mark.parametrize(
    "part",
    [
        pytest.param((20, 26, 60, 84), id="loose bar of a 5"),
        pytest.param((30, 80, 74, 90), id="half of the digit"),
        pytest.param((0, 25, 50, 90), id="large stroke at the edge"),
    ],
)
def test_what_belongs_to_the_digit_stays(part: Box) -> None:
    np.testing.assert_array_equal(keep_digit(ink(BODY, part)), ink(BODY, part))


def test_a_frame_goes_though_it_is_larger_than_the_digit() -> None:
    frame = hollow((2, 110, 2, 110), 5)
    assert frame.sum() > ink(BODY).sum()
    np.testing.assert_array_equal(keep_digit(frame | ink(BODY)), ink(BODY))


def test_a_zero_that_touches_every_side_is_no_frame() -> None:
    zero = hollow((0, 112, 0, 112), 20)
    np.testing.assert_array_equal(keep_digit(zero | ink((50, 52, 50, 52))), zero)


def test_an_upright_line_in_the_middle_may_be_a_one() -> None:
    one = ink((0, 112, 52, 60))
    np.testing.assert_array_equal(keep_digit(one | ink((20, 22, 90, 92))), one)


def test_a_picture_of_lines_alone_keeps_them() -> None:
    lines = ink((20, 23, 0, 112), (90, 93, 0, 112))
    np.testing.assert_array_equal(keep_digit(lines), lines)


def test_a_box_around_the_digit_goes_wherever_it_stands() -> None:
    box = hollow((12, 100, 20, 95), 3)
    np.testing.assert_array_equal(keep_digit(box | ink(BODY)), ink(BODY))


def test_a_ring_around_the_digit_goes() -> None:
    np.testing.assert_array_equal(keep_digit(oval(45, 48) | ink(BODY)), ink(BODY))


def test_a_zero_keeps_the_loose_stroke_inside() -> None:
    zero = oval(50, 32) | ink((40, 75, 52, 58))
    np.testing.assert_array_equal(keep_digit(zero), zero)


def test_a_ring_keeps_a_dot_inside() -> None:
    dotted = oval(45, 45) | ink((50, 60, 50, 60))
    np.testing.assert_array_equal(keep_digit(dotted), dotted)


def oval(high: int, wide: int) -> Mask:
    """Return an oval line, 4 pixels wide, with these half axes about the middle."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    solid: Mask = (y / high) ** 2 + (x / wide) ** 2 < 1
    hole: Mask = (y / (high - 4)) ** 2 + (x / (wide - 4)) ** 2 < 1
    return solid & ~hole


STEM: Box = (20, 90, 50, 58)
BAR: Box = (20, 28, 58, 90)


def depths(*, bar: int, stem: int = 120) -> Grey:
    """Return a 7 mirrored, its bar pressed less, on paper without grain."""
    return (ink(STEM) * stem + ink(BAR) * bar).astype(np.uint8)


def found_beside(depth: Grey, edge: int, noise: int = 2) -> Mask | None:
    """Return the faint ink beside ink that is at least `edge` levels deep."""
    return faint_strokes(depth, histogram(depth), edge, noise)


@pytest.mark.parametrize("bar", [12, 30, 59])
def test_a_faint_bar_goes_on_from_a_sure_stem(bar: int) -> None:
    found = found_beside(depths(bar=bar), 60)
    assert found is not None
    assert np.count_nonzero(found & ink(BAR)) > 0.9 * ink(BAR).sum()
    assert not (found & ~ink(BAR)).any()


def test_ink_as_faint_as_the_grain_is_left_out() -> None:
    assert found_beside(depths(bar=12), 60, noise=8) is None


def test_faint_ink_apart_from_the_digit_is_left_out() -> None:
    apart = (ink(STEM) * 120 + ink((20, 28, 66, 90)) * 40).astype(np.uint8)
    assert found_beside(apart, 60) is None


def test_the_soft_rim_of_a_stroke_is_not_faint_ink() -> None:
    across = np.clip(130 - 28 * np.abs(np.arange(SIDE) - 54), 0, 120)
    soft = np.tile(across, (SIDE, 1)).astype(np.uint8)
    assert found_beside(soft, 61) is None


@pytest.mark.parametrize("step", [8, 14])
def test_the_grid_of_the_paper_is_left_out(step: int) -> None:
    depth = depths(bar=60)
    depth[::step] = np.maximum(depth[::step], 30)
    depth[:, ::step] = np.maximum(depth[:, ::step], 30)
    assert found_beside(depth, 61) is None


def test_a_printed_pattern_under_the_digit_is_left_out() -> None:
    depth = depths(bar=40)
    depth[::6] = np.maximum(depth[::6], 30)
    depth[:, 45:95][::6] = depths(bar=40)[:, 45:95][::6]
    assert found_beside(depth, 60) is None


@pytest.mark.parametrize("lean", [0.7, 1.0, 1.8])
def test_the_slash_in_a_zero_takes_no_ring_off(lean: float) -> None:
    y, x = np.mgrid[-56:56, -56:56]
    ring = np.abs(np.hypot(x / 42, y / 46) - 1) < 0.07
    slash = (np.abs(x + lean * y) < 3) & (np.hypot(x, y) < 26)
    np.testing.assert_array_equal(keep_digit(ring | slash), ring | slash)


@pytest.mark.parametrize("lean", [-0.3, 0.0, 0.3])
def test_a_ring_around_a_one_goes(lean: float) -> None:
    y, x = np.mgrid[-56:56, -56:56]
    ring = np.abs(np.hypot(x, y) / 46 - 1) < 0.07
    one = (np.abs(x + lean * y) < 3) & (np.hypot(x, y) < 26)
    np.testing.assert_array_equal(keep_digit(ring | one), one)
