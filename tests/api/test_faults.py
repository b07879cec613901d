"""Faults of the artefact and of the surroundings: each with what the user sees."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from api.app import model
from api.threads import processes
from tests.api.faults import FAULTS, start, suffer
from tests.project import ROOT, environment
from tests.samples.answers import same
from tests.samples.drawings import draw, draw_mnist, encode
from tests.servers import free_port, until, until_healthy

BODY = json.dumps({"data": draw_mnist(5).tolist()}).encode()
PNG = encode(draw(7, 1500))
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")


def test_a_good_artefact_starts(tmp_path: Path) -> None:
    assert start(ROOT / "layers/model")[0] == 0
    assert start(tmp_path)[0] == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_artefact_stops_the_start_and_is_named(fault: str, tmp_path: Path) -> None:
    status, said = suffer(fault, tmp_path)
    assert status == 1
    assert said.startswith("digits.errors.ArtefactError: ")
    assert "model.json" in said or "digits.tflite" in said


@contextmanager
def served(log: Path) -> Iterator[tuple[str, int, subprocess.Popen[bytes]]]:
    """Serve as `make serve` does, from this environment, and give address, port and process."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "api.app:app", "--host", "127.0.0.1", "--port", str(port)]
    path = {"PYTHONPATH": f"{ROOT}/functions:{ROOT}/layers/python"}
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment() | path, stdout=output, stderr=output)
    try:
        yield until_healthy(f"http://127.0.0.1:{port}", process, log, 60), port, process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(60)


