"""MNIST's format, made of any grey picture of a digit.

MNIST's digits were fitted into 20×20 pixels with anti-aliasing, aspect kept, and placed in 28×28 by their
center of mass (LeCun et al., 1998, section III.A). A model trained on them expects just that, so every route,
the bulk worker, training and evaluation come through here.

Arrays are uint8 (height, width): a `Grey` is luminance of either polarity; `paper` has its ink dark on light;
ink runs from 0 for paper to 255 for full ink.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.errors import InvalidPixels
from digits.lines import without_lines
from digits.lone import lone_mark
from digits.look import HALF, Look, ink_under
from digits.paper import SURE, SURE_SMALL, fill, ground, ink_is_dark, is_blank, refine
from digits.raster import Grey, Mask, bounding_box, dilate, erode, histogram, quantile
from digits.rings import is_circle, without_ring
from digits.shade import is_shade, is_soft
from digits.strokes import keep_digit, stroke_width

Mode = Literal["auto", "always", "never"]

SIDE = 28  # of MNIST's image
BOX = 20  # of MNIST's digit, its longer side
# Of a picture in MNIST's format: by 1 and by the distance from its middle, which sum up to mass and moments.
MOMENTS = np.stack([np.ones(SIDE), np.arange(SIDE) - SIDE / 2]).astype(np.float32)
PLACES = np.stack([np.ones(SIDE), np.arange(SIDE)]).astype(np.float32)  # the same from the first pixel on
MIN_STROKE = 1.7  # pixels in the 20-pixel box; thinner pens than any of MNIST's are thickened to it
MAX_STROKE = 2.6  # pixels in the 20-pixel box; the strokes of wider pens merge. MNIST's median is 2.5
PATCH = 5.5  # pixels in the 20-pixel box: wider ink is no stroke, and stays as wide. MNIST's widest have 5.1
CLOSE = 0.5  # of the look: a smaller digit is looked at again, with more of the pixels that the picture has
BITMAP = 32  # pixels, longer side: smaller pictures are bitmaps more often than photographs
LINED = 48  # pixels, longer side: in smaller pictures a line cannot be told from a bar
RIM = 2  # pixels of the look: as far from a kept stroke ink is its anti-aliased rim, farther it is a speck


class Sight(NamedTuple):
    """A picture as it was seen, with what a second look needs."""

    candidates: NDArray[np.uint8]  # (k, 28, 28), ink bright on dark, the likeliest first
    longer: int  # pixels of the picture's longer side
    look: Look | None  # with dark ink; None where the picture is used as it is, or shows no ink


def normalize(grey: Grey, mode: Mode = "auto") -> NDArray[np.uint8]:
    """Return the candidates (k, 28, 28) of a picture, as `see` finds them."""
    return see(grey, mode).candidates


def see(grey: Grey, mode: Mode = "auto") -> Sight:
    """Find the ways to see a picture, the likeliest first.

    There is more than one where the picture does not tell ink from paper: a tight crop whose ink touches
    every border, or paper lit so unevenly that a shadow may be ink. `auto` uses an image that is in MNIST's
    format as it is, `always` does not, and `never` raises InvalidPixels for any other size than 28×28.
    """
    if mode == "never" and grey.shape != (SIDE, SIDE):
        raise InvalidPixels(
            f"without normalization an image has to be 28×28. Received: {grey.shape[0]}×{grey.shape[1]}"
        )
    if mode == "never" or (mode == "auto" and is_mnist_format(grey)):
        return Sight(grey[np.newaxis], SIDE, None)
    look, longer = Look.of(grey), max(grey.shape)
    if is_blank(look.coarse):
        window = _lone(grey, look)
        if window is None:
            return Sight(_stack([_blank()]), longer, None)
        grey = grey[window]
        look, longer = Look.of(grey), max(grey.shape)
    sure = SURE if longer > BITMAP else SURE_SMALL
    ways = ink_is_dark(look.grey, look.counts, look.split, sure)
    sheets = [_dark(grey, look, dark) for dark in ways]
    seen = [way for sheet, darkened in sheets for way in _see(sheet, darkened)]
    shown = [way for way in seen if way.any()]
    if not shown:  # another look would take for ink what no pen made
        return Sight(_stack(seen[:1]), longer, None)
    return Sight(_stack(shown), longer, sheets[0][1])


def is_mnist_format(grey: Grey) -> bool:
    """Return whether a picture is 28×28, dark at the corners, and centered by mass with its ink in 20×20."""
    if grey.shape != (SIDE, SIDE):
        return False
    # The corners first: they are cheap to look at, and most pictures on paper fail them.
    if max(grey[0, 0], grey[0, -1], grey[-1, 0], grey[-1, -1]) > 32 or grey.max() < 128:
        return False
    ink = grey > 32
    top, bottom, left, right = bounding_box(ink)
    if abs(max(bottom - top, right - left) - BOX) > 1:
        return False
    # The sums are of whole numbers below 2²⁴, so float32 holds them exactly.
    (mass, x), (y, _) = (MOMENTS @ grey.astype(np.float32) @ MOMENTS.T).tolist()
    # Rounding moves the center by up to half a pixel; noise, JPEG and the rim move it a little more.
    return bool(max(abs(y), abs(x)) <= 1.25 * mass)


def _dark(grey: Grey, look: Look, dark: bool) -> tuple[Grey, Look]:
    """Return a picture and its look with dark ink."""
    return (grey, look) if dark else (255 - grey, look.inverted())


def _see(sheet: Grey, look: Look) -> list[Grey]:
    """Return the canonical pictures of dark ink on a sheet: one, or more where shade or a line may be ink."""
    shade = ground(look.coarse)
    lights = [None] if shade is None else [refine(shade, look.grey.shape), None]
    return [picture for light in lights for picture in _read_under(light, sheet, look)]


def _read_under(light: Grey | None, sheet: Grey, look: Look) -> list[Grey]:
    """Return the canonical pictures of ink under a light, None for an even one: with lines, and without."""
    ink = ink_under(look, light)
    marks = ink > HALF
    if not marks.any():
        return [_blank()]
    masks = [digit_of(marks)]
    bare = without_lines(marks, even(look.grey, light)) if max(sheet.shape) >= LINED else None
    if bare is not None and not np.array_equal(other := keep_digit(bare), masks[0]):
        masks.append(other)
    return [picture(sheet, look, ink, mask, light) for mask in masks]


def even(grey: Grey, light: Grey | None) -> Grey:
    """Return a look as it were under even light."""
    return grey if light is None else 255 - (np.maximum(light, grey) - grey)


def digit_of(marks: Mask) -> Mask:
    """Return the ink that makes up the digit, without a ring around it."""
    digit = keep_digit(marks)
    inside = without_ring(digit)
    return digit if inside is None else inside


def picture(sheet: Grey, look: Look, ink: Grey, mask: Mask, light: Grey | None) -> Grey:
    """Return the canonical picture of the ink in a mask; blank if no pen made it."""
    box = bounding_box(mask)
    if is_shade(look.grey, mask, box, light is not None) or is_circle(mask, box):
        return _blank()
    if max(sheet.shape) >= LINED and is_soft(look.grey, mask):
        return _blank()
    return _render(sheet, ink, mask, box, light)


def _render(sheet: Grey, ink: Grey, mask: Mask, box: tuple[int, int, int, int], light: Grey | None) -> Grey:
    """Return the (28, 28) canonical picture of the ink in a mask, looked at again if it is small."""
    window = _zoom(sheet.shape, mask.shape, box)
    if window is not None:
        look = Look.of(sheet[window])
        ink = ink_under(look, None if light is None else refine(fill(look.coarse.grey), look.grey.shape))
        mask = keep_digit((ink > HALF) & _part(mask, window, sheet.shape, ink.shape))
        if not mask.any():
            return _blank()
        box = bounding_box(mask)
    ink = _cut(ink, mask, box)
    top, bottom, left, right = bounding_box(ink > HALF)
    longer = max(bottom - top, right - left)
    height = max(1, round((bottom - top) * BOX / longer))
    width = max(1, round((right - left) * BOX / longer))
    digit = Image.fromarray(ink).resize((width, height), Image.Resampling.BOX, box=(left, top, right, bottom))
    return _center(np.asarray(digit))


def _cut(ink: Grey, mask: Mask, box: tuple[int, int, int, int]) -> Grey:
    """Return the ink in a mask, cut out along its box, with strokes as wide as a pen's of MNIST."""
    top, bottom, left, right = box
    scale = max(bottom - top, right - left) / BOX
    grow = _growth(stroke_width(mask[top:bottom, left:right]), scale)
    margin = RIM + max(grow, 0)
    rows = slice(max(0, top - margin), bottom + margin)
    columns = slice(max(0, left - margin), right + margin)
    kept = _keep(ink[rows, columns], mask[rows, columns])
    if grow > 0:
        return dilate(kept, 2 * grow + 1)
    thinned = erode(kept, 1 - 2 * grow) if grow < 0 else kept
    return thinned if thinned.max() > HALF else kept  # thin strokes beside a blot would leave nothing


