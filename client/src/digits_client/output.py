"""Outcomes as a table to read, or as JSON or CSV for other programs."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from digits_client.mnist import Score
from digits_client.readings import Outcome, Reading

COLUMNS = ("file", "digit", "probability", "is_digit", "digit_score", "error")


def record(name: str, outcome: Outcome) -> dict[str, Any]:
    """Give an outcome as JSON has it: the reading's members, or the error."""
    if isinstance(outcome, Reading):
        return {"file": name, **asdict(outcome)}
    return {"file": name, "error": str(outcome)}


def write_json(document: object) -> None:
    """Print a JSON document."""
    print(json.dumps(document, indent=1))  # noqa: T201 - the command's output


def write_csv(names: Iterable[str], outcomes: Iterable[Outcome]) -> None:
    """Print a line for each outcome, after the columns' names."""
    writer = csv.DictWriter(sys.stdout, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(record(name, outcome) for name, outcome in zip(names, outcomes, strict=True))


def show(console: Console, names: Sequence[str], outcomes: Sequence[Outcome]) -> None:
    """Print a table of outcomes."""
    table = Table(box=None, pad_edge=False)
    for heading in ("file", "digit", "probability", "digit?"):
        table.add_column(heading, overflow="fold")
    for name, outcome in zip(names, outcomes, strict=True):
        if isinstance(outcome, Reading):
            table.add_row(
                name, str(outcome.digit), f"{outcome.probability:.4f}", "yes" if outcome.is_digit else "no"
            )
        else:
            table.add_row(name, "–", "–", str(outcome))
    console.print(table, markup=False)


def show_score(console: Console, score: Score) -> None:
    """Print the accuracy and, where something was misread, the confusion."""
    refused = f", {score.refused} refused" if score.refused else ""
    console.print(
        f"{score.right} of {score.total} right: {100 * score.accuracy:.2f} %{refused}", highlight=False
    )
    table = Table("label \\ read", *map(str, range(10)), box=None, pad_edge=False)
    for label, row in enumerate(score.confusion.tolist()):
        table.add_row(str(label), *(str(count) if count else "·" for count in row))
    console.print(table)


def score_document(score: Score) -> dict[str, Any]:
    """Give a score as JSON has it."""
    return {
        "total": score.total,
        "right": score.right,
        "refused": score.refused,
        "accuracy": score.accuracy,
        "confusion": score.confusion.tolist(),
    }
