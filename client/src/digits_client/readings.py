"""The server's readings of a picture: one digit, or the numbers in it."""

from dataclasses import dataclass
from typing import Any

from digits_client.answers import InvalidAnswer, array, box, digit, digits, lines, members, pixels, share
from digits_client.errors import DigitsClientError

Box = tuple[int, int, int, int]  # x, y, width, height in pixels of the picture set upright


@dataclass(frozen=True)
class Reading:
    """The reading of one picture."""

    digit: int  # 0 to 9, the likeliest
    probability: float  # of that digit, given that the picture is a digit
    probabilities: tuple[float, ...]  # of the digits 0 to 9
    is_digit: bool  # whether the server takes the picture for a digit at all
    digit_score: float | None = None  # probability that it is one; servers of the older contract give none

    @classmethod
    def from_json(cls, answer: object) -> "Reading":
        """Return one item of /mnist/classify's responses as a reading.

        Servers that give only class and probability, as the contract's first one did, are understood.

        Raises:
            LookupError: a member is missing.
            ValueError: a member is not of the contract's form.
        """
        given = members(answer)
        score = given.get("digit_score")
        return cls(
            digit=digit(given["class"]),
            probability=share(given["probability"]),
            probabilities=array(given["probabilities"], share, 10) if "probabilities" in given else (),
            is_digit=given.get("is_digit", True) is True,
            digit_score=None if score is None else share(score),
        )


@dataclass(frozen=True)
class Digit:
    """One digit of a number."""

    digit: int  # 0 to 9
    probability: float
    box: Box

    @classmethod
    def from_json(cls, answer: object) -> "Digit":
        """Return a member of `digits` as a digit; raises as `Reading.from_json`."""
        given = members(answer)
        return cls(digit(given["class"]), share(given["probability"]), box(given["box"]))


@dataclass(frozen=True)
class Number:
    """One number, or what was read in one field of a form."""

    text: str  # its digits; empty where a field holds none
    probability: float  # that all of its text is right
    box: Box
    digits: tuple[Digit, ...]
    name: str | None = None  # of the field

    @classmethod
    def from_json(cls, answer: object) -> "Number":
        """Return a member of `numbers` or `fields` as a number; raises as `Reading.from_json`."""
        given = members(answer)
        name = given.get("name")
        if not isinstance(name, str | None):
            raise InvalidAnswer("a field's name is no text")
        return cls(
            digits(given["text"]),
            share(given["probability"]),
            box(given["box"]),
            array(given["digits"], Digit.from_json),
            name,
        )


@dataclass(frozen=True)
class Page:
    """The reading of a picture of any number of numbers."""

    text: str  # the numbers of a line joined by a space, lines by a newline
    numbers: tuple[Number, ...]  # in reading order; empty where fields were asked for
    fields: tuple[Number, ...]  # in the order asked
    size: tuple[int, int]  # width and height of the picture set upright

    @classmethod
    def from_json(cls, answer: dict[str, Any]) -> "Page":
        """Return an answer of /read as a page; raises as `Reading.from_json`."""
        width, height = array(answer["size"], pixels, 2)
        found = {name: array(answer.get(name, []), Number.from_json) for name in ("numbers", "fields")}
        return cls(lines(answer.get("text", "")), found["numbers"], found["fields"], (width, height))


Outcome = Reading | DigitsClientError  # of one picture: what it was read as, or why it was not
PageOutcome = Page | DigitsClientError