def _growth(width: float, scale: float) -> int:
    """Return by how many pixels strokes of a width grow on either side; less than 0 where they shrink.

    `scale` is how many of these pixels make one of MNIST's.
    """
    grow = round((MIN_STROKE * scale - width) / 2)
    if grow > 0:
        return grow
    return 0 if width > PATCH * scale else -max(0, round((width - MAX_STROKE * scale) / 2))


def _keep(ink: Grey, mask: Mask) -> Grey:
    """Return the ink in a mask and its anti-aliased rim; if other ink made it look faint, full again."""
    kept: Grey = ink & (0 - dilate(mask.view(np.uint8), 2 * RIM + 1))
    other = (ink > HALF) & ~mask
    if other.any():
        kept[other] = 0
        usual = quantile(histogram(ink[mask]), 0.5)
        kept = np.minimum(kept * np.float32(255 / usual), 255).astype(np.uint8)
    return kept


def _part(mask: Mask, window: tuple[slice, slice], sheet: tuple[int, ...], look: tuple[int, ...]) -> Mask:
    """Return a mask of the whole sheet, grown a little, as a window of the sheet shows it."""
    scale = max(sheet) / max(mask.shape)
    grown = Image.fromarray(dilate(mask.view(np.uint8), 2 * RIM + 1))
    rows, columns = window
    top, bottom = rows.start / scale, min(rows.stop, sheet[0]) / scale
    left, right = columns.start / scale, min(columns.stop, sheet[1]) / scale
    box = left, top, min(right, mask.shape[1]), min(bottom, mask.shape[0])
    return np.asarray(grown.resize((look[1], look[0]), Image.Resampling.NEAREST, box=box)) > 0


