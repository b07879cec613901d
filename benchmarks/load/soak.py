"""Load for minutes: `python -m benchmarks.load.soak serve|image SECONDS PICTURES`.

wrk asks, good and bad requests in turn; PICTURES is a folder of hostile files to post to the image. Fails on
any error of the server's own, on a leak, and on a slow answer. Needs wrk, for the image Docker too.
"""

import io
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request as Invocation
from urllib.request import urlopen
from zlib import crc32

import numpy as np
from PIL import Image

from benchmarks import questions
from benchmarks.measure.docker import ROOT, docker
from benchmarks.measure.load import SERVE
from events import FOLDER, load_event
from events.draw import base64_text, draw, png

JSON, PNG = "application/json", "image/png"
EVERY = 0.1  # seconds between two looks at the memory
WARM_UP = 60  # seconds of load before memory counts: caches and the allocator take their share for so long
WARM = 0.3  # share of the time after which memory must stay level
SLOPE = 2.0  # megabytes a minute that it may still rise by
# Megabytes by which the allocator's own holdings come and go, which a short run takes for a rise.
UNEVEN = 6.0
BLOCKS = 8  # of the time since; the least of each counts, as a large picture may be in hand in any look
LARGEST = 4_700_000  # bytes of a picture that, in base64, an invocation can take: 6 MB
IMAGE = "digits-soak"
INVOKE = "/2015-03-31/functions/function/invocations"  # of Lambda's emulator
# Lambda's own terms: an unknown user, nothing writable but /tmp.
RESTRICTED = ("--read-only", "--tmpfs=/tmp", "--user=993:990", "--cap-drop=ALL")
FAULTS = ("ours", "sockets", "timeouts")  # none of which there may be
CONNECTIONS = {"serve": 8, "image": 1}  # Lambda hands an environment one request at a time
LOG = 3000  # characters of a log's end that tell why a target failed
Request = tuple[str, str, str, bytes]


class Target(NamedTuple):
    """What is under load: its address, the process whose memory counts, and what gives its log."""

    url: str
    pid: int
    log: Callable[[], str]


