"""Grey pictures to even ink: ground and light taken off, strokes bright, contrast alike everywhere.

The detector sees pictures through this, while it is trained as while it serves.
"""

import numpy as np
from numpy.typing import NDArray

from digits.raster import Grey

Ink = NDArray[np.float32]  # (height, width): 0 is ground, about 1 a clear stroke

CELL = 4  # pixels a side over which light is averaged first: the ground changes slowly
REACH = 8  # cells each way that make a neighborhood: wider than a digit, so that there is ground in it
FAINTEST = 4.0  # grey levels: a spread below it is noise, and is not stretched to look like ink
SHARE = 0.25  # of the picture's strongest local spread: what is fainter by more is not stretched as far
BRIGHTEST = 3.0  # units of ink; beyond it a stroke says no more


def even_ink(grey: Grey, dark: bool | None = None) -> Ink:
    """Return a grey picture (height, width) as ink bright on 0, within ±BRIGHTEST.

    It is each pixel's distance from its neighborhood's mean, over the neighborhood's spread. Where it is not
    told whether ink is `dark`, it lies on the side of the longer tail, as strokes cover less than the ground.
    """
    values = grey.astype(np.float32)
    away = values - _spread_out(_smooth(_cells(values)), grey.shape)
    local = np.sqrt(_smooth(_cells(away * away)))
    floor = max(FAINTEST, SHARE * float(np.quantile(local, 0.98)))
    ink = away / _spread_out(np.hypot(local, floor), grey.shape)
    if dark is None:
        dark = float(np.mean(ink * ink * ink)) < 0
    if dark:
        ink = -ink
    clear: Ink = np.clip(ink * np.float32(0.5), -BRIGHTEST, BRIGHTEST)
    return clear


def _cells(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means over CELL×CELL pixels; the last row and column of cells repeat the border."""
    height, width = values.shape
    padded = np.pad(values, ((0, -height % CELL), (0, -width % CELL)), mode="edge")
    rows, columns = padded.shape[0] // CELL, padded.shape[1] // CELL
    means: NDArray[np.float32] = padded.reshape(rows, CELL, columns, CELL).mean(axis=(1, 3), dtype=np.float32)
    return means


def _smooth(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean over the cells within REACH each way that exist."""
    for axis in (0, 1):
        cells = _smooth_along(cells, axis)
    return cells


def _smooth_along(cells: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    count = cells.shape[axis]
    sums = np.cumsum(cells, axis=axis, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(sums.take([0], axis)), sums], axis)
    places = np.arange(count)
    low, high = np.maximum(places - REACH, 0), np.minimum(places + REACH + 1, count)
    shape = (-1, 1) if axis == 0 else (1, -1)
    totals = sums.take(high, axis) - sums.take(low, axis)
    means: NDArray[np.float32] = (totals / (high - low).reshape(shape)).astype(np.float32)
    return means


def _spread_out(cells: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the cells' values at each pixel, linear between the cells' middles."""
    rows, columns = (_between(size, count) for size, count in zip(shape, cells.shape, strict=True))
    (low, high, share), (left, right, part) = rows, columns
    bands = cells[low] + (cells[high] - cells[low]) * share[:, None]
    values: NDArray[np.float32] = bands[:, left] + (bands[:, right] - bands[:, left]) * part
    return values


def _between(size: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return for each of `size` pixels the two cells around it and how far it is towards the second."""
    places = np.clip((np.arange(size) + 0.5) / CELL - 0.5, 0, count - 1)
    low = places.astype(np.intp)
    return low, np.minimum(low + 1, count - 1), (places - low).astype(np.float32)
