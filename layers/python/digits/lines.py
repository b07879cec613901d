"""Straight lines of forms, cells and ruled paper, found in a mask of ink and taken out of it.

Masks are boolean (height, width), True where there is ink. A line runs along rows or columns, with a slope of
three degrees at most. Tones tell a line fainter than the pen's ink from it, elsewhere what goes on beyond it.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.raster import Components, Grey, Mask, dilate, erode, histogram, quantile

LONG = 0.55  # of the side that it runs along: a line covers at least that; a box with a margin of a fifth 0.6
THICK = 0.06  # of the longer side: lines are thinner; so are many pens, but they run straight for less long
BEYOND = 0.04  # of the longer side: a line goes on so far beyond both ends of the digit; a 7's bar does not
DIGIT = 0.25  # of the longer side: what is left must be that long, or else the lines were the digit
OWN = 0.75  # of a line's columns: as many may lie under the pen's ink, so that the rest has the line's tone
FAINTER = 0.8  # of the depth of other ink: lines that are that faint are not the pen's
CORE = 3  # pixels, window: the darkest of a stroke is as near
SLOPE = 0.05  # rows to a column: steeper ink is a stroke of the digit
PAST = 0.12  # of a line's length: it goes on that far where it crosses another
WAVE = 0.8  # pixels, deviation from a straight course: a pen's strokes bend more
SWAY = 2  # pixels: so far from its rows a line's slope carries it
ALONE = 0.2  # of a line's columns: in fewer no other ink is near, and its course is not known
CROSS = 3.0  # times a line's thickness: a stroke that crosses it enters and leaves no farther apart
HIDDEN = 0.12  # of the longer side: a curve that runs into a line leaves it no farther apart
GOES_ON = 2  # pixels of ink beyond a line: a stroke crosses it or begins there
REACH = 3  # pixels: lines whose ends come so close to each other join

Box = tuple[int, int, int, int]  # top, bottom, left, right; bottom and right are exclusive


class _Line(NamedTuple):
    """A line along the rows: the box that it takes, and its course."""

    top: int
    bottom: int  # exclusive
    left: int
    right: int  # exclusive
    start: float  # the row that it begins at in its first column
    slope: float  # rows down to each column
    thick: int  # rows that it takes in each column, with its rim

    def pixels(self, height: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return its rows (thick, n) in each of its columns (n,), in a mask of so many rows."""
        columns = np.arange(self.right - self.left)
        first = np.rint(self.start + self.slope * columns).astype(np.int64)
        return (first + np.arange(self.thick)[:, np.newaxis]).clip(0, height - 1), columns + self.left


def without_lines(mask: Mask, grey: Grey) -> Mask | None:
    """Return the mask without the lines that run along a digit; None where there are none.

    `grey` has the ink's tones, dark on evenly lit paper. Where a stroke crosses a line, the crossing stays.
    """
    rows, columns = _lines(mask), _lines(mask.T)
    if not rows and not columns:
        return None
    rest = _erase(mask, rows, columns)
    body = _largest(rest)
    if body is None:
        return None
    tones = _Tones(grey, mask, rest)
    rows, columns = _around(body, tones, rows, columns)
    if not rows and not columns:
        return None
    rest = _erase(mask, rows, columns, tones)
    return _drop_rests(rest, mask & ~rest)


def _lines(mask: Mask) -> list[_Line]:
    """Return the lines along the rows: rows that are mostly ink, few of them one above the other."""
    height, width = mask.shape
    least = LONG * width
    if 3 * int(_row_sums(mask).max()) < least:  # three rows together do not hold so much
        return []
    # A slope carries a line over to the next row: each row is looked at with its neighbors.
    tall = mask.copy(order="K")  # columns come transposed
    tall[1:] |= mask[:-1]
    tall[:-1] |= mask[1:]
    (full,) = (_row_sums(tall) >= least).nonzero()
    if not full.size:
        return []
    groups = np.split(full, np.flatnonzero(np.diff(full) > 1) + 1)
    thickest = max(2, THICK * max(height, width)) + 2  # the neighbors add a row on either side
    found = (_line(mask, tall, group) for group in groups if group.size <= thickest)
    return [line for line in found if line is not None]


