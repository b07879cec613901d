"""The reader of single digits: pictures decoded, normalized and classified in one model call."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from digits.doubt import look_again
from digits.errors import DigitsError, ImageTooLarge
from digits.images import MAX_PIXELS, Picture, decode_picture
from digits.model import Model
from digits.normalize import Mode, Sight, see
from digits.raster import Grey

Source = bytes | Grey  # an image file, or what is decoded already
Item = Callable[[], Source]  # gives a picture of a batch, or raises a DigitsError
Candidates = NDArray[np.uint8]  # (k, 28, 28), k ≥ 1: the ways to see one picture, preferred first
Shares = NDArray[np.float32]  # (…, 10), those of the ten digits, sum to 1
Scores = NDArray[np.float64]  # (…), probabilities of being a digit at all
Stage = Literal["decode", "normalize", "infer"]
Clock = Callable[[Stage], AbstractContextManager[object]]  # times what is done within it
# Decodes a file, given its limit of pixels and what gets its work before that is done.
Decode = Callable[[bytes, int, Callable[[int], None] | None], Picture]

# Chosen on other people's digits and drawn scenes.
SURE = 0.7  # digit score times probability: below it a picture is looked at again, 3 to 5 digits in 100 are
AGREED = 0.9  # of the looks' evidence: a digit that has less of it is refused the sooner
MEAN = 0.2  # of the evidence for a digit is the mean of all looks, the rest that of the best look
DECIMALS = 6  # of a probability in JSON; float32 knows no more than seven


@dataclass(frozen=True)
class Limits:
    """The pixels that a reader decodes."""

    pixels: int = MAX_PIXELS  # of one picture
    batch_pixels: int | None = None  # of the pictures of one batch together; None is without a limit


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to see a picture."""

    digit: int  # 0 to 9, the likeliest
    digit_score: float  # probability that this is a digit at all
    input: NDArray[np.uint8]  # (28, 28), what the model saw


@dataclass(frozen=True, eq=False)
class Reading:
    """The reading of one picture."""

    digit: int  # 0 to 9, the likeliest
    probability: float  # of that digit, given that the image is a digit
    probabilities: NDArray[np.float32]  # (10,), sums to 1
    digit_score: float  # probability that the image is a digit at all
    is_digit: bool  # digit_score reaches the threshold on the model's card
    input: NDArray[np.uint8]  # (28, 28), what the model saw
    candidates: tuple[Candidate, ...] = ()  # all that it saw, preferred first

    @property
    def is_doubtful(self) -> bool:
        """Whether another look is worth its time."""
        return self.digit_score * self.probability < SURE

    def to_json(self) -> dict[str, Any]:
        """Return all but `input` and `candidates` as JSON has it; the digit is called `class`."""
        return {
            "class": self.digit,
            "probability": round(self.probability, DECIMALS),
            "probabilities": [round(share, DECIMALS) for share in self.probabilities.tolist()],
            "is_digit": self.is_digit,
            "digit_score": round(self.digit_score, DECIMALS),
        }


class Reader:
    """A model with the limits within which it reads pictures; safe to share between threads."""

    def __init__(
        self,
        model: Model,
        limits: Limits | None = None,
        clock: Clock = nullcontext,
        decode: Decode = decode_picture,
    ) -> None:
        """Make a reader; `clock` is entered for each stage and left after it, `decode` reads files."""
        self.model, self.limits = model, limits or Limits()
        self._clock, self._decode = clock, decode

    def one(self, source: Source, mode: Mode = "auto") -> Reading:
        """Read one digit in a picture.

        Raises:
            InvalidImage: the bytes are no image.
            ImageTooLarge: the image has more pixels than the limit.
            InvalidPixels: in mode "never", for an image that is not 28×28.
        """
        return self._infer([self._see(lambda: source, mode)])[0]

    def many(self, items: Iterable[Item], mode: Mode = "auto") -> list[Reading | DigitsError]:
        """Read one digit in each item of a batch, in one model call.

        Returns:
            Per item, in order, its reading, or the error for which it has none.
        """
        charge = _Budget(self.limits.batch_pixels).charge
        outcomes = [self._try(item, mode, charge) for item in items]
        seen = [outcome for outcome in outcomes if not isinstance(outcome, DigitsError)]
        readings = iter(self._infer(seen) if seen else [])
        return [outcome if isinstance(outcome, DigitsError) else next(readings) for outcome in outcomes]

    def _try(self, item: Item, mode: Mode, charge: Callable[[int], None]) -> Sight | DigitsError:
        try:
            return self._see(item, mode, charge)
        except DigitsError as error:
            return error

    def _see(self, item: Item, mode: Mode, charge: Callable[[int], None] | None = None) -> Sight:
        with self._clock("decode"):
            source = item()
            grey = self._grey(source, charge) if isinstance(source, bytes) else source
        with self._clock("normalize"):
            return see(grey, mode)

    def _grey(self, file: bytes, charge: Callable[[int], None] | None) -> Grey:
        return self._decode(file, self.limits.pixels, charge).grey

    def _infer(self, seen: Sequence[Sight]) -> list[Reading]:
        with self._clock("infer"):
            readings = read_candidates(self.model, [sight.candidates for sight in seen])
        doubtful = {
            place: readings[place]
            for place, sight in enumerate(seen)
            if sight.look is not None and readings[place].is_doubtful
        }
        if doubtful:
            with self._clock("normalize"):
                looks = [look_again(seen[place]) for place in doubtful]
            with self._clock("infer"):
                settled = settle(self.model, [*doubtful.values()], looks)
            for place, reading in zip(doubtful, settled, strict=True):
                readings[place] = reading
        return readings


