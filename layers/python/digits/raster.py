"""Operations on pixel arrays: quantiles, Otsu's threshold, dilation, erosion, connected components.

Grey arrays are uint8 (height, width); masks are boolean of that shape. SciPy has most of them, and is the
judge in the tests, but its import would delay a cold start more than NumPy's does.
"""

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]  # (256,): pixels of each level

LEVELS = np.arange(256)


def histogram(grey: Grey) -> Counts:
    """Return how many pixels have each level."""
    return np.bincount(grey.ravel(), minlength=256)


def otsu(counts: Counts) -> int:
    """Return the level that splits a histogram into the two classes farthest apart (Otsu, 1979)."""
    below = np.cumsum(counts)
    total = np.cumsum(counts * LEVELS)
    above = below[-1] - below
    gap = total[-1] / below[-1] * below - total
    return int((gap * gap / np.maximum(below * above, 1)).argmax())


def quantile(counts: Counts, share: float) -> int:
    """Return the lowest level that at least this share of a histogram's pixels does not exceed."""
    below = np.cumsum(counts)
    return int(np.searchsorted(below, share * below[-1]))


def dilate(values: Grey, size: int) -> Grey:
    """Return the maximum over a `size`×`size` window (odd), 0 outside, in a logarithmic number of passes."""
    half = size // 2
    wide = np.zeros((values.shape[0] + 2 * half, values.shape[1] + 2 * half), np.uint8)
    wide[half:-half, half:-half] = values
    reach = 1
    while reach < size:
        step = min(reach, size - reach)
        wide = np.maximum(wide[:-step], wide[step:])
        wide = np.maximum(wide[:, :-step], wide[:, step:])
        reach += step
    return wide


def erode(values: Grey, size: int) -> Grey:
    """Return the minimum over a `size`×`size` window (odd), 0 outside."""
    half = size // 2
    height, width = values.shape
    wide = np.full((height + 2 * half, width + 2 * half), 255, np.uint8)
    wide[half:-half, half:-half] -= values
    return 255 - dilate(wide, size)[half:-half, half:-half]


def bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    """Return top, bottom, left, right of the pixels that are set; bottom and right are exclusive.

    Raises ValueError where none is.
    """
    # Bytes are searched at once, and need no reduction to rows.
    pixels, columns, width = mask.tobytes(), mask.any(axis=0).tobytes(), mask.shape[1]
    top, bottom = pixels.index(1) // width, pixels.rindex(1) // width + 1
    return top, bottom, columns.index(1), columns.rindex(1) + 1


def label(mask: Mask) -> tuple[NDArray[np.int64], int]:
    """Return the 8-connected components: labels 1..count in the order of their first pixels, and their count.

    Works on horizontal runs, so that no Python loop goes over pixels.
    """
    height, width = mask.shape
    padded = np.zeros((height, width + 2), np.bool_)
    padded[:, 1:-1] = mask
    flat = padded.ravel()
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
    roots = np.array(_join(starts.size, upper, lower))
    firsts = roots == np.arange(starts.size)
    runs = np.cumsum(firsts)[roots]
    painted = np.zeros(height * stride, np.int64)
    painted[np.flatnonzero(flat)] = np.repeat(runs, ends - starts)
    return painted.reshape(height, stride)[:, 1:-1], int(np.count_nonzero(firsts))


def _join(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> list[int]:
    """Return for each of `count` nodes the smallest node that the edges connect it to."""
    parents = list(range(count))
    for low, high in zip(left.tolist(), right.tolist(), strict=True):
        while parents[low] != low:  # to the root; each step is halved for whoever comes next
            parents[low] = low = parents[parents[low]]  # noqa: PLW2901 - the nodes are climbed from
        while parents[high] != high:
            parents[high] = high = parents[parents[high]]  # noqa: PLW2901
        if low < high:
            parents[high] = low
        else:
            parents[low] = high
    for node, parent in enumerate(parents):  # a parent is smaller, and has its root by now
        parents[node] = parents[parent]
    return parents
