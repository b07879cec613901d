"""What the server says of a picture."""

from dataclasses import dataclass
from typing import Any

from digits_client.errors import DigitsClientError


@dataclass(frozen=True)
class Reading:
    """What one picture was read as."""

    digit: int  # 0 to 9, the likeliest
    probability: float  # of that digit, given that the picture is a digit
    probabilities: tuple[float, ...]  # of the digits 0 to 9
    is_digit: bool  # whether the server takes the picture for a digit at all
    digit_score: float | None = None  # probability that it is one; servers of the older contract give none

    @classmethod
    def from_json(cls, answer: dict[str, Any]) -> "Reading":
        """Take one item of /mnist/classify's responses; raises LookupError or TypeError where it is none.

        Servers that give only class and probability, as the contract's first one did, are understood.
        """
        return cls(
            digit=int(answer["class"]),
            probability=float(answer["probability"]),
            probabilities=tuple(answer.get("probabilities", ())),
            is_digit=bool(answer.get("is_digit", True)),
            digit_score=answer.get("digit_score"),
        )


Outcome = Reading | DigitsClientError  # of one picture: what it was read as, or why it was not
