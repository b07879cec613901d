"""The strokes of a digit, told from what else is ink in a picture: specks, frames, neighbors, ruled lines.

Masks are boolean (height, width), True where there is ink.
"""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from digits.raster import Components, Counts, Grey, Mask, dilate, label, quantile

# Lengths are shares of the picture's longer side, height or width, areas shares of the leader's: the largest
# stroke that is no frame. All were chosen on drawn scenes and photographs outside MNIST.
RIM = 0.08  # of the longer side: a printed frame runs this close to a crop's border
EDGE = 1 / 56  # of the longer side: nearer strokes reach in from outside; half a pixel of MNIST's
FULL = 0.9  # of height or width: lines of a form cross the crop, digits rarely do
# Share of its area that a frame has in the rim; a 0 in a tight crop has less, though it touches every side.
ALONG_RIM = 0.8
THIN = 0.12  # of height or width: a ruled line with its wobble and slope is no thicker
OFF_MIDDLE = 0.25  # of the width, from the middle: an upright line nearer to it may be a 1
ROUND = 0.8  # width over height: a ring around a digit is that round; a 0 with a loose bar inside is narrower
HELD = 0.3  # of the ring's height: ink inside that is as tall is a digit, and the ring or box is around it
AROUND = 0.9  # of the rows or columns that a digit takes: a ring or box has ink beyond it in so many
LEANS = 0.55  # columns to a row: a 1 leans less, the slash of a 0 mostly more
STRAIGHT = 0.95  # correlation of a stroke's rows with its columns: no other digit has as much
RINGS = 3  # of the largest strokes: one of them is the ring, if there is one
SPECK = 0.02  # of the leader's area: smaller ink is dirt
NEIGHBOR = 0.35  # of the leader's area: more ink at the edge may be half of the digit
RIVAL = 0.5  # of the height of the largest stroke: another one as tall may be a digit of its own
APART = 0.04  # of the leader's side: a stroke at the edge that comes closer may be a bar of the digit
STRAY = 0.15  # of the leader's area: smaller ink must be near, like the bar of a 5
FAR = 0.3  # of the leader's side: small ink beyond this distance belongs to something else

FAINT = 6  # grey levels between paper and ink: less is seen by nobody
LIGHTEST = 0.09  # of the depth of sure ink: a tenth of full pressure stays, the waves of a coarse JPEG do not
ABOVE_NOISE = 2.0  # times the grain: one pixel in a thousand of the paper is darker
WITHIN = 5  # pixels, window: as far as the rim of a sharp stroke reaches
MATTERS = 0.04  # of the sure ink: less faint ink changes no digit
TEXTURE = 0.3  # of the sure ink: more faint ink apart from it is a pattern or stains of the paper
PATTERN = 0.5  # of the sure ink: more faint ink that runs to all four sides is the paper's grid


def stroke_width(mask: Mask) -> float:
    """Return the mean width of the strokes in pixels: twice the area over the outline's length."""
    padded = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.bool_)
    padded[1:-1, 1:-1] = mask
    crossings = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(
        padded[:, 1:] != padded[:, :-1]
    )
    outline = crossings * np.pi / 4  # the mean ratio of a curve's length to its pixel steps
    return 2 * float(np.count_nonzero(mask)) / max(outline, 1.0)


