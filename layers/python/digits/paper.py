"""The paper under the ink: its polarity, its light, and whether anything is written on it.

A `look` is a grey picture at work size. Ink is taken to be dark; for bright ink, invert the picture.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.raster import Components, Counts, Grey, bounding_box, close, histogram, otsu, quantile

REDUCED = 4  # pixels of the look, each way, to one of the coarse picture: the width of a thin stroke
WIDEST = 1 / 3  # of the longer side: darker parts wider than that are shadow, not stroke
SURE = 0.15  # of picture and rim: a share that is dark below it, or above 1 less it, settles the polarity
BLOCK = 4  # coarse pixels a side: it fits into each window that is wider than a stroke
SURE_SMALL = 0.25  # the same in a bitmap that its digit fills: thick strokes take more of it
RIM = 1 / 32  # of the shorter side: the picture's border, which paper takes most of
UNEVEN = 0.2  # of the ink's contrast: a wider range of light on the paper is flattened
FAINTEST = 10  # grey levels between paper and ink; less is a blank page
# Share of the range of light: less contrast within a stroke's reach is shade; digits have 0.45 and more.
LOCAL = 0.2
# Share of the pixels: strokes take at least the rest, so that this quantile of depth is their contrast.
STROKES = 0.985
MOST = 0.8  # of the rows and columns at a sheet's edges
WHOLE = 0.6  # of its box: a sheet takes so much, the rest is ink
FILLED = 0.95  # of the picture: a sheet fills it
LEFT = 4  # coarse pixels: no digit is told in less


class Coarse:
    """A look reduced by REDUCED, which averages grain away and makes wide windows cheap."""

    def __init__(self, grey: Grey, counts: Counts) -> None:
        """Take its pixels and their histogram; `of` makes it of a look."""
        self.grey, self.counts = grey, counts

    @classmethod
    def of(cls, look: Grey) -> "Coarse":
        """Reduce a look."""
        grey: Grey = np.asarray(Image.fromarray(look).reduce(REDUCED))
        return cls(grey, histogram(grey))

    def inverted(self) -> "Coarse":
        """Return it with bright for dark."""
        return Coarse(255 - self.grey, self.counts[::-1])

    @cached_property
    def paper(self) -> int:
        """The least of all blocks' brightest pixels: what is darker is ink in every wider window."""
        height, width = self.grey.shape
        high, wide = height // BLOCK, width // BLOCK
        rows = self.grey[: high * BLOCK].reshape(high, BLOCK, width).max(axis=1)
        blocks = rows.T[: wide * BLOCK].reshape(wide, BLOCK, high).max(axis=1)
        return int(blocks.min(initial=255))

    @cached_property
    def ink(self) -> int:
        """The level that strokes reach, were all of the paper brighter."""
        return quantile(self.counts, 1 - STROKES)


def ink_is_dark(look: Grey, counts: Counts, split: int, sure: float = SURE) -> list[bool]:
    """Return whether the ink is darker than the paper: one answer, or both, the likelier first, in doubt.

    Paper is what most of the picture and most of its rim is; `counts` is the look's histogram, `split` the
    level up to which it is dark, `sure` the share that settles it.
    """
    height, width = look.shape
    rim = max(1, int(min(look.shape) * RIM))
    edges = (look[:rim], look[-rim:], look[:, :rim], look[:, -rim:])
    at_rim = sum(np.count_nonzero(edge <= split) for edge in edges) / (2 * rim * (height + width))
    darkness = (int(counts[: split + 1].sum()) / look.size + at_rim) / 2
    if darkness < sure:
        return [True]
    if darkness > 1 - sure:
        return [False]
    return [darkness < 0.5, darkness >= 0.5]


