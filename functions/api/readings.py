"""Readings for a request: counted in its record, and every item at fault named."""

from collections.abc import Iterator, Mapping

from api import journal
from api.problems import fault, refuse_items
from digits.errors import DigitsError
from digits.normalize import Mode
from digits.recognize import Item, Reader, Reading, Source


def read_one(reader: Reader, source: Source, mode: Mode) -> Reading:
    """Read the digit in one picture."""
    reading = reader.one(source, mode)
    journal.count([reading])
    return reading


def read_items(reader: Reader, items: Mapping[str, Item], mode: Mode = "auto") -> list[Reading]:
    """Read one digit in each item of a batch, in one model call.

    Args:
        reader: the classifier with its limits.
        items: by its place in the body (RFC 6901), each item.
        mode: how pictures are normalized.

    Raises:
        Problem: some items are no picture; it names each.
    """
    outcomes = reader.many(items.values(), mode)
    readings = [outcome for outcome in outcomes if not isinstance(outcome, DigitsError)]
    if len(readings) < len(items):
        raise refuse_items(list(_faults(items, outcomes)), len(items))
    journal.count(readings)
    return readings


def _faults(items: Mapping[str, Item], outcomes: list[Reading | DigitsError]) -> Iterator[dict[str, str]]:
    for pointer, outcome in zip(items, outcomes, strict=True):
        if isinstance(outcome, DigitsError):
            yield fault(pointer, outcome)
