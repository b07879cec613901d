"""The soak's own measure: what it counts as an error of ours, and what as a leak."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import soak
from tests.benchmarks.soak import JSON, load, slope
from tests.samples.drawings import as_text

needs_wrk = pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")


@contextmanager
def server(status: int | None, body: bytes) -> Iterator[str]:
    """Answer every request with this, or with nothing, on loopback; give the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()


@needs_wrk
@pytest.mark.parametrize(
    ("status", "body", "ours"),
    [
        (200, b'{"statusCode": 200, "body": "{}"}', False),
        (422, b"{}", False),
        (500, b"{}", True),
        (502, b"", True),
        (200, b'{"statusCode": 500, "body": "{}"}', True),
        (200, b'{"errorMessage": "x", "errorType": "ValueError"}', True),
    ],
    ids=ascii,
)
def test_what_is_an_error_of_ours_is_counted_as_one(
    status: int, body: bytes, ours: bool, tmp_path: Path
) -> None:
    with server(status, body) as url:
        figures = load(url, [("GET", "/", JSON, b"")], 1, 2, tmp_path)
    assert figures["requests"] > 0
    # The last answers may come when wrk has stopped to count requests.
    assert (figures["ours"] >= figures["requests"]) if ours else (figures["ours"] == 0)


@needs_wrk
def test_a_server_that_closes_without_an_answer_is_counted(tmp_path: Path) -> None:
    with server(None, b"") as url:
        assert load(url, [("GET", "/", JSON, b"")], 1, 2, tmp_path)["sockets"] > 0


@needs_wrk
def test_a_server_that_is_not_there_ends_the_soak(tmp_path: Path) -> None:
    with server(200, b"") as url:
        pass
    with pytest.raises(subprocess.CalledProcessError):
        load(url, [("GET", "/", JSON, b"")], 1, 2, tmp_path)


def test_a_leak_is_told_from_memory_that_comes_and_goes() -> None:
    seconds = np.arange(60.0)
    busy = 75 + 180 * (np.random.default_rng(1).random(60) < 0.3)
    assert slope(list(zip(seconds, busy, strict=True))) == pytest.approx(0, abs=0.1)
    leaking = busy + 4 * seconds / 60
    assert slope(list(zip(seconds, leaking, strict=True))) == pytest.approx(4, abs=1)


def test_the_images_traffic_is_usual_and_hostile_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [b"one", b"two", b"too large" * 1_000_000]
    monkeypatch.setattr(soak, "CORPUS", {"some": lambda: iter(pictures)})
    bodies = [json.loads(body).get("body") for *_, body in soak.events()]
    assert len(bodies) == 4
    assert set(bodies[1::2]) == {as_text(b"one"), as_text(b"two")}
    assert not set(bodies[::2]) & set(bodies[1::2])


def test_a_short_run_fails_on_large_leaks_only() -> None:
    assert not soak.leaks(1.9, 600), "within what is allowed"
    assert soak.leaks(2.3, 600)
    assert not soak.leaks(8, 60), "6 MB in all"
    assert soak.leaks(25, 60)
