"""The grey in which ink and paper differ: luminance or, where that is flat, what colors differ in most."""

import numpy as np
from PIL import Image

Weights = tuple[float, float, float, float]

SAMPLES = 48  # pixels a side that are looked at: strokes of a fiftieth of the picture are among them
COLORED = 24  # levels between a pixel's channels, beyond the paper's own: less is a grey picture with noise
FLAT = 4.0  # times the deviation of luminance: black on white has 1.7 in any color, ink as bright as paper 10
LUMINANCE = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as in Pillow
OPAQUE = 255  # of alpha
REACH = 110  # levels from the mean that the farthest color is put at


def has_color(image: Image.Image) -> bool:
    """Return whether a picture has channels of color, and nothing is transparent."""
    if image.mode == "RGBA":
        return bool(image.getchannel("A").getextrema()[0] == OPAQUE)
    return image.mode in {"RGB", "RGBX", "CMYK", "YCbCr", "HSV", "P"} and not image.has_transparency_data


def to_grey(image: Image.Image) -> Image.Image:
    """Return a picture in mode L: its luminance, unless its colors differ far more in another direction."""
    return project(image, weights(image))


def project(image: Image.Image, factors: Weights | None) -> Image.Image:
    """Return a picture in mode L: by factors of its channels, or its luminance where they are None."""
    colors = image if image.mode == "RGB" else image.convert("RGB")
    return colors.convert("L") if factors is None else colors.convert("L", factors)


def weights(image: Image.Image) -> Weights | None:
    """Return factors of red, green, blue and a constant for the greatest contrast; None for luminance."""
    small = image.resize((SAMPLES, SAMPLES), Image.Resampling.NEAREST)
    sample = np.asarray(small.convert("RGB")).reshape(-1, 3).astype(np.float32)
    sample -= (mean := sample.mean(axis=0))
    if np.ptp(sample, axis=1).max() < COLORED:
        return None
    spread, directions = np.linalg.eigh(sample.T @ sample / len(sample))
    if spread[-1] < FLAT**2 * np.square(sample @ LUMINANCE).mean():
        return None
    direction = directions[:, -1]
    direction = direction * (REACH / np.abs(sample @ direction).max())
    red, green, blue = direction.tolist()
    return red, green, blue, 128 - float(direction @ mean)
