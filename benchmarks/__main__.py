"""Measures everything, shows it, writes results.json and its pictures, and has the documents quote it."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks import questions
from benchmarks.lineup import DIGITS, FLASK_KERAS, FLOOR, HELLO, HTTP_SERVER_KERAS, KERAS_LAMBDA, LINEUP
from benchmarks.measure import cold, imports, load, warm
from benchmarks.measure.docker import FULL_PROCESSOR, build, bytes_over_base
from benchmarks.report import plots, quotes, results, tables
from benchmarks.report.spread import spread


@dataclass(frozen=True)
class Effort:
    """Numbers of repetitions."""

    memories: Sequence[int]  # MB
    starts: int  # of each contender with each amount of memory
    asks: int  # after each start
    rounds: int  # of warm calls in process
    calls: int  # of one image in a round
    imports: int
    loads: int  # runs of wrk
    load_s: int  # seconds of each


FULL = Effort(
    (512, 1024, FULL_PROCESSOR, 3008), starts=7, asks=50, rounds=20, calls=100, imports=7, loads=3, load_s=10
)
QUICK = Effort((FULL_PROCESSOR,), starts=2, asks=10, rounds=3, calls=30, imports=2, loads=1, load_s=3)


def measure(effort: Effort, with_keras: bool) -> results.Results:
    """Build the images and measure everything in them."""
    lineup = LINEUP if with_keras else (DIGITS, FLOOR, HELLO)
    lambdas = [contender for contender in lineup if contender.is_lambda]
    where = results.machine()  # before anything loads it
    build(with_keras)
    starts = cold.measure(lineup, effort.memories, effort.starts, effort.asks)
    timings = warm.measure(with_keras, effort.rounds, effort.calls)
    measured: results.Results = {
        "machine": where,
        "effort": asdict(effort),
        "ratios": results.ratios(starts, timings),
        "cold": results.cold(starts),
        "warm": results.warm(timings),
        "emulator": results.emulator(
            cold.routes(DIGITS, questions.routes(), FULL_PROCESSOR, effort.starts * effort.asks)
        ),
        "throughput": results.throughput(timings),
        "image_bytes_over_base": {
            each.name: bytes_over_base(each.image)
            for each in (DIGITS, *([KERAS_LAMBDA] if with_keras else []))
        },
        "touched": {each.name: imports.touched(each) for each in lambdas},
        "init_ms": {each.name: imports.times(each, effort.imports) for each in lambdas},
        "requests_per_s": _load(effort, with_keras),
    }
    return results.conclude(measured)


def _load(effort: Effort, with_keras: bool) -> results.Results:
    if not load.is_available():
        print("Requests per second need wrk and a second processor: left out.")
        return {}
    rates = load.measure([FLASK_KERAS, HTTP_SERVER_KERAS] if with_keras else [], effort.loads, effort.load_s)
    return {name: asdict(spread(each)) for name, each in rates.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="minutes instead of an hour; nothing is written")
    parser.add_argument(
        "--without-keras", action="store_true", help="leave out what needs TensorFlow's image of 2 GB"
    )
    parser.add_argument(
        "--redraw", action="store_true", help="write all that follows from results.json, measuring nothing"
    )
    chosen = parser.parse_args(arguments)
    summed = (
        results.conclude(results.load())
        if chosen.redraw
        else measure(QUICK if chosen.quick else FULL, not chosen.without_keras)
    )
    tables.show(summed)
    if not (chosen.quick or chosen.without_keras):
        results.write(summed)
        plots.draw(summed)
        quotes.write(summed)


if __name__ == "__main__":
    main()
