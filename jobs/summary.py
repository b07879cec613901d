"""A run's counts in words, for the terminal."""

from collections.abc import Sequence
from typing import Any

OUTCOMES = (*map(str, range(10)), "not a digit", "refused")  # of a picture with a label


def table(counts: dict[str, Any]) -> str:
    """Return counts in lines, an outcome each, and how they agree with labels if there are any."""
    outcomes = (_numbers(counts) if "digits" in counts else _classes(counts)) | counts["refused"]
    outcomes["all"] = counts["items"]
    width = max(map(len, outcomes))
    lines = [f"{name:<{width}} {number:>11,}" for name, number in outcomes.items()]
    read = [f"{counts['numbers']:,} numbers of {counts['digits']:,} digits"] if "digits" in counts else []
    return "\n".join([*lines, *read, *_agreement(counts.get("confusion", {}))])


def _classes(counts: dict[str, Any]) -> dict[str, int]:
    digits = {f"digit {digit}": number for digit, number in counts["classes"].items()}
    return digits | {"not a digit": counts["not_digit"]}


def _numbers(counts: dict[str, Any]) -> dict[str, int]:
    found = counts["with_numbers"]
    return {"with numbers": found, "without": counts["items"] - found - sum(counts["refused"].values())}


def describe(summary: dict[str, Any]) -> str:
    """Return a run's summary in lines."""
    failed = [f"{number:,} items failed with {error}" for error, number in summary["failed"].items()]
    place = f"{summary['seconds']:,} s; rows in {summary['rows']}"
    return "\n".join([table(summary), *failed, place])


def _agreement(confusion: dict[str, dict[str, int]]) -> Sequence[str]:
    """Return the accuracy, then a row for each label with its outcomes in columns."""
    if not confusion:
        return []
    total = sum(sum(row.values()) for row in confusion.values())
    right = sum(row.get(label, 0) for label, row in confusion.items())
    head = "label " + " ".join(f"{name:>11}" for name in OUTCOMES)
    body = [
        f"{label:>5} " + " ".join(f"{row.get(name, 0):>11,}" for name in OUTCOMES)
        for label, row in sorted(confusion.items())
    ]
    return ["", f"{right:,} of {total:,} labels agree: {right / total:.2%}", head, *body]
