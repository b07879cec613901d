"""A picture at work size, while ink is told from paper, and the ink on it.

Arrays are uint8 (height, width). A look has dark ink; ink runs from 0 for paper to 255 for full ink.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from digits.paper import FAINTEST, Coarse
from digits.raster import LEVELS, Counts, Grey, histogram, otsu, quantile
from digits.strokes import faint_strokes

WORK = 112  # longer side, about, of the look: the picture while ink is told from paper; 4 × MNIST's side
GRAIN = 0.95  # of the pixels brighter than the paper: the grain is as strong as they are
HALF = 127  # level of ink, half of 255: a stroke's edge


@dataclass(frozen=True, eq=False)
class Look:
    """A picture at work size, with what several steps ask of it."""

    grey: Grey
    coarse: Coarse
    counts: Counts  # of grey
    split: int  # up to this level a pixel is dark

    @classmethod
    def of(cls, sheet: Grey) -> "Look":
        """Look at a picture of any size."""
        grey = fit(sheet)
        counts = histogram(grey)
        return cls(grey, Coarse.of(grey), counts, otsu(counts))

    def inverted(self) -> "Look":
        """Return the look with bright for dark."""
        counts = self.counts[::-1]
        return Look(255 - self.grey, self.coarse.inverted(), counts, otsu(counts))

    def paper(self) -> int:
        """Return the grey level of even paper: the median of what is not ink."""
        return self.split + quantile(self.counts[self.split :], 0.5)

    def noise(self, paper: int) -> int:
        """Return how strong the grain of even paper is, from what is brighter than it: no ink is."""
        brighter = self.counts[paper + 1 :]
        return 1 + quantile(brighter, GRAIN) if brighter.any() else 0


def fit(grey: Grey) -> Grey:
    """Return the look of a picture: its longer side 3/4 to 3/2 of WORK.

    Larger pictures are averaged over whole blocks, which takes a sixth of the time of any other resizing.
    """
    longer = max(grey.shape)
    blocks = max(1, min(round(longer / WORK), *grey.shape))
    if longer < 0.75 * WORK:
        scale = WORK / longer
        size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
        return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC))
    return np.asarray(Image.fromarray(grey).reduce(blocks)) if blocks > 1 else grey


def ink_under(look: Look, light: Grey | None) -> Grey:
    """Return the ink of a look: all that is darker than the paper under a light, None for an even one."""
    if light is None:
        paper = look.paper()
        light = np.empty_like(look.grey)
        light.fill(paper)
        depth = np.maximum(look.grey, light) - look.grey
        counts = np.zeros_like(look.counts)
        counts[: paper + 1] = look.counts[paper::-1]
        counts[0] += look.counts[paper + 1 :].sum()
        noise = look.noise(paper)
    else:
        depth = np.maximum(look.grey, light) - look.grey
        counts = histogram(depth)
        noise = None
    dark = counts[otsu(counts) + 1 :]
    level = 256 - dark.size + quantile(dark, 0.5) if dark.any() else 0
    if level < FAINTEST:
        return np.zeros_like(depth)
    table = _ramp(level)
    ink = np.frombuffer(depth.tobytes().translate(table), np.uint8).reshape(depth.shape)
    faint = faint_strokes(depth, counts, bisect_right(table, HALF), level if noise is None else noise)
    return ink if faint is None else ink | (0 - faint.view(np.uint8))  # 255 where it is faint


@cache
def _ramp(level: int) -> bytes:
    """Return for each depth how much ink it is, where the usual depth of ink is `level`.

    Half of the usual depth is the stroke's edge; from a quarter to three quarters it is anti-aliased.
    """
    ramp = np.clip((LEVELS / level - 0.25) / 0.5, 0, 1) * 255
    return ramp.astype(np.uint8).tobytes()
