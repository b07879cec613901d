"""Pictures to rows: one for each item, in order, with what was read or what is wrong with the item."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bulk.errors import ItemError
from digits.errors import DigitsError, ImageTooLarge, InvalidImage
from digits.images import decode
from digits.model import Model
from digits.normalize import normalize
from digits.recognize import Reading, read

Row = dict[str, Any]  # a line of the results; its members are COLUMNS
Candidates = NDArray[np.uint8]  # (k, 28, 28), as normalize() gives them

COLUMNS = ("key", "class", "probability", "digit_score", "is_digit", "error", "detail", "model")

# Images to one LiteRT invocation: more gain nothing, and this many fit into the processor's cache.
MODEL_BATCH = 64

_DECIMALS = 6  # of a probability, as the HTTP API gives it
_KINDS: dict[type[DigitsError], str] = {InvalidImage: "invalid-image", ImageTooLarge: "image-too-large"}


def classify(model: Model, pictures: Iterable[tuple[str | None, bytes | ItemError]]) -> Iterator[Row]:
    """Give one row for each picture, in order; `pictures` is consumed MODEL_BATCH at a time."""
    prepared = ((key, _prepare(data)) for key, data in pictures)
    while group := list(islice(prepared, MODEL_BATCH)):
        yield from _read(model, group)


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


def _prepare(data: bytes | ItemError) -> Candidates | ItemError:
    if isinstance(data, ItemError):
        return data
    try:
        return normalize(decode(data))
    except (InvalidImage, ImageTooLarge) as error:
        return ItemError(_KINDS[type(error)], str(error))


def _read(model: Model, group: Sequence[tuple[str | None, Candidates | ItemError]]) -> Iterator[Row]:
    candidates = [seen for _, seen in group if not isinstance(seen, ItemError)]
    readings = iter(read(model, candidates) if candidates else [])
    for key, seen in group:
        if isinstance(seen, ItemError):
            yield {"key": key, "error": seen.kind, "detail": seen.detail, "model": model.version}
        else:
            yield {"key": key, **_describe(next(readings)), "model": model.version}


def _describe(reading: Reading) -> Row:
    return {
        "class": reading.digit,
        "probability": round(reading.probability, _DECIMALS),
        "digit_score": round(reading.digit_score, _DECIMALS),
        "is_digit": reading.is_digit,
    }
