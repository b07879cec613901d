"""Grey pictures of any size to the numbers written in them: lines, numbers, digits, and how sure each is.

Boxes are (x, y, width, height) in whole pixels of the upright original, which may be larger than the picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits import lattice, rows
from digits.context import is_cropped, resembling, thousands
from digits.detect import Detection, Detector
from digits.errors import TooManyDigits
from digits.model import Model
from digits.odds import log_odds, logistic
from digits.opinion import alone, ask_again
from digits.raster import Grey
from digits.recognize import DECIMALS
from digits.rows import Boxes, Places
from digits.slashes import slashes

Box = tuple[int, int, int, int]
Size = tuple[int, int]  # width, height in pixels

Bounds = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the picture

# Pixels: a file is reduced by a whole factor until its longer side is below 1.5 times this. An A4 page at
# 300 dpi and a photograph of 12 megapixels keep all of theirs.
SIDE = 2_800
MOST = 2_000  # digits in a picture
MARGIN = 0.25  # of a field's height: what is cut out around it, so that a digit over its rim is seen whole
EVERYWHERE = (-inf, -inf, inf, inf)
FAINTEST = -1.5  # log odds over the threshold: what is fainter fills no hole
CROPPED = 0.5  # log odds that a picture cropped to its number gives what stands beside digits, and may be one
LOW = 0.6  # of the median height of a line: what is lower, and no zero, may be a dash or a comma
DASH = 3.0  # log odds that speak against it
TOOTH = 0.8  # log odds against a comb's tooth: a detector sees a one there, but hardly over the threshold
SLIM = 0.32  # width over height of a comb's tooth at most
SUNK = 0.22  # of the digits' height: by so much a tooth begins below them
HIDDEN = 0.5  # share of a digit's width over digits that are read, from which it is another view of those
A_ONE = 0.4  # probability that what may be a slash is a one
SIZES = 0.4, 2.5  # height of a doubtful digit over those of the line that it may belong to


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
class Calibration:
    """The constants by which the detector's scores become decisions and probabilities, from detector.json."""

    threshold: float = 0.4  # score from which a place is a digit
    slope: float = 2.6  # of a digit's log odds of being right over the log odds of its score
    offset: float = 2.0  # of the same log odds
    missed_slope: float = 2.6  # of the log odds that a place left out is a digit over those of its score
    missed_offset: float = 2.0  # of the same log odds

    def chance(self, score: float) -> float:
        """Return the probability that a digit of this score is right."""
        return float(logistic(self.slope * log_odds(score) + self.offset))

    def missed(self, score: float) -> float:
        """Return the probability that a place of this score, beside a number, is a digit of it left out."""
        return float(logistic(self.missed_slope * log_odds(score) + self.missed_offset))


