"""The paper under the ink: its polarity, its light, and whether anything is written on it.

A `look` is a grey picture at work size; `coarse` is it reduced by REDUCED, which averages grain away and
makes wide windows cheap. Ink is taken to be dark; for bright ink, invert the picture.
"""

import numpy as np
from PIL import Image

from digits.raster import Counts, Grey, dilate, histogram, quantile

REDUCED = 4  # pixels of the look, each way, to one of the coarse picture: the width of a thin stroke
WIDEST = 1 / 3  # of the longer side: darker parts wider than that are shadow, not stroke
SURE = 0.15  # of picture and rim: a share that is dark below it, or above 1 less it, settles the polarity
RIM = 1 / 32  # of the shorter side: the picture's border, which paper takes most of
UNEVEN = 0.2  # of the ink's contrast: a wider range of light on the paper is flattened
FAINTEST = 10  # grey levels between paper and ink; less is a blank page
LOCAL = (
    0.2  # of the range of light: less contrast within a stroke's reach is shade; digits have 0.45 and more
)
STROKES = (
    0.985  # of the pixels: strokes take at least the rest, so that this quantile of depth is their contrast
)


def coarsen(look: Grey) -> Grey:
    """Return the coarse picture of a look."""
    return np.asarray(Image.fromarray(look).reduce(REDUCED))


def ink_is_dark(look: Grey, counts: Counts, split: int) -> list[bool]:
    """Return whether the ink is darker than the paper: one answer, or both, the likelier first, in doubt.

    Paper is what most of the picture and most of its rim is; `counts` is the look's histogram, `split` the
    level up to which it is dark.
    """
    rim = max(1, int(min(look.shape) * RIM))
    edges = (look[:rim], look[-rim:], look[:, :rim], look[:, -rim:])
    at_rim = sum(np.count_nonzero(edge <= split) for edge in edges) / sum(edge.size for edge in edges)
    darkness = (float(counts[: split + 1].sum()) / look.size + at_rim) / 2
    if darkness < SURE:
        return [True]
    if darkness > 1 - SURE:
        return [False]
    return [darkness < 0.5, darkness >= 0.5]


def is_blank(coarse: Grey) -> bool:
    """Return whether nothing on the paper, dark or bright, is as narrow as a stroke. Shade is wider."""
    counts = histogram(coarse)
    least = max(FAINTEST / 2, LOCAL * (quantile(counts, STROKES) - quantile(counts, 1 - STROKES)))
    return _contrast(coarse) < least and _contrast(255 - coarse) < least


def _contrast(coarse: Grey) -> int:
    """Return how much darker than the paper beside them strokes are; the border's paper goes on outside."""
    half = int(max(coarse.shape) * WIDEST) // 2 + 1
    rows, columns = (np.arange(-half, side + half).clip(0, side - 1) for side in coarse.shape)
    wide = coarse[rows][:, columns]
    depth = (_close(wide, 2 * half + 1) - wide)[half:-half, half:-half]
    return quantile(histogram(depth), STROKES)


def ground(coarse: Grey) -> Grey | None:
    """Return the paper's brightness, coarse, to measure ink against; None where the light is even."""
    filled = fill(coarse)
    levels = histogram(filled)
    light = quantile(levels, 0.95) - quantile(levels, 0.05)
    contrast = quantile(histogram(filled - coarse), STROKES)
    return None if light < UNEVEN * max(contrast, FAINTEST) else filled


def fill(coarse: Grey) -> Grey:
    """Return the paper without its dark strokes: a morphological closing as wide as the widest of them."""
    return _close(coarse, int(max(coarse.shape) * WIDEST) | 1)


def _close(coarse: Grey, size: int) -> Grey:
    """Return the closing by a square: it fills what is dark and narrower."""
    return 255 - dilate(255 - dilate(coarse, size), size)


def refine(filled: Grey, shape: tuple[int, int]) -> Grey:
    """Return the paper's brightness at the size of the look."""
    return np.asarray(Image.fromarray(filled).resize(shape[::-1], Image.Resampling.BILINEAR))
