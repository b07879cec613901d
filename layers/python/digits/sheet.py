"""The places in a picture that may be digits, and the numbers that they are most likely to make up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits import lattice, rows
from digits.detect import Detection
from digits.errors import TooManyDigits
from digits.odds import log_odds, logistic
from digits.page import Digit, Frame, Number
from digits.raster import Grey
from digits.rows import Places
from digits.slashes import slashes

MOST = 2_000  # digits in a picture
FAINTEST = -1.5  # log odds over the threshold: what is fainter fills no hole
LOW = 0.6  # of the median height of a line: what is lower, and no zero, may be a dash or a comma
DASH = 3.0  # log odds that speak against it
TOOTH = 0.8  # log odds against a comb's tooth: a detector sees a one there, but hardly over the threshold
SLIM = 0.32  # width over height of a comb's tooth at most
SUNK = 0.22  # of the digits' height: by so much a tooth begins below them
HIDDEN = 0.5  # share of a digit's width over digits that are read, from which it is another view of those
A_ONE = 0.4  # probability that what may be a slash is a one
SIZES = 0.4, 2.5  # height of a doubtful digit over those of the line that it may belong to


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


class Sheet:
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
