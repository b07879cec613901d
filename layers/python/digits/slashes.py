"""Slashes between numbers, as dates have them, and alone, told from ones by their slant and their reach.

Boxes are float arrays (n, 4): x, y, width, height in pixels of the picture.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from digits.contrast import even_ink
from digits.detect import scaled
from digits.opinion import cut
from digits.raster import Grey
from digits.rows import Boxes, Places

FINE = 24.0  # pixels of a digit's height: enough to see its slant
STROKE = 0.3  # units of even ink: what is fainter counts for nothing
REACH = 0.04  # of a slash's height: by so much it reaches beyond its neighbors, above and below together
# Pixels to the right for each up, beyond the other digits' median: a slanted hand's ones are slanted alike.
SLANTED = 0.15
ALONE = 0.4  # the same where there are no others: half of lone slashes are so, and 3 in 100 ones of MNIST
STRAIGHT = 0.12  # of the ink's spread in height: by so much it lies off its line; with a flag or foot by more


def slashes(picture: Grey, number: Places, boxes: Boxes, digits: NDArray[np.int64]) -> Places:
    """Return the places of a number that were read as ones and may be slashes.

    `digits` are what the places were read as. A slash stands between two digits, reaches farther up and
    down than both, is straight, and is more slanted than the other digits are; or it stands alone.
    """
    if len(number) == 1:
        slant, off = _line(picture, boxes[number[0]])
        return number if digits[number[0]] == 1 and off <= STRAIGHT and slant >= ALONE else []
    reaching = [one for one in _reaching(number, boxes) if digits[one] == 1]
    return [one for one in reaching if _is_slanted(picture, one, number, boxes)]


def _reaching(number: Places, boxes: Boxes) -> Iterator[int]:
    """Yield the places that reach farther up and down than the digits before and after them."""
    for before, one, after in zip(number, number[1:], number[2:], strict=False):
        top, bottom = boxes[[before, one, after], 1], boxes[[before, one, after]] @ (0, 1, 0, 1)
        above, below = min(top[0], top[2]) - top[1], bottom[1] - max(bottom[0], bottom[2])
        if min(above, below) >= 0 and above + below >= REACH * boxes[one, 3]:
            yield one


def _is_slanted(picture: Grey, one: int, number: Places, boxes: Boxes) -> bool:
    slant, off = _line(picture, boxes[one])
    if off > STRAIGHT:
        return False
    others = [_line(picture, boxes[place])[0] for place in number if place != one]
    return slant - max(0.0, float(np.median(others))) >= SLANTED


def _line(picture: Grey, box: NDArray[np.float64]) -> tuple[float, float]:
    """Return the lean to the right of the ink in a box, in pixels for each up, and how far it lies off that.

    The second is a standard deviation in units of that of the ink's height.
    """
    part = cut(picture, tuple(box.tolist()))
    weights = even_ink(scaled(part, min(1.0, FINE / float(box[3]))))
    ys, xs = np.nonzero(weights > STROKE)
    if not ys.size or np.ptp(ys) == 0:
        return 0.0, np.inf
    (down, both), (_, across) = np.cov(ys, xs, aweights=weights[ys, xs] - STROKE)
    slope = both / down
    return float(-slope), float(np.sqrt(max(across / down - slope * slope, 0)))
