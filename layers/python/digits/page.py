"""The numbers read in a picture, and where they stand in the upright original, in its whole pixels."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.recognize import DECIMALS
from digits.rows import Boxes

Box = tuple[int, int, int, int]  # x, y, width, height
Size = tuple[int, int]  # width, height in pixels


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit of a number."""

    digit: int  # 0 to 9, the likeliest
    probability: float  # that a digit is here and that it is this one
    box: Box
    probabilities: NDArray[np.float32]  # (10,), of each digit, given that one is here; sums to 1

    def to_json(self, explain: bool = False) -> dict[str, Any]:
        """Return all but `probabilities`, or those too, as JSON has it; the digit is called `class`."""
        members = {
            "class": self.digit,
            "probability": round(self.probability, DECIMALS),
            "box": list(self.box),
        }
        if explain:
            members["probabilities"] = [round(share, DECIMALS) for share in self.probabilities.tolist()]
        return members


@dataclass(frozen=True, eq=False)
class Number:
    """Digits that stand next to each other."""

    text: str
    probability: float  # that all of the text is right
    box: Box
    digits: tuple[Digit, ...]

    def to_json(self, explain: bool = False) -> dict[str, Any]:
        """Return the number as JSON has it, with what its digits' `probabilities` are if asked."""
        return {
            "text": self.text,
            "probability": round(self.probability, DECIMALS),
            "box": list(self.box),
            "digits": [digit.to_json(explain) for digit in self.digits],
        }


@dataclass(frozen=True, eq=False)
class Page:
    """All that is read in a picture: lines from top to bottom, numbers in each from left to right."""

    lines: tuple[tuple[Number, ...], ...]
    size: Size

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Return the numbers in reading order."""
        return tuple(number for line in self.lines for number in line)

    @property
    def text(self) -> str:
        """Return the numbers of each line joined by a space, and the lines by a newline."""
        return "\n".join(" ".join(number.text for number in line) for line in self.lines)


@dataclass(frozen=True)
class Field:
    """A place in a form that holds one number."""

    name: str
    box: Box
    length: int | None = None  # digits that the number has, if that is known


@dataclass(frozen=True, eq=False)
class FieldReading:
    """The reading of one field."""

    name: str
    box: Box
    number: Number | None  # None where nothing is written

    @property
    def text(self) -> str:
        """Return the digits read; empty where nothing is written."""
        return self.number.text if self.number else ""


@dataclass(frozen=True)
class Frame:
    """Where a picture, or a part of it, lies in the upright original."""

    shape: tuple[int, ...]  # height, width of the whole picture read
    scale: float = 1.0  # pixels of the original to one of the picture
    origin: tuple[int, int] = (0, 0)  # x, y of the part in the picture

    def at(self, x: int, y: int) -> "Frame":
        """Return the frame of the part that begins at x, y."""
        return Frame(self.shape, self.scale, (x, y))

    @property
    def size(self) -> Size:
        """Return width and height of the original."""
        return round(self.shape[1] * self.scale), round(self.shape[0] * self.scale)

    def box(self, boxes: Boxes) -> Box:
        """Return the whole pixels of the original that boxes (n, 4) in the part cover together."""
        low = (boxes[:, :2].min(axis=0) + self.origin) * self.scale
        high = ((boxes[:, :2] + boxes[:, 2:]).max(axis=0) + self.origin) * self.scale
        left, top = (
            min(max(0, floor(value)), limit - 1) for value, limit in zip(low, self.size, strict=True)
        )
        right, bottom = (min(ceil(value), limit) for value, limit in zip(high, self.size, strict=True))
        return left, top, max(1, right - left), max(1, bottom - top)

    def cut(self, box: Box) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of an original's box in pixels of the picture."""
        x, y, width, height = (value / self.scale for value in box)
        return max(0.0, x), max(0.0, y), min(x + width, self.shape[1]), min(y + height, self.shape[0])
