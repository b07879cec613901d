"""Ordinary clients beside hostile ones, on a server here: `python -m benchmarks.load.mixed [SECONDS]`."""

import http.client
import io
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import questions
from benchmarks.measure.docker import ROOT
from events.draw import png

CLIENTS = 8  # of each kind
PATIENCE = 60  # seconds for one answer
PAUSE = 0.02  # seconds that an ordinary client waits before it asks again
Question = tuple[str, str, str, bytes]  # method, path, content type and body

ORDINARY: list[Question] = [
    ("POST", "/predict", "application/json", questions.rows()),
    ("POST", "/predict", "image/png", png(7)),
    ("POST", "/mnist/classify", "application/json", questions.classify(8)),
]
HEALTH: list[Question] = [("GET", "/health", "application/json", b"")]


@dataclass
class Seen:
    """The answers that one kind of client got."""

    seconds: list[float] = field(default_factory=list)  # that each answer took
    statuses: Counter[int] = field(default_factory=Counter)

    def row(self, name: str, lasted: float) -> str:
        """Return a line of a Markdown table."""
        p50, p99 = (f"{1000 * float(np.quantile(self.seconds, share)):.1f}" for share in (0.5, 0.99))
        statuses = ", ".join(f"{times} × {status}" for status, times in sorted(self.statuses.items()))
        return f"| {name} | {len(self.seconds) / lasted:.1f} | {p50} | {p99} | {statuses} |"


def hostile() -> list[Question]:
    """Return pictures of few bytes and much work."""
    files = [
        ("image/webp", _picture("WEBP", lossless=True)),
        ("image/webp", _picture("WEBP", quality=1)),
        ("image/png", _picture("PNG")),
        ("image/jpeg", _picture("JPEG", progressive=True)),
        ("image/tiff", _picture("TIFF", compression="tiff_lzw")),
    ]
    return [("POST", "/predict", kind, file) for kind, file in files]


def _picture(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4000, 4000), (250, 240, 230)).save(file, kind, **options)
    return file.getvalue()


def ask(port: int, asked: list[Question], until: float, pause: float, seen: Seen) -> None:
    """Ask one question after another on one connection, until the time is over."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for method, path, kind, body in itertools.cycle(asked):
        start = time.monotonic()
        if start > until:
            break
        connection.request(method, path, body, {"content-type": kind})
        answer = connection.getresponse()
        answer.read()
        seen.seconds.append(time.monotonic() - start)
        seen.statuses[answer.status] += 1
        time.sleep(pause)
    connection.close()


def load(port: int, lasting: float, kinds: dict[str, tuple[list[Question], int, float]]) -> dict[str, Seen]:
    """Have clients of each kind ask at once: their questions, their number and their pause."""
    seen = {name: Seen() for name in kinds}
    until = time.monotonic() + lasting
    threads = [
        threading.Thread(target=ask, args=(port, asked, until, pause, seen[name]))
        for name, (asked, clients, pause) in kinds.items()
        for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def resident(pid: int) -> int:
    """Return the megabytes that a process and its children hold, each at its peak."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    own = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024
    return own + sum(resident(int(child)) for child in children)


def main(seconds: str = "20") -> None:
    """Serve, load without and with hostile clients, and print the table."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), "PYTHONPATH": "functions:layers/python"}
    command = [sys.executable, "-m", "api.server"]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    lasting = float(seconds)
    friendly = {"ordinary": (ORDINARY, CLIENTS, PAUSE), "/health": (HEALTH, 1, PAUSE)}
    try:
        _await(port)
        load(port, 3, friendly)
        alone = load(port, lasting, friendly)
        mixed = load(port, lasting, friendly | {"hostile": (hostile(), CLIENTS, 0.0)})
        held = resident(server.pid)
    finally:
        server.terminate()
        server.wait()
    lines = [seen.row(f"{name}, alone", lasting) for name, seen in alone.items()]
    lines += [seen.row(f"{name}, beside hostile ones", lasting) for name, seen in mixed.items()]
    head = ["| clients | answers a second | p50, ms | p99, ms | statuses |", "|---|---|---|---|---|"]
    print("\n".join([*head, *lines, "", f"The server and its processes held {held} MB at most."]))


def _await(port: int) -> None:
    for _ in range(300):
        try:
            ask(port, HEALTH, time.monotonic() + 0.01, 0.1, Seen())
        except ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server must answer within 30 s. Received: no connection")


if __name__ == "__main__":
    main(*sys.argv[1:])
