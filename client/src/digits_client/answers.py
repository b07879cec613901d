"""Checks of the server's answers against the contract."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Value = TypeVar("Value")
_SHOWN = 500  # characters of a server's text that a message repeats


class InvalidAnswer(ValueError):
    """Raised when a member of an answer is missing or is not what the contract has there."""


def share(value: object) -> float:
    """Return a probability, 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidAnswer("a probability is no number")
    if not 0 <= value <= 1:  # NaN is not, either
        raise InvalidAnswer("a probability is not from 0 to 1")
    return float(value)


def digit(value: object) -> int:
    """Return a digit, 0 to 9."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 9:
        raise InvalidAnswer("a class is no digit")
    return value


def digits(value: object) -> str:
    """Return text of digits alone."""
    if not isinstance(value, str) or not (value == "" or (value.isascii() and value.isdecimal())):
        raise InvalidAnswer("a number's text is not of digits")
    return value


def lines(value: object) -> str:
    """Return numbers in lines, a space between two of a line."""
    if not isinstance(value, str):
        raise InvalidAnswer("a page's text is no text")
    for number in value.replace("\n", " ").split(" "):
        digits(number)
    return value


def pixels(value: object) -> int:
    """Return a place or a length in pixels."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1_000_000:
        raise InvalidAnswer("a box is not of pixels")
    return value


def box(value: object) -> tuple[int, int, int, int]:
    """Return a box: x, y, width, height in pixels."""
    x, y, width, height = map(pixels, array(value, lambda each: each, 4))
    return x, y, width, height


def array(value: object, item: Callable[[Any], Value], count: int | None = None) -> tuple[Value, ...]:
    """Return the items of an array, which has `count` of them where that is given."""
    if not isinstance(value, list) or (count is not None and len(value) != count):
        raise InvalidAnswer("an array is missing, or is not of the length that it should have")
    return tuple(item(each) for each in value)


def members(value: object) -> Mapping[str, Any]:
    """Return the members of an object."""
    if not isinstance(value, dict):
        raise InvalidAnswer("there is no object where one should be")
    return value


def printable(text: str) -> str:
    """Return text fit for a terminal: one line, without control characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def plain(text: str) -> str:
    """Return a server's text fit for a terminal and not too long."""
    return printable(text[:_SHOWN]) + ("…" if len(text) > _SHOWN else "")
