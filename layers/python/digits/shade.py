"""Dark marks that are no ink: folds, fingers, and the edges of shadows and of torn paper.

Looks are grey with dark ink; masks are boolean of their shape, True where a mark is.
"""

from functools import cache
from math import ceil, hypot
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.raster import Grey, Mask, dilate, erode, histogram, quantile

# Thresholds were chosen on drawn sheets and on digits outside MNIST, of which they refuse none.
EDGE = 1 / 56  # of the longer side: nearer marks touch the rim
BESIDE = (5, 9)  # pixels, windows: the ring around a mark lies between, past the anti-aliased rim
STANDS_OUT = 0.3  # of the ring's usual step to the mark: less is no step
ONE_SIDED = 0.2  # of the ring: a stroke stands out on all sides, a shadow's edge on one
LINE = 4  # times as long as wide: no digit but a 1 is
SHALLOW = 0.3  # of the paper's brightness: a fold darkens it by less, pens by more
CROSSES = 0.9  # of a side: a crop that a mark fills both ways was cut around it, and it may be a 1
UPRIGHT = 1.4  # times as high as wide is the crop around a 1 of any slant, at least
CUT_OFF = 0.66  # of a side: a crop around a digit is filled that much one way; a finger ends before
ROD = 2  # times as long as wide
SOLID = 0.7  # of a rod's length times its width: strokes that bend leave more free
BAND = 0.5  # of a side: a band along a rim that is narrower may look like a 1
CORE = 0.3  # of a mark: with less of it farther inside than its rim, it is a stroke
SOFT = 0.5  # of the step from paper to ink: where a mark has less of it at its rim, it has no edge
ALONG = 3  # sides of the picture that a band along one of them touches


class _Shape(NamedTuple):
    """A mark's length and width in pixels, as those of a rod with the same spread, and its area."""

    length: float
    width: float
    area: int


def is_shade(look: Grey, mask: Mask, box: tuple[int, int, int, int], lit: bool) -> bool:
    """Return whether a mark is none of a pen; `lit` says that uneven light was taken off the picture.

    `box` is the mark's bounding box. A fold crosses a picture from rim to rim, a finger reaches into it from
    one, and what lies beyond a torn edge runs along one.
    """
    if lit and _one_sided(look, mask):
        return True
    sides = _rims(mask.shape, box)
    high, wide = (box[1] - box[0]) / mask.shape[0], (box[3] - box[2]) / mask.shape[1]
    finger = sides > 0 and max(high, wide) < CUT_OFF
    band = sides == ALONG and min(high, wide) < BAND
    cut_around = min(high, wide) >= CROSSES and mask.shape[0] > UPRIGHT * mask.shape[1]
    fold = sides > 1 and not cut_around
    if not (finger or band or fold):
        return False
    shape = _shape(mask, box)
    is_rod = shape.length > ROD * shape.width and shape.area > SOLID * shape.length * shape.width
    return (is_rod and (finger or band)) or (fold and _is_fold(look, mask, shape))


def _one_sided(look: Grey, mask: Mask) -> bool:
    """Return whether much of what lies beside a mark has nothing darker near it, as at a shadow's edge."""
    ring = _beside(mask)
    steps = histogram((look - erode(look, BESIDE[1]))[ring])
    below = steps[: ceil(STANDS_OUT * quantile(steps, 0.5))].sum()
    return bool(below > ONE_SIDED * steps.sum())


def is_soft(look: Grey, mask: Mask) -> bool:
    """Return whether a mark has no edge, as the dark of a vignette or of a wide shadow has none.

    A picture of few pixels, enlarged, has soft edges everywhere: there this tells nothing.
    """
    core = erode(mask.view(np.uint8), BESIDE[0]).view(np.bool_)
    if np.count_nonzero(core) < CORE * np.count_nonzero(mask):
        return False
    ring, near = _beside(mask), dilate(mask.view(np.uint8), BESIDE[0]).view(np.bool_)
    if not ring.any() or near.all():
        return False
    # Of the rim, what lies around the core: faint strokes that touch a strong one would say it is soft.
    rim = mask & ~core & dilate(core.view(np.uint8), BESIDE[0]).view(np.bool_)
    step = _level(look, ring) - _level(look, rim)
    return step < SOFT * (_level(look, ~near) - _level(look, core))


def _level(look: Grey, mask: Mask) -> int:
    """Return the median of what a mask shows."""
    return quantile(histogram(look[mask]), 0.5)


def _beside(mask: Mask) -> Mask:
    """Return the ring around a mark."""
    near, far = (dilate(mask.view(np.uint8), window) for window in BESIDE)
    ring: Mask = far > near
    return ring


def _rims(shape: tuple[int, ...], box: tuple[int, int, int, int]) -> int:
    """Return how many sides of the picture a mark touches."""
    height, width = shape
    near = max(1, int(max(shape) * EDGE))
    top, bottom, left, right = box
    return sum((top < near, bottom > height - near, left < near, right > width - near))


def _is_fold(look: Grey, mask: Mask, shape: _Shape) -> bool:
    """Return whether a mark that reaches from rim to rim is a straight line, and shallow."""
    ring = _beside(mask)
    if shape.length <= LINE * shape.width or not ring.any():
        return False
    paper = _level(look, ring)
    return paper - _level(look, mask) < SHALLOW * paper


def _shape(mask: Mask, box: tuple[int, int, int, int]) -> _Shape:
    """Measure a mark by the variances along its main axes: a rod of length n has n²/12."""
    top, bottom, left, right = box
    pixels = mask[top:bottom, left:right].astype(np.float32)
    (area, x, xx), (y, xy, _), (yy, _, _) = (
        _powers(bottom - top) @ pixels @ _powers(right - left).T
    ).tolist()
    yy, xy, xx = yy / area - (y / area) ** 2, xy / area - x * y / area**2, xx / area - (x / area) ** 2
    half, apart = (yy + xx) / 2, hypot((yy - xx) / 2, xy)
    length, width = (12 * (half + apart)) ** 0.5, (12 * max(half - apart, 1 / 12)) ** 0.5
    return _Shape(length, width, int(area))


@cache
def _powers(count: int) -> NDArray[np.float32]:
    """Return 1, the distance from the middle, and its square, for each of so many pixels: (3, count)."""
    places = np.arange(count, dtype=np.float32) - np.float32((count - 1) / 2)
    return np.stack([np.ones_like(places), places, places * places])