def traffic() -> list[Request]:
    """Return requests as method, path, content type and body: three good ones to two bad ones."""
    drawn = png(7)
    good = [
        ("POST", "/predict", JSON, questions.rows()),
        ("POST", "/predict", PNG, drawn),
        ("POST", "/predict?explain=true", "image/jpeg", _photo(3)),
        ("POST", "/mnist/classify", JSON, questions.classify(16)),
        ("GET", "/health", JSON, b""),
        ("GET", "/", JSON, b""),
    ]
    bad = [
        ("POST", "/predict", JSON, b'{"data": [[1, 2], [3]]}'),
        ("POST", "/predict", PNG, drawn[: len(drawn) // 2]),
        ("POST", "/mnist/classify", JSON, json.dumps({"requests": [{"image": "%%"}]}).encode()),
        ("POST", "/predict", JSON, b"[" * 10_000),
    ]
    return good + bad


def _photo(digit: int) -> bytes:
    """Return a digit as a JPEG of 1500×1500, dark ink on white, as a camera would take it."""
    file = io.BytesIO()
    Image.fromarray(255 - draw(digit)).resize((1500, 1500), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def events(pictures: Sequence[bytes]) -> list[Request]:
    """Return invocations: the sample events, some that no source sends, and a hostile picture after each."""
    usual: list[Any] = [load_event(path.stem) for path in sorted(FOLDER.glob("*.json"))]
    usual += [{}, {"requestContext": {}}, {"version": "2.0", "requestContext": {"http": None}}, [], None]
    # Heavy and light ones mixed, but in the same order each time.
    hostile = [upload(file) for file in sorted(pictures, key=crc32) if len(file) <= LARGEST]
    turns = zip(itertools.cycle(usual), hostile, strict=False)
    return [("POST", INVOKE, JSON, json.dumps(event).encode()) for turn in turns for event in turn]


def upload(file: bytes) -> dict[str, Any]:
    """Return the event of a picture posted to /predict."""
    return load_event("png") | {"body": base64_text(file)}


@contextmanager
def serve(folder: Path) -> Iterator[Target]:
    """Serve as `make serve` does, without its access log."""
    port, log = _free_port(), folder / "log"
    command = [sys.executable, "-c", SERVE, str(port)]
    path = {"PYTHONPATH": f"{ROOT}/functions:{ROOT}/layers/python"}
    with log.open("w") as output:
        process = subprocess.Popen(command, env=os.environ | path, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        _await(lambda: urlopen(f"{url}/health"), log.read_text)  # noqa: S310 - an address of this machine
        yield Target(url, process.pid, log.read_text)
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def image(_: Path) -> Iterator[Target]:
    """Run the Lambda image under Lambda's terms in its emulator."""
    docker("build", "--quiet", "--file=functions/Dockerfile", f"--tag={IMAGE}", ".")
    name = docker("run", "--detach", "--publish=127.0.0.1::8080", *RESTRICTED, IMAGE)

    def log() -> str:
        command = ["docker", "logs", name]  # the emulator's own lines go to the errors
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr

    try:
        url = "http://" + docker("port", name, "8080/tcp")
        # A first event, for the emulator starts the function no sooner.
        request = Invocation(url + INVOKE, b'{"warmup": true}')  # noqa: S310 - an address of this machine
        _await(lambda: urlopen(request), log)  # noqa: S310
        yield Target(url, _function_process(name), log)
    finally:
        docker("rm", "--force", name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _await(ask: Callable[[], object], log: Callable[[], str]) -> None:
    """Ask until there is an answer; end with the log when there is none for a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError):
            ask()
            return
        time.sleep(0.1)
    sys.exit(f"no answer within a minute:\n{log()[-LOG:]}")


def _function_process(name: str) -> int:
    """Return the process that runs the function in an emulator: the largest one there."""
    top = docker("top", name, "-eo", "pid,rss,args").splitlines()[1:]
    return max((int(line.split()[1]), int(line.split()[0])) for line in top)[1]


def resident(pid: int) -> float:
    """Return a process's resident memory in megabytes."""
    (line,) = (each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in each)
    return int(line.split()[1]) / 1024


class Memory(threading.Thread):
    """Looks at a process's resident memory, once it is warm, until told to stop or until the process ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over = pid, threading.Event()
        self.ended = False  # whether the process ended before it was told to stop
        self.looks: list[tuple[float, float]] = []  # seconds, megabytes

    def run(self) -> None:
        """Look until stopped."""
        self._over.wait(WARM_UP)
        try:
            while not self._over.wait(EVERY):
                self.looks.append((time.monotonic(), resident(self._pid)))
        except (OSError, ValueError):
            self.ended = True

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()

    def slope(self) -> float:
        """Return the megabytes a minute that it rose by, once warm."""
        return slope(self.looks[int(len(self.looks) * WARM) :])


def slope(looks: list[tuple[float, float]]) -> float:
    """Return the megabytes a minute by which what stays resident between requests rises."""
    blocks = np.array_split(np.array(looks), min(BLOCKS, len(looks)))
    seconds, megabytes = np.array([block[block[:, 1].argmin()] for block in blocks]).T
    return float(np.polyfit(seconds, megabytes, 1)[0] * 60)


def load(url: str, requests: list[Request], seconds: int, connections: int, folder: Path) -> dict[str, float]:
    """Have wrk ask for so long, the requests in turn; return its figures."""
    file = folder / "requests"
    file.write_bytes(
        b"".join(
            f"{method} {path} {kind} {len(body)}\n".encode() + body + b"\n"
            for method, path, kind, body in requests
        )
    )
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout=30s"]
    command += ["-s", str(Path(__file__).with_name("soak.lua")), url]
    given = os.environ | {"REQUESTS": str(file)}
    output = subprocess.run(command, env=given, capture_output=True, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(output.partition("RESULT ")[2])
    return figures


def soak(target: str, seconds: int, pictures: Sequence[bytes]) -> dict[str, float]:
    """Load a target for so long, once warm, and return the figures, those of warming up among them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        requests = traffic() if target == "serve" else events(pictures)
        with {"serve": serve, "image": image}[target](folder) as (url, pid, log):
            memory = Memory(pid)
            memory.start()
            # In one run: wrk drops what it waits for when it ends, and Lambda's emulator, which takes one
            # invocation at a time, dies of the next one while that one is in hand.
            figures = load(url, requests, WARM_UP + seconds, CONNECTIONS[target], folder)
            memory.stop()
            if any(figures[name] for name in FAULTS):
                print(log()[-LOG:], file=sys.stderr)
            if memory.ended:
                sys.exit(f"the process ended under load:\n{log()[-LOG:]}")
        last, rise = memory.looks[-1][1], memory.slope()
        return figures | {"rss_mb": round(last, 1), "rss_mb_per_minute": round(rise, 2)}


def leaks(rise: float, seconds: int) -> bool:
    """Return whether memory that rises by so many megabytes a minute is lost, and not only unevenly used."""
    minutes = (1 - WARM) * seconds / 60
    return rise > SLOPE and rise * minutes > UNEVEN


def main(target: str, seconds: str, pictures: str) -> None:
    """Print the figures, and fail on what must not be."""
    files = [path.read_bytes() for path in sorted(Path(pictures).iterdir())]
    figures = soak(target, int(seconds), files)
    print(json.dumps({"target": target, **figures}))
    wrong = [name for name in FAULTS if figures[name]]
    if leaks(figures["rss_mb_per_minute"], int(seconds)):
        wrong.append("rss_mb_per_minute")
    if wrong:
        sys.exit(f"Not as it must be: {', '.join(wrong)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
