"""Brings any grey picture of a digit into MNIST's format.

MNIST's digits were fitted into 20×20 pixels with anti-aliasing, aspect kept, and placed in 28×28 by their
centre of mass (LeCun et al., 1998, section III.A). A model trained on them expects just that, so every route,
the bulk worker, training and evaluation come through here.

Arrays are (height, width). A `Grey` is uint8 luminance 0–255 of either polarity; inside this module ink is
float32, 0 for paper to 1 for full ink.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.errors import InvalidPixels
from digits.images import Grey
from digits.strokes import keep_digit, stroke_width

Mode = Literal["auto", "always", "never"]
Float = NDArray[np.float32]

SIDE = 28  # of MNIST's image
BOX = 20  # of MNIST's digit, its longer side
WORK = 112  # longer side of the picture while ink is told from paper: 4 × SIDE
MIN_STROKE = 1.7  # pixels in the 20-pixel box; thinner pens than any of MNIST's are thickened to it
FAINTEST = 10.0  # grey levels between paper and ink; less is a blank page


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
    readings = [
        _render(grey if dark else 255 - grey, flat)
        for dark in _polarities(grey)
        for flat in _grounds(grey if dark else 255 - grey)
    ]
    return np.stack(readings)


def is_mnist_format(grey: Grey) -> bool:
    """Tell whether a picture is 28×28, dark at the corners, and centred by mass with its ink in 20×20."""
    if grey.shape != (SIDE, SIDE):
        return False
    # The corners first: they are cheap to look at, and most pictures on paper fail them.
    if max(grey[0, 0], grey[0, -1], grey[-1, 0], grey[-1, -1]) > 32 or grey.max() < 128:
        return False
    ink = grey > 32
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if abs(max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1 - BOX) > 1:
        return False
    mass = grey.astype(np.float32)
    along = np.arange(SIDE, dtype=np.float32) - SIDE / 2
    y, x = mass.sum(axis=1) @ along / mass.sum(), mass.sum(axis=0) @ along / mass.sum()
    # Rounded to whole pixels, the centre is within half a one; noise, JPEG and the rim move it a little more.
    return bool(abs(y) <= 1.25 and abs(x) <= 1.25)


def _polarities(grey: Grey) -> list[bool]:
    """Return whether the ink is darker than the paper: one answer, or both, the likelier first, in doubt.

    Paper is what most of the picture and most of its rim is.
    """
    small = _fit(grey, WORK)
    dark = small <= _otsu(small)
    rim = max(1, min(small.shape) // 32)
    edge = np.concatenate(
        [dark[:rim].ravel(), dark[-rim:].ravel(), dark[:, :rim].ravel(), dark[:, -rim:].ravel()]
    )
    darkness = float(dark.mean() + edge.mean()) / 2
    if darkness < 0.15:
        return [True]
    if darkness > 0.85:
        return [False]
    return [darkness < 0.5, darkness >= 0.5]


def _grounds(paper: Grey) -> list[bool]:
    """Return whether to flatten the paper's light: no where it is even, yes then no where it is not."""
    small = _fit(paper, WORK)
    ground = _ground(small)
    low, high = np.percentile(ground, [5, 95])
    contrast = float(np.percentile(ground - small, 99))
    return [False] if high - low < 0.2 * max(contrast, FAINTEST) else [True, False]


def _render(paper: Grey, flat: bool) -> NDArray[np.uint8]:
    """Return the (28, 28) canonical picture of the dark ink in `paper`."""
    ink, mask = _ink(paper, flat)
    if not mask.any():
        return np.zeros((SIDE, SIDE), np.uint8)
    window = _zoom(paper, mask)
    if window is not None:
        ink, mask = _ink(paper[window], flat)
        if not mask.any():
            return np.zeros((SIDE, SIDE), np.uint8)
    top, bottom, left, right = _bounds(mask)
    longer = max(bottom - top, right - left)
    thin = MIN_STROKE * longer / BOX - stroke_width(mask)
    if thin > 0:
        grow = round(thin / 2)
        ink = _spread(ink, 2 * grow + 1) if grow else ink
        top, bottom, left, right = _bounds(ink > 0.5)
        longer = max(bottom - top, right - left)
    height = max(1, round((bottom - top) * BOX / longer))
    width = max(1, round((right - left) * BOX / longer))
    picture = Image.fromarray((ink * 255).astype(np.uint8))
    digit = picture.resize((width, height), Image.Resampling.BOX, box=(left, top, right, bottom))
    return _centre(np.asarray(digit))


