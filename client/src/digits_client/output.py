"""Outcomes as a table to read, or as JSON or CSV for other programs."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from digits_client.answers import plain, printable
from digits_client.mnist import Score
from digits_client.readings import Number, Outcome, Page, PageOutcome, Reading

FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes a cell for a formula by
PAGE_COLUMNS = ("file", "number", "name", "text", "probability", "x", "y", "width", "height", "error")
COLUMNS = ("file", "digit", "probability", "is_digit", "digit_score", "error")


def record(name: str, outcome: Outcome | PageOutcome) -> dict[str, Any]:
    """Return an outcome as JSON has it: the reading's members, or the error."""
    if isinstance(outcome, Reading | Page):
        return {"file": name, **asdict(outcome)}
    return {"file": name, "error": str(outcome)}


def write_json(document: object) -> None:
    """Print a JSON document."""
    print(json.dumps(document, indent=1))  # noqa: T201 - the command's output


def write_csv(names: Iterable[str], outcomes: Iterable[Outcome]) -> None:
    """Print a line for each outcome, after the columns' names."""
    _write_rows(COLUMNS, (record(name, outcome) for name, outcome in zip(names, outcomes, strict=True)))


def write_page_csv(names: Iterable[str], outcomes: Iterable[PageOutcome]) -> None:
    """Print a line for each number of each page, after the columns' names."""
    pages = zip(names, outcomes, strict=True)
    _write_rows(PAGE_COLUMNS, (row for name, outcome in pages for row in _page_rows(name, outcome)))


def _page_rows(name: str, outcome: PageOutcome) -> Iterable[dict[str, Any]]:
    if not isinstance(outcome, Page):
        return [{"file": name, "error": str(outcome)}]
    return [
        {"file": name, "number": place, **asdict(number), "name": plain(number.name or "")}
        | dict(zip(("x", "y", "width", "height"), number.box, strict=True))
        for place, number in enumerate(outcome.fields or outcome.numbers)
    ]


def _write_rows(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)


def harmless(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; an apostrophe goes before such text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value


def show(console: Console, names: Sequence[str], outcomes: Sequence[Outcome]) -> None:
    """Print a table of outcomes."""
    table = Table(box=None, pad_edge=False)
    for heading in ("file", "digit", "probability", "digit?"):
        table.add_column(heading, overflow="fold")
    for name, outcome in zip(names, outcomes, strict=True):
        if isinstance(outcome, Reading):
            table.add_row(
                printable(name),
                str(outcome.digit),
                f"{outcome.probability:.4f}",
                "yes" if outcome.is_digit else "no",
            )
        else:
            table.add_row(printable(name), "–", "–", printable(str(outcome)))
    console.print(table, markup=False)


def show_pages(console: Console, names: Sequence[str], outcomes: Sequence[PageOutcome]) -> None:
    """Print a table of pages: a row for each number, and one for a page without any."""
    table = Table(box=None, pad_edge=False)
    for heading in ("file", "field", "number", "probability"):
        table.add_column(heading, overflow="fold")
    for name, outcome in zip(names, outcomes, strict=True):
        if not isinstance(outcome, Page):
            table.add_row(printable(name), "", "–", printable(str(outcome)))
            continue
        numbers: Sequence[Number | None] = outcome.fields or outcome.numbers or [None]
        for number in numbers:
            if number is None:
                table.add_row(printable(name), "", "nothing written", "")
            else:
                field = plain(number.name or "")
                table.add_row(printable(name), field, number.text or "–", f"{number.probability:.4f}")
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
    """Return a score as JSON has it."""
    return {
        "total": score.total,
        "right": score.right,
        "refused": score.refused,
        "accuracy": score.accuracy,
        "confusion": score.confusion.tolist(),
    }
