"""A run's counts in words, for the terminal."""

from typing import Any


def table(counts: dict[str, Any]) -> str:
    """Put counts into lines, an outcome each."""
    outcomes = {f"digit {digit}": number for digit, number in counts["classes"].items()}
    outcomes |= {"not a digit": counts["not_digit"], **counts["refused"], "all": counts["items"]}
    width = max(map(len, outcomes))
    return "\n".join(f"{name:<{width}} {number:>11,}" for name, number in outcomes.items())


def describe(summary: dict[str, Any]) -> str:
    """Put a run's summary into lines."""
    failed = [f"{number:,} items failed with {error}" for error, number in summary["failed"].items()]
    place = f"{summary['seconds']:,} s; rows in {summary['rows']}"
    return "\n".join([table(summary), *failed, place])
