"""Scores before and after tuning, and the bounds on what tuning may lose."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.progress import Progress

from digits.images import decode
from digits.model import Model
from digits.recognize import Reader, Reading
from training.data import mnist
from training.data.corrections import Correction, meant
from training.data.pool import NOT_A_DIGIT
from training.drawing.pen import Picture
from training.evaluation import refusals, scoring

# Each bound is about twice the standard error of the share that it bounds: a model that lost nothing is
# seldom refused by chance, and one that lost twice as much is seldom shipped.
LOST_DIGITS = 0.002  # share of MNIST's 5,000 validation digits, of which 99.4 % are read right and kept
LOST_REFUSALS = 0.01  # share of the drawn non-digits, of which 94 % are refused
EACH = 100  # drawn non-digits of each kind: 2,600 in all, read in half a minute


@dataclass(frozen=True)
class Score:
    """The count of pictures that a model reads right."""

    right: int
    count: int

    @property
    def share(self) -> float:
        """Return the part that is right."""
        return self.right / self.count


@dataclass(frozen=True)
class Scores:
    """The scores of a model on the three things that tuning is judged by."""

    held_out: Score  # corrections that no tuning trained on
    digits: Score  # MNIST's validation digits; one that is refused is not right
    nondigits: Score  # drawn ones


def measure(model: Model, held_out: Sequence[Correction], digits: mnist.Mnist) -> Scores:
    """Return the scores of a model, reading as the service does."""
    drawn = draw()
    with Progress() as progress:
        tick = scoring.ticker(progress, f"Reading with {model.version}", len(digits.y_val) + len(drawn))
        known = scoring.read_images(model, digits.x_val, "auto", tick)
        others = scoring.read_images(model, drawn, "auto", tick)
    reader = Reader(model)
    corrected = [reader.one(decode(one.read())) for one in held_out]
    return Scores(
        _score([one.label for one in held_out], corrected),
        _score(digits.y_val.tolist(), known),
        _score([NOT_A_DIGIT] * len(others), others),
    )


def draw() -> list[Picture]:
    """Return EACH pictures of every kind of non-digit, the same ones every time."""
    rng = np.random.default_rng(refusals.SEED)
    groups = [refusals.draw_nondigits(table, EACH, rng) for table in refusals.NONDIGITS.values()]
    return [picture for _, pictures in groups for picture in pictures]


def _score(labels: Sequence[int], readings: Sequence[Reading]) -> Score:
    right = sum(meant(reading) == label for label, reading in zip(labels, readings, strict=True))
    return Score(right, len(labels))


def find_losses(before: Scores, after: Scores) -> list[str]:
    """Return what a tuned model lost beyond the bounds; nothing where it may be shipped."""
    losses = []
    if after.held_out.right < before.held_out.right:
        losses.append("it reads fewer of the held-out corrections right")
    if after.digits.share < before.digits.share - LOST_DIGITS:
        losses.append(f"it reads fewer of MNIST's validation digits right, by more than {LOST_DIGITS:.1%}")
    if after.nondigits.share < before.nondigits.share - LOST_REFUSALS:
        losses.append(f"it refuses fewer of the drawn non-digits, by more than {LOST_REFUSALS:.0%}")
    return losses
