"""Fit how sure the reader of numbers is to how often it is right, and write that into detector.json.

`python -m training.evaluation.certainty --sets FOLDER` chooses the highest threshold with which about as many
of each second amount and of composed numbers are read right as with any. It then fits two logistic curves
(Platt, 1999), of digits and of places left out, with which the probabilities of those amounts are likeliest.
The other amounts show how well they hold.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.optimize import minimize

from digits.model import Model
from digits.numbers import NumberReader
from digits.odds import log_odds, logistic
from digits.page import Frame, Page
from digits.sheet import Calibration
from training.artefact import SHIPPED
from training.data import amounts
from training.data.amounts import Written
from training.evaluation import composed, written
from training.evaluation.strings import AMOUNTS, PEN, SEED

THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
GIVEN_UP = 0.01  # share of the numbers that a higher threshold may cost: it takes fewer letters for digits
SLOPES, OFFSETS = (0.2, 6.0), (-4.0, 8.0)  # bounds of the curves
START = (2.5, 2.5)  # slope and offset from which the search for a curve begins
COUNT = 150  # composed numbers
LONGEST = 24  # digits of a number that are looked at

Curve = tuple[float, float]  # slope and offset


@dataclass(frozen=True, eq=False)
class Observed:
    """Numbers read with a calibration that changes nothing, and whether each is right."""

    digits: NDArray[
        np.float64
    ]  # (n, LONGEST) log odds of each digit being right, infinite where there is none
    missed: NDArray[np.float64]  # (n,) of the likeliest place that was left out being a digit
    right: NDArray[np.bool_]  # (n,)

    def probabilities(self, digits: Curve, missed: Curve) -> NDArray[np.float64]:
        """Return how likely each number (n,) is right by two logistic curves."""
        right = np.prod(logistic(digits[0] * self.digits + digits[1]), axis=1)
        found: NDArray[np.float64] = right * (1 - logistic(missed[0] * self.missed + missed[1]))
        return found


def observe(pictures: Sequence[Written], pages: Sequence[Page]) -> Observed:
    """Return what was read in pictures of one number each, without those read as none or several."""
    digits, missed, right = [], [], []
    for one, page in zip(pictures, pages, strict=True):
        if len(page.numbers) != 1:
            continue
        (number,) = page.numbers
        sure = np.array([digit.probability for digit in number.digits[:LONGEST]])
        digits.append(np.pad(log_odds(sure), (0, LONGEST - len(sure)), constant_values=np.inf))
        missed.append(log_odds(np.array(1 - number.probability / sure.prod())))
        right.append(number.text == one.text)
    return Observed(np.array(digits).reshape(-1, LONGEST), np.array(missed), np.array(right, np.bool_))


def fit(seen: Observed) -> tuple[Curve, Curve]:
    """Return the curves of digits and of places left out with the least log loss."""

    def loss(values: NDArray[np.float64]) -> float:
        slope, offset, missed_slope, missed_offset = values.tolist()
        return _log_loss(seen.probabilities((slope, offset), (missed_slope, missed_offset)), seen.right)

    found = minimize(loss, [*START, *START], method="Nelder-Mead", bounds=[SLOPES, OFFSETS, SLOPES, OFFSETS])
    slope, offset, missed_slope, missed_offset = found.x.tolist()
    return (slope, offset), (missed_slope, missed_offset)


def calibrate(reader: NumberReader, real: Sequence[Written], made: Sequence[Written] = ()) -> Calibration:
    """Return the highest threshold that reads about as many right as any, and the curves of the real ones."""
    pictures = [*real, *made]
    seen = [(reader.look(one.picture), one.picture) for one in pictures]
    tried = []
    for threshold in THRESHOLDS:
        reader.calibration = Calibration(threshold, 1.0, 0.0, 1.0, 0.0)
        pages = [reader.page(found, Frame(picture.shape), picture=picture) for found, picture in seen]
        right = sum(page.text == one.text for one, page in zip(pictures, pages, strict=True))
        tried.append((right, threshold, pages[: len(real)]))
    most = max(right for right, _, _ in tried)
    _, threshold, pages = [one for one in tried if one[0] >= most - GIVEN_UP * len(pictures)][-1]
    digits, missed = fit(observe(real, pages))
    return Calibration(threshold, *digits, *missed)


def _log_loss(probabilities: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    held = np.clip(probabilities, 1e-4, 1 - 1e-4)
    return float(-np.mean(np.log(np.where(right, held, 1 - held))))


def main(arguments: Sequence[str] | None = None) -> None:
    """Calibrate as the command line says."""
    summary = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m training.evaluation.certainty", description=summary)
    parser.add_argument("--sets", type=Path, required=True, help=f"folder of {AMOUNTS} and {PEN}")
    parser.add_argument(
        "--detector", type=Path, default=SHIPPED, help="folder whose detector.json is completed"
    )
    parser.add_argument("--model", type=Path, default=SHIPPED, help="folder of the single-digit model")
    options = parser.parse_args(arguments)
    reader = NumberReader.load(options.detector, Model.load(options.model))
    every = amounts.load(options.sets / AMOUNTS)
    made = composed.compose(composed.Writers(options.sets / PEN), COUNT, SEED + 5)
    reader.calibration = calibrate(reader, every[::2], made)
    others = [reader.read(one.picture) for one in every[1::2]]
    right = [page.text == one.text for one, page in zip(every[1::2], others, strict=True)]
    card = json.loads((options.detector / "detector.json").read_text("utf-8"))
    card["calibration"] = asdict(reader.calibration)
    (options.detector / "detector.json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    error = written.calibration_error(others, right)
    chance = written.error_by_chance(others)
    Console().print(
        f"{reader.calibration}: {sum(right)} of {len(right)} other amounts right, ECE {error:.2%}, of which"
        f" so few amounts have {chance:.2%} by chance"
    )


if __name__ == "__main__":
    main()
