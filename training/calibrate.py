"""What is fitted on validation digits after training: the temperature and the background."""

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import cross_entropy

KEPT = 0.995  # share of validation digits that the threshold on the digit score keeps
# Validation digits that calibration takes at least: of fewer, the threshold would hang on less than five, and
# where all are read right, the best temperature is no more than the search's lower end.
FITTABLE = 1_000


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the temperature (Guo et al., 2017) with the least cross-entropy, by a search from 0.2 to 5."""
    low, high = np.log(0.2), np.log(5.0)
    for _ in range(40):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if cross_entropy(logits / np.exp(left), labels) < cross_entropy(logits / np.exp(right), labels):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def fit_background(logits: NDArray[np.float64], kept: float) -> float:
    """Return the background, -20 to 30, with which the share `kept` of digits is more likely one than not.

    `logits` (n, 11) are those of known digits, over the temperature.
    """
    digit = np.logaddexp.reduce(logits[:, :10], axis=1)
    low, high = -20.0, 30.0
    for _ in range(40):
        middle = (low + high) / 2
        margin = digit - np.logaddexp(logits[:, 10], middle)
        if np.quantile(margin, 1 - kept) > 0:
            low = middle
        else:
            high = middle
    return low
