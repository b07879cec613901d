"""The JSON that goes in and out: bodies read without a loop over pixels, answers built, both documented."""

import json
from collections import Counter
from collections.abc import Collection
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BaseModel, Field

from api.names import check_names
from api.problems import Problem, fault
from api.shapes import to_rows
from digits.base64_text import decode_base64
from digits.errors import DigitsError, received, received_members
from digits.normalize import Mode
from digits.pixels import from_pixels
from digits.recognize import DECIMALS, Candidate, Reading, Source

MAX_LENGTH: Final = 100  # digits of one number that a request may ask for
MAX_FIELDS: Final = 200  # of a form
MAX_COORDINATE: Final = 1_000_000  # pixels; no picture that is read is as large

Normalize = Annotated[
    Mode,
    Query(
        description="Whether a picture is brought to MNIST's format first: `auto` does unless it is in it "
        "already, `always` does, `never` takes 28×28 as it is and refuses any other size."
    ),
]
Explain = Annotated[
    bool,
    Query(
        description="Whether the answer holds `input`, the 28×28 pixels that the model saw, and `candidates`."
    ),
]
ExplainDigits = Annotated[bool, Query(description="Whether each digit has its ten `probabilities`.")]
Length = Annotated[
    int | None,
    Query(ge=1, le=MAX_LENGTH, description="Digits that every number has, where that is known."),
]

MEMBERS: Final = ("image", "data")  # of a body: each holds a picture
_SCHEME: Final = 16  # characters within which an address has its ://

# Member of a body to the route that takes it.
_ROUTES: Final = {
    "requests": "/mnist/classify",
    "instances": "/v1/models/digits:predict",
    "inputs": "/v2/models/digits/infer",
    "image": "/predict",
    "data": "/predict",
}


class Way(BaseModel):
    """One way to see an image."""

    prediction: str = Field(pattern="^[0-9]$")
    digit_score: float = Field(ge=0, le=1)
    input: list[list[int]]


class Reply(BaseModel):
    """The answer about one image, as both routes give it."""

    probability: float = Field(ge=0, le=1, description="Probability of the digit named")
    probabilities: list[float] = Field(min_length=10, max_length=10, description="Of the digits 0 to 9")
    is_digit: bool = Field(description="Whether digit_score reaches the model's threshold")
    digit_score: float = Field(ge=0, le=1, description="Probability that the image is a digit at all")
    input: list[list[int]] | None = Field(None, description="With explain=true: the 28×28 the model saw")
    candidates: list[Way] | None = Field(
        None, description="With explain=true: every way in which the image was seen, preferred first"
    )


class Prediction(Reply):
    """The answer of /predict."""

    prediction: str = Field(pattern="^[0-9]$", description="The digit")
    model: str = Field(description="Version of the model")


class Classification(Reply):
    """One image's part in the answer of /mnist/classify."""

    class_: int = Field(alias="class", ge=0, le=9, description="The digit")


class Classifications(BaseModel):
    """The answer of /mnist/classify, in the order asked."""

    responses: list[Classification] = Field(description="One for each picture, in the order asked")
    model: str = Field(description="Version of the model")


PLACE = "x, y, width and height in pixels of the picture set upright"
Box = Annotated[list[int], Field(min_length=4, max_length=4, description=PLACE)]


class WrittenDigit(BaseModel):
    """One digit of a number."""

    class_: int = Field(alias="class", ge=0, le=9, description="The digit")
    probability: float = Field(ge=0, le=1, description="That a digit is here and that it is this one")
    box: Box
    probabilities: list[float] | None = Field(None, description="With explain=true: of the digits 0 to 9")


class WrittenNumber(BaseModel):
    """Digits that stand next to each other."""

    text: str = Field(pattern="^[0-9]*$", description="The digits alone, without points, commas or signs")
    probability: float = Field(ge=0, le=1, description="That all of the text is right")
    box: Box
    digits: list[WrittenDigit] = Field(description="From left to right")


class WrittenField(WrittenNumber):
    """What one field of a form was read as; where nothing is written, the probability is 0."""

    name: str = Field(description="As it was asked for")


class Written(BaseModel):
    """The answer of /read."""

    text: str | None = Field(None, description="Numbers of a line joined by a space, lines by a newline")
    numbers: list[WrittenNumber] | None = Field(None, description="In reading order")
    fields: list[WrittenField] | None = Field(None, description="Where fields were asked for, in that order")
    size: list[int] = Field(min_length=2, max_length=2, description="Width and height, set upright")
    model: str = Field(description="Version of the model")


class Health(BaseModel):
    """The answer of /health."""

    status: str
    model: str
    feedback: bool | None = Field(None, description="Whether /feedback takes corrections")


class ItemFault(BaseModel):
    """One part of the request at fault."""

    detail: str
    type: str | None = None
    pointer: str | None = Field(None, description="JSON pointer into the body (RFC 6901)")
    parameter: str | None = Field(None, description="Name of the query parameter")


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = Field(description="The request's id, as in the log")
    errors: list[ItemFault] | None = None


