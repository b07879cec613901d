"""Load for minutes: `python -m tests.benchmarks.soak serve|image [seconds]`.

wrk asks, good and bad requests in turn. Fails on any error of the server's own, on a leak, and on a slow
answer; needs wrk, for the image Docker too.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from events import FOLDER, load_event
from tests.emulator import INVOKE, RESTRICTED, emulated, function_process, invoke, resident
from tests.project import ROOT, environment, run
from tests.samples.drawings import as_text, draw, draw_mnist, encode
from tests.samples.hostile import CORPUS
from tests.samples.sources import v2
from tests.servers import free_port, until_healthy

JSON, PNG = "application/json", "image/png"
EVERY = 0.1  # seconds between two looks at the memory
WARM = 0.3  # share of the time after which memory must stay level
SLOPE = 2.0  # megabytes a minute that it may still rise by
UNEVEN = (
    6.0  # megabytes by which the allocator's own holdings come and go, which a short run takes for a rise
)
BLOCKS = 8  # of the time since; the least of each counts, as a large picture may be in hand in any look
LARGEST = 4_700_000  # bytes of a picture that, in base64, an invocation can take: 6 MB
CONNECTIONS = {"serve": 8, "image": 1}  # Lambda hands an environment one request at a time
Request = tuple[str, str, str, bytes]


def traffic() -> list[Request]:
    """Give requests as method, path, content type and body: three good ones to two bad ones."""
    png, large = encode(draw(7)), encode(draw(3, 1500), "JPEG")
    batch = {"requests": [{"image": as_text(encode(draw(n % 10, 60)))} for n in range(16)]}
    good = [
        ("POST", "/predict", JSON, json.dumps({"data": draw_mnist(5).tolist()}).encode()),
        ("POST", "/predict", PNG, png),
        ("POST", "/predict?explain=true", "image/jpeg", large),
        ("POST", "/mnist/classify", JSON, json.dumps(batch).encode()),
        ("GET", "/health", JSON, b""),
        ("GET", "/", JSON, b""),
    ]
    bad = [
        ("POST", "/predict", JSON, b'{"data": [[1, 2], [3]]}'),
        ("POST", "/predict", PNG, png[: len(png) // 2]),
        ("POST", "/mnist/classify", JSON, json.dumps({"requests": [{"image": "%%"}]}).encode()),
        ("POST", "/predict", JSON, b"[" * 10_000),
    ]
    return good + bad


def events() -> list[Request]:
    """Give invocations: the sample events, some that no source sends, and a hostile picture after each."""
    usual: list[Any] = [load_event(path.stem) for path in sorted(FOLDER.glob("*.json"))]
    usual += [{}, {"requestContext": {}}, {"version": "2.0", "requestContext": {"http": None}}, [], None]
    # Heavy and light ones mixed, but in the same order each time.
    pictures = sorted((file for files in CORPUS.values() for file in files()), key=crc32)
    hostile = [upload(file) for file in pictures if len(file) <= LARGEST]
    turns = zip(itertools.cycle(usual), hostile, strict=False)
    return [("POST", INVOKE, JSON, json.dumps(event).encode()) for turn in turns for event in turn]


def upload(file: bytes) -> dict[str, Any]:
    """Give the event of a picture posted to /predict."""
    headers = {"content-type": PNG}
    return v2("POST", "/predict", as_text(file), headers=headers, isBase64Encoded=True)


@contextmanager
def serve(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve as `make serve` does; give the address and the process whose memory counts."""
    port, log = free_port(), folder / "log"
    command = [sys.executable, "-m", "uvicorn", "api.app:app", f"--port={port}", "--no-access-log"]
    path = {"PYTHONPATH": f"{ROOT}/functions:{ROOT}/layers/python"}
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment() | path, stdout=output, stderr=output)
    try:
        yield until_healthy(f"http://127.0.0.1:{port}", process, log, 60), process.pid
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def image(_: Path) -> Iterator[tuple[str, int]]:
    """Run the Lambda image under Lambda's terms in its emulator."""
    run("docker", "build", "--quiet", "--file", "functions/Dockerfile", "--tag", "digits-soak", ".")
    with emulated("digits-soak", *RESTRICTED) as emulator:
        invoke(emulator.url, {"warmup": True})
        yield emulator.base, function_process(emulator)


class Memory(threading.Thread):
    """Looks at a process's resident memory until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over = pid, threading.Event()
        self.looks: list[tuple[float, float]] = []  # seconds, megabytes

    def run(self) -> None:
        """Look until stopped."""
        while not self._over.wait(EVERY):
            self.looks.append((time.monotonic(), resident(self._pid)))

    def slope(self) -> float:
        """Stop and return the megabytes a minute that it rose by, once warm."""
        self._over.set()
        self.join()
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
    command += ["-s", str(ROOT / "tests/benchmarks/soak.lua"), url]
    given = os.environ | {"REQUESTS": str(file)}
    output = subprocess.run(command, env=given, capture_output=True, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(output.partition("RESULT ")[2])
    return figures


def soak(target: str, seconds: int) -> dict[str, float]:
    """Load a target for so long and return the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        requests = traffic() if target == "serve" else events()
        with {"serve": serve, "image": image}[target](folder) as (url, pid):
            memory = Memory(pid)
            memory.start()
            figures = load(url, requests, seconds, CONNECTIONS[target], folder)
            rise = memory.slope()
        return figures | {"rss_mb": round(memory.looks[-1][1], 1), "rss_mb_per_minute": round(rise, 2)}


def leaks(rise: float, seconds: int) -> bool:
    """Tell whether memory that rises by so many megabytes a minute is lost, and not only unevenly used."""
    minutes = (1 - WARM) * seconds / 60
    return rise > SLOPE and rise * minutes > UNEVEN


def main(target: str, seconds: str = "600") -> None:
    """Print the figures, and fail on what must not be."""
    figures = soak(target, int(seconds))
    print(json.dumps({"target": target, **figures}))  # noqa: T201
    wrong = [name for name in ("ours", "sockets", "timeouts") if figures[name]]
    if leaks(figures["rss_mb_per_minute"], int(seconds)):
        wrong.append("rss_mb_per_minute")
    if wrong:
        sys.exit(f"Not as it must be: {', '.join(wrong)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
