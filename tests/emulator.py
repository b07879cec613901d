"""The Lambda image under Lambda's emulator, and the process that runs the function in it."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.patient import PATIENCE, post
from tests.project import run

# Lambda's own terms: an unknown user, nothing writable but /tmp.
RESTRICTED = ["--read-only", "--tmpfs=/tmp", "--user=993:990", "--cap-drop=ALL"]
INVOKE = "/2015-03-31/functions/function/invocations"  # of Lambda's emulator


@dataclass(frozen=True)
class Emulator:
    """A container of the Lambda image under Lambda's emulator."""

    name: str
    base: str  # its address

    @property
    def url(self) -> str:
        """Return the address that takes events."""
        return self.base + INVOKE


@contextmanager
def emulated(image: str, *options: str) -> Iterator[Emulator]:
    """Start the image's default command with options of `docker run`, and take it away in the end."""
    name = run("docker", "run", "--detach", "--publish=127.0.0.1::8080", *options, image).strip()
    try:
        yield Emulator(name, "http://" + run("docker", "port", name, "8080/tcp").strip())
    finally:
        run("docker", "rm", "--force", name)


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
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return post(url, json=event).json()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
