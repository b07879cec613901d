"""Marks ready to be set into a line: digits, letters and scrawls as distances from their pen's path.

A mark is uint8 (SIDE, SIDE): how far each pixel lies from the middle of the nearest stroke. It can be drawn
afterwards with any pen, at any size and slant: one pen writes a number whose digits are by several hands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt, maximum_filter

from training.drawing import glyphs, letters, shapes, strokes
from training.drawing.hand import Form, Hand
from training.drawing.pen import Picture, Stroke, along
from training.drawing.skeletons import FORMS, HASTY

SIDE = 48  # pixels of a mark
BODY = 34  # pixels of its longer side, without the pen's width
STEP = 14.0  # levels of a mark for a pixel's distance
MIDDLE = 224  # level on the middle of a stroke; above it lies what the pen's own width has made wider there
HASTE = 0.5  # share of the drawn digits that are written in haste

Mark = NDArray[np.uint8]


@dataclass(frozen=True)
class Marks:
    """Marks and what they are."""

    fields: NDArray[np.uint8]  # (n, SIDE, SIDE)
    labels: NDArray[np.int64]  # (n,) 0-9, or -1 for what is no digit

    def of(self, label: int) -> NDArray[np.intp]:
        """Return the places of the marks with this label."""
        return np.flatnonzero(self.labels == label)


def from_strokes(paths: Sequence[Stroke]) -> Mark:
    """Return the mark of strokes inside the unit square."""
    canvas = Image.new("L", (2 * SIDE, 2 * SIDE))
    brush = ImageDraw.Draw(canvas)
    for path in paths:
        brush.line((SIDE + (path - 0.5) * 2 * BODY).ravel().tolist(), fill=255, width=1)
    away = distance_transform_edt(np.asarray(canvas) == 0)
    return _levels(-_halved(away))


def from_picture(digit: Picture) -> Mark:
    """Return the mark of one of MNIST's digits (28, 28): its strokes' middles are where they are deepest."""
    large = Image.fromarray(digit).resize((2 * SIDE, 2 * SIDE), Image.Resampling.BICUBIC)
    inside = np.asarray(large) > 110  # of 255: an edge of MNIST's anti-aliased strokes
    depth = distance_transform_edt(inside) - distance_transform_edt(~inside)
    ridge = depth[(depth == maximum_filter(depth, 5)) & (depth > 1)]
    half = float(np.median(ridge)) if ridge.size else 1.0
    return _levels(_halved(depth - half))


def _halved(field: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a field drawn at twice the size, in pixels of a mark."""
    means: NDArray[np.float64] = field.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3)) / 2
    return means


def _levels(field: NDArray[np.float64]) -> Mark:
    return np.clip(np.rint(MIDDLE + STEP * field), 0, 255).astype(np.uint8)


def written_digit(label: int, rng: np.random.Generator) -> Mark:
    """Return a digit of our own hand, upright or slanted as it comes."""
    forms: tuple[Form, ...] = (HASTY if rng.random() < HASTE else FORMS)[label]
    weights = np.array([form.weight for form in forms])
    form = forms[int(rng.choice(len(forms), p=weights / weights.sum()))]
    return from_strokes(strokes.written(form, rng))


def letter(rng: np.random.Generator) -> Mark:
    """Return a letter or sign of a stroke font or of our own, as a hand might write it."""
    return from_strokes(glyphs.handwritten(rng) if rng.random() < 0.5 else letters.sketched(rng))


def scrawl(rng: np.random.Generator) -> Mark:
    """Return a shape, scribble or crossing of lines."""
    sketches = shapes.SCRAWLS + shapes.SCRIBBLES + shapes.SHAPES + shapes.LINES
    sketch = sketches[int(rng.integers(len(sketches)))]
    drawn = sketch(Hand(rng, wobble=rng.uniform(0, 0.03)))
    return from_strokes(strokes.fit([along(path, 0.05) for path in drawn]))


def make(pictures: NDArray[np.uint8], labels: NDArray[np.int64], drawn: int, others: int, seed: int) -> Marks:
    """Return the marks of MNIST's digits given, of `drawn` own digits and of `others` that are none."""
    rng = np.random.default_rng(seed)
    own = rng.integers(0, 10, drawn)
    makers = [partial(from_picture, picture) for picture in pictures]
    makers += [partial(written_digit, int(label), rng) for label in own]
    makers += [partial(letter if rng.random() < 0.75 else scrawl, rng) for _ in range(others)]
    fields = np.stack([maker() for maker in makers])
    return Marks(fields, np.concatenate([labels, own, np.full(others, -1)]).astype(np.int64))
