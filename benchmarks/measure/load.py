"""Requests per second of the local servers: one processor for each in turn, wrk on the others."""

import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks import questions
from benchmarks.lineup import Contender
from benchmarks.measure.docker import PATIENCE, ROOT, NoAnswer, docker, is_running

CONNECTIONS = 8  # of wrk: enough that a request always waits for the server
# `make serve` writes a line for each request, which would be measured as well.
SERVE = """
import sys, uvicorn
from api.wire import BoundedProtocol
uvicorn.run("api.app:app", port=int(sys.argv[1]), http=BoundedProtocol, access_log=False)
"""
_RATE = re.compile(r"^Requests/sec:\s+([\d.]+)", re.MULTILINE)
_FAILED = re.compile(r"Non-2xx or 3xx responses|Socket errors")


def is_available() -> bool:
    """Return whether wrk is installed, and there is a processor for it beside the server's."""
    return shutil.which("wrk") is not None and len(os.sched_getaffinity(0)) > 1


def measure(servers: Sequence[Contender], rounds: int, seconds: int) -> dict[str, list[float]]:
    """Return digits per second: of this function as SERVE runs it, then of the servers."""
    rates: dict[str, list[float]] = {"digits": [], "digits classify": []}
    for _ in range(rounds):
        with _served() as url:
            rates["digits"].append(_rate(f"{url}/predict", questions.rows(), seconds))
            rates["digits classify"].append(_rate(f"{url}/classify", questions.classify(1), seconds))
        for server in servers:
            with _contained(server) as url:
                rate = _rate(f"{url}{server.path}", server.question(), seconds)
                rates.setdefault(server.name, []).append(rate)
    return rates


@contextmanager
def _served() -> Iterator[str]:
    """Run this function's local server on the first processor."""
    environment = os.environ | {"PYTHONPATH": "functions:layers/python"}
    command = ["taskset", "-c", "0", ".venv/serve/bin/python", "-c", SERVE, "8765"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            yield _answering(
                "http://127.0.0.1:8765", "/predict", questions.rows(), lambda: server.poll() is None
            )
        finally:
            server.terminate()


@contextmanager
def _contained(server: Contender) -> Iterator[str]:
    """Run a server's container on the first processor; asked at its own address, past Docker's proxy."""
    entrypoint, *arguments = server.command
    name = docker(
        "run", "--detach", "--cpuset-cpus=0", f"--entrypoint={entrypoint}", server.image, *arguments
    )
    try:
        address = docker("inspect", "--format={{.NetworkSettings.IPAddress}}", name)
        yield _answering(f"http://{address}:8080", server.path, server.question(), lambda: is_running(name))
    finally:
        docker("rm", "--force", name)


def _answering(url: str, path: str, body: bytes, is_alive: Callable[[], bool]) -> str:
    """Return the address once it answers."""
    request = urllib.request.Request(f"{url}{path}", body, {"content-type": "application/json"})  # noqa: S310
    deadline = time.monotonic() + PATIENCE
    while is_alive() and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request):  # noqa: S310 - an address of this machine
                return url
        except OSError:
            time.sleep(0.1)
    raise NoAnswer(f"no answer from {url}{path} within {PATIENCE:.0f} seconds")


def _rate(url: str, body: bytes, seconds: int) -> float:
    """Let wrk ask on the other processors; return the requests answered per second."""
    script = (
        f"wrk.method, wrk.body = 'POST', [==[{body.decode()}]==]\n"
        "wrk.headers['content-type'] = 'application/json'\n"
    )
    others = ",".join(map(str, sorted(os.sched_getaffinity(0))[1:]))
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = [
            "taskset",
            "-c",
            others,
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "-s",
            file.name,
            url,
        ]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = _RATE.search(report)
    if found is None or _FAILED.search(report):
        raise NoAnswer(f"every answer from {url} must be 200. Received:\n{report}")
    return float(found[1])