def half_a_request(port: int, body: bytes) -> socket.socket:
    """Send a request but for the last half of its body."""
    connection = begun_request(port, body)
    connection.sendall(body[: len(body) // 2])
    return connection


def begun_request(port: int, body: bytes) -> socket.socket:
    """Send a request's head, and return once the server asks for its body."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
    assert connection.recv(99) == b"HTTP/1.1 100 Continue\r\n\r\n"
    return connection


def test_sigterm_lets_the_request_in_hand_finish(tmp_path: Path) -> None:
    with served(tmp_path / "log") as (_, port, process), half_a_request(port, BODY) as connection:
        process.send_signal(signal.SIGTERM)
        until(lambda: "Shutting down" in (tmp_path / "log").read_text(), 60)
        connection.sendall(BODY[len(BODY) // 2 :])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert b'"prediction":"5"' in answer
        process.wait(60)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/health")


def test_clients_that_leave_halfway_leave_nothing_behind(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with served(log) as (url, port, process):
        descriptors = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        for _ in range(200):
            half_a_request(port, BODY).close()
        assert httpx.post(f"{url}/predict", content=BODY, timeout=120).json()["prediction"] == "5"
        until(lambda: len(list(Path(f"/proc/{process.pid}/fd").iterdir())) <= descriptors + 5, 60)
    assert "Traceback" not in log.read_text()


LARGE = encode(Image.new("RGB", (3000, 3000)), "WEBP", lossless=True)  # decoded in a process of its own


def decoders(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the processes that a server has started."""
    return [
        int(name) for name in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ]


def is_gone(number: int) -> bool:
    """Return whether a process has ended, waited for or not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def read_large(url: str) -> httpx.Response:
    return httpx.post(f"{url}/predict", content=LARGE, headers={"content-type": "image/webp"}, timeout=120)


@LINUX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_lets_the_picture_in_hand_be_decoded(
    tmp_path: Path, number: signal.Signals
) -> None:
    """A service manager and a terminal send one to the whole group."""
    with served(tmp_path / "log") as (url, port, process):
        assert read_large(url).status_code == 200
        (decoder,) = decoders(process)
        os.kill(decoder, signal.SIGSTOP)  # so that the picture is in hand for as long as is needed
        with whole_request(port, LARGE) as connection:
            for each in (process.pid, decoder):
                os.kill(each, number)
            os.kill(decoder, signal.SIGCONT)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK")
        process.wait(60)
        until(lambda: is_gone(decoder), 60)


@LINUX
def test_decoders_end_with_a_server_that_was_killed(tmp_path: Path) -> None:
    with served(tmp_path / "log") as (url, _, process):
        assert read_large(url).status_code == 200
        started = decoders(process)
        process.kill()
        process.wait(60)
        until(lambda: all(map(is_gone, started)), 60)
        assert started


@LINUX
def test_a_decoder_that_was_killed_costs_no_answer(tmp_path: Path) -> None:
    with served(tmp_path / "log") as (url, _, process):
        for _ in range(3):
            assert read_large(url).status_code == 200
            for number in decoders(process):
                os.kill(number, signal.SIGKILL)


@LINUX
def test_pictures_of_clients_that_left_are_not_decoded(tmp_path: Path) -> None:
    log, clients = tmp_path / "log", 12 + processes()
    with served(log) as (url, port, process):
        assert read_large(url).status_code == 200
        (decoder,) = decoders(process)
        os.kill(decoder, signal.SIGSTOP)
        with whole_request(port, LARGE) as held:
            for _ in range(clients):
                whole_request(port, LARGE).close()
            os.kill(decoder, signal.SIGCONT)
            assert held.recv(99).startswith(b"HTTP/1.1 200 OK")
        assert read_large(url).status_code == 200
        left = "The client left before it was answered"
        until(lambda: log.read_text().count(left) >= clients - processes(), 60)


def whole_request(port: int, body: bytes) -> socket.socket:
    """Send a request, and leave its answer to be read."""
    connection = begun_request(port, body)
    connection.sendall(body)
    return connection


def test_fifty_clients_at_once_get_the_answers_of_one(tmp_path: Path) -> None:
    asks: list[dict[str, Any]] = [
        {"content": BODY},
        {"content": PNG, "headers": {"content-type": "image/png"}},
        {"content": b"{"},
        {"content": PNG[:99], "headers": {"content-type": "image/png"}},
    ]
    with served(tmp_path / "log") as (url, _, _), httpx.Client(base_url=url, timeout=120) as client:
        alone = [client.post("/predict", **ask) for ask in asks]
        assert [response.status_code for response in alone] == [200, 200, 400, 422]
        with ThreadPoolExecutor(50) as pool:
            together = list(pool.map(lambda ask: httpx.post(f"{url}/predict", timeout=120, **ask), asks * 50))
    for place, response in enumerate(together):
        assert response.status_code == alone[place % 4].status_code
        assert same(response.json(), alone[place % 4].json())


def test_one_interpreter_serves_many_threads() -> None:
    batches = [np.stack([draw_mnist(n % 10)] * (1 + n % 5)) for n in range(40)]
    expected = [model.predict(batch) for batch in batches]
    barrier = threading.Barrier(8)

    def work(offset: int) -> bool:
        barrier.wait()
        order = np.random.default_rng(offset).permutation(len(batches))
        return all(np.allclose(model.predict(batches[n]), expected[n], atol=1e-6) for n in order)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_without_any_writable_folder_everything_is_answered(tmp_path: Path) -> None:
    """Stand in for a read-only filesystem without /tmp: every attempt to open a file for writing fails."""
    program = """
import builtins, io, os, sys
from types import SimpleNamespace
sys.path.insert(0, ".")
def audit(name, arguments):
    if name == "open" and arguments[2] is not None and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        raise OSError(30, "Read-only file system")
    if name in {"tempfile.mkstemp", "tempfile.mkdtemp", "os.mkdir"}:
        raise OSError(30, "Read-only file system")
sys.addaudithook(audit)
from api.handler import handler
from events import FOLDER, load_event
names = sorted(path.stem for path in FOLDER.glob("*.json"))
statuses = [handler(load_event(name), SimpleNamespace(aws_request_id="x"))["statusCode"] for name in names]
print(max(statuses), len(statuses), file=sys.stderr)
"""
    path = {"PYTHONPATH": f"{ROOT}/functions:{ROOT}/layers/python", "TMPDIR": str(tmp_path / "nowhere")}
    command = [sys.executable, "-B", "-c", program]
    done = subprocess.run(command, env=path, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    worst, count = map(int, done.stderr.splitlines()[-1].split())
    assert worst < 500
    assert count >= 10
