"""The client as a library: its steps without a network, and both clients against the real application."""

import asyncio
import base64
import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digits_client import (
    AsyncClient,
    Client,
    ImageRefused,
    ImageUnreadable,
    Picture,
    Reading,
    Refused,
    Unreachable,
    exchange,
)
from digits_client.address import base_url
from digits_client.errors import InvalidAddress
from digits_client.exchange import Reply, Steps
from digits_client.pictures import png as written
from events.draw import draw, png
from tests.servers import free_port

REQUEST = httpx.Request("GET", "http://digits.example/health")
FAULTS = [
    {"pointer": "/requests/1", "detail": "no base64"},
    {"pointer": "/requests/3/image", "detail": "cut"},
]


def response(status: int, document: object = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=document, headers=headers, request=REQUEST)


def take(
    steps: Steps[Any], answer: Callable[[httpx.Request], Reply]
) -> tuple[Any, list[httpx.Request | float]]:
    """Take steps with an answer for each request; return the result, and the steps."""
    taken: list[httpx.Request | float] = []
    reply: Reply = None
    try:
        while True:
            taken.append(steps.send(reply))
            reply = answer(taken[-1]) if isinstance(taken[-1], httpx.Request) else None
    except StopIteration as stop:
        return stop.value, taken


def waits(taken: list[httpx.Request | float]) -> list[float]:
    return [step for step in taken if isinstance(step, float)]


def make(texts: list[str]) -> httpx.Request:
    return httpx.Request("POST", REQUEST.url, json=texts)


def sent(request: httpx.Request) -> list[str]:
    texts: list[str] = httpx.Response(200, content=request.content).json()
    return [base64.b64decode(text).decode() for text in texts]


def reading(text: str) -> dict[str, Any]:
    return {"class": int(text), "probability": 1.0}


def test_a_request_is_sent_again_after_429_5xx_and_no_answer() -> None:
    replies: Iterator[Reply] = iter(
        [response(429), response(500), response(503), httpx.ConnectError("refused"), response(200, {})]
    )
    answer, taken = take(exchange.ask(REQUEST, 5), lambda _: next(replies))
    assert answer.status_code == 200
    assert [type(step) for step in taken] == [httpx.Request, float] * 4 + [httpx.Request]
    assert all(0 <= wait <= 0.25 * 2**place for place, wait in enumerate(waits(taken)))


@pytest.mark.parametrize(("asked", "waited"), [("0", 0.0), ("3", 3.0), ("86400", 20.0)])
def test_retry_after_is_heeded_up_to_a_limit(asked: str, waited: float) -> None:
    replies = iter([response(429, **{"retry-after": asked}), response(200, {})])
    _, taken = take(exchange.ask(REQUEST, 1), lambda _: next(replies))
    assert waits(taken) == [waited]


def test_delays_grow_to_a_limit_and_differ() -> None:
    delays = {exchange.delay(20, None) for _ in range(50)}
    assert len(delays) > 40
    assert 1 < max(delays) <= exchange.LONGEST_DELAY


def test_when_no_attempt_is_left_the_last_answer_is_raised() -> None:
    with pytest.raises(Refused, match=r"Too Many Requests \(HTTP 429\)"):
        take(exchange.ask(REQUEST, 2), lambda _: response(429, {"message": "Too Many Requests"}))
    with pytest.raises(Unreachable, match=r"health: nobody"):
        take(exchange.ask(REQUEST, 2), lambda _: httpx.ConnectError("nobody"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 415])
def test_a_refusal_of_the_request_is_not_sent_again(status: int) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return response(status, {"detail": "no"})

    with pytest.raises(Refused, match="no") as raised:
        take(exchange.classify(make, [b"1"], 5), answer)
    assert raised.value.status == status


def test_pictures_at_fault_are_told_apart_and_the_others_asked_for_again() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        texts = sent(request)
        if len(texts) == 5:
            return response(422, {"detail": "some", "errors": FAULTS})
        return response(200, {"responses": [reading(text) for text in texts]})

    outcomes, _ = take(exchange.classify(make, [b"0", b"x", b"2", b"y", b"4"], 0), answer)
    digits = [each.digit if isinstance(each, Reading) else str(each) for each in outcomes]
    assert digits == [0, "no base64", 2, "cut", 4]


def test_a_batch_that_is_too_much_is_halved_until_it_is_not() -> None:
    sizes = []

    def answer(request: httpx.Request) -> httpx.Response:
        texts = sent(request)
        sizes.append(len(texts))
        if len(texts) > 2 or "9" in texts:
            return response(413, {"detail": "too large"})
        return response(200, {"responses": [reading(text) for text in texts]})

    outcomes, _ = take(exchange.classify(make, [b"0", b"1", b"2", b"9", b"4"], 0), answer)
    assert [each.digit for each in outcomes if isinstance(each, Reading)] == [0, 1, 2, 4]
    assert isinstance(outcomes[3], ImageRefused)
    assert sizes[0] == 5


def test_pictures_too_large_beside_the_others_are_asked_for_apart() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        texts = sent(request)
        crowded = [place for place, text in enumerate(texts) if len(text) > 1]
        if not crowded or texts == ["55"]:
            return response(200, {"responses": [reading(text[0]) for text in texts]})
        errors = [
            {
                "pointer": f"/requests/{place}/image",
                "type": "urn:problem-type:digits:image-too-large",
                "detail": "big",
            }
            for place in crowded
        ]
        return response(413, {"detail": "some", "errors": errors})

    outcomes, _ = take(exchange.classify(make, [b"0", b"55", b"2", b"999"], 0), answer)
    digits = [each.digit if isinstance(each, Reading) else str(each) for each in outcomes]
    assert digits == [0, 5, 2, "big"]


