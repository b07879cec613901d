"""Long work leaves a server's event loop free, and costs Lambda no thread."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from anyio import BrokenWorkerProcess
from fastapi import Request
from fastapi.testclient import TestClient
from PIL import Image

from api import apart
from api import threads as places
from api.handler import handler
from digits.images import Picture, decode_picture
from digits.pixels import from_pixels
from events.sources import http_v2
from tests.api.test_handler import CONTEXT
from tests.project import ROOT
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
        def make_here(*given: Any, **named: Any) -> Any:
            seen.append(threading.current_thread().name)
            return make(*given, **named)

        return make_here

    for name, make in {
        "api.schemas.from_pixels": from_pixels,
        "api.threads.decode_picture": decode_picture,
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


def large_webp(side: int) -> bytes:
    """Return a picture of few bytes and many pixels."""
    return encode(Image.new("RGB", (side, side)), "WEBP", lossless=True)


@pytest.mark.parametrize(
    ("side", "places"),
    [(64, ["asyncio"]), (600, ["asyncio", "AnyIO"]), (2000, ["asyncio", "AnyIO", "AnyIO"])],
)
def test_the_pixels_of_a_small_body_decide_where_it_is_read(
    client: TestClient, threads: list[str], side: int, places: list[str]
) -> None:
    """The last has its picture decoded in a process."""
    for body, kind, path in (
        (large_webp(side), "image/webp", "/predict"),
        (json.dumps({"requests": [{"image": as_text(large_webp(side))}]}), "application/json", "/classify"),
    ):
        threads.clear()
        assert client.post(path, content=body, headers={"content-type": kind}).status_code == 200
        assert [name.partition(" ")[0].partition("-")[0] for name in threads] == places


def test_a_refusal_comes_back_from_the_process_that_decodes(client: TestClient) -> None:
    whole = encode(Image.new("RGB", (3000, 3000)))
    answer = client.post("/predict", content=whole[: len(whole) // 2], headers={"content-type": "image/png"})
    assert answer.status_code == 422
    assert "truncated" in answer.json()["detail"]


def test_a_decoder_that_dies_costs_its_own_request_alone(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = encode(Image.new("L", (3000, 3000)))
    with monkeypatch.context() as patch:
        patch.setattr("api.threads.apart.decode", end)
        answer = client.post("/predict", content=picture, headers={"content-type": "image/png"})
        assert answer.status_code == 422
        assert "decoder did not end well" in answer.json()["detail"]
    assert client.post("/predict", content=picture, headers={"content-type": "image/png"}).status_code == 200


def end(*_: object) -> None:
    """End the process, as its own fault would."""
    os._exit(1)


def end_first(first: Path, data: bytes, max_pixels: int, side: int) -> Picture:
    """End the process of the first attempt, as the kernel does where memory is short."""
    if not first.exists():
        first.touch()
        os._exit(1)
    return apart.decode(data, max_pixels, side)


def test_a_picture_whose_decoder_was_ended_is_decoded_in_another(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("api.threads.apart.decode", partial(end_first, tmp_path / "first"))
        answer = client.post("/predict", content=large_webp(3000), headers={"content-type": "image/webp"})
    assert answer.status_code == 200
    assert (tmp_path / "first").exists()


def test_a_decoder_that_cannot_start_is_no_fault_of_the_picture(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(*_: object, **__: object) -> None:
        raise BrokenWorkerProcess from TimeoutError()

    monkeypatch.setattr("anyio.to_process.run_sync", late)
    answer = client.post("/predict", content=large_webp(3000), headers={"content-type": "image/webp"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


@pytest.mark.skipif(sys.platform != "linux", reason="counts what Linux counts")
def test_a_decoder_without_an_end_is_ended_by_the_kernel() -> None:
    program = """
from api import apart
apart._SECONDS = 0
apart.decode_picture = lambda *_, **__: list(iter(int, 1))
apart.decode(b"", 1, 1)
"""
    path = {"PYTHONPATH": f"{ROOT}/functions:{ROOT}/layers/python"}
    done = subprocess.run([sys.executable, "-c", program], env=path, timeout=120, check=False)
    assert done.returncode == -signal.SIGXCPU


def test_heavy_work_of_a_client_that_left_is_not_done(
    client: TestClient, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_: Request) -> bool:
        return True

    monkeypatch.setattr("starlette.requests.Request.is_disconnected", gone)
    with pytest.raises(AssertionError, match="did not receive any response"):
        client.post("/predict", content=large_webp(3000), headers={"content-type": "image/webp"})
    assert len(threads) == 2, "the event loop and a thread looked at its header"


def test_bodies_beyond_what_a_process_holds_are_told_when_to_come_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.body.MAX_HELD", len(SMALL))
    for _ in range(3):  # each gives back what it held
        assert client.post("/predict", content=SMALL).status_code == 200
        answer = client.post("/predict", content=LARGE)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["type"].endswith(":overloaded")


def test_codes_of_a_lossless_picture_count_by_their_bytes(client: TestClient, threads: list[str]) -> None:
    """They may take hundreds of megabytes for few pixels, which a process alone is kept from."""
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    body = encode(noise, "WEBP", lossless=True)
    assert client.post("/predict", content=body, headers={"content-type": "image/webp"}).status_code == 200
    assert len(threads) == 2


def test_heavy_work_beyond_what_may_wait_is_told_when_to_come_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.threads.MAX_WAITING", 0)
    for path, key in (("/predict", "type"), ("/v1/models/digits:predict", "error")):
        body = large_webp(3000)
        kind = "image/webp"
        if key == "error":
            body, kind = json.dumps({"instances": [{"b64": as_text(body)}]}).encode(), "application/json"
        answer = client.post(path, content=body, headers={"content-type": kind})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert key in answer.json()


def test_requests_beyond_those_that_may_wait_for_a_thread_are_told_when_to_come_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four are worked on, two wait, and one is told at once; afterwards there is room again."""
    monkeypatch.setattr("api.threads.MAX_WAITING_LIGHT", 2)
    go = threading.Event()

    def held(rows: object) -> Any:
        assert go.wait(60)
        return from_pixels(rows)

    monkeypatch.setattr("api.schemas.from_pixels", held)
    with ThreadPoolExecutor(7) as pool:
        asked = [pool.submit(client.post, "/predict", content=LARGE) for _ in range(places.THREADS + 3)]
        first = next(as_completed(asked, 50)).result()
        go.set()
        assert sorted(each.result().status_code for each in asked) == [200] * 6 + [503]
    assert first.headers["retry-after"] == "2"
    assert first.json()["type"].endswith(":overloaded")
    assert client.post("/predict", content=LARGE).status_code == 200


def test_processes_fit_into_the_memory_and_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    places.processes.cache_clear()
    try:
        for memory, processors, expected in (
            (16 << 30, 2, 2),
            (16 << 30, 64, 19),
            (1 << 30, 8, 1),
            (1, 8, 1),
        ):
            monkeypatch.setattr("api.threads._memory", lambda memory=memory: memory)
            monkeypatch.setattr("api.threads._processors", lambda processors=processors: processors)
            places.processes.cache_clear()
            assert places.processes() == expected
    finally:
        places.processes.cache_clear()
