"""Straight lines of forms, cells and ruled paper, found in a mask of ink and taken out of it.

Masks are boolean (height, width), True where there is ink. A line runs along rows or columns, with a slope of
two degrees at most.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.raster import Components, Mask, dilate

LONG = 0.55  # of the side that it runs along: a line covers at least that; a box with a margin of a fifth 0.6
THICK = 0.06  # of the longer side: lines are thinner; so are many pens, but they run straight for less long
BEYOND = 0.04  # of the longer side: a line goes on so far beyond both ends of the digit; a 7's bar does not
DIGIT = 0.25  # of the longer side: what is left must be that long, or else the lines were the digit
GOES_ON = 2  # pixels of ink beyond a line: a stroke crosses it or begins there
REACH = 3  # pixels: lines whose ends come so close to each other join


class _Line(NamedTuple):
    """Rows `top` to `bottom` and columns `left` to `right` that a line takes; the latter are exclusive."""

    top: int
    bottom: int
    left: int
    right: int


def without_lines(mask: Mask) -> Mask | None:
    """Return the mask without the lines that run along a digit; None where there are none.

    Where a stroke crosses a line, the crossing stays.
    """
    rows, columns = _lines(mask), _lines(mask.T)
    if not rows and not columns:
        return None
    body = _largest(_erase(mask, rows, columns))
    if body is None:
        return None
    rows, columns = _around(body, rows, columns, BEYOND * max(mask.shape))
    if not rows and not columns:
        return None
    rest = _erase(mask, rows, columns)
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
    return [_line(tall, group) for group in groups if group.size <= thickest]


def _row_sums(mask: Mask) -> NDArray[np.unsignedinteger]:
    """Return the pixels that each row has."""
    # Sums of bytes take a fraction of the time; they have to fit in one.
    kind = np.uint8 if mask.shape[1] < 256 else np.uint16
    sums: NDArray[np.unsignedinteger] = np.add.reduce(mask.view(np.uint8), axis=1, dtype=kind)
    return sums


def _line(tall: Mask, rows: NDArray[np.int64]) -> _Line:
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(tall[top:bottom].any(axis=0))
    return _Line(top, bottom, int(columns[0]), int(columns[-1]) + 1)


def _around(
    body: _Line, rows: list[_Line], columns: list[_Line], beyond: float
) -> tuple[list[_Line], list[_Line]]:
    """Return the lines that are longer than the digit, and those that make corners with others."""
    top, bottom, left, right = body
    long_rows = [line for line in rows if line.left < left - beyond and line.right > right + beyond]
    long_columns = [line for line in columns if line.left < top - beyond and line.right > bottom + beyond]
    return (
        long_rows
        + [line for line in rows if line not in long_rows and _is_side(line, columns, long_columns)],
        long_columns
        + [line for line in columns if line not in long_columns and _is_side(line, rows, long_rows)],
    )


def _is_side(line: _Line, across: list[_Line], long: list[_Line]) -> bool:
    """Return whether a line is a side of a box or comb: ends on lines across it, or one on a long line."""
    ends = line.left, line.right
    return all(any(_lies_on(end, other) for other in across) for end in ends) or any(
        _lies_on(end, other) for other in long for end in ends
    )


def _lies_on(end: int, other: _Line) -> bool:
    return other.top - REACH <= end <= other.bottom + REACH


def _erase(mask: Mask, rows: list[_Line], columns: list[_Line]) -> Mask:
    rest = mask.copy()
    for line in rows:
        _erase_rows(rest, mask, line)
    for line in columns:
        _erase_rows(rest.T, mask.T, line)
    return rest


def _erase_rows(rest: Mask, mask: Mask, line: _Line) -> None:
    """Clear a line from `rest`, but not in the columns where ink goes on above or below it."""
    above = np.logical_and.reduce(mask[max(0, line.top - GOES_ON) : line.top])
    below = np.logical_and.reduce(mask[line.bottom : line.bottom + GOES_ON])
    # Where no row is above or below, the empty conjunction is true.
    goes_on = (above & (line.top > 0)) | (below & (line.bottom < len(mask)))
    rest[line.top : line.bottom, ~goes_on] = False


def _largest(rest: Mask) -> _Line | None:
    """Return the box of the largest stroke that is long enough for a digit."""
    found = Components(rest)
    if not found.count:
        return None
    largest = found.areas().argmax()
    box = _Line(*(int(side[largest]) for side in found.boxes()))
    longer = max(box.bottom - box.top, box.right - box.left)
    return box if longer >= DIGIT * max(rest.shape) else None


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
