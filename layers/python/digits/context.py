"""The ink around numbers, by which a number is told from letters, signs and drawings that resemble one.

Boxes are float arrays (n, 4): x, y, width, height in pixels of the picture.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from digits.contrast import even_ink
from digits.detect import scaled
from digits.model import Model
from digits.odds import log_odds
from digits.opinion import read_places
from digits.raster import Grey, close
from digits.rows import Boxes, Places

STRIP = 3.0  # heights of digits: a picture no higher was cropped to its number, whatever stands around that
FINE = 24.0  # pixels of a digit's height: enough to see the ink around it
STROKE = 0.6  # units of even ink: where a stroke begins
WIDE = 15  # pixels where a digit is FINE high: strokes are narrower, sheets wider
ALIKE = 0.2  # of the paper's brightness under a number: what differs by more is another sheet, or a table
RIM = 0.08  # of a digit's height: ink so near its box is its own
BESIDE = 4.0, 0.0  # heights to the sides, and above and below, within which a line's ink lies
AROUND = 2.5, 1.5  # the same of a neighborhood

# A logistic regression on the numbers of 90 pages that have some and of 200 sheets that have none, all drawn
# for it: log odds of being a number.
SCORE = 1.6  # for each of the log odds of the digits' scores, in the mean
SCORES = 0.37  # the same, in all: many digits are a number rather than one
LIKENESS = 1.18  # for each of the log odds of being a digit by the single-digit model, in the mean
LINE = -4.3  # where all ink of the line beside the number is no digit
NEIGHBORS = -4.7  # where all ink around it is none
OFFSET = -0.3
LEAST, MOST = -7.0, 2.6  # bounds of LIKENESS's log odds
LEAST_SHARE = 1e-3  # digit score that a lower one counts as, and all but it that a higher one does

THOUSANDS = 3  # digits of each group behind a point or comma
WIDEST = 1.6  # heights: of the space that a point or comma takes up in a number written with much room
FOOT = 0.45  # heights above and below the base line within which a point or comma lies
RULE = 0.8  # share of a row of the space from which its ink is a rule's
POINT = 0.06  # heights: side of the smallest square with a point's area


def thousands(picture: Grey, line: Sequence[Places], boxes: Boxes) -> list[Places]:
    """Return the numbers of a line, those joined between which a point or comma stands before thousands."""
    found: list[Places] = []
    for number in line:
        if found and len(number) % THOUSANDS == 0 and _pointed(picture, boxes[found[-1]], boxes[number]):
            found[-1] = [*found[-1], *number]
        else:
            found.append(number)
    return found


def _pointed(picture: Grey, before: Boxes, after: Boxes) -> bool:
    """Return whether a point or comma stands at the foot of the space between two numbers, and no more."""
    height = float(np.median([*before[:, 3], *after[:, 3]]))
    left, right = float(before[-1, 0] + before[-1, 2]), float(after[0, 0])
    if not 0 < right - left <= WIDEST * height:
        return False
    scale = min(1.0, FINE / height)
    base = float(before[-1, 1] + before[-1, 3] + after[0, 1] + after[0, 3]) / 2
    start, top = max(0, int(left - height)), max(0, int(base - 1.5 * height))  # so much shows what is ground
    part = picture[top : ceil(base + height), start : ceil(right + height)]
    strokes = even_ink(scaled(part, scale)) > STROKE
    columns = slice(ceil((left - start) * scale), int((right - start) * scale))
    foot, ends = int((base - top - FOOT * height) * scale), ceil((base - top + FOOT * height) * scale)
    space = strokes[:, columns]
    space = space & (space.mean(axis=1, keepdims=True) < RULE)
    below, above = space[max(foot, 0) : ends].sum(), space[: max(foot, 0)].sum()
    return bool(below >= (POINT * FINE) ** 2 and below > above)


def is_cropped(picture: Grey, boxes: Boxes) -> bool:
    """Return whether a picture holds little but the line of these digits (n, 4), of which there are some."""
    return bool(len(picture) <= STRIP * np.median(boxes[:, 3])) if len(boxes) else False


def resembling(
    model: Model, picture: Grey, numbers: Sequence[Places], boxes: Boxes, odds: NDArray[np.float64]
) -> Places:
    """Return the places of the numbers that are none by what stands around them.

    `odds` (n,) are the log odds of the scores of each place. The single-digit model is asked, in one call,
    about the numbers that the ink around does not settle.
    """
    places = [place for number in numbers for place in number]
    if not places or is_cropped(picture, boxes[places]):
        return []
    ground = _Ground(picture, boxes[places])
    bases = [_evidence(ground, boxes[number], odds[number]) for number in numbers]
    pairs = [*zip(numbers, bases, strict=True)]
    unsettled = [number for number, base in pairs if -LIKENESS * MOST <= base < -LIKENESS * LEAST]
    likeness = _likeness(model, picture, boxes, unsettled)
    gone = [number for number, base in pairs if base + LIKENESS * likeness.get(number[0], MOST) < 0]
    return [place for number in gone for place in number]


class _Ground:
    """The strokes of a picture, and those of them that no digit explains, with the paper they stand on."""

    def __init__(self, picture: Grey, boxes: Boxes) -> None:
        self._scale = min(1.0, FINE / float(np.median(boxes[:, 3])))
        grey = scaled(picture, self._scale)
        within, darkness = np.zeros(grey.shape, np.bool_), 0.0
        for x, y, width, height in (boxes * self._scale).tolist():
            rim = RIM * height
            rows = slice(max(0, int(y - rim)), ceil(y + height + rim))
            columns = slice(max(0, int(x - rim)), ceil(x + width + rim))
            within[rows, columns] = True
            if (digit := grey[rows, columns]).size:
                darkness += float(np.median(digit) - digit.mean())
        # Of all the picture, a table around the sheet may outweigh the digits.
        dark = darkness >= 0
        self._strokes = even_ink(grey, dark) > STROKE
        self._rest = self._strokes & ~within
        light = grey if dark else 255 - grey
        self._paper = close(light, WIDE).astype(np.float32)

    def unexplained(self, number: Boxes, reach: tuple[float, float]) -> float:
        """Return the share of the ink around a number that is no digit's; 0 where there is no ink.

        Ink on brighter or darker ground is left out: the number's sheet ends before it.
        """
        low, high = number[:, :2].min(axis=0), (number[:, :2] + number[:, 2:]).max(axis=0)
        margin = np.array(reach) * np.median(number[:, 3])
        under = self._paper[self._area(low, high)]
        if not under.size:
            return 0.0
        level, around = float(np.median(under)), self._area(low - margin, high + margin)
        same = np.abs(self._paper[around] - level) <= ALIKE * level
        ink, rest = (np.count_nonzero(mask[around] & same) for mask in (self._strokes, self._rest))
        return rest / (ink + 1)

    def _area(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[slice, slice]:
        """Return the rows and columns between two corners, x and y in pixels of the picture."""
        (left, top), (right, bottom) = (np.maximum(corner, 0) * self._scale for corner in (low, high))
        return slice(int(top), ceil(bottom)), slice(int(left), ceil(right))


def _evidence(ground: _Ground, number: Boxes, odds: NDArray[np.float64]) -> float:
    """Return the log odds of a number by its scores and the ink around it."""
    scores = SCORE * float(odds.mean()) + SCORES * float(odds.sum())
    line, around = ground.unexplained(number, BESIDE), ground.unexplained(number, AROUND)
    return scores + LINE * line + NEIGHBORS * around + OFFSET


def _likeness(model: Model, picture: Grey, boxes: Boxes, numbers: Sequence[Places]) -> dict[int, float]:
    """Return by their first places how likely the digits of numbers are digits: the mean of their log odds.

    Numbers beyond the first ASKED digits are left out.
    """
    firsts = {place: number[0] for number in numbers for place in number}
    readings = read_places(model, picture, {place: tuple(boxes[place]) for place in firsts})
    odds: dict[int, list[float]] = {}
    for place, reading in readings.items():
        odds.setdefault(firsts[place], []).append(float(log_odds(reading.digit_score, LEAST_SHARE)))
    return {first: float(np.mean(each)) for first, each in odds.items()}