class NumberReader:
    """A reader of numbers; safe to share between threads."""

    def __init__(self, detector: Detector, model: Model) -> None:
        self.detector = detector
        self.model = model
        self.calibration = Calibration(**detector.card.get("calibration", {}))

    @classmethod
    def load(cls, folder: Path, model: Model) -> "NumberReader":
        """Load the detector from `folder`.

        Raises:
            ArtefactError: a file is missing, altered, or not what detector.json describes.
        """
        return cls(Detector.load(folder), model)

    def read(self, picture: Grey, length: int | None = None, scale: float = 1.0) -> Page:
        """Read all numbers in a grey picture of either polarity, or all of exactly `length` digits.

        `scale` is how many pixels of the upright original one pixel of the picture stands for.

        Raises:
            TooManyDigits: more than MOST digits.
        """
        return self.page(self.look(picture), Frame(picture.shape, scale), length, picture)

    def page(
        self,
        seen: Sequence[Detection],
        frame: "Frame",
        length: int | None = None,
        picture: Grey | None = None,
    ) -> Page:
        """Return the numbers that detections make up. Raises TooManyDigits.

        Where the picture is given and no length is, thousands apart are joined, and letters and signs that
        resemble numbers are left out.
        """
        sheet = _Sheet(seen, self.calibration)
        cropped = picture is not None and is_cropped(picture, sheet.boxes[sheet.sure])
        found = sheet.lines(CROPPED if cropped else 0.0) if length is None else sheet.lines_of(length)
        if picture is not None and length is None:
            found = [thousands(picture, row, sheet.boxes) for row in found]
            every = [number for row in found for number in row]
            gone = set(resembling(self.model, picture, every, sheet.boxes, sheet.odds))
            found = [[number for number in row if number[0] not in gone] for row in found]
        if picture is not None:
            sheet.doubt_slashes(picture, [number for row in found for number in row])
        spare = sheet.spare([place for row in found for number in row for place in number], length)
        return Page(
            tuple(tuple(sheet.number(one, frame, spare) for one in row) for row in found if row), frame.size
        )

    def read_fields(self, picture: Grey, fields: Iterable[Field], scale: float = 1.0) -> list[FieldReading]:
        """Read one number in each field, by what has its middle in the field's box, in the order asked.

        The fields' boxes are in pixels of the upright original, as the answer's are.
        """
        frame = Frame(picture.shape, scale)
        return [FieldReading(one.name, one.box, self._read_field(picture, one, frame)) for one in fields]

    def look(self, picture: Grey, bounds: Bounds = EVERYWHERE) -> list[Detection]:
        """Return what may be digits in a picture with its middle within bounds, by both models."""
        found = [one for one in self.detector.detect(picture) if _holds(bounds, one.box)]
        single = alone(self.model, picture, found) if bounds == EVERYWHERE else None
        return [single] if single else ask_again(self.model, picture, found, self.calibration.threshold)

    def _read_field(self, picture: Grey, field: Field, frame: "Frame") -> Number | None:
        left, top, right, bottom = frame.cut(field.box)
        margin = MARGIN * (bottom - top)
        x, y = max(0, floor(left - margin)), max(0, floor(top - margin))
        part = picture[y : ceil(bottom + margin), x : ceil(right + margin)]
        if min(part.shape) < 1:
            return None
        seen = self.look(part, (left - x, top - y, right - x, bottom - y))
        sheet = _Sheet(seen, self.calibration)
        found = sheet.lines() if field.length is None else sheet.lines_of(field.length)
        best = max(found, key=sheet.evidence, default=None)
        if best is None:
            return None
        chosen = [place for number in best for place in number] if field.length is None else best[0]
        sheet.doubt_slashes(part, [chosen])
        return sheet.number(chosen, frame.at(x, y), sheet.spare(chosen, field.length))


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


