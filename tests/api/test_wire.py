"""The local server against what comes over the wire: broken, slow or endless HTTP, and odd JSON."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from fastapi import Request
from fastapi.testclient import TestClient
from uvicorn.server import ServerState

from api.app import app
from api.wire import HEAD_SECONDS, BoundedProtocol
from tests.samples.drawings import draw_mnist
from tests.servers import serving

ROWS = draw_mnist(5).tolist()
SLOW = 300  # connections
POST = b"POST /predict HTTP/1.1\r\nHost: x\r\n"
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve, and require afterwards that nothing of all that left a traceback."""
    log = tmp_path_factory.mktemp("wire") / "log"
    with serving(log) as url:
        yield url
        assert httpx.get(f"{url}/health", timeout=60).status_code == 200
    assert "Traceback" not in log.read_text()


def connect(url: str) -> socket.socket:
    """Open a connection."""
    place = urlsplit(url)
    assert place.hostname
    assert place.port
    return socket.create_connection((place.hostname, place.port), timeout=60)


def send(url: str, content: bytes, is_all: bool = True) -> bytes:
    """Send bytes, no more if that is all, and return what comes back until the server closes."""
    with connect(url) as connection:
        with contextlib.suppress(OSError):  # it may have closed before it read all
            connection.sendall(content)
            if is_all:
                connection.shutdown(socket.SHUT_WR)
        found = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                found += piece
        return found


def test_requests_sent_at_once_are_answered_in_their_order(url: str) -> None:
    body = json.dumps({"data": ROWS}).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    last = HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answers = send(url, HEALTH + head + body + last, is_all=False).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200"] * 3
    assert [b'"prediction"' in answer for answer in answers] == [False, True, False]


LENGTHS = b"+3", b"-1", b"1_0", b"0x3", b"\xd9\xa3", b"3, 4", b"3\r\nContent-Length: 4", b"9" * 5000
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "TLS": b"\x16\x03\x01\x02\x00\x01" * 50,
    "zeros": b"GET / HTTP/1.1\r\n\x00: \x00\r\n\r\n",
    "a million headers": b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 1_000_000,
    "a header of 6 MB": b"GET /health HTTP/1.1\r\nHost: x\r\na: " + b"b" * 6_000_000,
    "a path of 6 MB": b"GET /" + b"a" * 6_000_000,
    "a chunk of zz": CHUNKED + b"zz\r\n\r\n",
    "a chunk with 6 MB beside it": CHUNKED + b"1;" + b"a" * 6_000_000,
    "a million trailers": CHUNKED + b"1\r\na\r\n0\r\n" + b"a: b\r\n" * 1_000_000,
    "another coding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    **{
        f"a length of {ascii(each)[:20]}": POST + b"Content-Length: " + each + b"\r\n\r\nabc"
        for each in LENGTHS
    },
}


@pytest.mark.parametrize("request_", BROKEN.values(), ids=BROKEN)
def test_broken_http_is_refused_and_the_connection_closed(url: str, request_: bytes) -> None:
    answer = send(url, request_)
    assert answer[9:10] == b"4" or not answer
    assert answer.count(b"HTTP/1.1 ") <= 1, "what follows a broken request is not another one"


def test_a_body_of_chunks_without_end_is_refused_at_the_limit(url: str) -> None:
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    head = POST + b"Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert send(url, head + chunk * 200).startswith(b"HTTP/1.1 413 ")


def test_clients_that_never_finish_their_headers_hold_nobody_up(url: str) -> None:
    with contextlib.ExitStack() as slow:
        for _ in range(SLOW):
            connection = slow.enter_context(connect(url))
            connection.sendall(POST + b"x: ")
        start = time.monotonic()
        assert httpx.post(f"{url}/predict", json={"data": ROWS}, timeout=60).json()["prediction"] == "5"
        assert time.monotonic() - start < HEAD_SECONDS, "it waited until they were given up"


def test_a_head_that_does_not_end_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, where the time can be made short."""
    monkeypatch.setattr("api.wire.HEAD_SECONDS", 2)

    async def ask() -> bytes:
        config = uvicorn.Config(app, log_level="critical", lifespan="off")
        state = ServerState()
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: BoundedProtocol(config, state, {}), "127.0.0.1", 0)
        async with listener:
            reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
            writer.write(HEALTH)
            answer = await reader.readuntil(b"}")
            writer.write(POST + b"x: ")
            answer += await asyncio.wait_for(reader.read(), 120)  # up to the end that the server sets
            writer.close()
            return answer

    # In a thread of its own: asyncio.run leaves its thread without a loop, and Mangum wants one in this.
    with ThreadPoolExecutor(1) as thread:
        answers = thread.submit(asyncio.run, ask()).result()
    assert answers.count(b"HTTP/1.1 ") == 1


def test_a_body_that_drips_is_given_up_in_time(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def drip(_: Request) -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    monkeypatch.setattr("api.body.BODY_SECONDS", 0.1)
    monkeypatch.setattr("starlette.requests.Request.stream", drip)
    answer = client.post("/predict", content=json.dumps({"data": ROWS}))
    assert answer.json()["type"].endswith(":body-too-slow")
    assert answer.json()["detail"] == "A body must come within 0.1 seconds. Received: 1 bytes by then"
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"\xef\xbb\xbf" + json.dumps({"data": ROWS}).encode(), 200, id="a byte order mark"),
        pytest.param(json.dumps({"data": ROWS}).encode("utf-16"), 200, id="UTF-16"),
        pytest.param(f'{{"data": 1, "data": {ROWS}}}'.encode(), 422, id="a key twice, the last one right"),
        pytest.param(f'{{"data": {ROWS}, "data": 1}}'.encode(), 422, id="a key twice, the last one wrong"),
        pytest.param('{"data": [[٣]]}'.encode(), 400, id="digits of another script"),
        pytest.param(b'{"data": [[1e999999999]]}', 422, id="a number beyond all"),
        pytest.param(b'{"data": [[-' + b"9" * 1_000_000 + b"]]}", 422, id="a million digits"),
        pytest.param(b'{"data": [[0.' + b"1" * 1_000_000 + b"]]}", 422, id="a million decimals"),
        pytest.param(b'{"data": [[NaN]]}', 422, id="no number"),
        pytest.param(b'{"' + b"a" * 1_000_000 + b'": 1}', 422, id="a long key"),
        pytest.param(b'{"data": ' + b"[" * 1_000_000, 400, id="arrays without end"),
        pytest.param(b'{"data": [' + b"[]," * 1_000_000 + b"[]]}", 422, id="a million rows"),
    ],
)
def test_odd_json_is_read_or_refused(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text[:300]
    assert len(answer.content) < 2000