def _zoom(paper: Grey, mask: NDArray[np.bool_]) -> tuple[slice, slice] | None:
    """Return where to look closer: a small digit in a big picture has more pixels than are at work."""
    scale = max(paper.shape) / WORK
    top, bottom, left, right = _bounds(mask)
    longer = max(bottom - top, right - left)
    if scale <= 1 or longer > WORK / 2:
        return None
    margin = max(3, longer // 4)
    return (
        slice(max(0, int((top - margin) * scale)), int((bottom + margin) * scale) + 1),
        slice(max(0, int((left - margin) * scale)), int((right + margin) * scale) + 1),
    )


def _ink(paper: Grey, flat: bool) -> tuple[Float, NDArray[np.bool_]]:
    """Return ink 0–1 and the mask of what belongs to the digit, both at the work size."""
    small = _fit(paper, WORK).astype(np.float32)
    ground = _ground(small) if flat else np.float32(_paper_level(small))
    depth = np.clip(ground - small, 0, 255)
    split = _otsu(depth.astype(np.uint8))
    strokes = depth[depth > split]
    level = float(np.median(strokes)) if strokes.size else 0.0
    if level < FAINTEST:
        return np.zeros_like(depth), np.zeros(depth.shape, np.bool_)
    ink = np.clip((depth / level - 0.25) / 0.5, 0, 1).astype(np.float32)
    mask = keep_digit(ink > 0.5)
    # Only what lies within two pixels of a kept stroke stays: its anti-aliased rim, but no speck.
    ink *= _spread(mask.astype(np.float32), 5)
    return ink, mask


def _paper_level(small: Float) -> float:
    """Return the grey level of even paper: the median of what is not ink."""
    return float(np.median(small[small >= _otsu(small.astype(np.uint8))]))


def _ground(small: NDArray[np.generic]) -> Float:
    """Return the paper without its dark strokes: a morphological closing a third of the picture wide."""
    size = max(small.shape) // 3 | 1
    closed = -_spread(-_spread(small.astype(np.float32), size), size)
    return closed.astype(np.float32)


def _spread(values: Float, size: int) -> Float:
    """Return the maximum over a `size`×`size` window (odd), in a logarithmic number of passes."""
    for axis in (0, 1):
        values = _running_max(values, size, axis)
    return values


def _running_max(values: Float, size: int, axis: int) -> Float:
    half = size // 2
    pad = [(0, 0), (0, 0)]
    pad[axis] = (half, half)
    out = np.pad(values, pad, constant_values=-np.inf)
    if axis:
        out = out.T
    reach = 1
    while reach < size:
        step = min(reach, size - reach)
        out = np.maximum(out[:-step], out[step:])
        reach += step
    return out.T if axis else out


def _fit(grey: Grey, longer: int) -> Grey:
    """Return the picture resized so that its longer side is `longer`."""
    scale = longer / max(grey.shape)
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    if size == grey.shape[::-1]:
        return grey
    how = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(grey).resize(size, how))


def _otsu(grey: Grey) -> int:
    """Return the level that splits a picture into the two classes farthest apart (Otsu, 1979)."""
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    total = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (total[-1] * below / below[-1] - total) ** 2 / (below * above)
    return int(np.nanargmax(np.where(np.isfinite(between), between, 0)))


def _bounds(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return top, bottom, left, right of what is set; bottom and right are exclusive."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _centre(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the digit in 28×28 with its centre of mass in the middle, as far as it fits."""
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
