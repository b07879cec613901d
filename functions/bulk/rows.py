"""Pictures to rows: one for each item, in order, with its reading or its fault."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

from bulk.counts import Row
from bulk.errors import ItemError
from digits.errors import DigitsError
from digits.model import Model
from digits.recognize import Item, Reader, Reading

Entry = tuple[str | None, bytes | ItemError]  # an item's key, with its file or with why there is none

COLUMNS = ("key", "class", "probability", "digit_score", "is_digit", "error", "detail", "model")

# Images to one LiteRT invocation: more gain nothing, and this many fit into the processor's cache.
MODEL_BATCH = 64

_READ = ("class", "probability", "digit_score", "is_digit")  # columns of a reading


def classify(model: Model, entries: Iterable[Entry]) -> Iterator[Row]:
    """Yield one row for each entry, in order; `entries` is consumed MODEL_BATCH at a time."""
    reader, entries = Reader(model), iter(entries)
    while rows := _read(reader, islice(entries, MODEL_BATCH)):
        yield from rows


def _read(reader: Reader, entries: Iterable[Entry]) -> list[Row]:
    keys: list[str | None] = []

    def items() -> Iterator[Item]:  # one at a time, so that no more than one file is in memory
        for key, data in entries:
            keys.append(key)
            yield partial(_take, data)

    outcomes = reader.many(items())
    version = reader.model.version
    return [
        {"key": key, **_describe(found), "model": version} for key, found in zip(keys, outcomes, strict=True)
    ]


def _take(data: bytes | ItemError) -> bytes:
    if isinstance(data, ItemError):
        raise data
    return data


def _describe(outcome: Reading | DigitsError) -> Row:
    if isinstance(outcome, DigitsError):
        return {"error": outcome.kind, "detail": str(outcome)}
    members = outcome.to_json()
    return {column: members[column] for column in _READ}
