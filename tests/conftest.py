"""What several test modules share: the local server, the Lambda image, its local API."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import settings

from api.app import app

# A busy machine is no reason to fail; what must be fast is timed where it is tested.
settings.register_profile("digits", deadline=None)
settings.load_profile("digits")

ROOT = Path(__file__).parents[1]
# Lambda's own terms: an unknown user, nothing writable but /tmp.
RESTRICTED = ["--read-only", "--tmpfs=/tmp", "--user=993:990", "--cap-drop=ALL"]
INVOKE = "/2015-03-31/functions/function/invocations"  # of Lambda's emulator


def environment() -> dict[str, str]:
    """Return the environment for a `make` of our own, without what an outer `make test` hands down."""
    inner = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    # A container starts slowly where much else runs; that is no failure of ours.
    return inner | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_CONTAINER_CONNECTION_TIMEOUT": "120"}


def run(*command: str) -> str:
    """Run a command in the root of the project and return its standard output."""
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(verb: str, log: Path, patience: float) -> Iterator[str]:
    """Run a `make` verb that serves, on a free port, and yield its address once `/health` answers."""
    port = free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", verb, f"PORT={port}"],
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


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve with `make serve` and return the address."""
    with running("serve", tmp_path_factory.mktemp("serve") / "log", patience=300) as url:
        yield url


@pytest.fixture(scope="session")
def engine() -> None:
    """Skip where no Docker engine answers; fail there when DIGITS_REQUIRE_DOCKER is 1."""
    answers = shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False)
    if answers and answers.returncode == 0:
        return
    if os.environ.get("DIGITS_REQUIRE_DOCKER") == "1":
        pytest.fail("no Docker engine answers, and DIGITS_REQUIRE_DOCKER is 1")
    pytest.skip("no Docker engine answers")


@pytest.fixture(scope="session")
def built(engine: None) -> None:  # noqa: ARG001 - asked for its effect
    """Build the Lambda image with `make build`, once."""
    build = subprocess.run(
        ["make", "build"], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert build.returncode == 0, build.stdout + build.stderr


@pytest.fixture(scope="session")
def local_api(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001
    """Serve from the Lambda image with `make start-api` and return the address."""
    with running("start-api", tmp_path_factory.mktemp("start-api") / "log", patience=300) as url:
        yield url


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """Give a client that sees what any HTTP client sees: an exception that got out would fail the test."""
    with TestClient(app) as client:
        yield client


@dataclass(frozen=True)
class Emulator:
    """A container of the Lambda image under Lambda's emulator."""

    name: str
    base: str  # its address

    @property
    def url(self) -> str:
        """Where it takes events."""
        return self.base + INVOKE


@contextmanager
def emulated(image: str, *options: str) -> Iterator[Emulator]:
    """Start the image's default command with options of `docker run`, and take it away in the end."""
    name = run("docker", "run", "--detach", "--publish=127.0.0.1::8080", *options, image).strip()
    try:
        yield Emulator(name, "http://" + run("docker", "port", name, "8080/tcp").strip())
    finally:
        run("docker", "rm", "--force", name)


@pytest.fixture(scope="session")
def image(engine: None) -> Iterator[str]:  # noqa: ARG001
    """Build the image without the SAM CLI, from the root of the project, and yield its name."""
    name = f"digits-test-{os.getpid()}"
    run("docker", "build", "--quiet", "--file", "functions/Dockerfile", "--tag", name, ".")
    yield name
    run("docker", "rmi", "--force", name)


@pytest.fixture(scope="session")
def container(image: str) -> Iterator[str]:
    """Start the image's default command under Lambda's terms and return where the emulator is invoked."""
    with emulated(image, *RESTRICTED) as emulator:
        yield emulator.url


def function_process(emulator: Emulator) -> int:
    """Return the process that runs the function in an emulator: the largest one there."""
    top = run("docker", "top", emulator.name, "-eo", "pid,rss,args").splitlines()[1:]
    return max((int(line.split()[1]), int(line.split()[0])) for line in top)[1]


def resident(pid: int) -> float:
    """Return a process's resident memory in megabytes."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def invoke(url: str, event: dict[str, Any]) -> Any:
    """Hand an event to the emulator, which may still be starting."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.post(url, json=event, timeout=60).json()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
