"""All that is measured, as one JSON document: figures, ratios, targets."""

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure.cold import Cold, Starts
from benchmarks.measure.docker import FULL_PROCESSOR
from benchmarks.measure.warm import BARE, Timings
from benchmarks.report import costs
from benchmarks.report.spread import percentile, ratio, spread

DEARER = 0.1  # share of the lowest price that may be paid on top for a sooner start

FILE = Path(__file__).parents[1] / "results.json"

Results = dict[str, Any]


def machine() -> dict[str, Any]:
    """Return where the figures come from."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return {
        "processor": cpu,
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def cold(measured: Cold) -> Results:
    """Sum up the starts by contender and memory."""
    return {
        name: {str(memory): _starts(starts) for memory, starts in by_memory.items()}
        for name, by_memory in measured.items()
    }


def _starts(starts: Starts) -> Results:
    if not starts.start:
        return {"failure": starts.failure}
    summed: Results = {
        "start_s": asdict(spread(starts.start)),
        "first_s": asdict(spread(starts.first)),
        "warm_ms": asdict(spread(starts.warm)),
        "resident_bytes": int(median(starts.resident)),
    }
    if starts.duration:
        summed["duration_ms"] = asdict(spread(starts.duration))
    return summed


def warm(timings: Timings) -> Results:
    """Sum up the warm calls by what was asked, in microseconds."""
    summed: Results = {}
    for name, rounds in timings.items():
        calls = [each for taken in rounds for each in taken]
        summed[name] = {f"p{share}_us": round(percentile(calls, share), 1) for share in (50, 95, 99)}
        summed[name]["calls"] = len(calls)
    return summed


def emulator(timings: dict[str, list[float]]) -> Results:
    """Sum up the calls through the emulator, in milliseconds."""
    return {
        name: {f"p{share}_ms": round(percentile(calls, share), 2) for share in (50, 95, 99)}
        for name, calls in timings.items()
    }


def throughput(timings: Timings) -> Results:
    """Return images per second by batch size, of the route and of the bare network, and their ratio."""
    summed: Results = {}
    for name, rounds in timings.items():
        kind, _, size = name.partition(" ")
        if size.isdigit():
            middles = [median(taken) for taken in rounds]
            rate = int(size) / median(middles) * 1e6
            summed.setdefault(size, {})[f"{kind}_images_per_s"] = round(rate, 1)
    for size, rates in summed.items():
        pair = _middles(timings, f"{BARE} {size}"), _middles(timings, f"classify {size}")
        rates["ratio"] = asdict(ratio(*pair))
    return summed


def _middles(timings: Timings, name: str) -> list[float]:
    return [median(taken) for taken in timings[name]]


def ratios(measured: Cold, timings: Timings) -> Results:
    """Return this function over the others, from pairs that were measured in turn."""
    summed: Results = {}
    ours = measured["digits"][FULL_PROCESSOR]
    for name in ("floor", "hello", "keras_lambda"):
        theirs = measured.get(name, {}).get(FULL_PROCESSOR)
        if theirs is not None and len(theirs.first) == len(ours.first):
            summed[f"first invocation / {name}"] = asdict(ratio(ours.first, theirs.first))
            summed[f"container start to first answer / {name}"] = asdict(ratio(ours.start, theirs.start))
        if name in timings:
            pair = _middles(timings, "predict"), _middles(timings, name)
            summed[f"warm /predict in process / {name}"] = asdict(ratio(*pair))
    return summed


def cost(summed: Results) -> Results:
    """Return dollars a million predictions by contender and memory."""
    priced: Results = {}
    for name, by_memory in summed.items():
        for memory, figures in by_memory.items():
            if "duration_ms" in figures:
                args = int(memory), figures["duration_ms"]["median"], figures["first_s"]["median"] * 1000
                priced.setdefault(name, {})[memory] = {
                    architecture: round(costs.per_million(*args, architecture), 2)
                    for architecture in costs.GB_SECOND
                }
    return priced


def conclude(measured: Results) -> Results:
    """Return the document with what follows from its measurements: prices, the memory to take, targets."""
    priced = measured | {"cost": cost(measured["cold"])}
    return priced | {"recommended_memory_mb": recommend(priced), "targets": targets(priced)}


def prices(results: Results) -> dict[str, float]:
    """Return dollars a million predictions of this function by memory, with what the HTTP API takes."""
    return {memory: each["x86_64"] + costs.HTTP_API for memory, each in results["cost"]["digits"].items()}


def recommend(results: Results) -> int:
    """Return the memory in MB that starts soonest, of those at most DEARER above the cheapest."""
    dollars = prices(results)
    cheap = [memory for memory, each in dollars.items() if each <= (1 + DEARER) * min(dollars.values())]
    return int(min(cheap, key=lambda memory: results["cold"]["digits"][memory]["first_s"]["median"]))


def targets(results: Results) -> list[Results]:
    """Return what was aimed at beside what was measured."""
    digits = results["cold"]["digits"][str(FULL_PROCESSOR)]
    sizes, ratio_of = results["image_bytes_over_base"], results["ratios"]
    aims = [
        ("first invocation / keras_lambda", "≤", 1 / 4, ratio_of.get("first invocation / keras_lambda")),
        ("first invocation / floor", "≤", 1.15, ratio_of.get("first invocation / floor")),
        ("warm /predict in process / floor", "≤", 1.5, ratio_of.get("warm /predict in process / floor")),
        (
            "warm /predict in process / keras_lambda",
            "≤",
            1 / 15,
            ratio_of.get("warm /predict in process / keras_lambda"),
        ),
        ("64 images / the bare network", "≥", 0.6, results["throughput"]["64"]["ratio"]),
        (
            "image over the base / keras_lambda",
            "≤",
            1 / 12,
            sizes["digits"] / sizes["keras_lambda"] if "keras_lambda" in sizes else None,
        ),
        ("resident MB", "≤", 100.0, digits["resident_bytes"] / 1e6),
    ]
    return [_target(*aim) for aim in aims]


def _target(name: str, sense: str, aim: float, measured: Results | float | None) -> Results:
    value = measured["median"] if isinstance(measured, dict) else measured
    met = None if value is None else (value <= aim if sense == "≤" else value >= aim)
    spread_ = (
        {side: round(measured[side], 4) for side in ("low", "high")} if isinstance(measured, dict) else {}
    )
    return {
        "target": name,
        "aim": f"{sense} {aim:.3g}",
        "measured": value and round(value, 4),
        **spread_,
        "met": met,
    }


def write(results: Results, file: Path = FILE) -> None:
    """Write the document."""
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def load(file: Path = FILE) -> Results:
    """Read the document."""
    results: Results = json.loads(file.read_text())
    return results