@pytest.mark.parametrize("document", [None, [], {}, {"responses": [{}]}, {"responses": []}, {"responses": 5}])
def test_an_answer_that_is_none_of_ours_is_refused(document: object) -> None:
    with pytest.raises(Refused, match="not one that Digits gives"):
        take(exchange.classify(make, [b"1"], 0), lambda _: response(200, document))


def test_batches_keep_to_both_limits_and_lose_nothing() -> None:
    small, large = b"s", b"l" * (exchange.MAX_BYTES + 1)
    assert [len(each) for each in exchange.batches([small] * 7, 3)] == [3, 3, 1]
    pictures: list[Picture] = [small, large, small, small, large]
    cut = list(exchange.batches(pictures, 3))
    assert [[len(picture) for picture in each if isinstance(picture, bytes)] for each in cut] == [
        [1],
        [len(large)],
        [1, 1],
        [len(large)],
    ]


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("http://localhost:8000", "http://localhost:8000/"),
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("localhost:8000//", "http://localhost:8000/"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000/"),
        ("https://api.example.com/prod/", "https://api.example.com/prod/"),
    ],
)
def test_every_usual_form_of_an_address_is_taken(given: str, base: str) -> None:
    assert str(base_url(given)) == base


@pytest.mark.parametrize("given", ["", "ftp://localhost", "http://", "http://[::1"])
def test_other_addresses_are_refused_by_name(given: str) -> None:
    with pytest.raises(InvalidAddress, match="Received: "):
        base_url(given)


@pytest.mark.parametrize("scale", [1, 255])
def test_arrays_become_png_files(scale: int) -> None:
    pixels = draw(3)
    given = pixels if scale == 255 else (pixels / 255).astype(np.float32)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(written(given)))), pixels)


@pytest.mark.parametrize(
    "array", [np.zeros((28, 28), np.int64), np.full((28, 28), 7.0), np.zeros((2, 2, 2, 2), np.uint8)]
)
def test_arrays_that_are_no_picture_are_refused(array: NDArray[np.generic]) -> None:
    with pytest.raises(ImageUnreadable, match="Received: "):
        written(array)


@pytest.mark.parametrize("ending", ["", "/", "//"])
def test_the_blocking_client_reads_a_picture_in_every_form(server: str, tmp_path: Path, ending: str) -> None:
    path = tmp_path / "seven.png"
    path.write_bytes(png(7))
    with Client(server + ending) as client:
        readings = [client.predict(each) for each in (path, str(path), png(7), draw(7), draw(7) / 255)]
        assert {each.digit for each in readings} == {7}
        assert readings[0].is_digit
        assert readings[0].probability == max(readings[0].probabilities)
        assert client.health() == {"status": "ok", "model": client.model()["version"]}


def test_the_async_client_gives_many_outcomes_in_order(server: str) -> None:
    pictures = [png(place % 10) for place in range(95)]
    pictures[13], pictures[50] = b"nothing", png(1)[:70]

    async def run() -> list[Any]:
        async with AsyncClient(server, batch_size=8, concurrency=3) as client:
            return [outcome async for outcome in client.outcomes(pictures)]

    # In a thread of its own: asyncio.run leaves its thread without a loop, and Mangum wants one in this.
    with ThreadPoolExecutor(1) as thread:
        outcomes = thread.submit(asyncio.run, run()).result()
    assert [place for place, each in enumerate(outcomes) if isinstance(each, ImageRefused)] == [13, 50]
    assert all(each.digit == place % 10 for place, each in enumerate(outcomes) if isinstance(each, Reading))
    assert "Not an image" in str(outcomes[13])


def test_a_batch_over_the_servers_limit_is_halved(server: str) -> None:
    with Client(server, batch_size=100) as client:
        assert [each.digit for each in client.classify([png(4)] * 70)] == [4] * 70


def test_a_picture_that_is_not_there_is_an_outcome_too(server: str, tmp_path: Path) -> None:
    with Client(server) as client:
        missing, read = client.outcomes([tmp_path / "none.png", png(5)])
        assert isinstance(missing, ImageUnreadable)
        assert isinstance(read, Reading)
        with pytest.raises(ImageUnreadable, match=r"none\.png"):
            client.classify([tmp_path / "none.png"])


def test_nobody_there_is_said() -> None:
    with Client(f"127.0.0.1:{free_port()}", retries=0) as client, pytest.raises(Unreachable):
        client.health()


@pytest.fixture
def faltering(server: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Serve what the real server says, every second time, and 429 or 503 in between; and note the headers."""
    seen: list[dict[str, str]] = []

    class Faltering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            body = self.rfile.read(int(self.headers["content-length"]))
            if len(seen) % 2:
                answer, status = b"{}", 429 if len(seen) % 4 == 1 else 503
            else:
                real = httpx.post(server + self.path, content=body, timeout=60)
                answer, status = real.content, real.status_code
            self.send_response(status)
            self.send_header("retry-after", "0")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Faltering) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", seen
        http.shutdown()
        thread.join()


def test_a_server_that_falters_is_asked_again_with_the_token(
    faltering: tuple[str, list[dict[str, str]]],
) -> None:
    address, seen = faltering
    with Client(address, token="s3cret", batch_size=2) as client:
        assert [each.digit for each in client.classify([png(digit) for digit in range(4)])] == [0, 1, 2, 3]
    assert len(seen) == 4
    assert {headers["authorization"] for headers in seen} == {"Bearer s3cret"}