def parse_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; NaN, Infinity and what overflows come out as floats, for the reader to refuse."""
    if not body:
        raise Problem("malformed-json", "The body is empty. Received: 0 bytes")
    try:
        document = _DECODER.decode(body.decode(json.detect_encoding(body)))
    except RecursionError:
        raise Problem("malformed-json", f"The JSON is nested too deep. Received: {len(body)} bytes") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Problem("malformed-json", f"{error.msg} at {place}. Received: {len(body)} bytes") from None
    except UnicodeDecodeError:
        raise Problem("malformed-json", f"The JSON is not in UTF-8. Received: {len(body)} bytes") from None
    except ValueError:  # Python refuses integers of more than 4,300 digits
        raise Problem("invalid-body", "A number has too many digits. Received: an integer") from None
    if not isinstance(document, dict):
        raise Problem("invalid-body", f"The body must be a JSON object. Received: {received(document)}")
    return document


def is_text(value: object) -> bool:
    """Return whether it can be written into an answer: JSON may hold half of a surrogate pair."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def parse_picture(document: dict[str, Any], taken: Collection[str] = ()) -> Source:
    """Take the picture out of the JSON body of /predict, or out of one item of a batch.

    It is an image file in base64, a data URL or rows of numbers, and named "image" or "data". Other members
    are overlooked, unless they look like a wish that is not `taken` beside the picture.
    """
    names = [name for name in MEMBERS if name in document]
    if len(names) > 1:
        shown = received_members(document)
        raise Problem("invalid-body", f'"image" and "data" are one picture; give one. Received: {shown}')
    if not names:
        raise _misplaced(document, 'There must be one member, "image" or "data".')
    check_names(document.keys() - set(MEMBERS), "beside the picture", taken)
    (name,) = names
    value = document[name]
    if isinstance(value, dict):
        wanted = f'"{name}" must be the bytes of an image file in base64, or rows of numbers.'
        raise Problem("invalid-body", f"{wanted}{_advise(value)} Received: {received_members(value)}")
    try:
        return decode_base64(value) if isinstance(value, str) else from_pixels(to_rows(value))
    except DigitsError as error:
        raise Problem(error.kind, str(error), [fault(f"/{name}", error)]) from None


def parse_batch(body: bytes, limit: int) -> list[Any]:
    """Read the JSON body of /mnist/classify as far as its list of 1 to `limit` items."""
    document = parse_object(body)
    if "requests" not in document:
        raise _misplaced(document, 'The body must have an array "requests".')
    items = document["requests"]
    if not isinstance(items, list):
        raise Problem("invalid-body", f'"requests" must be an array. Received: {received(items)}')
    if not items:
        raise Problem("invalid-body", "There must be at least one request. Received: an array of 0")
    if len(items) > limit:
        raise Problem("batch-too-large", f"A batch may have {limit} requests. Received: {len(items)}")
    return items


def parse_item(item: object) -> Source:
    """Take the picture out of one item of a batch."""
    if not isinstance(item, dict):
        raise Problem(
            "invalid-body", f'An item must be an object with an "image". Received: {received(item)}'
        )
    return parse_picture(item)


def _misplaced(document: dict[str, Any], wanted: str) -> Problem:
    """Refuse an object for its members, and say which route takes them."""
    places = (f' "{name}" goes to {route}.' for name, route in _ROUTES.items() if name in document)
    advice = next(places, _advise(document))
    return Problem("invalid-body", f"{wanted}{advice} Received: {received_members(document)}")


def _advise(document: dict[str, Any]) -> str:
    """Tell who gives the address of a picture that it is not fetched, and what becomes of typed arrays."""
    if "0" in document:
        return " Array.from makes an array of JavaScript's typed ones."
    texts = [value for value in document.values() if isinstance(value, str)]
    if any("://" in text[:_SCHEME] for text in texts):
        return " Addresses are not fetched: send the file."
    return ""


def prediction(reading: Reading, model: str, explain: bool) -> dict[str, Any]:
    """Build the answer of /predict."""
    members = _describe(reading, explain)
    return {"prediction": str(members.pop("class")), **members, "model": model}


def classifications(readings: list[Reading], model: str, explain: bool) -> dict[str, Any]:
    """Build the answer of /mnist/classify."""
    return {"responses": [_describe(reading, explain) for reading in readings], "model": model}


def _describe(reading: Reading, explain: bool) -> dict[str, Any]:
    members = reading.to_json()
    if explain:
        members["input"] = reading.input.tolist()
        members["candidates"] = [_candidate(each) for each in reading.candidates]
    return members


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "prediction": str(candidate.digit),
        "digit_score": round(candidate.digit_score, DECIMALS),
        "input": candidate.input.tolist(),
    }


def _unambiguous(members: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(members)
    if len(document) < len(members):
        twice = Counter(name for name, _ in members).most_common(1)[0][0]
        raise Problem("invalid-body", f"A member stands twice in one object. Received: {received(twice)}")
    return document


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unambiguous)
