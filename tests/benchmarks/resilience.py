"""Measures docs/resilience.md: `python -m tests.benchmarks.resilience [soak.jsonl] >docs/resilience.md`.

Needs Docker.
"""

import sys
import tempfile
from pathlib import Path

from fastapi.testclient import TestClient

from api.app import app
from tests.api.faults import FAULTS, suffer
from tests.api.test_hostile import measure
from tests.image import faults
from tests.project import run
from tests.samples.hostile import CORPUS

HEAD = """# Hostile inputs, faults and load

Measured by `python -m tests.benchmarks.resilience soak.jsonl >docs/resilience.md`; soak.jsonl is
what `make soak` printed.
The tests `test_hostile`, `test_parsers`, `test_openapi`, `test_faults`, `test_image_faults` and
`test_journal` hold the bounds.

## Hostile images, each posted to /predict

| kind | files | answered (200) | too large (413) | refused (422) | 5xx | slowest, s of processor | peak MB |
|---|---|---|---|---|---|---|---|"""

IMAGE_HEAD = """
## A fault of the container

The Lambda image in its emulator. Where a signal comes mid-request, a batch that takes seconds is in hand.
Nothing is kept of a request, so it can be sent again.

| fault | who asked sees | the container |
|---|---|---|"""
IMAGE = "digits-faults"


def main(soaked: str = "") -> None:
    """Print the page."""
    lines = [HEAD]
    with TestClient(app) as client:
        for kind, files in CORPUS.items():
            outcome = measure(client, files())
            counts = [outcome.statuses[status] for status in (200, 413, 422)]
            ours = sum(times for status, times in outcome.statuses.items() if status >= 500)
            cells = kind, outcome.statuses.total(), *counts, ours, f"{outcome.slowest:.2f}", outcome.peak
            lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += [
        "",
        "## A broken artefact, at the start",
        "",
        "| fault | exit | last line of the log |",
        "|---|---|---|",
    ]
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            status, said = suffer(fault, Path(folder))
        lines.append(f"| {fault} | {status} | `{said}` |")
    run("docker", "build", "--quiet", "--file", "functions/Dockerfile", "--tag", IMAGE, ".")
    lines.append(IMAGE_HEAD)
    lines += [f"| {fault} | {' | '.join(faults.suffer(fault, IMAGE))} |" for fault in faults.FAULTS]
    if soaked:
        lines += ["", "## Load", "", "```json", Path(soaked).read_text().strip(), "```"]
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
