"""Speed of the bulk worker in the Lambda image, and the prices that follow: `python -m benchmarks.bulk`.

One vCPU for the worker; S3 is an endpoint in memory in a process of its own, which delays each answer. The
figures go to bulk.json, and from there, by `tables()`, into docs/bulk.md.
"""

import json
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.bulk import shards, storage
from benchmarks.bulk.prices import price, price_of_shards
from benchmarks.measure.docker import FULL_PROCESSOR, ROOT, docker, limits
from benchmarks.report.results import machine

FILE = Path(__file__).parents[1] / "bulk.json"
PAGE = ROOT / "docs/bulk.md"
IMAGE = "digits-bulk-benchmark"
DELAYS = (0, 20, 50)  # milliseconds
SIZES = (50, 100, 250, 400)  # images to a batch
BATCH = 250  # images to a batch where the delay varies
SHARD = 10_000  # images to a shard
AMOUNTS = 500  # to the shard that all numbers are read of, as one takes as long as forty digits
BATCHES = 12  # of each size, one after the other


def measure() -> dict[str, Any]:
    """Measure everything and return the figures."""
    docker("build", "--quiet", "--file=functions/Dockerfile", f"--tag={IMAGE}", ".")
    where = machine()
    digits, amounts = shards.of_digits(SHARD), shards.of_amounts(AMOUNTS)
    by_delay = {str(delay): run(delay, BATCH, digits) for delay in DELAYS}
    by_size = {str(size): run(20, size, []) for size in SIZES}
    read = run(20, SIZES[0], [amounts])[amounts.key]
    names = {"objects": "objects"} | {each.key: f"shards: {each.name}" for each in digits}
    return {
        "machine": where,
        "names": names,
        "by_delay_ms": by_delay,
        "by_batch_size": by_size,
        "amounts": read,
    }


def run(delay: int, size: int, held: Sequence[shards.Shard]) -> dict[str, dict[str, float]]:
    """Time batches of `size` images, and shards, with S3 `delay` milliseconds away; by what was read."""
    variables = {
        "PYTHONPATH": "/var/task:/opt/python:/var/runtime",
        "INPUT_BUCKET": "pictures",
        "RESULTS_BUCKET": "results",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    objects = pictures() | {f"pictures/{each.key}": each.content for each in held}
    with storage.process(delay / 1000, objects) as url:
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
        command += [f"{each.key}:{each.images}:{each.mode}" for each in held]
        program = (Path(__file__).with_name("worker.py")).read_text()
        done = subprocess.run(command, input=program, capture_output=True, text=True, check=True)
    figures: dict[str, dict[str, float]] = json.loads(done.stdout)
    return {what: {name: round(value, 1) for name, value in each.items()} for what, each in figures.items()}


def pictures() -> dict[str, bytes]:
    """Return as many digits as the largest batch has, as objects of the input bucket."""
    digits = shards.pngs()
    return {f"pictures/crops/{place:06}.png": digits[place % 10] for place in range(max(SIZES))}


def tables(figures: dict[str, Any]) -> str:
    """Put the figures into the tables of docs/bulk.md."""
    # No delay of S3's touches the network alone, so its fastest run is held against all.
    bare = max(each["bare network"]["per_second"] for each in figures["by_delay_ms"].values())
    rate = figures["amounts"]["per_cpu_second"]  # S3 is asked a few times in all
    dollars = price_of_shards(10**6, AMOUNTS, rate, "read")
    amounts = f"With `MODE=read`, {rate:,.0f} amounts of five digits/s: ${dollars:.2f} a million in shards."
    lines = [*_by_items(figures, bare), f"\nThe bare network alone: {bare:,.0f} images/s. {amounts}\n"]
    lines += [
        "| batch | worker, images/s | 1 M images | 100 workers | 1,000 workers "
        "| 100 M images | 1,000 workers | 10,000 workers |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for size, each in figures["by_batch_size"].items():
        rate = each["objects"]["per_second"]
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


def _by_items(figures: dict[str, Any], bare: float) -> list[str]:
    """Return the table of objects and shards side by side; `bare` is the network's images a second."""
    lines = [
        "| items | S3 answers after | images/s | of the bare network | 1 M images | 100 M images |",
        "|---|---|---|---|---|---|",
    ]
    for key, name in figures["names"].items():
        for delay, each in figures["by_delay_ms"].items():
            rate = each[key]["per_second"]
            few, many = (_dollars(key, images, rate) for images in (10**6, 10**8))
            cells = [name, f"{delay} ms", f"{rate:,.0f}", f"{rate / bare:.0%}", f"${few:.3f}", f"${many:.2f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def _dollars(key: str, images: int, rate: float) -> float:
    if key == "objects":
        return price(images, BATCH, rate, 1)[0]
    return price_of_shards(images, SHARD, rate, "predict")


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
