"""The tempering of the served probabilities: how sure the model may be of a digit at each digit score.

`python -m training.temper --sets FOLDER` fits it to MNIST's validation digits and other people's, each set
counting alike, and writes it into model.json as "certainty". It shows the expected calibration error (ECE)
before, and after, where every fifth of a set is tempered by what was fitted to the other four.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digits.model import Model
from digits.recognize import Reading, temper
from training.artefact import SHIPPED
from training.data import mnist, sets
from training.data.sets import DIGITS
from training.evaluation import metrics, scoring

Certainty = dict[str, list[float]]  # as model.json has it; `digits.recognize.temper` says how it is used

KNOTS = (0.05, 0.25, 0.55, 0.8, 0.9)  # digit scores with an exponent: most are over 0.8, most mistakes below
EXPONENTS = np.geomspace(0.25, 1.6, 39)  # that are tried, in steps of 5 %
ROUNDS = 4  # over all knots; the exponents stay the same after three
FOLDS = 5  # parts of each set; each is judged by what was fitted to the others


@dataclass(frozen=True, eq=False)
class Observed:
    """The readings of a set of known digits, before anything of certainty is done to them."""

    shares: NDArray[np.float32]  # (n, 10), of the ten digits
    scores: NDArray[np.float64]  # (n,), of being a digit at all
    labels: NDArray[np.int64]  # (n,)

    @classmethod
    def of(cls, readings: Sequence[Reading], labels: Iterable[int]) -> "Observed":
        """Return readings and their labels as arrays."""
        scores = np.array([reading.digit_score for reading in readings])
        return cls(scoring.probabilities(readings), scores, np.fromiter(labels, np.int64))

    def part(self, chosen: NDArray[np.bool_]) -> "Observed":
        """Return the chosen ones (n,)."""
        return Observed(self.shares[chosen], self.scores[chosen], self.labels[chosen])

    def loss(self, certainty: Certainty) -> float:
        """Return the mean log loss of the likeliest digit being right."""
        tempered = temper(self.shares, self.scores, certainty)
        sure = np.clip(tempered.max(axis=1).astype(np.float64), 1e-6, 1 - 1e-6)
        right = tempered.argmax(axis=1) == self.labels
        return float(-np.log(np.where(right, sure, 1 - sure)).mean())

    def calibration_error(self) -> float:
        """Return the expected calibration error, as read."""
        return metrics.calibration_error(self.shares, self.labels)


def fit_certainty(observed: Sequence[Observed]) -> Certainty:
    """Return the exponents with the least loss on average over the sets, one knot after another."""
    exponents = np.ones(len(KNOTS))
    for _ in range(ROUNDS):
        for knot in range(len(KNOTS)):
            losses = [_mean_loss(observed, exponents, knot, value) for value in EXPONENTS]
            exponents[knot] = EXPONENTS[int(np.argmin(losses))]
    return _certainty(exponents)


def _mean_loss(
    observed: Sequence[Observed], exponents: NDArray[np.float64], knot: int, value: float
) -> float:
    changed = exponents.copy()
    changed[knot] = value
    return float(np.mean([one.loss(_certainty(changed)) for one in observed]))


def _certainty(exponents: NDArray[np.float64]) -> Certainty:
    return {"digit_scores": [*KNOTS], "exponents": np.round(exponents, 4).tolist()}


def judge_certainty(observed: Sequence[Observed]) -> list[float]:
    """Return each set's calibration error where every fifth is tempered by a fit to the other four."""
    rng = np.random.default_rng(0)
    folds = [rng.permutation(len(one.labels)) % FOLDS for one in observed]
    tempered = [one.shares.copy() for one in observed]
    for fold in range(FOLDS):
        others = [one.part(part != fold) for one, part in zip(observed, folds, strict=True)]
        certainty = fit_certainty(others)
        for shares, one, part in zip(tempered, observed, folds, strict=True):
            chosen = part == fold
            shares[chosen] = temper(one.shares[chosen], one.scores[chosen], certainty)
    return [
        metrics.calibration_error(shares, one.labels) for shares, one in zip(tempered, observed, strict=True)
    ]


def observe(model: Model, digits: mnist.Mnist, folders: Iterable[Path]) -> dict[str, Observed]:
    """Return the untempered readings of MNIST's validation digits, and of each set's digits by its name."""
    model.card.pop("certainty", None)
    known = scoring.read_images(model, digits.x_val, "auto", lambda _: None)
    observed = {"MNIST, validation": Observed.of(known, digits.y_val.tolist())}
    for labelled in sets.find(folders):
        _, readings = scoring.read_set(model, labelled, lambda _: None)
        numbers = [number for number in readings if labelled.labels[number] in DIGITS]
        labels = [int(labelled.labels[number]) for number in numbers]
        if numbers:
            observed[labelled.name] = Observed.of([readings[number] for number in numbers], labels)
    return observed


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, judge and write as the command line says."""
    summary = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m training.temper", description=summary)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, help="sets of other people's digits")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="folder whose model.json is completed")
    parser.add_argument("--mnist", type=Path, help="mnist.npz ($MNIST_PATH, else Keras downloads it)")
    options = parser.parse_args(arguments)
    observed = observe(Model.load(options.model), mnist.load(options.mnist), options.sets)
    every = list(observed.values())
    certainty = fit_certainty(every)
    for (name, one), judged in zip(observed.items(), judge_certainty(every), strict=True):
        Console().print(f"{name}: ECE {one.calibration_error():.2%} as read, {judged:.2%} tempered")
    Console().print(certainty)
    path = options.model / "model.json"
    card = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**card, "certainty": certainty}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
