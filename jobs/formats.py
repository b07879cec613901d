"""Rows as a results file holds them: JSON Lines or CSV, by the name of the file."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bulk.counts import Mode, Row
from bulk.numbers import COLUMNS as READ_COLUMNS
from bulk.rows import COLUMNS

_COLUMNS: dict[Mode, Sequence[str]] = {"predict": COLUMNS, "read": READ_COLUMNS}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet runs. Source: OWASP, CSV Injection
_WORDS = {True: "true", False: "false"}


def format_of(output: Path, mode: Mode = "predict") -> Callable[[Sequence[Row]], bytes]:
    """Return what writes rows of a mode, by the name of their file.

    Raises:
        ValueError: it is no .jsonl or .csv file.
    """
    if output.suffix not in {".jsonl", ".csv"}:
        raise ValueError(f"The results must be a .jsonl or .csv file. Received: {output.name}")
    return _json_lines if output.suffix == ".jsonl" else partial(_csv, mode=mode)


def head_of(output: Path, mode: Mode) -> bytes:
    """Return what a results file begins with: in CSV the columns' names, in JSON Lines nothing."""
    if output.suffix != ".csv":
        return b""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(_COLUMNS[mode])
    return text.getvalue().encode()


def _json_lines(rows: Sequence[Row]) -> bytes:
    return b"".join(_json_line(row) for row in rows)


def _json_line(row: Row) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # a file's name that is not UTF-8
        return json.dumps(row).encode() + b"\n"


def _csv(rows: Sequence[Row], mode: Mode) -> bytes:
    """Write rows as RFC 4180 has them."""
    text = io.StringIO(newline="")
    cells = ({name: _cell(value) for name, value in _flat(row).items()} for row in rows)
    csv.DictWriter(text, _COLUMNS[mode], extrasaction="ignore").writerows(cells)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _flat(row: Row) -> Row:
    """Return a row with the count of its numbers and of their digits in place of them, if it has any."""
    if "numbers" not in row:
        return row
    numbers = row["numbers"]
    return row | {"numbers": len(numbers), "digits": sum(len(each["text"]) for each in numbers)}


def _cell(value: object) -> object:
    """Return a value as CSV has it: an apostrophe keeps a spreadsheet from running a text as a formula."""
    if isinstance(value, bool):
        return _WORDS[value]
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
