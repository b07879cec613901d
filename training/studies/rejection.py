"""Scores that could refuse a picture as no digit, compared on the same forward pass.

`python -m training.studies.rejection --sets FOLDER` writes training/report/rejection.json. Each score's
threshold keeps the same share of validation digits; what counts is how much of everything else it refuses,
and that it does not refuse the 1s that are drawn with a ruler.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digits.model import Model
from training import network
from training.artefact import REPORT, SHIPPED, write
from training.calibrate import KEPT
from training.data import mnist
from training.evaluation import metrics
from training.evaluation.refusals import SYNTHETIC, Images, collect, ruled_ones

FITTED = 10_000  # training digits that the distances of features are fitted on
Array = NDArray[np.float64]
Seen = tuple[Array, Array]  # what is observed of images: logits (n, 11) and features (n, m)
Score = Callable[[Array, Array], Array]  # of logits (n, 11) and features (n, m); higher is more like a digit


def with_background(background: float) -> Score:
    """Make the score that is served: the extra class, and beside it as much evidence whatever the image."""

    def score(logits: Array, features: Array) -> Array:
        del features
        odds: Array = np.logaddexp.reduce(logits[:, :10], axis=1) - np.logaddexp(logits[:, 10], background)
        return odds

    return score


extra_class = with_background(-np.inf)  # alone: the log odds against the class trained on non-digits


def softmax(logits: Array, features: Array) -> Array:
    """Return the log of the highest probability among the ten digits (Hendrycks and Gimpel, 2017)."""
    del features
    highest: Array = logits[:, :10].max(axis=1) - np.logaddexp.reduce(logits[:, :10], axis=1)
    return highest


def energy(logits: Array, features: Array) -> Array:
    """Return the negative energy of the ten digits (Liu et al., 2020)."""
    del features
    total: Array = np.logaddexp.reduce(logits[:, :10], axis=1)
    return total


def mahalanobis(features: Array, labels: NDArray[np.int64]) -> Score:
    """Fit a Gaussian to each digit's features, one covariance for all (Lee et al., 2018): a score."""
    means = np.stack([features[labels == digit].mean(axis=0) for digit in range(10)])
    covariance = np.cov((features - means[labels]).T)
    precision = np.linalg.pinv(covariance, rcond=1e-4, hermitian=True)

    def distance(logits: Array, features: Array) -> Array:
        del logits
        apart = features[:, None] - means
        squared: Array = np.einsum("ndi,ij,ndj->nd", apart, precision, apart, optimize=True)
        nearest: Array = -squared.min(axis=1)
        return nearest

    return distance


def observe(served: keras.Model, temperature: float, images: Images) -> Seen:
    """Return the mean logits (n, 11) over the temperature, and the members' pooled features side by side."""
    seen = []
    for member in network.members(served):
        pooled = next(
            layer for layer in member.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D)
        )
        both = keras.Model(member.input, [member.output, pooled.output])
        seen.append(both.predict(mnist.to_ink(images), batch_size=500, verbose=0))
    logits = np.stack([logits for logits, _ in seen]).mean(axis=0, dtype=np.float64)
    return logits / temperature, np.concatenate([features for _, features in seen], axis=1).astype(np.float64)


def compare(
    served: keras.Model, card: dict[str, Any], digits: mnist.Mnist, others: dict[str, Images], bars: Images
) -> list[dict[str, Any]]:
    """Return, for each score, the share of each group of non-digits that it refuses, and its AUROC.

    `bars` are 1s that it should not refuse, `card` is the model.json of what is served.
    """
    temperature = card["temperature"]
    _, features = observe(served, temperature, digits.x_train[:FITTED])
    scores: dict[str, Score] = {
        "extra class and background": with_background(card["background"]),
        "extra class": extra_class,
        "highest softmax": softmax,
        "energy": energy,
        "Mahalanobis distance of features": mahalanobis(features, digits.y_train[:FITTED]),
    }
    known = observe(served, temperature, digits.x_val)
    ruled = observe(served, temperature, bars)
    seen = {group: observe(served, temperature, images) for group, images in others.items()}
    return [
        {"shipped": name == "extra class and background"} | _weigh(name, score, known, seen, ruled)
        for name, score in scores.items()
    ]


def _weigh(name: str, score: Score, known: Seen, others: dict[str, Seen], bars: Seen) -> dict[str, Any]:
    kept = score(*known)
    threshold = metrics.threshold_keeping(KEPT, kept)
    found = {group: score(*seen) for group, seen in others.items()}
    return {
        "score": name,
        "kept": KEPT,
        "refused": {group: metrics.refusal_rate(values, threshold) for group, values in found.items()},
        "auroc": {group: metrics.auroc(kept, values) for group, values in found.items()},
        "ruled_ones_refused": metrics.refusal_rate(score(*bars), threshold),
    }


def main() -> None:
    """Compare from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.studies.rejection", description=__doc__)
    parser.add_argument("--mnist", type=Path, help="MNIST as .npz, as for training.evaluation")
    parser.add_argument("--sets", type=Path, nargs="+", default=[], help="sets with non-digits, likewise")
    parser.add_argument("--json", type=Path, default=REPORT / "rejection.json")
    args = parser.parse_args()
    model = Model.load(SHIPPED)
    others = collect(model, args.sets, SYNTHETIC)
    served = keras.models.load_model(SHIPPED / "digits.keras")
    bars = ruled_ones(model, SYNTHETIC)
    found = compare(served, model.card, mnist.load(args.mnist), others, bars)
    write(args.json, model, found)
    for one in found:
        shares = ", ".join(f"{group} {share:.1%}" for group, share in one["refused"].items())
        print(f"{one['score']}: {shares}, ruled 1s {one['ruled_ones_refused']:.1%}")  # noqa: T201


if __name__ == "__main__":
    main()
