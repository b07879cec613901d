"""Measures of how good readings are.

Probabilities are (n, k) with rows that sum to 1, labels and predictions (n,) integers in 0…k−1, scores (n,)
where more means more digit-like. To measure an empty set is an error, never a zero.
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 15  # of equal width, as in arXiv 1706.04599
NORMAL_95 = 1.959963984540054  # the standard normal's 97.5 % point


class Bin(TypedDict):
    """The predictions in one range of confidence."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def accuracy(labels: ArrayLike, predictions: ArrayLike) -> float:
    """Return the share of predictions that equal their label."""
    return float(np.mean(_filled(labels) == _filled(predictions)))


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % score interval for a proportion (JASA 22, 1927), which holds near 0 and 1 too."""
    if not 0 <= successes <= count or count == 0:
        raise ValueError(f"successes must be in 0…count and count positive. Received: {successes} of {count}")
    share, weight = successes / count, NORMAL_95**2 / count
    center = (share + weight / 2) / (1 + weight)
    half = NORMAL_95 / (1 + weight) * float(np.sqrt(share * (1 - share) / count + weight / (4 * count)))
    return max(0.0, center - half), min(1.0, center + half)


def confusion(labels: ArrayLike, predictions: ArrayLike, classes: int = 10) -> NDArray[np.int64]:
    """Return the counts (classes, classes): one row for each label, one column for each prediction."""
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (_filled(labels).astype(int), _filled(predictions).astype(int)), 1)
    return matrix


def reliability(probabilities: ArrayLike, labels: ArrayLike, bins: int = BINS) -> list[Bin]:
    """Sort the top predictions by their probability into bins (low, high] of equal width.

    Empty bins are left out.
    """
    table = _filled(probabilities)
    confidence, right = table.max(axis=1), table.argmax(axis=1) == np.asarray(labels)
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return [
        Bin(
            low=float(number / bins),
            high=float((number + 1) / bins),
            count=int(np.sum(place == number)),
            confidence=float(np.mean(confidence[place == number], dtype=np.float64)),
            accuracy=float(np.mean(right[place == number])),
        )
        for number in np.unique(place)
    ]


def calibration_error(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Return the expected calibration error of the top label (arXiv 1706.04599, equation 5).

    That is the mean over all predictions of |accuracy − mean confidence| of the bin that each falls in.
    """
    filled = reliability(probabilities, labels)
    gaps = [bin_["count"] * abs(bin_["accuracy"] - bin_["confidence"]) for bin_ in filled]
    return sum(gaps) / sum(bin_["count"] for bin_ in filled)


def log_loss(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean negative log-likelihood, in nats; a probability counts as 1e-12 at least."""
    table = _filled(probabilities).astype(np.float64)
    given = table[np.arange(len(table)), np.asarray(labels).astype(int)]
    return float(-np.mean(np.log(np.maximum(given, 1e-12))))


def cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the mean negative log-likelihood, in nats, of logits (n, k)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]).mean())


def auroc(digits: ArrayLike, others: ArrayLike) -> float:
    """Return the probability that a digit scores above a non-digit; a tie counts half."""
    positive, negative = _filled(digits), np.sort(_filled(others))
    below = np.searchsorted(negative, positive, side="left")
    at_most = np.searchsorted(negative, positive, side="right")
    return float(np.mean((below + at_most) / 2) / len(negative))


def threshold_keeping(share: float, scores: ArrayLike) -> float:
    """Return a threshold, one of the scores, that at least this share of them reaches."""
    return float(np.quantile(_filled(scores), 1 - share, method="lower"))


def refusal_rate(scores: ArrayLike, threshold: float) -> float:
    """Return the share of scores below the threshold, which are answered `is_digit: false`."""
    return float(np.mean(_filled(scores) < threshold))


def histogram(scores: ArrayLike, edges: Sequence[float]) -> list[int]:
    """Count the scores between successive edges; the outer bins take what lies beyond the outer edges."""
    counts, _ = np.histogram(np.clip(_filled(scores), edges[0], edges[-1]), bins=np.asarray(edges))
    return [int(count) for count in counts]


def _filled(values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.size == 0:
        raise ValueError("Nothing can be measured on an empty set")
    return array
