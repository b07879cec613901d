"""Numbers, pages and forms: the answers of /read, imported with its first request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from api import journal
from api.journal import stage
from api.names import check_names
from api.problems import Problem
from api.schemas import MAX_COORDINATE, MAX_FIELDS, MAX_LENGTH, is_text, parse_object, parse_picture
from api.settings import Settings
from api.threads import decode
from digits.errors import received, received_members
from digits.model import Model
from digits.numbers import SIDE, NumberReader
from digits.page import Box, Digit, Field, FieldReading, Page
from digits.raster import Grey
from digits.recognize import DECIMALS, Source

_WISHES = ("length", "fields")  # members beside the picture
COVERED = 2.0  # of the picture's area: what fields may cover together, as each is looked at by itself


@dataclass(frozen=True)
class Wish:
    """The part of a request that says how a picture is read."""

    length: int | None = None  # digits of every number
    fields: tuple[Field, ...] | None = None  # of a form; None reads the whole picture


class Numbers:
    """The reader of numbers with the API's limits."""

    def __init__(self, model: Model, settings: Settings) -> None:
        """Load the detector that lies beside the model."""
        self._model, self._limit = model, settings.max_pixels
        self._reader = NumberReader.load(settings.model_dir, model)

    def answer_json(self, body: bytes, length: int | None, explain: bool) -> dict[str, Any]:
        """Read what a JSON body asks for; `length` is that of the query, where the body has none."""
        with stage("decode"):
            document = parse_object(body)
            wish = _parse_wish(document, length)
            source = parse_picture(document, _WISHES)
        return self._answer(source, wish, explain)

    def answer_file(self, body: bytes, length: int | None, explain: bool) -> dict[str, Any]:
        """Read all numbers of an image file."""
        return self._answer(body, Wish(length), explain)

    def _answer(self, source: Source, wish: Wish, explain: bool) -> dict[str, Any]:
        with stage("decode"):
            grey, size = self._decode(source)
        scale = size[0] / grey.shape[1]
        with stage("infer"):
            if wish.fields is None:
                members = _page(self._reader.read(grey, wish.length, scale), explain)
            else:
                _check_places(wish.fields, size)
                _check_cover(wish.fields, size)
                members = _form(self._reader.read_fields(grey, wish.fields, scale), explain)
        return {**members, "size": list(size), "model": self._model.version}

    def _decode(self, source: Source) -> tuple[Grey, tuple[int, int]]:
        if isinstance(source, bytes):
            picture = decode(source, self._limit, side=SIDE)
            return picture.grey, picture.size
        return source, (source.shape[1], source.shape[0])


def _parse_wish(document: dict[str, Any], length: int | None) -> Wish:
    if document.get("length") is not None:
        length = _length(document["length"], "/length")
    fields = document.get("fields")
    if fields is None:
        return Wish(length)
    if not isinstance(fields, list) or not 1 <= len(fields) <= MAX_FIELDS:
        raise _refuse("/fields", f'"fields" must be an array of 1 to {MAX_FIELDS}.', received(fields))
    return Wish(length, tuple(_field(each, f"/fields/{place}", length) for place, each in enumerate(fields)))


def _field(field: object, pointer: str, length: int | None) -> Field:
    if not isinstance(field, dict) or not is_text(field.get("name")):
        raise _refuse(
            pointer, 'A field must be an object with a "name" of Unicode text.', received_members(field)
        )
    check_names(field, "in a field", ("length",))
    own = field.get("length")
    own = length if own is None else _length(own, f"{pointer}/length")
    return Field(field["name"], _box(field.get("box"), f"{pointer}/box"), own)


def _box(box: object, pointer: str) -> Box:
    wanted = "A box must be [x, y, width, height] in pixels"
    if not (isinstance(box, list) and len(box) == 4):
        raise _refuse(pointer, f"{wanted}.", received(box))
    if not (all(map(_is_coordinate, box)) and min(box[2:]) >= 1):
        least = f"{wanted}, x and y from 0 to {MAX_COORDINATE:,}, width and height from 1."
        raise _refuse(pointer, least, f"[{', '.join(map(received, box))}]")
    x, y, width, height = map(round, box)
    return x, y, width, height


def _length(value: object, pointer: str) -> int:
    if type(value) is not int or not 1 <= value <= MAX_LENGTH:
        raise _refuse(pointer, f"A length must be an integer of 1 to {MAX_LENGTH}.", received(value))
    return value


def _is_coordinate(value: object) -> bool:
    return type(value) in {int, float} and isfinite(value) and 0 <= value <= MAX_COORDINATE  # type: ignore[arg-type,operator]


def _check_places(fields: Sequence[Field], size: tuple[int, int]) -> None:
    """Refuse fields of which no pixel lies in the picture: a form of another size, or a wrong place."""
    for place, field in enumerate(fields):
        if field.box[0] >= size[0] or field.box[1] >= size[1]:
            wanted = f"Some of a field must lie in the picture, which has {size[0]}×{size[1]} pixels."
            detail = f"{wanted} Received: {received(field.name)} at {list(field.box)}"
            raise Problem("invalid-body", detail, [{"pointer": f"/fields/{place}/box", "detail": detail}])


def _check_cover(fields: Sequence[Field], size: tuple[int, int]) -> None:
    covered = sum(
        max(0, min(x + width, size[0]) - x) * max(0, min(y + height, size[1]) - y)
        for x, y, width, height in (field.box for field in fields)
    )
    if covered > COVERED * size[0] * size[1]:
        wanted = f"Fields may cover {COVERED:g} times the picture's area together."
        raise _refuse("/fields", wanted, f"{covered / (size[0] * size[1]):.1f}")


def _refuse(pointer: str, wanted: str, shown: str) -> Problem:
    detail = f"{wanted} Received: {shown}"
    return Problem("invalid-body", detail, [{"pointer": pointer, "detail": detail}])


def _page(page: Page, explain: bool) -> dict[str, Any]:
    _count(digit for number in page.numbers for digit in number.digits)
    return {"text": page.text, "numbers": [number.to_json(explain) for number in page.numbers]}


def _form(readings: Sequence[FieldReading], explain: bool) -> dict[str, Any]:
    _count(digit for reading in readings if reading.number for digit in reading.number.digits)
    return {"fields": [_field_reading(reading, explain) for reading in readings]}


def _field_reading(reading: FieldReading, explain: bool) -> dict[str, Any]:
    """Return a field's part of the answer; where nothing is written its probability is not known, and 0."""
    found = reading.number
    return {
        "name": reading.name,
        "text": reading.text,
        "probability": round(found.probability, DECIMALS) if found else 0.0,
        "box": list(reading.box),
        "digits": [digit.to_json(explain) for digit in found.digits] if found else [],
    }


def _count(digits: Iterable[Digit]) -> None:
    journal.count_classes(str(digit.digit) for digit in digits)
