"""Speed of the bulk worker in the Lambda image, and the prices that follow: `python -m benchmarks.bulk`.

One vCPU for the worker; S3 is an endpoint in memory in a process of its own, which delays each answer. The
figures go to bulk.json, and from there, by `table()`, into docs/bulk.md.
"""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks.bulk import storage
from benchmarks.bulk.prices import price
from benchmarks.measure.docker import FULL_PROCESSOR, ROOT, docker, limits
from benchmarks.report.results import machine
from events.draw import png

FILE = Path(__file__).parents[1] / "bulk.json"
PAGE = ROOT / "docs/bulk.md"
IMAGE = "digits-bulk-benchmark"
DELAYS = (0, 20, 50)  # milliseconds
SIZES = (50, 100, 250, 400)  # images to a batch
BATCHES = 12
ROUNDS = 3


def measure() -> dict[str, Any]:
    """Measure everything and return the figures."""
    docker("build", "--quiet", "--file=functions/Dockerfile", f"--tag={IMAGE}", ".")
    by_delay = {str(delay): best([run(delay, 250) for _ in range(ROUNDS)]) for delay in DELAYS}
    by_size = {str(size): best([run(20, size) for _ in range(ROUNDS)]) for size in SIZES}
    return {"machine": machine(), "by_delay_ms": by_delay, "by_batch_size": by_size}


def best(runs: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the fastest of several runs, figure by figure: other load can only slow them down."""
    return {
        what: {name: round(max(each[what][name] for each in runs), 1) for name in figures}
        for what, figures in runs[0].items()
    }


def run(delay: int, size: int) -> dict[str, dict[str, float]]:
    """Time batches of `size` images with S3 `delay` milliseconds away."""
    variables = {
        "PYTHONPATH": "/var/task:/opt/python:/var/runtime",
        "INPUT_BUCKET": "pictures",
        "RESULTS_BUCKET": "results",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with storage.process(delay / 1000, pictures()) as url:
        flags = [f"--env={name}={value}" for name, value in {**variables, "AWS_ENDPOINT_URL_S3": url}.items()]
        command = [
            "docker",
            "run",
            "--rm",
            "--interactive",
            "--network=host",
            *limits(FULL_PROCESSOR),
            *flags,
        ]
        command += ["--entrypoint=python", IMAGE, "-", str(BATCHES), str(size)]
        program = (Path(__file__).with_name("worker.py")).read_text()
        done = subprocess.run(command, input=program, capture_output=True, text=True, check=True)
    figures: dict[str, dict[str, float]] = json.loads(done.stdout)
    return figures


def pictures() -> dict[str, bytes]:
    """Return as many digits as the largest batch has, as objects of the input bucket."""
    digits = [png(digit) for digit in range(10)]
    return {f"pictures/crops/{place:06}.png": digits[place % 10] for place in range(max(SIZES))}


def tables(figures: dict[str, Any]) -> str:
    """Put the figures into the tables of docs/bulk.md."""
    lines = [
        "| S3 answers after | worker, images/s | of the bare network | worker, images per processor second |",
        "|---|---|---|---|",
    ]
    for delay, each in figures["by_delay_ms"].items():
        worker, bare = each["worker"], each["bare network"]["per_second"]
        share = worker["per_second"] / bare
        lines.append(
            f"| {delay} ms | {worker['per_second']:,.0f} | {share:.0%} | {worker['per_cpu_second']:,.0f} |"
        )
    bare, local = (figures["by_delay_ms"]["0"][name]["per_second"] for name in ("bare network", "without S3"))
    lines.append(
        f"\nThe bare network alone: {bare:,.0f} images/s; the worker on bytes in memory: {local:,.0f}.\n"
    )
    lines += [
        "| batch | worker, images/s | 1 M images | 100 workers | 1,000 workers "
        "| 100 M images | 1,000 workers | 10,000 workers |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for size, each in figures["by_batch_size"].items():
        rate = each["worker"]["per_second"]
        few = [price(10**6, int(size), rate, workers) for workers in (100, 1000)]
        many = [price(10**8, int(size), rate, workers) for workers in (1000, 10000)]
        cells = [f"${few[0][0]:.2f}", *(duration(hours) for _, hours in few)]
        cells += [f"${many[0][0]:.0f}", *(duration(hours) for _, hours in many)]
        lines.append(f"| {size} | {rate:,.0f} | {' | '.join(cells)} |")
    where = figures["machine"]
    lines.append(
        f"\nMeasured on {where['date']}, {where['processor']}, {where['processors']} processors, "
        f"load {where['load']} before."
    )
    return "\n".join(lines)


def duration(hours: float) -> str:
    """Put a duration into words."""
    return f"{hours * 3600:.0f} s" if hours < 1 / 12 else f"{hours * 60:.0f} min"


def update(page: str, text: str) -> str:
    """Put the tables between their marks in the page."""
    return re.sub(
        r"(<!-- measured -->\n).*(<!-- /measured -->)", rf"\g<1>\n{text}\n\n\g<2>", page, flags=re.DOTALL
    )


def main() -> None:
    """Measure, and write the figures and the page."""
    begun = time.monotonic()
    figures = measure() | {"seconds": 0}
    figures["seconds"] = round(time.monotonic() - begun)
    FILE.write_text(json.dumps(figures, indent=1) + "\n")
    PAGE.write_text(update(PAGE.read_text(), tables(figures)))


if __name__ == "__main__":
    main()
