"""Runs killed at random moments: `python -m tests.jobs.kills MOMENTS` prints a table of what came of it."""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from events.draw import png
from tests.bulk.test_shards import tar
from tests.project import ROOT

PICTURES = 2_000  # half of them in a shard
WORKING_SECONDS = 1.0  # about what a run takes once its processes have loaded the model
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([".", "functions", "layers/python"])}
KEYS = [f"{place:04}.png" for place in range(PICTURES)]


@dataclass
class Tally:
    """What came of the kills of one format."""

    started: int = 0  # kills before the run had written rows
    torn: int = 0  # kills that left rows which no commit accounts for
    committed: int = 0  # other kills
    ended: int = 0  # runs that ended by themselves
    lost: int = 0  # pictures without a row in their results
    doubled: int = 0  # rows too many in them
    wrong: int = 0  # rows of another digit than the picture's, and pictures that the counts miss

    @property
    def kills(self) -> int:
        """Return how many runs were killed."""
        return self.started + self.torn + self.committed


def fill(folder: Path) -> None:
    """Make a folder of PICTURES digits, half of them in a shard."""
    folder.mkdir()
    pictures = [png(digit) for digit in range(10)]
    half = PICTURES // 2
    for place, key in enumerate(KEYS[:half]):
        (folder / key).write_bytes(pictures[place % 10])
    rest = {key: pictures[place % 10] for place, key in enumerate(KEYS[half:], half)}
    (folder / "rest.tar").write_bytes(tar(rest))


def kill_often(folder: Path, output: Path, moments: int, draw: random.Random) -> Tally:
    """Kill runs over a folder that `fill` made at so many moments, and go on until all of it is read.

    Every other moment lies anywhere in a run, the others after its first new rows.
    """
    tally = Tally()
    start = monotonic()
    _start(folder, output).wait()
    whole = monotonic() - start
    _check(output, tally)
    while tally.kills < moments:
        if tally.kills % 2:
            _kill(folder, output, tally, draw.uniform(0, WORKING_SECONDS), is_working=True)
        else:
            _kill(folder, output, tally, draw.uniform(0, whole), is_working=False)
    _start(folder, output).wait()
    _check(output, tally)
    return tally


def _start(folder: Path, output: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "jobs.local", str(folder), str(output), "--processes=2"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=quiet, stderr=quiet)


def _kill(folder: Path, output: Path, tally: Tally, moment: float, is_working: bool) -> None:
    """Kill a run after so many seconds and count what that left, or what a run that was faster did."""
    before = _size(output)
    run = _start(folder, output)
    while is_working and run.poll() is None and _size(output) <= before:
        sleep(0.005)
    with suppress(subprocess.TimeoutExpired):
        run.wait(moment)
    run.kill()  # its processes end by themselves, or the next run would find another at work
    if run.wait() == 0:
        tally.ended += 1
        _check(output, tally)
    elif _size(output) > _committed(output):
        tally.torn += 1
    elif _size(output) > before:
        tally.committed += 1
    else:
        tally.started += 1


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _journal(output: Path) -> Path:
    return output.with_name(f"{output.name}.journal")


def _committed(output: Path) -> int:
    """Return up to which byte the journal accounts for the results."""
    return sum(part["size"] for part in _parts(output))


def _parts(output: Path) -> Iterator[dict[str, Any]]:
    whole, _, _ = (_journal(output).read_bytes() if _journal(output).exists() else b"").rpartition(b"\n")
    for line in whole.splitlines():
        yield from json.loads(line).get("parts", [])


def _check(output: Path, tally: Tally) -> None:
    """Count what is wrong with whole results, and drop them, so that the next run begins anew."""
    with output.open(newline="") as file:
        rows = map(json.loads, file) if output.suffix == ".jsonl" else csv.DictReader(file)
        found = [(row["key"], str(row.get("class"))) for row in rows]
    counts = Counter(key for key, _ in found)
    tally.lost += len(set(KEYS) - counts.keys())
    tally.doubled += counts.total() - len(counts)
    tally.wrong += sum(key not in KEYS or key[3] != digit for key, digit in found)
    tally.wrong += abs(PICTURES - sum(part["counts"]["items"] for part in _parts(output)))
    output.unlink()
    _journal(output).unlink()


def main(moments: str) -> None:
    """Print a row for each format."""
    with tempfile.TemporaryDirectory() as place:
        fill(Path(place) / "scans")
        for suffix in (".jsonl", ".csv"):
            found = kill_often(
                Path(place) / "scans", Path(place) / f"results{suffix}", int(moments), random.Random(7)
            )
            strikes = f"{found.kills} | {found.started} | {found.committed} | {found.torn} | {found.ended}"
            print(f"| {suffix} | {strikes} | {found.lost} | {found.doubled} | {found.wrong} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
