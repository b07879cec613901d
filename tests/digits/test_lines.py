"""Lines of forms go, digits stay; masks of 112×112, the size at work."""

import numpy as np
import pytest

from digits.lines import without_lines
from digits.raster import Grey, Mask
from training.drawing import strokes
from training.drawing.pen import draw

SIDE = 112
Segment = tuple[int, int, int, int]  # top, bottom, left, right; the latter of each pair exclusive


def digit(label: int, size: int = 72) -> Mask:
    rng = np.random.default_rng(13)
    drawn = draw(strokes.digit(label, rng), rng, size=size, width=0.08) > 127
    before = (SIDE - size) // 2
    return np.pad(drawn, (before, SIDE - size - before))


def lines(*segments: Segment) -> Mask:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    for top, bottom, left, right in segments:
        mask[top:bottom, left:right] = True
    return mask


def box(inset: int) -> Mask:
    low, high = inset, SIDE - inset
    return lines(
        (low, low + 2, low, high),
        (high - 2, high, low, high),
        (low, high, low, low + 2),
        (low, high, high - 2, high),
    )


def inked(mask: Mask, level: int = 45) -> Grey:
    return np.where(mask, level, 235).astype(np.uint8)


CORNER = lines((100, 102, 0, SIDE), (0, SIDE, 8, 10))
COMB = lines((100, 102, 8, 104), (70, 102, 8, 10), (70, 102, 102, 104))
RULES = lines((30, 32, 0, SIDE), (60, 62, 0, SIDE), (90, 92, 0, SIDE))
SLOPE = np.abs(np.arange(SIDE)[:, np.newaxis] - 90 - np.arange(SIDE) * 0.03) < 1.5


@pytest.mark.parametrize("label", range(10))
@pytest.mark.parametrize(
    "around", [CORNER, COMB, RULES, SLOPE, box(16)], ids=["corner", "comb", "rules", "slope", "box"]
)
def test_lines_go_and_the_digit_stays(label: int, around: Mask) -> None:
    drawn = digit(label)
    found = without_lines(drawn | around, inked(drawn | around))
    assert found is not None
    assert np.count_nonzero(found & around & ~drawn) <= 0.15 * np.count_nonzero(around)
    assert np.count_nonzero(found & drawn) >= 0.9 * np.count_nonzero(drawn)


@pytest.mark.parametrize("label", range(10))
def test_a_digit_that_overshoots_its_box_stays_whole(label: int) -> None:
    drawn = digit(label, 92)
    found = without_lines(drawn | box(20), inked(drawn | box(20)))
    assert found is not None
    assert np.count_nonzero(found & drawn) >= 0.85 * np.count_nonzero(drawn)


@pytest.mark.parametrize("label", range(10))
@pytest.mark.parametrize("inset", [14, 22])
def test_darker_ink_that_runs_into_lines_stays_whole(label: int, inset: int) -> None:
    drawn = digit(label, 92)
    printed = inked(box(inset), 120)
    found = without_lines(drawn | box(inset), np.minimum(printed, inked(drawn)))
    assert found is not None
    assert np.count_nonzero(found & drawn) >= 0.99 * np.count_nonzero(drawn)
    assert np.count_nonzero(found & ~drawn) <= 0.15 * np.count_nonzero(box(inset))


def test_a_line_goes_as_far_as_its_slope_carries_it() -> None:
    drawn = digit(2)
    found = without_lines(drawn | SLOPE, inked(drawn | SLOPE))
    assert found is not None
    assert not (found & SLOPE)[:, :16].any()
    assert not (found & SLOPE)[:, -16:].any()


def test_a_slanted_stem_is_no_line() -> None:
    stem = np.abs(np.arange(SIDE) - 66 + 0.08 * np.arange(SIDE)[:, np.newaxis]) < 3.5
    stem[:12] = stem[90:] = False
    found = without_lines(stem | CORNER, inked(stem | CORNER))
    assert found is not None
    assert np.count_nonzero(found & stem) >= 0.95 * np.count_nonzero(stem)


@pytest.mark.parametrize("label", range(10))
@pytest.mark.parametrize("size", [60, 84, 112])
def test_a_digits_own_bars_are_no_lines(label: int, size: int) -> None:
    assert without_lines(digit(label, size), inked(digit(label, size))) is None


@pytest.mark.parametrize("around", [CORNER, COMB, RULES, box(16)], ids=["corner", "comb", "rules", "box"])
def test_lines_alone_are_left_as_they_are(around: Mask) -> None:
    assert without_lines(around, inked(around)) is None


def test_nothing_has_no_lines() -> None:
    assert without_lines(lines(), inked(lines())) is None
