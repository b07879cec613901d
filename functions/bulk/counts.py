"""Counts of rows: by digit, by kind of error, against labels, and added up over batches."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]  # a line of the results; bulk.rows.COLUMNS names its members
Confusion = dict[str, dict[str, int]]  # pictures by label, and there by what they were read as


def count(rows: Sequence[Row]) -> dict[str, Any]:
    """Count rows: `items`, digits by class, pictures that are no digit, refused items by kind of error.

    Where rows have labels, `confusion` counts them by label and outcome.
    """
    digits = Counter(str(row["class"]) for row in rows if row.get("is_digit"))
    refused = Counter(row["error"] for row in rows if "error" in row)
    others = len(rows) - digits.total() - refused.total()
    counts = {"items": len(rows), "classes": dict(digits), "not_digit": others, "refused": dict(refused)}
    labelled = Counter((str(row["label"]), _outcome(row)) for row in rows if "label" in row)
    return counts | ({"confusion": _nested(labelled)} if labelled else {})


def add(counts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up what count() gave; keeps no more than the totals."""
    items, not_digit = 0, 0
    classes: Counter[str] = Counter({str(digit): 0 for digit in range(10)})
    refused: Counter[str] = Counter()
    labelled: Counter[tuple[str, str]] = Counter()
    for each in counts:
        items += each["items"]
        not_digit += each["not_digit"]
        classes.update(each["classes"])
        refused.update(each["refused"])
        labelled.update(_flat(each.get("confusion", {})))
    totals = {"items": items, "classes": dict(classes), "not_digit": not_digit, "refused": dict(refused)}
    return totals | ({"confusion": _nested(labelled)} if labelled else {})


def _outcome(row: Row) -> str:
    if "error" in row:
        return "refused"
    return str(row["class"]) if row["is_digit"] else "not a digit"


def _nested(labelled: Mapping[tuple[str, str], int]) -> Confusion:
    found: Confusion = {}
    for (label, outcome), number in sorted(labelled.items()):
        found.setdefault(label, {})[outcome] = number
    return found


def _flat(confusion: Confusion) -> dict[tuple[str, str], int]:
    return {(label, outcome): number for label, row in confusion.items() for outcome, number in row.items()}
