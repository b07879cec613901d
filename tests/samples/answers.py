"""The function's answers in process, and what it means that two answers are the same."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from api.handler import handler
from events import load_event

# Fields that name the request: different in every answer.
PASSING = {"instance", "x-request-id"}


def answer(name: str) -> dict[str, Any]:
    """Return what the function returns in process for a sample invocation."""
    return ask(load_event(name))


def ask(event: dict[str, Any]) -> dict[str, Any]:
    """Return what the function returns in process for an event."""
    context = SimpleNamespace(aws_request_id="00000000-0000-0000-0000-000000000000")
    response: dict[str, Any] = handler(event, context)
    return response


def same(one: Any, other: Any, tolerance: float = 1e-4) -> bool:
    """Return whether two answers agree in every field, floats to a tolerance; JSON in text is JSON."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(
                name in PASSING or same(one[name], other[name], tolerance) for name in one
            )
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other, [tolerance] * len(one)))
        case float(), float():
            return bool(one == pytest.approx(other, abs=tolerance))
        case str(), str() if one != other and one[:1] == other[:1] == "{":
            return same(json.loads(one), json.loads(other), tolerance)
    return type(one) is type(other) and bool(one == other)