def _row_sums(mask: Mask) -> NDArray[np.unsignedinteger]:
    """Return the pixels that each row has."""
    # Sums of bytes take a fraction of the time; they have to fit in one.
    kind = np.uint8 if mask.shape[1] < 256 else np.uint16
    sums: NDArray[np.unsignedinteger] = np.add.reduce(mask.view(np.uint8), axis=1, dtype=kind)
    return sums


def _line(mask: Mask, tall: Mask, rows: NDArray[np.int64]) -> _Line | None:
    """Return the line along rows of a mask; None where what is there is no straight line."""
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(tall[top:bottom].any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    before, after = max(0, top - SWAY), min(len(mask), bottom + SWAY)
    around = mask[before:after, left:right]
    counts = around.sum(axis=0)
    alone = (counts > 0) & ~(around[0] & (before > 0)) & ~(around[-1] & (after < len(mask)))
    if np.count_nonzero(alone) < max(3, ALONE * (right - left)):
        return _Line(top, bottom, left, right, top, 0.0, bottom - top)
    middles = (np.arange(before, after) @ around)[alone] / counts[alone]
    places = np.flatnonzero(alone)
    away = places - places.mean()
    slope = float(away @ middles / (away @ away))
    if abs(slope) > SLOPE or (middles - slope * away).std() > WAVE:
        return None
    start = float(middles.mean() - slope * places.mean())
    thick = int(np.partition(counts[alone], len(places) // 2)[len(places) // 2]) + 2  # with its rim
    return _Line(top, bottom, left, right, start - (thick - 1) / 2, slope, thick)


def _around(
    body: Box, tones: "_Tones", rows: list[_Line], columns: list[_Line]
) -> tuple[list[_Line], list[_Line]]:
    """Return the lines that are longer than the digit, and those that make corners with others."""
    beyond = BEYOND * max(tones.grey.shape)
    (top, bottom), (left, right) = body[:2], body[2:]
    long_rows = [line for line in rows if line.left < left - beyond and line.right > right + beyond]
    long_columns = [line for line in columns if line.left < top - beyond and line.right > bottom + beyond]
    row_sides = _sides(rows, (top, bottom), columns, long_columns)
    column_sides = _sides(columns, (left, right), rows, long_rows)
    return (
        long_rows + [line for line, sure in row_sides if sure or tones.is_faint(line, upright=False)],
        long_columns + [line for line, sure in column_sides if sure or tones.is_faint(line, upright=True)],
    )


def _sides(
    lines: list[_Line], digit: tuple[int, int], across: list[_Line], long: list[_Line]
) -> list[tuple[_Line, bool]]:
    """Return the outer lines that end on lines across them, and whether they surely are sides of a box.

    Lines between the outer ones are the digit's bars, and what ends on a single line may be one.
    """
    sides = []
    for line in lines[:1] + lines[1:][-1:]:
        past = PAST * (line.right - line.left)
        ends = (line.left, line.left + past), (line.right - past, line.right)
        met = [[other for other in across if _lies_on(end, other)] for end in ends]
        is_clear = line.bottom + GOES_ON < digit[0] or line.top - GOES_ON > digit[1]
        on_long = any(other in long for others in met for other in others)
        if any(met):
            sides.append((line, all(met) or (is_clear and on_long)))
    return sides


def _lies_on(end: tuple[float, float], other: _Line) -> bool:
    return other.top - REACH <= end[1] and end[0] <= other.bottom + REACH


class _Tones:
    """Levels of a look with dark ink, measured when first asked for: most straight bars are a digit's."""

    def __init__(self, grey: Grey, mask: Mask, strokes: Mask) -> None:
        """Take a look, its ink, and the ink that is surely the pen's."""
        self.grey, self._mask, self._strokes = grey, mask, strokes

    @cached_property
    def core(self) -> Grey:
        """The darkest level near each pixel: on a stroke, that of its middle."""
        return erode(self.grey, CORE)

    @cached_property
    def paper(self) -> int:
        """The level of the paper."""
        return quantile(histogram(self.grey[~self._mask]), 0.5)

    @cached_property
    def pen(self) -> int:
        """The level of the pen's ink."""
        return quantile(histogram(self.core[self._strokes]), 0.5)

    def is_faint(self, line: _Line, *, upright: bool) -> bool:
        """Return whether a line is fainter than the pen's ink."""
        return self.darker(line, upright=upright) is not None

    def darker(self, line: _Line, *, upright: bool) -> Mask | None:
        """Return what is darker than a line on it; None where the line is about as dark as the pen."""
        grey, core = (self.grey.T, self.core.T) if upright else (self.grey, self.core)
        rows, columns = line.pixels(len(grey))
        own = quantile(histogram(core[rows[len(rows) // 2], columns]), OWN)
        if self.paper - own > FAINTER * (self.paper - self.pen):
            return None
        found: Mask = grey[rows, columns] <= (own + self.pen) // 2
        return found


def _erase(mask: Mask, rows: list[_Line], columns: list[_Line], tones: _Tones | None = None) -> Mask:
    rest = mask.copy()
    for line in rows:
        _erase_rows(rest, mask, line, None if tones is None else tones.darker(line, upright=False))
    for line in columns:
        _erase_rows(rest.T, mask.T, line, None if tones is None else tones.darker(line, upright=True))
    return rest


def _erase_rows(rest: Mask, mask: Mask, line: _Line, keep: Mask | None) -> None:
    """Clear a line from `rest`, but not what is to be kept of it.

    Where that is not known, what stays is where the digit's ink crosses it, begins at it or runs into it.
    """
    rows, columns = line.pixels(len(mask))
    if keep is None:
        above, below = _beside(mask, rows[0] - GOES_ON, columns), _beside(mask, rows[-1] + 1, columns)
        keep = above | below
        _bridge(keep, above, below, CROSS * line.thick, HIDDEN * max(mask.shape))
    rest[rows, columns] &= keep


def _beside(mask: Mask, tops: NDArray[np.int64], columns: NDArray[np.int64]) -> Mask:
    """Return in which columns there is ink in all GOES_ON rows from those on."""
    rows = tops + np.arange(GOES_ON)[:, np.newaxis]
    inside = (rows >= 0) & (rows < len(mask))
    found: Mask = (mask[rows.clip(0, len(mask) - 1), columns] & inside).all(axis=0)
    return found


def _bridge(keep: Mask, above: Mask, below: Mask, cross: float, hidden: float) -> None:
    """Join what a line's ink hides of a stroke: between ink on both sides of it, or on the same one."""
    (kept,) = keep.nonzero()
    (last,) = (np.diff(kept) > 1).nonzero()  # before each gap
    for start, stop in zip(kept[last], kept[last + 1], strict=True):
        opposite = (above[start] and below[stop]) or (below[start] and above[stop])
        if stop - start - 1 <= (cross if opposite else hidden):
            keep[start:stop] = True


def _largest(rest: Mask) -> Box | None:
    """Return the box of the largest stroke that is long enough for a digit."""
    found = Components(rest)
    if not found.count:
        return None
    largest = found.areas().argmax()
    top, bottom, left, right = (int(side[largest]) for side in found.boxes())
    longer = max(bottom - top, right - left)
    return (top, bottom, left, right) if longer >= DIGIT * max(rest.shape) else None


def _drop_rests(rest: Mask, erased: Mask) -> Mask:
    """Return what is left without the straight pieces that hung on the lines: teeth of a comb, corners."""
    found = Components(rest)
    top, bottom, left, right = found.boxes()
    is_thin = np.minimum(bottom - top, right - left) <= max(2, THICK * max(rest.shape))
    if not is_thin.any():
        return rest
    labels = found.paint(np.arange(1, found.count + 1, dtype=np.int32))
    touching = np.bincount(labels[dilate(erased.view(np.uint8), 3) > 0], minlength=found.count + 1)[1:] > 0
    loose = is_thin & touching
    if loose.all():
        loose[-1] = False  # the last piece is all that is left of the digit
    return found.paint(~loose)