class _Budget:
    """The pixels that a batch may have decoded: those of huge pictures in tiny files would take minutes."""

    def __init__(self, pixels: int | None) -> None:
        self._pixels, self._spent = pixels, 0

    def charge(self, pixels: int) -> None:
        """Spend so many. Raises ImageTooLarge where there are not as many left."""
        if self._pixels is not None and self._spent + pixels > self._pixels:
            spent = f"{pixels:,} after {self._spent:,}"
            raise ImageTooLarge(f"A batch may have {self._pixels:,} pixels in all. Received: {spent}")
        self._spent += pixels


def read_candidates(model: Model, pictures: Sequence[Candidates]) -> list[Reading]:
    """Read normalized pictures in one model call.

    Returns:
        Per picture the reading of its most digit-like candidate: that with the greatest
        digit score times probability, the earlier one when equal.
    """
    inputs = np.concatenate(pictures)
    scores = model.predict(inputs)
    best = scores[:, :10].max(axis=1)  # digit score times probability, as the ten are not renormalized
    readings, start = [], 0
    for seen in pictures:
        stop = start + len(seen)
        chosen = start + int(best[start:stop].argmax())
        ways = tuple(map(_candidate, scores[start:stop], seen))
        readings.append(_reading(scores[chosen], inputs[chosen], model.card, ways))
        start = stop
    return readings


def settle(model: Model, readings: Sequence[Reading], looks: Sequence[Candidates]) -> list[Reading]:
    """Read pictures in doubt once more, with further looks at each (k, 28, 28), k ≥ 0, in one model call.

    Returns:
        Per picture the reading of the digit with most evidence, the sum over its looks of digit score times
        probability, from the look that shows it best. Its digit score is the lower the fewer looks show it
        and the more evidence there is for other digits.
    """
    pictures = [
        np.concatenate([first.input[np.newaxis], more]) for first, more in zip(readings, looks, strict=True)
    ]
    scores = model.predict(np.concatenate(pictures))
    parts = np.split(scores, np.cumsum([len(each) for each in pictures])[:-1])
    return [_settled(*each, model.card) for each in zip(readings, pictures, parts, strict=True)]


def _settled(
    first: Reading, pictures: Candidates, scores: NDArray[np.float32], card: dict[str, Any]
) -> Reading:
    evidence = scores[:, :10].sum(axis=0)
    digit = int(evidence.argmax())
    shown = int(scores[:, digit].argmax())
    share = _agreement(scores[:, digit], float(evidence.sum()))
    lowered = np.append(scores[shown, :10] * share, 1 - (1 - scores[shown, 10]) * share).astype(np.float32)
    ways = (*first.candidates, *map(_candidate, scores[1:], pictures[1:]))
    return _reading(lowered, pictures[shown], card, ways)


def _agreement(evidence: NDArray[np.float32], total: float) -> float:
    """Return by how much the looks' evidence (k,) for a digit holds, of the total for all: 0 to 1."""
    if not evidence.any():  # all rounded away
        return 1.0
    mean = MEAN * float(evidence.mean() / evidence.max()) + 1 - MEAN
    return mean * min(1.0, float(evidence.sum()) / total / AGREED)


def _candidate(scores: NDArray[np.float32], seen: NDArray[np.uint8]) -> Candidate:
    return Candidate(int(scores[:10].argmax()), 1.0 - float(scores[10]), seen)


def temper(shares: Shares, score: float | Scores, certainty: dict[str, list[float]]) -> Shares:
    """Return the shares of the ten digits (…, 10) as sure as their digit score (…) lets them be.

    `certainty` is that of the model's card: exponents at some digit scores, linear in between. Shares are
    raised to the exponent and sum to 1 again, so that their order stays.
    """
    exponent = np.interp(score, certainty["digit_scores"], certainty["exponents"])
    raised = shares ** np.asarray(exponent)[..., np.newaxis]
    tempered: Shares = (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)
    return tempered


def _reading(
    scores: NDArray[np.float32], seen: NDArray[np.uint8], card: dict[str, Any], ways: tuple[Candidate, ...]
) -> Reading:
    digits = scores[:10]
    total = digits.sum()
    probabilities = digits / total if total > 0 else np.full(10, 0.1, np.float32)  # all rounded away
    score = 1.0 - float(scores[10])
    if certainty := card.get("certainty"):
        probabilities = temper(probabilities, score, certainty)
    digit = int(probabilities.argmax())
    accepted = score >= card["threshold"]
    return Reading(digit, float(probabilities[digit]), probabilities, score, accepted, seen, ways)
