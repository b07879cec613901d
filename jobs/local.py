"""The command that reads a folder's pictures on all processors: `make bulk-local`.

A file of the folder is a picture or a shard of pictures. The results are JSON Lines or CSV, by the name of
their file. Started again with the same file, the command goes on where it ended.
"""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bulk.counts import MODES
from bulk.shards import kind_of
from digits.detect import Detector
from digits.errors import DigitsError
from digits.model import Model
from environment import BUNDLED_MODEL
from jobs.crew import Crew, CrewFailed, Limits
from jobs.formats import format_of
from jobs.results import Part, Results, Stamp, own_files
from jobs.summary import table
from jobs.tasks import ROWS, Chunk, Setup, Task


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its flags are in --help."""
    options = _parse(arguments)
    setup = Setup(options.folder, options.model, options.output, options.mode, options.labels)
    try:
        with _one_interrupt():
            counts = run(setup, options.processes, Limits(options.seconds, options.memory << 20))
    except (ValueError, OSError, DigitsError, CrewFailed) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("Stopped. The rows written so far stay; the same command goes on from there.", file=sys.stderr)  # noqa: T201
        return 130
    print(table(counts))  # noqa: T201
    return 0


@contextmanager
def _one_interrupt() -> Iterator[None]:
    """Let the first Ctrl-C end the run; ignore those after it, up to the program's end."""

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is stop:
            signal.signal(signal.SIGINT, before)


def run(setup: Setup, processes: int, limits: Limits | None = None) -> dict[str, Any]:
    """Read what has no row in the results yet, and append its rows.

    Returns:
        The counts of all rows, as counts.add() gives them.

    Raises:
        ValueError: the output is no .jsonl or .csv file, or holds something else.
        OSError: the folder cannot be listed or the output cannot be written.
        CrewFailed: no process lives long enough to read.
    """
    format_of(setup.output)
    files = files_below(setup.folder, own_files(setup.output))
    stamps = {key: _stamp(setup.folder / key) for key in files}
    results = Results(setup.output, _description(setup), setup.mode)
    try:
        results.drop_stale(stamps)
        done = results.stamps()
        tasks = list(_tasks([key for key in stamps if key not in done], results.places(), ROWS[setup.mode]))
        with Crew(processes, setup, limits or Limits()) as crew, _bar(tasks, results.counts()) as bar:
            for task, chunk in crew.chunks(tasks):
                _append(results, task, chunk, stamps)
                bar.update(chunk.counts["items"] if chunk else 0)
    finally:
        results.close()
    return results.counts()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jobs.local", description="Read a folder's files.")
    parser.add_argument("folder", type=Path, help="folder of pictures and shards; those below it too")
    parser.add_argument("output", type=Path, help="results: a .jsonl or .csv file, continued if it exists")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one per processor")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL, help="folder of the model")
    parser.add_argument(
        "--mode",
        choices=MODES,
        default=MODES[0],
        help="one digit a picture, or all numbers (default: %(default)s)",
    )
    parser.add_argument("--labels", action="store_true", help="hold what is read against the shards' labels")
    parser.add_argument(
        "--seconds",
        type=float,
        default=Limits.seconds,
        help="that one picture may take (default: %(default)s)",
    )
    parser.add_argument(
        "--memory", type=int, default=Limits.memory >> 20, help="MiB of a process (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    if options.labels and options.mode == "read":
        parser.error("--labels are digits, for --mode predict. Received: --mode read")
    return options


def _description(setup: Setup) -> dict[str, str]:
    """Return what the results are of: rows of another folder, model or setting are never mixed in."""
    card = Model.load(setup.model).card
    networks = [card["files"]["digits.tflite"]["sha256"]]
    if setup.mode == "read":
        networks.append(Detector.load(setup.model).card["files"]["detector.tflite"]["sha256"])
    return {
        "mode": setup.mode,
        "folder": str(setup.folder.resolve()),
        "model": f"{card['version']} ({', '.join(networks)})",
        "labels": str(setup.labels),
    }


def files_below(folder: Path, ours: set[Path]) -> Iterator[str]:
    """Yield the files below a folder, in order, as paths within it; neither hidden ones nor `ours`.

    Args:
        folder: to look in.
        ours: files and folders that are passed over, resolved.
    """
    for place, folders, names in os.walk(folder, onerror=_raise):
        here = Path(place)
        folders[:] = sorted(name for name in folders if _counts(here / name, ours))
        yield from (
            (here / name).relative_to(folder).as_posix()
            for name in sorted(names)
            if _counts(here / name, ours)
        )


def _counts(path: Path, ours: set[Path]) -> bool:
    # Path.resolve() fails at a link that leads to itself.
    return not path.name.startswith(".") and Path(os.path.realpath(path)) not in ours


def _raise(error: OSError) -> None:
    raise error


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:  # a link to nowhere: its row will say so
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _tasks(keys: Sequence[str], places: Mapping[str, int], size: int) -> Iterator[Task]:
    """Yield the shards, the longest tasks, then the pictures, so many to a task."""
    shards = [key for key in keys if kind_of(key)]
    yield from (Task((key,), is_shard=True, start=places.get(key, 0)) for key in shards)
    pictures = tuple(key for key in keys if not kind_of(key))
    yield from (Task(pictures[start : start + size]) for start in range(0, len(pictures), size))


def _bar(tasks: Sequence[Task], counts: Mapping[str, Any]) -> "tqdm[Any]":
    """Return a progress bar; nobody knows how many pictures a shard holds before it is read."""
    is_known = not any(task.is_shard for task in tasks)
    total = counts["items"] + sum(len(task.keys) for task in tasks) if is_known else None
    return tqdm(total=total, initial=counts["items"], unit="picture")


def _append(results: Results, task: Task, chunk: Chunk | None, stamps: Mapping[str, Stamp]) -> None:
    if chunk:
        keys = task.keys if task.is_shard else task.keys[task.start : chunk.next]
        place = chunk.next if task.is_shard else None
        files = {key: stamps[key] for key in keys}
        results.add(chunk.content, Part(len(chunk.content), chunk.counts, files, place))
    elif task.is_shard:
        files = {key: stamps[key] for key in task.keys}
        results.add(b"", Part(0, {"items": 0}, files))


if __name__ == "__main__":
    sys.exit(main())
