"""Luminance of Pillow's pictures, whatever their mode, reduced on the way; the ground of transparent ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.color import has_color, project, to_grey, weights
from digits.errors import InvalidImage
from digits.raster import Grey

_BAND_PIXELS = 1_000_000  # converted at a time: some 5 ms
_DEEP_MODES = {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}  # scaled by all of their values
_DEPTHS = (8, 10, 12, 14, 16)  # bits that scanners and cameras put into 16


def to_luminance(image: Image.Image, side: int) -> Image.Image:
    """Return a picture of any mode in L, or in LA where there is transparency, its longer side about `side`.

    Raises:
        InvalidImage: it holds values that are not finite.
    """
    is_whole = image.mode in _DEEP_MODES or image.width * image.height <= _BAND_PIXELS
    return _reduced(image, side) if is_whole else _in_bands(image, side)


def factor(size: tuple[int, int], side: int) -> int:
    """Return the whole factor that brings the longer side nearest to `side`."""
    return max(1, round(max(size) / side))


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """Bring a picture to grey and reduce it."""
    plain = to_grey(image) if has_color(image) else _converted(image, side)
    shrink = factor(plain.size, side)
    return plain.reduce(shrink) if shrink > 1 else plain


def _in_bands(image: Image.Image, side: int) -> Image.Image:
    """Do the same a band of rows at a time.

    Pillow holds Python's lock while it converts, and takes memory for a whole copy at each step.
    """
    shrink = factor(image.size, side)
    width, height = image.size
    rows = max(1, _BAND_PIXELS // (width * shrink)) * shrink
    factors = weights(image) if has_color(image) else None
    bands = []
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height)))
        plain = _converted(band, side) if factors is None else project(band, factors)
        bands.append(np.asarray(plain.reduce(shrink)))
    return Image.fromarray(np.concatenate(bands))


def _converted(image: Image.Image, side: int) -> Image.Image:
    """Bring any of Pillow's modes to L, or to LA where there is transparency."""
    if image.mode in {"I", "F"}:  # four bytes a pixel: reduced before anything is made of them
        return Image.fromarray(_to_bytes(np.asarray(image.reduce(factor(image.size, side)), np.float64)))
    if image.mode in _DEEP_MODES:
        return Image.fromarray(_to_bytes(np.asarray(image)))
    if image.mode == "LAB":
        return image.getchannel("L")
    if not image.has_transparency_data:
        return image if image.mode == "L" else image.convert("L")
    if image.mode in {"1", "L", "LA", "La"}:
        return image.convert("LA")
    return image.convert("RGBA").convert("LA")


def _to_bytes(values: NDArray[Any]) -> Grey:
    """Scale 16-bit integers by the depth of the greatest; what has no fixed range by the range it shows."""
    if values.dtype.itemsize == 2:
        depth = next(bits for bits in _DEPTHS if int(values.max()) < 1 << bits)
        return (values >> (depth - 8)).astype(np.uint8)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(low + high):
        raise InvalidImage("The image holds values that are not finite. Received: NaN or infinity")
    for full in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= full:
            return np.rint(values * (255 / full)).astype(np.uint8)
    return np.rint((values - low) * (255 / (high - low or 1))).astype(np.uint8)


def flatten(luminance: Grey, alpha: Grey) -> Grey:
    """Put a picture with transparency on a ground that its ink stands out from.

    Ink drawn on nothing gets white or black, whichever contrasts. An opaque sheet with ink on it
    (most of the area, and not of one tone) has its transparent rest filled with the sheet's tone.
    """
    strongest = int(alpha.max())
    if strongest == 0:
        return np.full_like(luminance, 255)
    if strongest == int(alpha.min()):
        return luminance
    solid = luminance[alpha >= (strongest + 1) // 2]
    dark, tone, bright = np.percentile(solid, (2, 50, 98), method="nearest")
    is_sheet = solid.size > luminance.size / 2 and int(bright) - int(dark) > 64
    ground = tone if is_sheet else 255 * (tone < 128)
    cover = alpha.astype(np.float32) / 255
    flat: Grey = np.rint(luminance * cover + ground * (1 - cover)).astype(np.uint8)
    return flat
