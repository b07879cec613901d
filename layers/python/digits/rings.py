"""Rings: those around a digit that touches them, told from the ink inside, and those around nothing.

Masks are boolean (height, width), True where there is ink. Radii are shares of the half axes of the ink's
bounding box, so that an upright ellipse is a circle of radius 1.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from digits.raster import Components, Mask, bounding_box

Box = tuple[int, int, int, int]

RAYS = 96  # directions that are looked along, from outside to the middle
OUTSIDE = 1.05  # radius that rays begin at
ROUND = 0.8  # of a side of the box, the other one: rings are about as high as wide
LEAST = 24  # pixels, the shorter side: a smaller ring holds nothing that is read
CLEAR = 0.1  # of the box, at each corner: a ring has no ink there, most digits have
WITHIN = 0.3  # of the box, around its middle: a digit in the ring has ink there, a 0 has none
WOBBLE = 0.15  # of the radius: a pen's ring stays so close to its ellipse
CLOSED = 0.95  # of the directions: a ring has ink near its ellipse in so many
THICK = 0.08  # of the box's longer side: rings are drawn with thinner pens than zeros that curl inward
TOUCH = 2.0  # times the ring's width: longer ink along a ray is the digit's, which touches the ring there
ACROSS = 0.5  # of half a turn: a stroke that touches the ring at ends farther apart may be the slash of a 0
TALL = 0.45  # of the ring's height: lower ink inside is no digit
SPECK = 0.05  # of the largest stroke's area inside: less is what is left of the ring
EVEN = 0.05  # of the longer side: the height and the width of a circle differ by less
TRUE = 0.012, 0.45  # deviation of a circle's radius, of the radius and in pixels: compasses keep below
STEADY = 0.02, 0.5  # the same of the thickness of its line
LOOSE = 0.1  # of the ink along the rays: more behind a circle's line is something inside
UNBROKEN = 0.75  # of the directions in which a ray meets a circle's line: some slip through a line of a pixel
RIM = 1.5  # pixels: the ring's inner rim, which goes with it


def without_ring(mask: Mask) -> Mask | None:
    """Return the ink inside a ring that the digit touches; None where no ring is around one."""
    box = bounding_box(mask)
    top, bottom, left, right = box
    own = mask[top:bottom, left:right]
    if not _may_be(own):
        return None
    rays, radii = _rays(own)
    outer = radii[rays.argmax(axis=1)]
    near = rays.any(axis=1) & (outer > 1 - WOBBLE)
    if near.mean() < CLOSED:
        return None
    lengths = _lengths(rays) * (radii[0] - radii[1])
    width = float(np.median(lengths[near]))
    if width > 2 * THICK or _crosses(lengths > TOUCH * width):
        return None
    inside = _inside(own, np.where(near, outer, np.median(outer[near])) - width)
    if inside is None:
        return None
    rest = np.zeros_like(mask)
    rest[top:bottom, left:right] = inside
    return rest


def is_circle(mask: Mask, box: Box) -> bool:
    """Return whether the ink in a mask, of which `box` is the bounding box, is a circle around nothing.

    It is as true as compasses or a program draw it; no hand draws a 0 like that.
    """
    top, bottom, left, right = box
    own = mask[top:bottom, left:right]
    height, width = own.shape
    if min(height, width) < LEAST or abs(height - width) > EVEN * max(height, width):
        return False
    if _has_corners(own) or _middle(own).any():
        return False
    rays, radii = _rays(own)
    met = rays.any(axis=1)
    if met.mean() < UNBROKEN:
        return False
    outer, lengths = radii[rays.argmax(axis=1)][met], _lengths(rays)[met]
    if np.count_nonzero(rays[met]) > (1 + LOOSE) * lengths.sum():
        return False
    radius = max(height, width) / 2
    return bool(
        outer.std() < TRUE[0] + TRUE[1] / radius
        and lengths.std() * (radii[0] - radii[1]) < STEADY[0] + STEADY[1] / radius
    )


def _may_be(own: Mask) -> bool:
    """Return whether ink cut out along its box is round, free at the corners and not at the middle."""
    height, width = own.shape
    if min(height, width) < max(LEAST, ROUND * max(height, width)):
        return False
    return not _has_corners(own) and bool(_middle(own).any())


def _has_corners(own: Mask) -> bool:
    """Return whether there is ink at a corner of the box."""
    down, across = (max(1, int(CLEAR * side)) for side in own.shape)
    corners = own[:down, :across], own[:down, -across:], own[-down:, :across], own[-down:, -across:]
    return any(corner.any() for corner in corners)


def _middle(own: Mask) -> Mask:
    """Return the part around the middle."""
    height, width = own.shape
    down, across = (int((1 - WITHIN) / 2 * side) for side in own.shape)
    return own[down : height - down, across : width - across]


def _rays(own: Mask) -> tuple[Mask, NDArray[np.float64]]:
    """Return the ink (RAYS, n) along rays from outside to the middle, and the radii (n,) it is taken at."""
    height, width = own.shape
    radii = np.arange(OUTSIDE, 0, -1 / max(height, width))
    sines, cosines = _directions()
    rows = np.rint((height - 1 + sines * radii * height) / 2).astype(np.intp)
    columns = np.rint((width - 1 + cosines * radii * width) / 2).astype(np.intp)
    rows_in, columns_in = rows.clip(0, height - 1), columns.clip(0, width - 1)
    return own[rows_in, columns_in] & (rows == rows_in) & (columns == columns_in), radii


@cache
def _directions() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angles = np.arange(RAYS)[:, np.newaxis] * (2 * np.pi / RAYS)
    return np.sin(angles), np.cos(angles)


def _lengths(rays: Mask) -> NDArray[np.int64]:
    """Return along each ray (RAYS,) how many steps the first ink goes on."""
    first = rays.argmax(axis=1)
    behind = np.arange(rays.shape[1]) > first[:, np.newaxis]
    ends = (~rays & behind).argmax(axis=1)
    lengths: NDArray[np.int64] = np.where(ends > first, ends, rays.shape[1]) - first
    return lengths


def _crosses(touching: Mask) -> bool:
    """Return whether what touches the ring in some directions (RAYS,) does so on opposite sides."""
    (places,) = touching.nonzero()
    apart = np.abs(places[:, np.newaxis] - places)
    return bool((np.minimum(apart, RAYS - apart) > ACROSS * RAYS / 2).any())


def _inside(own: Mask, limits: NDArray[np.float64]) -> Mask | None:
    """Return the strokes within a radius by direction (RAYS,); None where none is as tall as a digit."""
    height, width = own.shape
    y = np.linspace(-1, 1, height)[:, np.newaxis]
    x = np.linspace(-1, 1, width)
    turns = np.rint(np.arctan2(y, x) * (RAYS / (2 * np.pi))).astype(np.intp) % RAYS
    rest = own & (np.hypot(y, x) < limits[turns] - 2 * RIM / max(height, width))
    found = Components(rest)
    if not found.count:
        return None
    top, bottom, _, _ = found.boxes()
    areas = found.areas()
    if int((bottom - top).max()) < TALL * height:
        return None
    return found.paint(areas >= SPECK * areas.max())
