"""Pictures to rows of mode "predict": one for each item, in order, with its digit or its fault."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from bulk.counts import Row
from bulk.errors import ItemError
from digits.errors import DigitsError
from digits.images import decode
from digits.model import Model
from digits.raster import Grey
from digits.recognize import Item, Reader, Reading

COLUMNS = (
    "key",
    "class",
    "probability",
    "digit_score",
    "is_digit",
    "error",
    "detail",
    "model",
    "shard",  # the file that holds the picture, where that is not the picture's own
    "label",  # what the shard says the picture shows, where that was asked for
)

# Images to one LiteRT invocation: more gain nothing, and this many fit into the processor's cache.
MODEL_BATCH = 64

_READ = ("class", "probability", "digit_score", "is_digit")  # columns of a reading


class Entry(NamedTuple):
    """An item: its key, and its file, its pixels or why there are none."""

    key: str | None
    content: bytes | Grey | ItemError
    origin: Mapping[str, Any] = MappingProxyType({})  # members that its row takes over


def classify(model: Model, entries: Iterable[Entry]) -> Iterator[Row]:
    """Yield one row for each entry, in order; `entries` is consumed MODEL_BATCH at a time."""
    reader, entries = Reader(model), iter(entries)
    while rows := _read(reader, islice(entries, MODEL_BATCH)):
        yield from rows


def _read(reader: Reader, entries: Iterable[Entry]) -> list[Row]:
    heads: list[Row] = []
    tails: list[Row] = []

    def items() -> Iterator[Item]:  # one at a time, so that no more than one file is in memory
        for key, content, origin in entries:
            heads.append({"key": key})
            tails.append({"model": reader.model.version, **origin})
            yield partial(_grey, content)

    outcomes = reader.many(items())
    return [head | _describe(found) | tail for head, found, tail in zip(heads, outcomes, tails, strict=True)]


def _grey(content: bytes | Grey | ItemError) -> Grey:
    if isinstance(content, ItemError):
        raise content
    try:
        return decode(content) if isinstance(content, bytes) else content
    except MemoryError:
        raise ItemError("out-of-memory", "Decoding this takes more memory than there is.") from None


def _describe(outcome: Reading | DigitsError) -> Row:
    if isinstance(outcome, DigitsError):
        return {"error": outcome.kind, "detail": str(outcome)}
    members = outcome.to_json()
    return {column: members[column] for column in _READ}
