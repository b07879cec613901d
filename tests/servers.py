"""Servers of our own: started on a free port, awaited, stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.project import ROOT, environment


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(verb: str, log: Path, patience: float, *variables: str) -> Iterator[str]:
    """Run a `make` verb that serves, on a free port, and yield its address once `/health` answers."""
    port = free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", verb, f"PORT={port}", *variables],
            cwd=ROOT,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield until_healthy(f"http://127.0.0.1:{port}", process, log, patience)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


@contextmanager
def serving(log: Path, **settings: str) -> Iterator[str]:
    """Run the server with settings, on a free port, and yield its address once `/health` answers."""
    port = free_port()
    here = {"PYTHONPATH": "functions:layers/python", "PORT": str(port)}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.server"],
            cwd=ROOT,
            env=environment() | here | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield until_healthy(f"http://127.0.0.1:{port}", process, log, patience=120)
    finally:
        process.terminate()
        process.wait(timeout=60)


def until_healthy(url: str, process: subprocess.Popen[bytes], log: Path, patience: float) -> str:
    """Return the address when its `/health` answers 200; fail when the process ends or time is up."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=10).status_code == 200:
                return url
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"no answer from {url}/health:\n{log.read_text()[-3000:]}")


def until(happened: Callable[[], bool], patience: float) -> None:
    """Wait until something has happened; fail when time is up."""
    deadline = time.monotonic() + patience
    while not happened():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not happen within {patience} s")
        time.sleep(0.1)