def faint_strokes(depth: Grey, counts: Counts, edge: int, noise: int) -> Mask | None:
    """Return the faint ink that continues sure ink, where a pen was pressed less; None where there is none.

    `depth` is by how many levels a pixel is darker than the paper, `counts` its histogram, `edge` the least
    depth of sure ink, `noise` how many levels are grain. Faint ink is as deep as what lies around it, while
    the rim of a strong stroke is not.
    """
    area = int(counts[edge:].sum())
    if not area:
        return None
    usual = edge + quantile(counts[edge:], 0.5)
    floor = int(max(FAINT, ABOVE_NOISE * noise, LIGHTEST * usual))
    if counts[floor + 1 : edge].sum() < MATTERS * area:  # a sharp stroke has not even a rim that faint
        return None
    ridge = (depth > floor) & (depth < edge) & (depth > dilate(depth, WITHIN) // 2)
    if (ridges := np.count_nonzero(ridge)) < MATTERS * area:
        return None
    # Beside strong ink the window hides faint ink: the gap is bridged, and filled again below.
    sure = depth >= edge
    labels, count = label(_grow(ridge | sure))
    reached = np.zeros(count + 1, np.bool_)
    reached[labels[sure]] = True
    found = ridge & reached[labels]
    joined = np.count_nonzero(found)
    if joined < MATTERS * area or ridges - joined >= TEXTURE * area:
        return None
    if joined >= PATTERN * area and _meets_all_sides(found):
        return None
    return found | (_grow(found) & (depth > floor))


def _meets_all_sides(mask: Mask) -> bool:
    return bool(mask[0].any() and mask[-1].any() and mask[:, 0].any() and mask[:, -1].any())


def _grow(mask: Mask) -> Mask:
    grown: Mask = dilate(mask.view(np.uint8), WITHIN).astype(np.bool_)
    return grown


def keep_digit(mask: Mask) -> Mask:
    """Return the mask with only the connected strokes that make up the digit.

    The largest stroke that is no frame leads. Specks go, and so do small strokes at the picture's edge that
    stand apart from it. A loose bar of a 5 stays: it is near and large enough.
    """
    found = Components(mask)
    if found.count <= 1 or (led := _led(found)) is None:
        return mask
    parts, lines, largest = led
    keep = ~lines & (parts.area >= SPECK * parts.area[largest])
    keep &= ~_is_neighbor(parts, largest, mask.shape)
    keep &= ~_is_stray(parts, largest)
    keep[largest] = True
    return mask if keep.all() else found.paint(keep)


def leader(mask: Mask) -> Mask:
    """Return the mask with only its largest stroke that is no frame; as it is where all are frames.

    So it is where another stroke within the picture is half as tall: that may be a second digit.
    """
    found = Components(mask)
    if found.count <= 1 or (led := _led(found)) is None:
        return mask
    parts, lines, largest = led
    alone = np.arange(found.count) == largest
    tall = parts.bottom - parts.top
    rivals = ~lines & ~alone & ~_at_edge(parts, mask.shape) & (tall >= RIVAL * tall[largest])
    return mask if rivals.any() else found.paint(alone)


def _led(found: Components) -> tuple["_Parts", Mask, int] | None:
    """Return the strokes, which of them are frames, ruled lines, rings or boxes, and the largest other.

    None where there is no other.
    """
    parts = _Parts(found)
    lines = _is_frame(parts, found.shape) | _is_around(parts, found)
    largest = int(np.where(lines, 0, parts.area).argmax())
    return None if lines[largest] else (parts, lines, largest)


class _Parts:
    """Area, bounds, and area in the rim of each connected stroke, arrays of shape (count,)."""

    def __init__(self, found: Components) -> None:
        rows, lefts, rights = found.runs()
        self.area = found.areas()
        self.top, self.bottom, self.left, self.right = found.boxes()
        height, width = found.shape
        rim = RIM * max(height, width)
        inner = np.minimum(rights, ceil(width - rim)) - np.maximum(lefts, ceil(rim))
        inner[(rows < rim) | (rows >= height - rim)] = 0
        self.at_rim = self.area - found.total(np.maximum(inner, 0))


def _at_edge(parts: _Parts, shape: tuple[int, ...]) -> Mask:
    """Return which strokes reach the picture's edge."""
    height, width = shape
    near = max(1, int(max(shape) * EDGE))
    found: Mask = (
        (parts.top < near)
        | (parts.left < near)
        | (parts.bottom > height - near)
        | (parts.right > width - near)
    )
    return found


def _is_frame(parts: _Parts, shape: tuple[int, ...]) -> Mask:
    """Return which strokes are frames or ruled lines: as long as the picture, thin, and at its edge."""
    height, width = shape
    tall, wide = parts.bottom - parts.top, parts.right - parts.left
    # A ring of a tight crop touches every side as well, but only a frame runs along them.
    frame = (tall > FULL * height) & (wide > FULL * width) & (parts.at_rim > ALONG_RIM * parts.area)
    ruled = (wide > FULL * width) & (tall < THIN * height)
    upright = (tall > FULL * height) & (wide < THIN * width)
    off_middle = np.abs((parts.left + parts.right) / 2 - width / 2) > OFF_MIDDLE * width
    found: Mask = frame | ruled | (upright & off_middle)
    return found


def _is_around(parts: _Parts, strokes: Components) -> Mask:
    """Return which strokes are a ring or box around a digit: round or straight, and with tall ink inside."""
    found = np.zeros(parts.area.size, np.bool_)
    for outer in np.argsort(-parts.area)[:RINGS]:
        inside = (
            (parts.top > parts.top[outer])
            & (parts.left > parts.left[outer])
            & (parts.bottom < parts.bottom[outer])
            & (parts.right < parts.right[outer])
            & (parts.bottom - parts.top > HELD * (parts.bottom[outer] - parts.top[outer]))
        )
        if inside.any():
            tallest = int(np.where(inside, parts.bottom - parts.top, 0).argmax())
            alone, held = (strokes.paint(np.arange(strokes.count) == part) for part in (outer, tallest))
            found[outer] = _encloses(parts, alone, int(outer), tallest) and (
                not _is_slash(held) or _is_box(parts, alone, int(outer))
            )
    return found


def _encloses(parts: _Parts, outer_mask: Mask, outer: int, inner: int) -> bool:
    """Return whether the outer stroke runs on every side of the inner one, as a ring or a box does."""
    rows = slice(parts.top[inner], parts.bottom[inner])
    columns = slice(parts.left[inner], parts.right[inner])
    sides = (
        outer_mask[rows, : parts.left[inner]].any(axis=1),
        outer_mask[rows, parts.right[inner] :].any(axis=1),
        outer_mask[: parts.top[inner], columns].any(axis=0),
        outer_mask[parts.bottom[inner] :, columns].any(axis=0),
    )
    if min(float(side.mean()) for side in sides) < AROUND:
        return False
    height = parts.bottom[outer] - parts.top[outer]
    width = parts.right[outer] - parts.left[outer]
    return bool(width > ROUND * height) or _is_box(parts, outer_mask, outer)


def _is_slash(stroke: Mask) -> bool:
    """Return whether a stroke is straight, and rises to the right as the slash of a 0 does."""
    y, x = (places - places.mean() for places in stroke.nonzero())
    down, across, rising = y @ y, x @ x, -(x @ y)
    return bool(across > LEANS**2 * down and rising > STRAIGHT * (down * across) ** 0.5)


def _is_box(parts: _Parts, outer_mask: Mask, outer: int) -> bool:
    """Return whether a stroke runs along the sides of its own bounding box."""
    own = outer_mask[parts.top[outer] : parts.bottom[outer], parts.left[outer] : parts.right[outer]]
    rim = max(1, round(RIM * max(own.shape)))
    return bool(np.count_nonzero(own[rim:-rim, rim:-rim]) < (1 - ALONG_RIM) * parts.area[outer])


def _is_neighbor(parts: _Parts, leader: int, shape: tuple[int, ...]) -> Mask:
    """Return which strokes reach in from the edge, clear of the leader's box and much smaller."""
    gap = _gap(parts, leader)
    side = max(parts.bottom[leader] - parts.top[leader], parts.right[leader] - parts.left[leader])
    found: Mask = _at_edge(parts, shape) & (parts.area < NEIGHBOR * parts.area[leader]) & (gap > APART * side)
    return found


def _is_stray(parts: _Parts, leader: int) -> Mask:
    """Return which small strokes are too far from the leader to belong to it."""
    side = max(parts.bottom[leader] - parts.top[leader], parts.right[leader] - parts.left[leader])
    found: Mask = (parts.area < STRAY * parts.area[leader]) & (_gap(parts, leader) > FAR * side)
    return found


def _gap(parts: _Parts, leader: int) -> NDArray[np.int64]:
    """Return the distance in pixels between each stroke's box and the leader's; 0 where they overlap."""
    across = np.maximum(parts.left - parts.right[leader], parts.left[leader] - parts.right)
    down = np.maximum(parts.top - parts.bottom[leader], parts.top[leader] - parts.bottom)
    gap: NDArray[np.int64] = np.maximum(np.maximum(across, down), 0)
    return gap
