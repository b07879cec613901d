"""Numbers composed of separate pictures of digits by one writer: for evaluation, never for training.

A picture is uint8 (height, width), ink dark on light.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.data.amounts import Written
from training.drawing import strokes
from training.drawing.pen import draw

Picture = NDArray[np.uint8]

HEIGHTS = 24.0, 80.0  # pixels: of the digits, the logarithm evenly spread
GAPS = -0.08, 0.6  # heights: between the boxes of two neighbors
LENGTHS = 2, 3, 4, 5, 6
SIDE = 96  # pixels of a drawn digit
ALIKE = 6  # digits of each class that are drawn from: those with the nearest width of the pen


@dataclass(frozen=True, eq=False)
class Composed(Written):
    """A composed number and how it was composed."""

    gap: float  # heights, the mean
    touching: bool  # some neighbors' strokes meet


class Hands(Protocol):
    """Whoever writes numbers."""

    def digits(self, text: str, rng: np.random.Generator) -> list[Picture]:
        """Return ink (h, w), bright on 0, of each digit, all by one writer with about one pen."""
        ...


class OwnHands:
    """Hands that our own code draws with, for pictures that may be shown."""

    def digits(self, text: str, rng: np.random.Generator) -> list[Picture]:
        """Return ink (h, w), bright on 0, of each digit, all with one pen."""
        width = float(np.exp(rng.uniform(np.log(0.05), np.log(0.12))))
        drawn = (draw(strokes.digit(int(digit), rng), rng, SIDE, width) for digit in text)
        return [_crop(digit) if (digit > 127).any() else digit for digit in drawn]


class Writers:
    """Digits of several writers, cropped to their ink, in a NumPy archive of `x`, `y` and `writer`."""

    def __init__(self, archive: Path) -> None:
        with np.load(archive) as file:
            pictures, labels, writers = file["x"], file["y"], file["writer"]
        self._crops = [_crop(255 - picture) for picture in pictures]
        self._pens = np.array([pen(crop) for crop in self._crops])
        self._labels = labels.astype(int)
        self._writers = writers
        self.names = sorted(set(writers.tolist()))

    def digits(self, text: str, rng: np.random.Generator) -> list[Picture]:
        """Return ink (h, w), bright on 0, of each digit, all by one writer with about one pen."""
        writer = self._writers == rng.choice(self.names)
        nib = float(rng.choice(self._pens[writer]))
        found = []
        for character in text:
            own = np.flatnonzero(writer & (self._labels == int(character)))
            if not own.size:  # this writer left none: another's with the same pen
                own = np.flatnonzero(self._labels == int(character))
            near = own[np.argsort(np.abs(self._pens[own] - nib))[:ALIKE]]
            found.append(self._crops[int(rng.choice(near))])
        return found


def compose(writers: Hands, count: int, seed: int, gaps: tuple[float, float] = GAPS) -> list[Composed]:
    """Return so many numbers on plain paper, all lengths equally often, gaps evenly spread."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        text = "".join(map(str, rng.integers(0, 10, LENGTHS[number % len(LENGTHS)])))
        gap = float(rng.uniform(*gaps))
        found.append(_set(text, writers.digits(text, rng), gap, gaps, rng))
    return found


def page(  # noqa: PLR0913, PLR0917 - a page's measures
    writers: Hands, width: int, height: int, count: int, tall: int, rng: np.random.Generator
) -> Picture:
    """Return a page with `count` digits in numbers of four, `tall` pixels high, spread over it."""
    sheet = np.full((height, width), 245, np.uint8)
    numbers = -(-count // 4)
    columns = max(1, int((numbers * width / height) ** 0.5))
    rows = -(-numbers // columns)
    for place in range(numbers):
        x, y = place % columns * width // columns + tall, place // columns * height // rows + tall
        for digit in writers.digits("".join(map(str, rng.integers(0, 10, 4))), rng):
            one = scaled(digit, tall)
            part = sheet[y : y + tall, x : x + one.shape[1]]
            np.minimum(part, 255 - one[:, : part.shape[1]], out=part)
            x += one.shape[1] + tall // 8
    return sheet


def _set(
    text: str, digits: Sequence[Picture], gap: float, gaps: tuple[float, float], rng: np.random.Generator
) -> Composed:
    """Set the digits side by side and photograph them."""
    height = float(np.exp(rng.uniform(*np.log(HEIGHTS))))
    sized = [scaled(digit, height * float(rng.normal(1, 0.06))) for digit in digits]
    edge = round(height * rng.uniform(0.25, 0.7))
    width = sum(one.shape[1] for one in sized) + round(height * max(0.0, gap + 0.1) * len(sized)) + 2 * edge
    ink = np.zeros((round(height * 1.25) + 2 * edge, width + edge), np.uint8)
    x, boxes, touching = edge, [], False
    for place, one in enumerate(sized):
        high, wide = one.shape
        y = edge + round(height * 1.12) - high + round(height * float(rng.normal(0, 0.03)))
        part = ink[y : y + high, x : x + wide]
        touching |= bool(place and _meet(ink, one, x, y))
        np.maximum(part, one[: part.shape[0], : part.shape[1]], out=part)
        boxes.append((float(x), float(y), float(wide), float(high)))
        x += wide + round(height * float(np.clip(rng.normal(gap, 0.02), *gaps)))
    last = boxes[-1]
    return Composed(_photograph(ink[:, : int(last[0] + last[2]) + edge], rng), text, boxes, gap, touching)


def _meet(ink: Picture, digit: Picture, x: int, y: int) -> bool:
    """Return whether a digit's strokes would touch what is on the sheet, diagonally too."""
    high, wide = digit.shape
    grown = np.asarray(Image.fromarray(np.pad(digit, 1)).filter(ImageFilter.MaxFilter(3)))
    there = ink[y - 1 : y + high + 1, x - 1 : x + wide + 1]
    return bool(((grown[: there.shape[0], : there.shape[1]] > 127) & (there > 127)).any())


def _photograph(ink: Picture, rng: np.random.Generator) -> Picture:
    """Return dark ink on light paper with a little blur and noise."""
    soft = np.asarray(Image.fromarray(ink).filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.8))), np.float32)
    paper, pen = rng.uniform(200, 255), rng.uniform(0, 90)
    grey = paper + (pen - paper) * soft / 255 + rng.normal(0, rng.uniform(0, 4), soft.shape)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def scaled(digit: Picture, height: float) -> Picture:
    """Return ink resized to this height."""
    high = max(8, round(height))
    wide = max(2, round(digit.shape[1] * high / digit.shape[0]))
    return np.asarray(Image.fromarray(digit).resize((wide, high), Image.Resampling.LANCZOS))


def _crop(ink: Picture) -> Picture:
    """Return the ink's bounding box."""
    ys, xs = np.nonzero(ink > 127)
    return ink[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]


def pen(ink: Picture) -> float:
    """Return the mean width of the strokes over the digit's height."""
    mask = np.pad(ink > 127, 1)
    outline = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(mask[:, 1:] != mask[:, :-1])
    return float(2 * mask.sum() / (outline * np.pi / 4) / len(ink))
