"""The temperature, the background and the threshold, fitted on validation digits after training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import cross_entropy, threshold_keeping

KEPT = 0.995  # share of validation digits that the threshold on the digit score keeps
LOWEST, HIGHEST = 0.2, 5.0  # temperatures that are searched; networks of this kind come out near 1


@dataclass(frozen=True)
class Calibration:
    """The two numbers between the committee's logits and its probabilities."""

    temperature: float  # divides the logits
    background: float  # log odds of "not a digit" that every picture gets on top, whatever it shows


def fit(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Calibration:
    """Return the calibration for the committee's logits (n, 11) of known digits."""
    temperature = fit_temperature(logits, labels)
    return Calibration(temperature, fit_background(logits.astype(np.float64) / temperature, KEPT))


def fit_threshold(probabilities: NDArray[np.float32]) -> float:
    """Return the digit score that the share KEPT of known digits reaches, by probabilities (n, 11)."""
    return threshold_keeping(KEPT, 1 - probabilities[:, 10])


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the temperature (Guo et al., 2017) with the least cross-entropy, by ternary search."""
    low, high = np.log(LOWEST), np.log(HIGHEST)
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
