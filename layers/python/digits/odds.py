"""Probabilities as log odds, and back."""

import numpy as np
from numpy.typing import NDArray

_FAR = 700.0  # beyond it exp overflows


def log_odds(share: float | NDArray[np.float64], least: float = 1e-6) -> NDArray[np.float64]:
    """Return the log odds of shares, of none and of all as of `least` and of all but that."""
    held = np.clip(share, least, 1 - least)
    odds: NDArray[np.float64] = np.log(held / (1 - held))
    return odds


def logistic(odds: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shares that have these log odds."""
    share: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(odds, -_FAR, _FAR)))
    return share
