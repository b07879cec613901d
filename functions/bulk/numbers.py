"""Pictures to rows of mode "read": one for each item, in order, with all of its numbers or its fault."""

from collections.abc import Iterable, Iterator

from bulk.counts import Row
from bulk.errors import ItemError
from bulk.rows import Entry
from digits.errors import DigitsError
from digits.images import decode_picture
from digits.numbers import SIDE, NumberReader
from digits.raster import Grey

# Of a row in CSV, which has how many numbers and digits there are instead of them.
COLUMNS = ("key", "text", "numbers", "digits", "error", "detail", "model", "shard")


def read(reader: NumberReader, entries: Iterable[Entry]) -> Iterator[Row]:
    """Yield one row for each entry, in order; reads one after the other."""
    for key, content, origin in entries:
        tail = {"model": reader.model.version, **origin}
        try:
            yield {"key": key, **_read(reader, content), **tail}
        except DigitsError as error:
            yield {"key": key, "error": error.kind, "detail": str(error), **tail}


def _read(reader: NumberReader, content: bytes | Grey | ItemError) -> Row:
    if isinstance(content, ItemError):
        raise content
    try:
        grey, (width, height) = _decode(content)
        page = reader.read(grey, scale=width / grey.shape[1])
    except MemoryError:
        raise ItemError("out-of-memory", "Reading this takes more memory than there is.") from None
    numbers = [number.to_json() for number in page.numbers]
    return {"text": page.text, "numbers": numbers, "size": [width, height]}


def _decode(content: bytes | Grey) -> tuple[Grey, tuple[int, int]]:
    if isinstance(content, bytes):
        picture = decode_picture(content, side=SIDE)
        return picture.grey, picture.size
    return content, (content.shape[1], content.shape[0])
