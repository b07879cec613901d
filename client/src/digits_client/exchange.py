"""Requests and their retries, as steps that a blocking or an async client takes.

A generator yields an `httpx.Request` to send or a number of seconds to wait, and is handed the response, or
the error that came instead. So both clients have the same behaviour, and tests need neither.
"""

import base64
import random
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from typing import Any, TypeVar

import httpx

from digits_client.answers import plain
from digits_client.errors import DigitsClientError, ImageRefused, ImageUnreadable, Refused, Unreachable
from digits_client.pictures import Picture, file_bytes, size_of
from digits_client.readings import Outcome, Page, PageOutcome, Reading

Result = TypeVar("Result")
Reply = httpx.Response | httpx.TransportError | None
Steps = Generator[httpx.Request | float, Reply, Result]

FIRST_DELAY = 0.25  # seconds; doubled with each attempt, and then a random part of it
LONGEST_DELAY = 20.0  # seconds, also where the server asks for more
MAX_BYTES = 4_000_000  # of the files of a batch: in base64 and JSON they stay below Lambda's 6 MB
ABOUT_THE_PICTURE = {413, 422}  # statuses of /read and /feedback by which the picture is at fault


def ask(request: httpx.Request, retries: int) -> Steps[httpx.Response]:
    """Send a request until it is answered with neither 429 nor 5xx, `retries` times again at most.

    Raises:
        Unreachable: the last attempt brought no answer.
        Refused: the last answer was 429 or 5xx.
    """
    for attempt in range(retries + 1):
        reply = yield request
        if isinstance(reply, httpx.Response) and reply.status_code != 429 and reply.status_code < 500:
            return reply
        if attempt < retries:
            yield delay(attempt, reply)
    if isinstance(reply, httpx.Response):
        raise Refused(reply.status_code, problem(reply)["detail"])
    raise Unreachable(f"No answer from {request.url}: {str(reply) or type(reply).__name__}")


def delay(attempt: int, reply: Reply) -> float:
    """Return the seconds to wait: what Retry-After says, otherwise exponential with full jitter.

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    asked = reply.headers.get("retry-after", "") if isinstance(reply, httpx.Response) else ""
    if asked.isdecimal():
        return min(float(asked), LONGEST_DELAY)
    longest: float = min(FIRST_DELAY * 2**attempt, LONGEST_DELAY)
    return random.uniform(0, longest)  # noqa: S311 - spreads clients, protects nothing


def classify(
    make: Callable[[list[str]], httpx.Request], pictures: Sequence[Picture], retries: int
) -> Steps[list[Outcome]]:
    """Have pictures read; those that cannot be are told apart, and the others asked for again.

    Args:
        make: makes the request out of pictures in base64.
        pictures: one batch.
        retries: of each request.
    """
    outcomes: dict[int, Outcome] = {}
    texts: dict[int, str] = {}
    for place, picture in enumerate(pictures):
        try:
            texts[place] = base64_text(picture)
        except ImageUnreadable as error:
            outcomes[place] = error
    waiting = [list(texts)] if texts else []
    while waiting:
        places = waiting.pop()
        response = yield from ask(make([texts[place] for place in places]), retries)
        if response.status_code == 200:
            outcomes |= zip(places, readings(response, len(places)), strict=True)
        else:
            refused, crowded = faults(response, len(places))
            outcomes |= {places[index]: ImageRefused(detail) for index, detail in refused.items()}
            waiting += again(places, refused.keys(), crowded, response)
    return [outcomes[place] for place in range(len(pictures))]


def base64_text(picture: Picture) -> str:
    """Return a picture's file in base64. Raises ImageUnreadable."""
    return base64.b64encode(file_bytes(picture)).decode("ascii")


def read(make: Callable[[str], httpx.Request], picture: Picture, retries: int) -> Steps[PageOutcome]:
    """Have the numbers of one picture read; a picture that cannot be gives its error.

    Args:
        make: makes the request out of the picture in base64.
        picture: what to read.
        retries: of the request.
    """
    try:
        text = base64_text(picture)
    except ImageUnreadable as error:
        return error
    response = yield from ask(make(text), retries)
    if response.status_code in ABOUT_THE_PICTURE:
        return ImageRefused(problem(response)["detail"])
    answer = document(response)
    try:
        return Page.from_json(answer)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise _stranger(response) from None


