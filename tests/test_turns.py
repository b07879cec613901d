"""Long work leaves a server's event loop free, and costs Lambda no thread."""

import json
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import handler
from api.schemas import parse_batch
from tests.drawings import as_text, draw, encode
from tests.sources import v2
from tests.test_handler import CONTEXT

LARGE = json.dumps({"requests": [{"image": as_text(encode(draw(n % 10, 200)))} for n in range(16)]})
SMALL = json.dumps({"requests": [{"image": as_text(encode(draw(7)))}]})


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Return the threads in which batches are parsed from now on."""
    seen: list[threading.Thread] = []

    def parse(body: bytes, limit: int) -> list[Any]:
        seen.append(threading.current_thread())
        return parse_batch(body, limit)

    monkeypatch.setattr("api.app.parse_batch", parse)
    return seen


def test_lambda_works_in_its_own_thread(workers: list[threading.Thread]) -> None:
    for body in (SMALL, LARGE):
        assert handler(v2("POST", "/mnist/classify", body), CONTEXT)["statusCode"] == 200
    assert workers == [threading.current_thread()] * 2


def test_a_server_leaves_its_event_loop_for_large_bodies_only(
    client: TestClient, workers: list[threading.Thread]
) -> None:
    for body in (SMALL, LARGE):
        assert client.post("/mnist/classify", content=body).status_code == 200
    on_loop, beside = workers
    assert on_loop.name.startswith("asyncio")
    assert beside.name.startswith("AnyIO")
