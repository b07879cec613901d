"""Repeated measurements summed up: a median with its quartiles, and ratios of what was taken in turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Spread:
    """The middle of some measurements, and between what the middle half of them lies."""

    median: float
    low: float  # lower quartile
    high: float  # upper quartile
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Sum up one or more measurements."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0], 1)
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return Spread(middle, low, high, len(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Sum up the ratios of measurements that were taken in turn, each pair at about the same time."""
    return spread([one / other for one, other in zip(ours, theirs, strict=True)])


def percentile(values: Sequence[float], share: int) -> float:
    """Return the value that `share` percent of them are at or below."""
    if share == 50 or len(values) < 2:
        return median(values)
    return quantiles(values, n=100, method="inclusive")[share - 1]