class _Sheet:
    """The places in a picture that may be digits, as arrays, and what they can be read as."""

    def __init__(self, found: Sequence[Detection], calibration: Calibration) -> None:
        self.calibration = calibration
        self.boxes = np.array([one.box for one in found], np.float64).reshape(-1, 4)
        self.scores = np.array([one.scores for one in found], np.float64).reshape(-1, 10)
        self.odds = log_odds(self.scores.max(axis=1))
        self.weights = self.odds - log_odds(calibration.threshold)
        self.trust = np.ones(len(found))  # in each place, by what is not in its scores
        self.sure = np.flatnonzero(self.weights >= 0)
        if len(self.sure) > MOST:
            raise TooManyDigits(f"A picture may have {MOST:,} digits. Received: {len(self.sure):,}")

    def lines(self, favor: float = 0.0) -> list[list[Places]]:
        """Return the numbers of the places that are digits, in reading order.

        `favor` are log odds for the doubtful places beside them.
        """
        rough = self._lines(self.sure)
        likely = [self._likeliest([place for number in line for place in number], favor) for line in rough]
        return self._lines(np.array([place for line in likely for place in line], np.int64))

    def lines_of(self, length: int) -> list[list[Places]]:
        """Return the likeliest numbers of so many digits, doubtful places among them, in reading order."""
        found = [
            self._exactly([place for number in line for place in number], length)
            for line in self._lines(self.sure)
        ]
        return [row for row in found if row]

    def evidence(self, line: list[Places]) -> float:
        """Return how much speaks for the places of a line being digits, in log odds."""
        return float(sum(self.weights[number].sum() for number in line))

    def doubt_slashes(self, picture: Grey, numbers: Sequence[Places]) -> None:
        """Let the ones of numbers that may be slashes make those unlikely."""
        read = self.scores.argmax(axis=1)
        for number in numbers:
            self.trust[slashes(picture, number, self.boxes, read)] = A_ONE

    def spare(self, taken: Places, length: int | None) -> NDArray[np.int64]:
        """Return the digits that a reading leaves out for the sake of a length; none without one."""
        if length is None or not taken:
            return np.empty(0, np.int64)
        rest: NDArray[np.int64] = np.setdiff1d(self.sure, taken)
        hidden = rows.covered(self.boxes[rest], self.boxes[taken]).max(axis=1) > HIDDEN
        spare: NDArray[np.int64] = rest[~hidden]
        return spare

    def number(self, places: Places, frame: Frame, spare: NDArray[np.int64]) -> Number:
        """Return the number that these places make up; a spare digit beside it speaks against it."""
        digits = tuple(self._digit(place, frame) for place in places)
        left_out = [float(self.scores[place].max()) for place in self._beside(places, spare)]
        complete = self._nothing_missed(places) * (1 - self.calibration.chance(max(left_out, default=0)))
        probability = float(np.prod([one.probability for one in digits]) * complete)
        text = "".join(str(one.digit) for one in digits)
        return Number(text, probability, frame.box(self.boxes[places]), digits)

    def _lines(self, places: NDArray[np.int64]) -> list[list[Places]]:
        boxes = self.boxes[places]
        return [[places[number].tolist() for number in row] for row in rows.lines(boxes, rows.numbers(boxes))]

    def _likeliest(self, line: Places, favor: float) -> Places:
        """Return the likeliest digits of a line: holes filled, what lies on others or is too low left out."""
        beside = self._doubtful(line)
        places = _union(line, beside[self.weights[beside] > FAINTEST])
        against = np.maximum(DASH * self._is_dash(places), TOOTH * self._is_tooth(places))
        favored = np.where(self.weights[places] < 0, favor, 0.0)
        chosen = lattice.path(self.boxes[places], self.weights[places] + favored - against)
        return [int(place) for place in places[chosen]]

    def _is_dash(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which places of a line are so low that they may be a dash or a comma."""
        heights = self.boxes[places, 3]
        low = heights < LOW * np.median(heights)
        return np.asarray(low & (self.scores[places].argmax(axis=1) != 0), np.bool_)

    def _is_tooth(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which places of a line may be a comb's teeth: slim ones, their tops below the digits'."""
        x, top, width, height = self.boxes[places].T
        slim = (self.scores[places].argmax(axis=1) == 1) & (width < SLIM * height)
        digits = ~slim
        if not digits.any():
            return np.zeros(len(places), np.bool_)
        degree = int(digits.sum() > 2)  # a slope is told by three digits at least
        tops = np.polyval(np.polyfit(x[digits], top[digits], degree), x)
        return np.asarray(slim & (top - tops > SUNK * np.median(height[digits])), np.bool_)

    def _exactly(self, line: Places, length: int) -> list[Places]:
        places = _union(line, self._doubtful(line))
        found = lattice.numbers(self.boxes[places], self.weights[places], length)
        return [places[number].tolist() for number in found]

    def _doubtful(self, line: Places) -> NDArray[np.int64]:
        """Return the places that are no digits by their scores, but stand as those of the line do."""
        return self._beside(line, np.flatnonzero(self.weights < 0))

    def _beside(self, line: Places, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the places that stand as the digits of the line do."""
        own, others = self.boxes[line], self.boxes[places]
        ratio = others[:, None, 3] / own[None, :, 3]
        beside = np.maximum(rows.gaps(own, others).T, rows.gaps(others, own)) <= rows.GAP
        fits = beside & (rows.levels(others, own) >= rows.LEVEL) & (ratio > SIZES[0]) & (ratio < SIZES[1])
        return places[fits.any(axis=1)]

    def _digit(self, place: int, frame: Frame) -> Digit:
        scores = self.scores[place]
        shares = scores / scores.sum()
        digit = int(scores.argmax())
        probability = float(self.trust[place]) * self.calibration.chance(float(scores[digit] * shares[digit]))
        return Digit(digit, probability, frame.box(self.boxes[[place]]), shares.astype(np.float32))

    def _nothing_missed(self, places: Places) -> float:
        """Return the probability that the likeliest doubtful place beside a number is no digit of it."""
        rest = [place for place in self._doubtful(places) if place not in places]
        return 1 - self.calibration.missed(float(self.scores[rest].max(initial=0)))


def _union(line: Places, others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of both, in order."""
    return np.array(sorted({*line, *others.tolist()}), np.int64)


def _holds(bounds: Bounds, box: tuple[float, float, float, float]) -> bool:
    """Return whether a box has its middle between left, top, right and bottom."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return bounds[0] <= x < bounds[2] and bounds[1] <= y < bounds[3]
