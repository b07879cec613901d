"""Long work leaves a server's event loop free, and costs Lambda no thread."""

import json
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.handler import handler
from digits.images import Grey, decode, from_pixels
from events.sources import http_v2
from tests.api.test_handler import CONTEXT
from tests.samples.drawings import as_text, draw, draw_mnist, encode

PNG = encode(draw(7))
LARGE_BMP = encode(draw(7, 200), "BMP")
BATCH = json.dumps({"requests": [{"image": as_text(PNG)}]})
LARGE_BATCH = json.dumps({"requests": [{"image": as_text(LARGE_BMP)}] * 2})
SMALL = json.dumps({"data": draw_mnist(5).tolist()})
LARGE = json.dumps({"data": draw(5, 200).tolist()})


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the threads in which pictures are made from now on."""
    seen: list[str] = []

    def noting(make: Any) -> Any:
        def make_here(*given: Any, **named: Any) -> Grey:
            seen.append(threading.current_thread().name)
            grey: Grey = make(*given, **named)
            return grey

        return make_here

    for name, make in {
        "api.schemas.from_pixels": from_pixels,
        "digits.recognize.decode": decode,
    }.items():
        monkeypatch.setattr(name, noting(make))
    return seen


def test_lambda_works_in_its_own_thread(threads: list[str]) -> None:
    for path, body in (("/predict", SMALL), ("/predict", LARGE), ("/mnist/classify", BATCH)):
        assert handler(http_v2("POST", path, body), CONTEXT)["statusCode"] == 200
    picture = http_v2(
        "POST", "/predict", as_text(PNG), headers={"content-type": "image/png"}, isBase64Encoded=True
    )
    assert handler(picture, CONTEXT)["statusCode"] == 200
    assert threads == [threading.current_thread().name] * 4


@pytest.mark.parametrize(
    ("path", "body", "kind", "thread"),
    [
        ("/predict", SMALL, "application/json", "asyncio"),
        ("/predict", LARGE, "application/json", "AnyIO"),
        ("/predict", PNG, "image/png", "asyncio"),
        ("/predict", LARGE_BMP, "image/bmp", "AnyIO"),
        ("/mnist/classify", BATCH, "application/json", "asyncio"),
        ("/mnist/classify", LARGE_BATCH, "application/json", "AnyIO"),
    ],
)
def test_a_server_leaves_its_event_loop_for_large_bodies(
    client: TestClient, threads: list[str], path: str, body: str | bytes, kind: str, thread: str
) -> None:
    assert client.post(path, content=body, headers={"content-type": kind}).status_code == 200
    assert threads
    assert all(name.startswith(thread) for name in threads)
