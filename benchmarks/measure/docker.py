"""Containers: the images built, started with a share of a processor, asked and looked into."""

import http.client
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lineup import BASE, FUNCTION, KERAS, PLAIN, Contender

ROOT = Path(__file__).parents[2]
FULL_PROCESSOR = 1769  # MB at which Lambda gives one vCPU; source: AWS Lambda Developer Guide, "Memory"
PATIENCE = 300.0  # seconds until a first answer


class NoAnswer(Exception):
    """Raised when a container ends, or time is up, before it has answered."""


def docker(*arguments: str) -> str:
    """Run the Docker client and return what it prints."""
    done = subprocess.run(["docker", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoAnswer(f"docker {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


def build(with_keras: bool) -> None:
    """Build the function's image, and the contenders' from a folder of just what they need."""
    docker("build", "--quiet", "--file=functions/Dockerfile", f"--tag={FUNCTION}", ".")
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        here = ROOT / "benchmarks"
        shutil.copytree(
            here / "contenders",
            context / "benchmarks/contenders",
            ignore=shutil.ignore_patterns("__pycache__", "Dockerfile", "*.in", "*.txt"),
        )
        shutil.copy(here / "__init__.py", context / "benchmarks")
        shutil.copy(here / "contenders/Dockerfile", context)
        shutil.copy(here / "contenders/requirements.txt", context)
        shutil.copy(ROOT / "layers/model/digits.keras", context)
        for target, tag in [("plain", PLAIN), *([("keras", KERAS)] if with_keras else [])]:
            docker(
                "build",
                "--quiet",
                f"--build-arg=FUNCTION={FUNCTION}",
                f"--target={target}",
                f"--tag={tag}",
                folder,
            )


def bytes_over_base(image: str) -> int:
    """Return what an image adds to Lambda's base image."""
    ours, base = docker("image", "inspect", "--format={{.Size}}", image, BASE).split()
    return int(ours) - int(base)


def limits(memory: int) -> list[str]:
    """Return Docker's flags for what Lambda gives a function of this many MB."""
    return [f"--memory={memory}m", f"--memory-swap={memory}m", f"--cpus={memory / FULL_PROCESSOR:.3f}"]


@dataclass(frozen=True)
class Running:
    """A container that has answered once."""

    contender: Contender
    name: str
    port: int
    start: float  # seconds from its start to the first answer
    first: float  # seconds that the first request took of them: the emulator starts the function for it

    def ask(self, body: bytes) -> float:
        """Ask once more and return the seconds until the answer."""
        begun = time.perf_counter()
        _post(self.port, self.contender.path, body)
        return time.perf_counter() - begun

    def resident(self) -> int:
        """Return the bytes of memory that its processes hold, without the emulator's."""
        table = docker("top", self.name, "-eo", "pid,rss,comm").splitlines()[1:]
        return sum(int(line.split()[1]) * 1024 for line in table if "aws-lambda-rie" not in line)


def is_running(name: str) -> bool:
    """Return whether a container still runs."""
    return docker("inspect", "--format={{.State.Running}}", name) == "true"


@contextmanager
def running(contender: Contender, memory: int) -> Iterator[Running]:
    """Start a contender in a container, ask it for one digit, and remove it in the end."""
    if contender.is_lambda:
        command = [contender.image, *contender.command]
    else:
        command = [f"--entrypoint={contender.command[0]}", contender.image, *contender.command[1:]]
    name = docker("create", "--publish=127.0.0.1::8080", *limits(memory), *command)
    try:
        begun = time.perf_counter()
        docker("start", name)
        port = int(docker("port", name, "8080/tcp").rpartition(":")[2])
        first = _first_answer(name, port, contender)
        yield Running(contender, name, port, time.perf_counter() - begun, first)
    finally:
        docker("rm", "--force", name)


def _first_answer(name: str, port: int, contender: Contender) -> float:
    """Ask until there is an answer; return the seconds that the request took which got it."""
    body, deadline = contender.question(), time.monotonic() + PATIENCE
    while True:
        begun = time.perf_counter()
        try:
            _post(port, contender.path, body)
        except (ConnectionError, http.client.HTTPException):
            if time.monotonic() > deadline or not is_running(name):
                raise NoAnswer(
                    f"{contender.name} gave no answer: {docker('logs', '--tail=5', name)}"
                ) from None
            time.sleep(0.005)
        else:
            return time.perf_counter() - begun


def _post(port: int, path: str, body: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", path, body, {"content-type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    status = json.loads(answer).get("statusCode", response.status)
    if status != 200:
        raise NoAnswer(f"{path} must answer 200. Received: {status} {answer[:300]!r}")
