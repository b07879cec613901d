"""Operations on pixel arrays: quantiles, Otsu's threshold, dilation, erosion, connected components.

Grey arrays are uint8 (height, width); masks are boolean of that shape. SciPy has most of them, and is the
judge in the tests, but its import would delay a cold start more than NumPy's does.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]  # (256,): pixels of each level
Numbers = NDArray[np.int64]

LEVELS = np.arange(256)

Value = TypeVar("Value", bound=np.generic)


def histogram(grey: Grey) -> Counts:
    """Return how many pixels have each level."""
    return np.bincount(grey.ravel(), minlength=256)


def otsu(counts: Counts) -> int:
    """Return the level that splits a histogram into the two classes farthest apart (Otsu, 1979)."""
    below = counts.cumsum()
    total = (counts * LEVELS).cumsum()
    above = below[-1] - below
    gap = total[-1] / below[-1] * below - total
    return int((gap * gap / np.maximum(below * above, 1)).argmax())


def quantile(counts: Counts, share: float) -> int:
    """Return the lowest level that at least this share of a histogram's pixels does not exceed."""
    below = counts.cumsum()
    return int(below.searchsorted(share * below[-1]))


def dilate(values: Grey, size: int) -> Grey:
    """Return the maximum over a `size`×`size` window (odd), 0 outside, in a logarithmic number of passes."""
    height, width = values.shape
    half = size // 2
    stride = width + 2 * half
    # One row more than the windows reach, so that what is left after all steps has whole rows.
    wide = np.zeros((height + 2 * half + 1, stride), np.uint8)
    wide[half : half + height, half : half + width] = values
    # Flat, a step to the side or down is one shift, and each pass runs over memory from end to end.
    flat = wide.reshape(-1)
    for unit in (1, stride):
        reach = 1
        while reach < size:
            step = min(reach, size - reach)
            flat = np.maximum(flat[: -step * unit], flat[step * unit :])
            reach += step
    return flat[: height * stride].reshape(height, stride)[:, :width]


def erode(values: Grey, size: int) -> Grey:
    """Return the minimum over a `size`×`size` window (odd), 0 outside."""
    half = size // 2
    height, width = values.shape
    wide = np.full((height + 2 * half, width + 2 * half), 255, np.uint8)
    wide[half:-half, half:-half] -= values
    return 255 - dilate(wide, size)[half:-half, half:-half]


def close(values: Grey, size: int) -> Grey:
    """Return the closing by a `size`×`size` window (odd): it fills what is dark and narrower."""
    return 255 - dilate(255 - dilate(values, size), size)


def bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    """Return top, bottom, left, right of the pixels that are set; bottom and right are exclusive.

    Raises ValueError where none is.
    """
    # Bytes are searched at once, and need no reduction to rows.
    pixels, columns, width = mask.tobytes(), mask.any(axis=0).tobytes(), mask.shape[1]
    top, bottom = pixels.index(1) // width, pixels.rindex(1) // width + 1
    return top, bottom, columns.index(1), columns.rindex(1) + 1


class Components:
    """The 8-connected components of a mask, as horizontal runs in the order of their pixels."""

    def __init__(self, mask: Mask) -> None:
        """Find the components, numbered from 0 in the order of their first pixels.

        No Python loop goes over pixels, and one over runs only where components meet from above.
        """
        height, width = mask.shape
        self.shape = height, width
        self._stride = stride = width + 2
        padded = np.zeros((height, stride), np.bool_)
        padded[:, 1:-1] = mask
        flat = padded.reshape(-1)
        (steps,) = (flat[1:] != flat[:-1]).nonzero()
        # Half-open runs in the padded, flattened picture.
        self._starts, self._ends = starts, ends = steps[::2] + 1, steps[1::2] + 1
        # A run touches those of the row above that end at its start or later and start by its end.
        first = ends.searchsorted(starts - stride)
        last = starts.searchsorted(ends - stride, side="right")
        roots = _join(first, last, height)
        is_root = roots == np.arange(starts.size)
        self.count = int(np.count_nonzero(is_root))
        self.numbers = is_root.cumsum()[roots] - 1  # (runs,): the component that a run belongs to

    def runs(self) -> tuple[Numbers, Numbers, Numbers]:
        """Return each run's row, its first column, and the column behind its last."""
        rows = self._starts // self._stride
        lefts = self._starts - rows * self._stride - 1
        return rows, lefts, lefts + (self._ends - self._starts)

    def areas(self) -> Numbers:
        """Return how many pixels each component has."""
        return self.total(self._ends - self._starts)

    def boxes(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Return each component's top, bottom, left, right; bottom and right are exclusive."""
        rows, lefts, rights = self.runs()
        top, bottom = np.full(self.count, self.shape[0]), np.zeros(self.count, np.int64)
        left, right = np.full(self.count, self.shape[1]), np.zeros(self.count, np.int64)
        np.minimum.at(top, self.numbers, rows)
        np.maximum.at(bottom, self.numbers, rows + 1)
        np.minimum.at(left, self.numbers, lefts)
        np.maximum.at(right, self.numbers, rights)
        return top, bottom, left, right

    def total(self, values: Numbers) -> Numbers:
        """Return per component the sum of what its runs have."""
        return np.bincount(self.numbers, values, self.count).astype(np.int64)

    def paint(self, values: NDArray[Value]) -> NDArray[Value]:
        """Return an array of the mask's shape in which component i has values[i], and the ground 0."""
        height = self.shape[0]
        lengths = self._ends - self._starts
        painted = np.zeros(height * self._stride, values.dtype)
        # Each pixel's place: its run's start, and how far it is from there.
        before = lengths.cumsum() - lengths
        places = np.arange(lengths.sum()) + np.repeat(self._starts - before, lengths)
        painted[places] = np.repeat(values[self.numbers], lengths)
        return painted.reshape(height, self._stride)[:, 1:-1]


def label(mask: Mask) -> tuple[NDArray[np.int32], int]:
    """Return the 8-connected components: labels 1..count in the order of first pixels, and their count."""
    found = Components(mask)
    return found.paint(np.arange(1, found.count + 1, dtype=np.int32)), found.count


def _join(first: Numbers, last: Numbers, height: int) -> Numbers:
    """Return for each run the smallest that it is connected to; above it lie runs `first` to `last`."""
    # Each run hangs on the first one above that it touches: trees, each with its smallest run as the root.
    own = np.arange(first.size)
    roots = np.where(first < last, first, own)
    for _ in range((height - 1).bit_length()):  # each time twice as many rows up
        roots = roots[roots]
    (several,) = (last > first + 1).nonzero()
    parents: dict[int, int] = {}
    for start, stop in zip(first[several].tolist(), last[several].tolist(), strict=True):
        met = {_root(parents, root) for root in roots[start:stop].tolist()}
        least = min(met)
        parents.update(dict.fromkeys(met - {least}, least))
    if not parents:
        return roots
    for root in parents:
        own[root] = _root(parents, root)
    return own[roots]


def _root(parents: dict[int, int], node: int) -> int:
    while node in parents:
        node = parents[node]
    return node