def _zoom(
    sheet: tuple[int, ...], look: tuple[int, ...], box: tuple[int, int, int, int]
) -> tuple[slice, slice] | None:
    """Return where to look closer: a small digit in a big picture has more pixels than are at work."""
    scale = max(sheet) / max(look)
    top, bottom, left, right = box
    longer = max(bottom - top, right - left)
    if scale <= 1 or longer > CLOSE * max(look):
        return None
    margin = max(3, longer // 4)
    return (
        slice(max(0, int((top - margin) * scale)), int((bottom + margin) * scale) + 1),
        slice(max(0, int((left - margin) * scale)), int((right + margin) * scale) + 1),
    )


def _lone(sheet: Grey, look: Look) -> tuple[slice, slice] | None:
    """Return where a small digit is on a sheet that looks blank without it."""
    box = lone_mark(look.grey, max(sheet.shape))
    return None if box is None else _zoom(sheet.shape, look.grey.shape, box)


def _center(digit: Grey) -> Grey:
    """Return the digit in 28×28 with its center of mass in the middle, as far as it fits."""
    height, width = digit.shape
    (mass, x), (y, _) = (PLACES[:, :height] @ digit.astype(np.float32) @ PLACES[:, :width].T).tolist()
    top = min(max(round(SIDE / 2 - y / max(mass, 1)), 0), SIDE - height)
    left = min(max(round(SIDE / 2 - x / max(mass, 1)), 0), SIDE - width)
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    canvas[top : top + height, left : left + width] = digit
    return canvas


def _blank() -> Grey:
    return np.zeros((SIDE, SIDE), np.uint8)


def _stack(pictures: list[Grey]) -> NDArray[np.uint8]:
    """Return pictures as one array; most often there is one, and none is copied."""
    return pictures[0][np.newaxis] if len(pictures) == 1 else np.stack(pictures)
