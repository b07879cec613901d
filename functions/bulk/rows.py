"""Pictures to rows: one for each item, in order, with what was read or what is wrong with the item."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bulk.counts import Row
from bulk.errors import ItemError
from digits.errors import DigitsError, ImageTooLarge, InvalidImage
from digits.images import decode
from digits.model import Model
from digits.normalize import normalize
from digits.recognize import Reading, read

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
