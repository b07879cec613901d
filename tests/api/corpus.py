"""The corpus of hostile images posted to /predict: `python -m tests.api.corpus` prints what came of it."""

import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from api.app import app
from tests.samples.hostile import CORPUS

SELF = Path("/proc/self")


@dataclass
class Outcome:
    """The outcome of a kind of file."""

    statuses: Counter[int] = field(default_factory=Counter)
    details: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0  # seconds of processor time
    peak: int = 0  # megabytes resident beyond those before


def resident(name: str) -> int:
    """Return a figure of /proc/self/status in megabytes."""
    line = next(line for line in (SELF / "status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) // 1024


async def at_one_place(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve as in Lambda: all work in the process that is measured, and its memory bounded by the kernel."""
    with patch("digits.memory.threading.active_count", return_value=1):  # the client's thread only waits
        await app({**scope, "aws.context": None}, receive, send)


def lambda_client() -> TestClient:
    """Return a client that gets its answers as Lambda gives them."""
    return TestClient(at_one_place, raise_server_exceptions=False)


def measure(files: Iterable[bytes]) -> Outcome:
    """Post every file alone and see."""
    outcome, client = Outcome(), lambda_client()
    for file in files:
        (SELF / "clear_refs").write_text("5")  # proc(5): the peak starts anew
        before, start = resident("VmRSS"), time.process_time()
        response = client.post("/predict", content=file, headers={"content-type": "image/png"})
        outcome.slowest = max(outcome.slowest, time.process_time() - start)
        outcome.peak = max(outcome.peak, resident("VmHWM") - before)
        outcome.statuses[response.status_code] += 1
        if response.status_code != 200:
            outcome.details[response.json()["detail"].partition(". Received")[0]] += 1
    return outcome


def main() -> None:
    """Print a row for each kind."""
    print("| kind | files | answered (200) | too large (413) | refused (422) | 5xx | seconds | MB |")  # noqa: T201
    for kind, files in CORPUS.items():
        outcome = measure(files())
        read, large, refused = (outcome.statuses[status] for status in (200, 413, 422))
        failed = sum(count for status, count in outcome.statuses.items() if status >= 500)
        counts = f"{outcome.statuses.total()} | {read} | {large} | {refused} | {failed}"
        print(f"| {kind} | {counts} | {outcome.slowest:.2f} | {outcome.peak} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    with ThreadPoolExecutor(1) as thread:
        thread.submit(main).result()
