"""Questions of a client, and how each of them ends."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from events.draw import base64_text, draw, png

DIGITS: NDArray[np.uint8] = np.stack([draw(digit) for digit in range(10)])  # (10, 28, 28), ink bright on dark
FILES = [png(digit) for digit in range(10)]
TEXTS = [base64_text(file) for file in FILES]
ALL = list(range(10))  # the right answer
FAILED = "failed: "


@dataclass(frozen=True)
class Question:
    """One use of a client, and the end that it should come to."""

    feature: str
    ask: Callable[[], object]
    right: object = True  # what `ask` returns when all is well
    refused: str = ""  # instead: words of what the client should raise
    shown: str = "answered"  # how that ends, in words for the table


def result(question: Question) -> str:
    """Ask, and return how it ended, in words for the table."""
    try:
        found = question.ask()
    except Exception as error:  # each client raises its own, and all of them are results
        text = f"{type(error).__name__}: {error}"
        if question.refused and question.refused in text:
            return question.shown
        return f"{FAILED}{text}"
    if question.refused or found != question.right:
        return f"{FAILED}{found!r}"
    return question.shown


def tell(package: str, questions: Iterable[Question]) -> None:
    """Ask, and print a row of the table for each question; a result that begins with FAILED is a fault."""
    for question in questions:
        shown = " ".join(result(question).replace("|", "/").split())  # a row is a line
        print(f"| {package} {version(package)} | {question.feature} | {shown} |", flush=True)  # noqa: T201
