"""Classifies every file of a folder, on all processors, with the bulk worker's own code: `make bulk-local`.

The results are JSON Lines or CSV, by the name of their file. Started again with the same file, it goes on
where it ended: what has a row is skipped, and a row that was only half written is dropped first.
"""

import argparse
import csv
import io
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, as_completed, wait
from functools import cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from tqdm import tqdm

from bulk.batch import lines
from bulk.counts import Row, add, count
from bulk.errors import ItemError
from bulk.rows import COLUMNS, classify
from bulk.settings import Settings
from digits.errors import DigitsError
from digits.model import Model
from environment import BUNDLED_MODEL
from jobs.summary import table

BATCH = 256  # files to one task of a process
AHEAD = 2  # tasks in hand for each process, so that none waits for the next
MAX_BYTES: int = Settings.model_fields["max_object_bytes"].default


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its flags are in --help."""
    options = _parse(arguments)
    try:
        counts = run(options.folder, options.output, options.processes, options.model)
    except (ValueError, OSError, csv.Error, DigitsError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("Stopped. The rows written so far stay; the same command goes on from there.", file=sys.stderr)  # noqa: T201
        return 130
    print(table(counts))  # noqa: T201
    return 0


def run(folder: Path, output: Path, processes: int, model: Path = BUNDLED_MODEL) -> dict[str, Any]:
    """Classify the files of `folder` that have no row in `output` yet, and append their rows.

    Returns:
        The counts of what this run did, as counts.add() gives them.

    Raises:
        ValueError: `output` is no .jsonl or .csv file, or holds rows of another model.
        OSError: `folder` cannot be listed or `output` cannot be written.
    """
    write, read = _formats(output)
    done = _resume(output, read, Model.load(model).version)
    files = [key for key in _files(folder, output) if key not in done]
    with output.open("ab") as sink, tqdm(total=len(done) + len(files), initial=len(done), unit="file") as bar:

        def append(rows: list[Row]) -> dict[str, Any]:
            sink.write(write(rows))
            sink.flush()
            bar.update(len(rows))
            return count(rows)

        return add(map(append, _classified(folder, files, processes, model)))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jobs.local", description="Classify a folder's files.")
    parser.add_argument("folder", type=Path, help="folder of pictures; those below it too")
    parser.add_argument("output", type=Path, help="results: a .jsonl or .csv file, continued if it exists")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one per processor")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL, help="folder of the model")
    return parser.parse_args(arguments)


def _formats(output: Path) -> tuple[Callable[[list[Row]], bytes], Callable[[Path], Iterator[Row]]]:
    """Choose how rows are written and read back."""
    formats = {".jsonl": (lines, _read_json), ".csv": (_csv, _read_csv)}
    if output.suffix not in formats:
        raise ValueError(f"The results must be a .jsonl or .csv file. Received: {output.name}")
    return formats[output.suffix]


def _resume(output: Path, read: Callable[[Path], Iterator[Row]], version: str) -> set[str]:
    """Give the keys that have a row; starts the file if there is none, drops a line that was cut off."""
    if not output.exists() or not output.stat().st_size:
        output.write_bytes(_csv([dict(zip(COLUMNS, COLUMNS, strict=True))]) if read is _read_csv else b"")
    with output.open("r+b") as file:
        file.truncate(_end_of_last_line(file))
    done = set()
    for row in read(output):
        if row["model"] != version:
            wanted = f"{output} holds rows of another model than {version}; name another file."
            raise ValueError(f"{wanted} Received: {row['model']}")
        done.add(row["key"])
    return done


def _end_of_last_line(file: io.BufferedRandom) -> int:
    """Find where the last whole line of a file ends, from the end."""
    end = file.seek(0, io.SEEK_END)
    while end:
        start = max(0, end - (1 << 16))
        file.seek(start)
        place = file.read(end - start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        end = start
    return 0


def _files(folder: Path, output: Path) -> Iterator[str]:
    """Yield the files below a folder, in order, as paths within it; not hidden ones, not the results."""
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith(".") and path.resolve() != output.resolve():
                yield path.relative_to(folder).as_posix()


def _raise(error: OSError) -> None:
    raise error


def _classified(folder: Path, files: Sequence[str], processes: int, model: Path) -> Iterator[list[Row]]:
    """Yield the rows of each batch as it is done; a bounded number of batches is in hand."""
    # Forking would copy the locks of threads that do not live on in the copy.
    with ProcessPoolExecutor(processes, get_context("spawn"), _end_with_parent) as pool:
        pending: set[Future[list[Row]]] = set()
        try:
            for start in range(0, len(files), BATCH):
                pending.add(pool.submit(_work, folder, files[start : start + BATCH], model))
                if len(pending) == AHEAD * processes:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    yield from (each.result() for each in done)
            yield from (each.result() for each in as_completed(pending))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _end_with_parent() -> None:
    """End this process when its parent dies; by itself it would wait for work for ever."""

    def watch() -> None:
        if parent := parent_process():
            parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _work(folder: Path, keys: Sequence[str], model: Path) -> list[Row]:
    return list(classify(_load(model), ((key, _read(folder / key)) for key in keys)))


@cache
def _load(model: Path) -> Model:
    """Load the model, once in each process."""
    return Model.load(model)


def _read(path: Path) -> bytes | ItemError:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # reading a pipe would wait for ever
            return ItemError("unreadable", "This is not a regular file.")
        if found.st_size > MAX_BYTES:
            detail = f"A file may have {MAX_BYTES:,} bytes. Received: {found.st_size:,}"
            return ItemError("object-too-large", detail)
        return path.read_bytes()
    except OSError as error:
        return ItemError("unreadable", f"The file cannot be read: {error.strerror}")


def _csv(rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    words = {True: "true", False: "false"}
    csv.DictWriter(text, COLUMNS, lineterminator="\n").writerows(
        row | {"is_digit": words[row["is_digit"]]} if row.get("is_digit") in words else row for row in rows
    )
    return text.getvalue().encode("utf-8", "surrogateescape")


def _read_csv(path: Path) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        yield from csv.DictReader(file, strict=True)


def _read_json(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", errors="surrogatepass") as file:
        yield from map(json.loads, file)


if __name__ == "__main__":
    sys.exit(main())
