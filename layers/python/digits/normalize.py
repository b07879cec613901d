"""MNIST's format, made of any grey picture of a digit.

MNIST's digits were fitted into 20×20 pixels with anti-aliasing, aspect kept, and placed in 28×28 by their
center of mass (LeCun et al., 1998, section III.A). A model trained on them expects just that, so every route,
the bulk worker, training and evaluation come through here.

Arrays are uint8 (height, width): a `Grey` is luminance of either polarity; `paper` has its ink dark on light;
ink runs from 0 for paper to 255 for full ink.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digits.errors import InvalidPixels
from digits.images import Grey
from digits.raster import bounding_box, dilate, erode, otsu, quantile
from digits.strokes import keep_digit, stroke_width

Mode = Literal["auto", "always", "never"]

SIDE = 28  # of MNIST's image
BOX = 20  # of MNIST's digit, its longer side
WORK = 112  # longer side of the picture while ink is told from paper: 4 × SIDE
GRAIN = ImageFilter.BoxBlur(3)
# Of a picture in MNIST's format: by 1 and by the distance from its middle, which sum up to mass and moments.
MOMENTS = np.stack([np.ones(SIDE), np.arange(SIDE) - SIDE / 2]).astype(np.float32)
HALF = 127  # level of ink, half of 255: a stroke's edge
SURE = 0.15  # of picture and rim: a share that is dark below it, or above 1 less it, settles the polarity
UNEVEN = 0.2  # of the ink's contrast: a wider range of light on the paper is flattened
MIN_STROKE = 1.7  # pixels in the 20-pixel box; thinner pens than any of MNIST's are thickened to it
MAX_STROKE = 2.6  # pixels in the 20-pixel box; the strokes of wider pens merge. MNIST's median is 2.5
FAINTEST = 10  # grey levels between paper and ink; less is a blank page


def normalize(grey: Grey, mode: Mode = "auto") -> NDArray[np.uint8]:
    """Return the candidates (k, 28, 28), ink bright on dark, the likeliest first.

    There is more than one where the picture does not tell ink from paper: a tight crop whose ink touches
    every border, or paper lit so unevenly that a shadow may be ink. `auto` uses an image that is in MNIST's
    format as it is, `always` does not, and `never` raises InvalidPixels for any other size than 28×28.
    """
    if mode == "never" and grey.shape != (SIDE, SIDE):
        raise InvalidPixels(
            f"without normalization an image has to be 28×28. Received: {grey.shape[0]}×{grey.shape[1]}"
        )
    if mode == "never" or (mode == "auto" and is_mnist_format(grey)):
        return grey[np.newaxis]
    small = _fit(grey)
    readings = []
    for dark in _polarities(small):
        paper, look = (grey, small) if dark else (255 - grey, 255 - small)
        readings += [_render(paper, look, ground) for ground in _grounds(look)]
    return np.stack(readings)


def is_mnist_format(grey: Grey) -> bool:
    """Tell whether a picture is 28×28, dark at the corners, and centered by mass with its ink in 20×20."""
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


def _polarities(small: Grey) -> list[bool]:
    """Return whether the ink is darker than the paper: one answer, or both, the likelier first, in doubt.

    Paper is what most of the picture and most of its rim is.
    """
    dark = small <= otsu(small)
    rim = max(1, min(small.shape) // 32)
    edges = (dark[:rim], dark[-rim:], dark[:, :rim], dark[:, -rim:])
    at_rim = sum(np.count_nonzero(edge) for edge in edges) / sum(edge.size for edge in edges)
    darkness = float(np.count_nonzero(dark) / dark.size + at_rim) / 2
    if darkness < SURE:
        return [True]
    if darkness > 1 - SURE:
        return [False]
    return [darkness < 0.5, darkness >= 0.5]


def _grounds(small: Grey) -> list[Grey | None]:
    """Return the paper's brightness to measure ink against; None for even paper.

    Where the light is uneven it may be a shadow or be ink: both ways are returned.
    """
    ground = _ground(small)
    low, high = quantile(ground, 0.05), quantile(ground, 0.95)
    contrast = quantile(np.maximum(ground, small) - small, 0.99)
    return [None] if high - low < UNEVEN * max(contrast, FAINTEST) else [ground, None]


def _ground(small: Grey) -> Grey:
    """Return the paper without its dark strokes: a morphological closing a third of the picture wide.

    Blurred first, or the closing would follow the brightest grains of a noisy picture.
    """
    size = max(small.shape) // 3 | 1
    smooth = np.asarray(Image.fromarray(small).filter(GRAIN))
    return 255 - dilate(255 - dilate(smooth, size), size)


def _render(paper: Grey, small: Grey, ground: Grey | None) -> NDArray[np.uint8]:
    """Return the (28, 28) canonical picture of the dark ink on `paper`; `small` is it at the work size."""
    ink, mask = _ink(small, ground)
    window = _zoom(paper, mask) if mask.any() else None
    if window is not None:
        small = _fit(paper[window])
        ink, mask = _ink(small, None if ground is None else _ground(small))
    if not mask.any():
        return np.zeros((SIDE, SIDE), np.uint8)
    ink = _fit_pen(ink, mask)
    top, bottom, left, right = bounding_box(ink > HALF)
    longer = max(bottom - top, right - left)
    height = max(1, round((bottom - top) * BOX / longer))
    width = max(1, round((right - left) * BOX / longer))
    digit = Image.fromarray(ink).resize((width, height), Image.Resampling.BOX, box=(left, top, right, bottom))
    return _center(np.asarray(digit))


def _ink(small: Grey, ground: Grey | None) -> tuple[Grey, NDArray[np.bool_]]:
    """Return ink at the work size, and the mask of what belongs to the digit."""
    light = _paper_level(small) if ground is None else ground
    depth = np.maximum(small, light) - small
    marks = depth[depth > otsu(depth)]
    level = quantile(marks, 0.5) if marks.size else 0
    if level < FAINTEST:
        return np.zeros_like(depth), np.zeros(depth.shape, np.bool_)
    # Half of the usual depth is the stroke's edge; from a quarter to three quarters it is anti-aliased.
    ramp = np.clip((np.arange(256) / level - 0.25) / 0.5, 0, 1) * 255
    ink = ramp.astype(np.uint8)[depth]
    mask = keep_digit(ink > HALF)
    # Only what lies within two pixels of a kept stroke stays: its anti-aliased rim, but no speck.
    ink[dilate(mask.view(np.uint8), 5) == 0] = 0
    return ink, mask


def _paper_level(small: Grey) -> np.uint8:
    """Return the grey level of even paper: the median of what is not ink."""
    return np.uint8(quantile(small[small >= otsu(small)], 0.5))


def _zoom(paper: Grey, mask: NDArray[np.bool_]) -> tuple[slice, slice] | None:
    """Return where to look closer: a small digit in a big picture has more pixels than are at work."""
    scale = max(paper.shape) / WORK
    top, bottom, left, right = bounding_box(mask)
    longer = max(bottom - top, right - left)
    if scale <= 1 or longer > WORK / 2:
        return None
    margin = max(3, longer // 4)
    return (
        slice(max(0, int((top - margin) * scale)), int((bottom + margin) * scale) + 1),
        slice(max(0, int((left - margin) * scale)), int((right + margin) * scale) + 1),
    )


def _fit_pen(ink: Grey, mask: NDArray[np.bool_]) -> Grey:
    """Return ink whose strokes are as wide as a pen's of MNIST, once it is scaled down."""
    top, bottom, left, right = bounding_box(mask)
    scale = max(bottom - top, right - left) / BOX
    width = stroke_width(mask)
    grow = round((MIN_STROKE * scale - width) / 2)
    if grow > 0:
        return dilate(ink, 2 * grow + 1)
    shrink = round((width - MAX_STROKE * scale) / 2)
    thinned = erode(ink, 2 * shrink + 1) if shrink > 0 else ink
    return thinned if thinned.max() > HALF else ink  # thin strokes beside a blot would leave nothing


def _fit(grey: Grey) -> Grey:
    """Return the picture resized so that its longer side is WORK."""
    scale = WORK / max(grey.shape)
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    if size == grey.shape[::-1]:
        return grey
    how = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(grey).resize(size, how))


def _center(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the digit in 28×28 with its center of mass in the middle, as far as it fits."""
    height, width = digit.shape
    mass = digit.astype(np.float32)
    total = max(float(mass.sum()), 1.0)
    y = float(mass.sum(axis=1) @ np.arange(height)) / total
    x = float(mass.sum(axis=0) @ np.arange(width)) / total
    top = min(max(round(SIDE / 2 - y), 0), SIDE - height)
    left = min(max(round(SIDE / 2 - x), 0), SIDE - width)
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    canvas[top : top + height, left : left + width] = digit
    return canvas
