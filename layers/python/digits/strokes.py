"""Tells the strokes of a digit from what else is ink in a picture: specks, frames, neighbours, ruled lines.

Masks are boolean (height, width), True where there is ink.
"""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

RIM = 0.08  # of the longer side: where a frame runs


def stroke_width(mask: Mask) -> float:
    """Return the mean width of the strokes in pixels: twice the area over the outline's length."""
    padded = np.pad(mask, 1)
    crossings = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(
        padded[:, 1:] != padded[:, :-1]
    )
    outline = crossings * np.pi / 4  # the mean ratio of a curve's length to its pixel steps
    return 2 * float(mask.sum()) / max(outline, 1.0)


def keep_digit(mask: Mask) -> Mask:
    """Return the mask with only the connected strokes that make up the digit.

    The largest stroke that is no frame leads. Specks go, and so do small strokes at the picture's edge that
    stand apart from it. A loose bar of a 5 stays: it is near and large enough.
    """
    labels, count = label(mask)
    if count <= 1:
        return mask
    parts = _Parts(labels, count)
    lines = _is_frame(parts, mask.shape)
    sizes = np.where(lines, 0, parts.area)
    if not sizes.any():
        return mask
    leader = int(sizes.argmax())
    keep = ~lines & (parts.area >= 0.02 * parts.area[leader])
    keep &= ~_is_neighbour(parts, leader, mask.shape)
    keep &= ~_is_stray(parts, leader)
    keep[leader] = True
    return np.concatenate([[False], keep])[labels]


class _Parts:
    """Area, bounds, and area in the rim of each connected stroke, arrays of shape (count,)."""

    def __init__(self, labels: NDArray[np.int64], count: int) -> None:
        ys, xs = np.nonzero(labels)
        which = labels[ys, xs] - 1
        self.area = np.bincount(which, minlength=count)
        height, width = labels.shape
        rim = RIM * max(height, width)
        outer = (ys < rim) | (xs < rim) | (ys >= height - rim) | (xs >= width - rim)
        self.at_rim = np.bincount(which[outer], minlength=count)
        self.top = np.full(count, height)
        self.left = np.full(count, width)
        self.bottom, self.right = np.zeros(count, np.int64), np.zeros(count, np.int64)
        np.minimum.at(self.top, which, ys)
        np.minimum.at(self.left, which, xs)
        np.maximum.at(self.bottom, which, ys + 1)
        np.maximum.at(self.right, which, xs + 1)


def _at_edge(parts: _Parts, shape: tuple[int, ...]) -> Mask:
    height, width = shape
    near = max(1, max(shape) // 56)
    found: Mask = (
        (parts.top < near)
        | (parts.left < near)
        | (parts.bottom > height - near)
        | (parts.right > width - near)
    )
    return found


def _is_frame(parts: _Parts, shape: tuple[int, ...]) -> Mask:
    """Tell which strokes are frames or ruled lines: as long as the picture, thin, and at its edge."""
    height, width = shape
    tall, wide = parts.bottom - parts.top, parts.right - parts.left
    # A ring of a tight crop touches every side as well, but only a frame runs along them.
    frame = (tall > 0.9 * height) & (wide > 0.9 * width) & (parts.at_rim > 0.8 * parts.area)
    ruled = (wide > 0.9 * width) & (tall < 0.12 * height)
    upright = (tall > 0.9 * height) & (wide < 0.12 * width)
    off_middle = np.abs((parts.left + parts.right) / 2 - width / 2) > 0.25 * width
    found: Mask = frame | ruled | (upright & off_middle)
    return found


def _is_neighbour(parts: _Parts, leader: int, shape: tuple[int, ...]) -> Mask:
    """Tell which strokes reach in from the edge, clear of the leader's box and much smaller."""
    gap = _gap(parts, leader)
    side = max(parts.bottom[leader] - parts.top[leader], parts.right[leader] - parts.left[leader])
    found: Mask = _at_edge(parts, shape) & (parts.area < 0.35 * parts.area[leader]) & (gap > 0.04 * side)
    return found


def _is_stray(parts: _Parts, leader: int) -> Mask:
    """Tell which small strokes are too far from the leader to belong to it."""
    side = max(parts.bottom[leader] - parts.top[leader], parts.right[leader] - parts.left[leader])
    found: Mask = (parts.area < 0.15 * parts.area[leader]) & (_gap(parts, leader) > 0.3 * side)
    return found


def _gap(parts: _Parts, leader: int) -> NDArray[np.int64]:
    """Return the distance in pixels between each stroke's box and the leader's; 0 where they overlap."""
    across = np.maximum(parts.left - parts.right[leader], parts.left[leader] - parts.right)
    down = np.maximum(parts.top - parts.bottom[leader], parts.top[leader] - parts.bottom)
    gap: NDArray[np.int64] = np.maximum(np.maximum(across, down), 0)
    return gap


def label(mask: Mask) -> tuple[NDArray[np.int64], int]:
    """Return the 8-connected components: labels 1..count, 0 where there is no ink, and their count.

    Works on horizontal runs, joined by pointer jumping, so that no Python loop goes over pixels.
    """
    height, width = mask.shape
    flat = np.pad(mask, ((0, 0), (1, 1))).ravel()
    steps = np.flatnonzero(flat[1:] != flat[:-1])
    starts, ends = steps[::2] + 1, steps[1::2] + 1  # half-open runs in the padded, flattened picture
    if not starts.size:
        return np.zeros(mask.shape, np.int64), 0
    stride = width + 2
    # A run touches those of the next row that begin by its end and end after its start, diagonals included.
    first = np.searchsorted(ends, starts + stride, side="left")
    last = np.searchsorted(starts, ends + stride, side="right")
    touching = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(starts.size), touching)
    offsets = np.arange(touching.sum()) - np.repeat(np.cumsum(touching) - touching, touching)
    lower = np.repeat(first, touching) + offsets
    roots = _join(starts.size, upper, lower)
    names, runs = np.unique(roots, return_inverse=True)
    painted = np.zeros(height * stride, np.int64)
    painted[np.flatnonzero(flat)] = np.repeat(runs + 1, ends - starts)
    return painted.reshape(height, stride)[:, 1:-1], names.size


def _join(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each of `count` nodes the smallest node that the edges connect it to."""
    roots = np.arange(count)
    while True:
        low = np.minimum(roots[left], roots[right])
        joined = roots.copy()
        np.minimum.at(joined, roots[left], low)
        np.minimum.at(joined, roots[right], low)
        joined = joined[joined]
        if np.array_equal(joined, roots):
            return roots
        roots = joined