def correct(request: httpx.Request, retries: int) -> Steps[str]:
    """Send what a picture should have been read as; return the picture's id.

    Raises:
        ImageRefused: the picture is at fault.
        Refused: the server collects none, or has had enough.
    """
    response = yield from ask(request, retries)
    if response.status_code in ABOUT_THE_PICTURE:
        raise ImageRefused(problem(response)["detail"])
    found = document(response, 202).get("id")
    if not isinstance(found, str):
        raise _stranger(response)
    return plain(found)


def again(
    places: list[int], refused: Collection[int], crowded: Collection[int], response: httpx.Response
) -> list[list[int]]:
    """Return the batches to ask for after a refusal.

    They are the pictures that were not at fault, and halves of those that were too much together.

    Raises:
        Refused: the refusal is of no picture.
    """
    if response.status_code == 413 and not refused and not crowded:
        crowded = range(len(places))
    elif not refused and not crowded:
        raise Refused(response.status_code, problem(response)["detail"])
    apart = [places[index] for index in sorted(crowded)]
    half = len(apart) // 2
    rest = [place for index, place in enumerate(places) if index not in refused and index not in crowded]
    return [batch for batch in (apart[:half], apart[half:], rest) if batch]


def readings(response: httpx.Response, count: int) -> list[Reading]:
    """Read a successful answer. Raises Refused where it is not one that this contract has."""
    try:
        found = [Reading.from_json(item) for item in response.json()["responses"]]
    except (ValueError, LookupError, TypeError, RecursionError):
        found = []
    if len(found) != count:
        raise _stranger(response)
    return found


def document(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """Return an answer that is a JSON object. Raises Refused where it is an error, or no object."""
    if response.status_code != status:
        raise Refused(response.status_code, problem(response)["detail"])
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _stranger(response)
    return answer


def faults(response: httpx.Response, count: int) -> tuple[dict[int, str], set[int]]:
    """Return which pictures of a batch the server refuses, by their place, and why.

    Those that may only have been too large beside the others, as a batch's pixels are limited, stand apart.
    """
    described = problem(response)
    if response.status_code == 413 and count == 1:
        return {0: _detail(*described["errors"][:1], described)}, set()
    refused, crowded = {}, set()
    places = set(map(str, range(count)))
    for fault in described["errors"]:
        parts = _text(fault, "pointer").split("/")
        if parts[:2] != ["", "requests"] or len(parts) < 3 or parts[2] not in places:
            continue
        if _text(fault, "type").endswith(":image-too-large") and count > 1:
            crowded.add(int(parts[2]))
        else:
            refused[int(parts[2])] = _detail(fault, described)
    return refused, crowded


def problem(response: httpx.Response) -> dict[str, Any]:
    """Read problem details (RFC 9457); of another error answer, its text serves as the detail."""
    try:
        described = response.json()
    except (ValueError, RecursionError):
        described = None
    if not isinstance(described, dict):
        described = {}
    detail = _text(described, "detail") or _text(described, "message") or response.text[:200].strip()
    errors = described.get("errors")
    usable = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    return {"detail": plain(detail or response.reason_phrase), "errors": usable}


def _detail(*described: dict[str, Any]) -> str:
    """Return the first detail among descriptions of a fault."""
    return plain(next(filter(None, (_text(each, "detail") for each in described)), ""))


def _text(described: dict[str, Any], name: str) -> str:
    """Return a member that is text; empty where there is none."""
    value = described.get(name)
    return value if isinstance(value, str) else ""


def batches(pictures: Sequence[Picture], most: int) -> Iterator[Sequence[Picture]]:
    """Cut pictures into batches of at most `most` and of about MAX_BYTES; one larger goes alone."""
    start, size = 0, 0
    for place, picture in enumerate(pictures):
        size += size_of(picture)
        if place > start and (place - start == most or size > MAX_BYTES):
            yield pictures[start:place]
            start, size = place, size_of(picture)
    if start < len(pictures):
        yield pictures[start:]


def first(outcomes: Sequence[Result | DigitsClientError]) -> list[Result]:
    """Return the readings, or raise the first picture's error."""
    found = []
    for outcome in outcomes:
        if isinstance(outcome, DigitsClientError):
            raise outcome
        found.append(outcome)
    return found


def _stranger(response: httpx.Response) -> Refused:
    shown = ascii(response.text[:80])
    return Refused(response.status_code, f"The answer is not one that Digits gives. Received: {shown}")
