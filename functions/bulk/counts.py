"""Counts of rows by what was read, by kind of error and against labels, and added up over batches."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

Row = dict[str, Any]  # a line of the results; bulk.rows.COLUMNS names its members
Mode = Literal["predict", "read"]  # one digit in each picture, or all numbers, as the API's routes do
MODES: tuple[Mode, ...] = get_args(Mode)
Confusion = dict[str, dict[str, int]]  # pictures by label, and there by what they were read as


def count(rows: Sequence[Row], mode: Mode = "predict") -> dict[str, Any]:
    """Count rows: `items`, refused ones by kind of error, and what was read in the others.

    Mode "predict" counts digits by class and pictures that are no digit; where rows have labels, `confusion`
    counts them by label and outcome. Mode "read" counts pictures with numbers, their numbers and digits.
    """
    refused = Counter(row["error"] for row in rows if "error" in row)
    counts = {"items": len(rows), **_COUNTS[mode](rows), "refused": dict(refused)}
    labelled = Counter((str(row["label"]), _outcome(row)) for row in rows if "label" in row)
    return counts | ({"confusion": _nested(labelled)} if labelled else {})


def add(counts: Iterable[Mapping[str, Any]], mode: Mode = "predict") -> dict[str, Any]:
    """Add up what count() gave; keeps no more than the totals."""
    totals = count([], mode)
    if mode == "predict":
        totals["classes"] = {str(digit): 0 for digit in range(10)}
    for each in counts:
        _add(totals, each)
    return totals


def _count_classes(rows: Sequence[Row]) -> dict[str, Any]:
    digits = Counter(str(row["class"]) for row in rows if row.get("is_digit"))
    others = sum("error" not in row for row in rows) - digits.total()
    return {"classes": dict(digits), "not_digit": others}


def _count_numbers(rows: Sequence[Row]) -> dict[str, Any]:
    numbers = [row["numbers"] for row in rows if row.get("numbers")]
    return {
        "with_numbers": len(numbers),
        "numbers": sum(map(len, numbers)),
        "digits": sum(len(each["text"]) for found in numbers for each in found),
    }


_COUNTS = {"predict": _count_classes, "read": _count_numbers}


def _add(totals: dict[str, Any], counts: Mapping[str, Any]) -> None:
    """Add counts, and counts within counts, to those of the same name."""
    for name, number in counts.items():
        if isinstance(number, Mapping):
            _add(totals.setdefault(name, {}), number)
        else:
            totals[name] = totals.get(name, 0) + number


def _outcome(row: Row) -> str:
    if "error" in row:
        return "refused"
    return str(row["class"]) if row["is_digit"] else "not a digit"


def _nested(labelled: Mapping[tuple[str, str], int]) -> Confusion:
    found: Confusion = {}
    for (label, outcome), number in sorted(labelled.items()):
        found.setdefault(label, {})[outcome] = number
    return found
