"""Counts of rows: by digit, by kind of error, and added up over batches."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]  # a line of the results; bulk.rows.COLUMNS names its members


def count(rows: Sequence[Row]) -> dict[str, Any]:
    """Count rows: `items`, digits by class, pictures that are no digit, refused items by kind of error."""
    digits = Counter(str(row["class"]) for row in rows if row.get("is_digit"))
    refused = Counter(row["error"] for row in rows if "error" in row)
    others = len(rows) - digits.total() - refused.total()
    return {"items": len(rows), "classes": dict(digits), "not_digit": others, "refused": dict(refused)}


def add(counts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up what count() gave; keeps no more than the totals."""
    items, not_digit = 0, 0
    classes: Counter[str] = Counter({str(digit): 0 for digit in range(10)})
    refused: Counter[str] = Counter()
    for each in counts:
        items += each["items"]
        not_digit += each["not_digit"]
        classes.update(each["classes"])
        refused.update(each["refused"])
    return {"items": items, "classes": dict(classes), "not_digit": not_digit, "refused": dict(refused)}