def is_blank(coarse: Coarse) -> bool:
    """Return whether nothing on the paper, dark or bright, is as narrow as a stroke. Shade is wider."""
    bright = coarse.inverted()
    least = max(FAINTEST / 2, LOCAL * (255 - bright.ink - coarse.ink))
    return not (
        _is_written(coarse, least)
        or _is_written(bright, least)
        or _contrast(coarse.grey) >= least
        or _contrast(bright.grey) >= least
    )


def _is_written(coarse: Coarse, least: float) -> bool:
    """Return whether so much is darker than all of the paper that `_contrast` is sure to find it."""
    half = _half(coarse.grey)
    inside = coarse.grey[half:-half, half:-half]
    return bool(np.count_nonzero(inside <= coarse.paper - least) > (1 - STROKES) * coarse.grey.size)


def _contrast(coarse: Grey) -> int:
    """Return how much darker than the paper beside them strokes are; the border's paper goes on outside."""
    return quantile(histogram(_close_beyond(coarse, _half(coarse)) - coarse), STROKES)


def _half(coarse: Grey) -> int:
    """Return half of the window that is wider than any stroke."""
    return int(max(coarse.shape) * WIDEST) // 2 + 1


def ground(coarse: Coarse) -> Grey | None:
    """Return the paper's brightness, coarse, to measure ink against; None where the light is even."""
    # In most pictures the darkest paper says so without a closing.
    if int(coarse.grey.max()) - coarse.paper < UNEVEN * max(coarse.paper - coarse.ink, FAINTEST):
        return None
    filled = fill(coarse.grey)
    levels = histogram(filled)
    light = quantile(levels, 0.95) - quantile(levels, 0.05)
    contrast = quantile(histogram(filled - coarse.grey), STROKES)
    return None if light < UNEVEN * max(contrast, FAINTEST) else filled


def fill(coarse: Grey) -> Grey:
    """Return the paper without its dark strokes: a morphological closing as wide as the widest of them."""
    return close(coarse, int(max(coarse.shape) * WIDEST) | 1)


def near_paper(grey: Grey, reach: float) -> Grey:
    """Return the paper under strokes narrower than `reach`, a share of the longer side, by what is near."""
    return _close_beyond(grey, max(1, int(reach * max(grey.shape) / 2)))


def _close_beyond(grey: Grey, half: int) -> Grey:
    """Return the closing by a square of so many pixels to each side; the border goes on outside."""
    rows, columns = (np.arange(-half, side + half).clip(0, side - 1) for side in grey.shape)
    return close(grey[rows][:, columns], 2 * half + 1)[half:-half, half:-half]


def sheet_in(coarse: Coarse) -> tuple[slice, slice] | None:
    """Return where a bright sheet lies in a look, on a desk or partly in shadow; None where it fills it."""
    bright = Components(coarse.grey > otsu(coarse.counts))
    if not bright.count:
        return None
    largest = int(bright.areas().argmax())
    sheet = bright.paint(np.arange(bright.count) == largest)
    top, bottom, left, right = bounding_box(sheet)
    rows = _filled(sheet[:, left:right].mean(axis=1))
    columns = _filled(sheet[top:bottom].mean(axis=0))
    part = sheet[rows, columns]
    if part.size > FILLED * sheet.size or min(part.shape, default=0) < LEFT or part.mean() < WHOLE:
        return None
    return _enlarged(rows), _enlarged(columns)


def _enlarged(side: slice) -> slice:
    """Return the pixels of the look that a part of the coarse picture shows."""
    return slice(REDUCED * side.start, REDUCED * side.stop)


def _filled(shares: NDArray[np.float64]) -> slice:
    """Return from the first to the last row or column of which a sheet takes most."""
    (most,) = (shares >= MOST).nonzero()
    return slice(int(most[0]), int(most[-1]) + 1) if most.size else slice(0, 0)


def refine(filled: Grey, shape: tuple[int, int]) -> Grey:
    """Return the paper's brightness at the size of the look."""
    return np.asarray(Image.fromarray(filled).resize(shape[::-1], Image.Resampling.BILINEAR))
