"""A results file that a run appends to, and the journal beside it: which rows are whole, and of which files.

Rows are first written, then committed: a line of the journal says up to which byte the results stand, and
which files these rows are of. What a killed run wrote after its last commit is dropped and done again, so
nothing is lost and nothing is there twice. Results that the journal does not account for are not touched.
"""

import fcntl
import io
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from bulk.counts import Mode, add
from jobs.formats import head_of

COMMIT_SECONDS = 1.0  # between commits: what a kill makes a run do again at most, beside what was in work
CHUNK = 1 << 20  # bytes read at a time where results are checked or copied

Stamp = tuple[int, int]  # of a file: its bytes, and when it was changed in nanoseconds


@dataclass(frozen=True)
class Part:
    """Rows that were appended together, and the files that they are of."""

    size: int  # bytes
    counts: dict[str, Any]  # as counts.count() gives them
    files: dict[str, Stamp]
    next: int | None = None  # in a shard, the place of the member to go on with; None where it is done


class Results:
    """A results file, locked for one run and continued where the last one ended."""

    def __init__(self, output: Path, description: Mapping[str, str], mode: Mode = "predict") -> None:
        """Open the results, or begin them.

        Args:
            output: a .jsonl or .csv file.
            description: what the rows are of; results of something else are refused.
            mode: what the rows say of a picture.

        Raises:
            ValueError: the file is not one that such a run left.
        """
        self._output, self._journal = output, journal_of(output)
        self._mode = mode
        self._parts: list[Part] = []
        self._pending: list[Part] = []
        self._sum = 0  # CRC-32 of the rows committed and pending
        self._is_whole = True  # False while rows are written, and once a full disk or Ctrl-C broke that off
        _finish_rewrite(output)
        if not self._journal.exists():
            _require_new(output)
            _write_whole(self._journal, [json.dumps(dict(description))])
        self._log = self._journal.open("r+b")
        try:
            _lock(self._log, output)
            self._read(description)
        except BaseException:
            self._log.close()
            raise
        self._sink = output.open("ab")
        self._committed = monotonic()
        self._append({"opened": True})
        if not self._parts:
            header = head_of(output, mode)
            self.add(header, Part(len(header), add([], mode), {}))

    def stamps(self) -> dict[str, Stamp]:
        """Return the files that are done, with what they were when they were read."""
        return {key: stamp for part in self._all() if part.next is None for key, stamp in part.files.items()}

    def places(self) -> dict[str, int]:
        """Return where to go on in each shard that is not done."""
        found: dict[str, int | None] = {key: part.next for part in self._all() for key in part.files}
        return {key: place for key, place in found.items() if place is not None}

    def counts(self) -> dict[str, Any]:
        """Return the counts of all rows, those of earlier runs too."""
        return add((part.counts for part in self._all()), self._mode)

    def drop_stale(self, stamps: Mapping[str, Stamp]) -> None:
        """Drop the rows of files that have changed since, and those that were appended with them."""

        def is_current(part: Part) -> bool:
            return all(stamps.get(key, stamp) == stamp for key, stamp in part.files.items())

        kept = [is_current(part) for part in self._parts]
        if not all(kept):
            self._rewrite(kept)

    def add(self, content: bytes, part: Part) -> None:
        """Append rows; they are committed within COMMIT_SECONDS, with the next rows, or at the end."""
        self._is_whole = False
        self._sink.write(content)
        self._sum = zlib.crc32(content, self._sum)
        self._pending.append(part)
        self._is_whole = True
        if monotonic() - self._committed > COMMIT_SECONDS:
            self._commit()

    def close(self) -> None:
        """Commit what is there, note that nothing comes after it, and let the files go.

        Where a write was broken off, the next run drops what this one did not commit, as after a kill.
        """
        try:
            if self._is_whole:
                self._commit()
                self._append({"closed": True})
        finally:
            for file in (self._sink, self._log):
                with suppress(OSError):  # has told once
                    file.close()

    def _all(self) -> Iterator[Part]:
        yield from self._parts
        yield from self._pending

    def _commit(self) -> None:
        self._is_whole = False
        self._sink.flush()
        os.fdatasync(self._sink.fileno())
        if self._pending:
            self._append(_record(self._pending, self._sum))
        self._parts += self._pending
        self._pending, self._committed = [], monotonic()
        self._is_whole = True

    def _append(self, record: Mapping[str, Any]) -> None:
        self._log.write(json.dumps(record).encode() + b"\n")
        self._log.flush()
        os.fdatasync(self._log.fileno())

    def _read(self, description: Mapping[str, str]) -> None:
        """Read the journal, hold it against the results, and cut both after the last commit."""
        whole, _, _ = self._log.read().rpartition(b"\n")
        head, *records = map(json.loads, whole.splitlines())
        for name in dict.fromkeys([*description, *head]):
            if head.get(name) != description.get(name):
                wanted = f"{self._output} holds results of another {name}; name another file"
                raise ValueError(f"{wanted}. Received: {description.get(name)}, not {head.get(name)}")
        self._parts = [
            Part(**each | {"files": {key: tuple(stamp) for key, stamp in each["files"].items()}})
            for record in records
            for each in record.get("parts", [])
        ]
        end = sum(part.size for part in self._parts)
        self._sum = next((record["sum"] for record in reversed(records) if "sum" in record), 0)
        _require_ours(self._output, end, self._sum, is_whole=not records or "closed" in records[-1])
        with self._output.open("ab") as sink:
            sink.truncate(end)
        self._log.truncate(self._log.seek(len(whole) + 1))

    def _rewrite(self, kept: Sequence[bool]) -> None:
        """Write results and journal anew without some parts; a kill leaves the old ones or the new ones."""
        ends = list(accumulate(part.size for part in self._parts))
        spans = [
            (end - part.size, part.size)
            for end, part, is_kept in zip(ends, self._parts, kept, strict=True)
            if is_kept
        ]
        total = 0
        with self._output.open("rb") as source, _new(self._output).open("wb") as target:
            for start, size in spans:
                source.seek(start)
                total = _copy(source, target, size, total)
            target.flush()
            os.fsync(target.fileno())
        self._parts = [part for part, is_kept in zip(self._parts, kept, strict=True) if is_kept]
        head = self._journal.read_bytes().partition(b"\n")[0].decode()
        self._sum = total
        _write_whole(_new(self._journal), [head, json.dumps(_record(self._parts, total))])
        self._sink.close()
        _finish_rewrite(self._output)
        self._log.close()
        self._log = self._journal.open("r+b")
        _lock(self._log, self._output)
        self._log.seek(0, io.SEEK_END)
        self._sink = self._output.open("ab")


def journal_of(output: Path) -> Path:
    """Return where the journal of a results file stands."""
    return output.with_name(f"{output.name}.journal")


def own_files(output: Path) -> set[Path]:
    """Return every file that a run writes, resolved."""
    files = (output, journal_of(output))
    return {each.resolve() for file in files for each in (file, _new(file), _draft(file))}


def _require_new(output: Path) -> None:
    if output.exists() and output.stat().st_size:
        wanted = f"Results must be a new file, or one with its journal {journal_of(output).name} beside it"
        raise ValueError(f"{wanted}; name another file. Received: {output}, which holds something else")


def _require_ours(output: Path, end: int, expected: int, is_whole: bool) -> None:
    found = output.stat().st_size if output.exists() else 0
    if found < end or (is_whole and found != end) or _checksum(output, end) != expected:
        wanted = f"{output} was changed since a run wrote it; name another file, or delete it and its journal"
        raise ValueError(f"{wanted}. Received: {found:,} bytes instead of the {end:,} that were written")


def _record(parts: Sequence[Part], total: int) -> dict[str, Any]:
    return {"parts": [asdict(part) for part in parts], "sum": total}


def _checksum(path: Path, size: int) -> int:
    """Return the CRC-32 of a file's first bytes."""
    checksum = 0
    if size:
        with path.open("rb") as source:
            for data in _chunks(source, size):
                checksum = zlib.crc32(data, checksum)
    return checksum


def _lock(log: BinaryIO, output: Path) -> None:
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"Another run is at work; wait for it. Received: {output}") from None


def _draft(file: Path) -> Path:
    return file.with_name(f"{file.name}.draft")


def _new(file: Path) -> Path:
    return file.with_name(f"{file.name}.new")


def _finish_rewrite(output: Path) -> None:
    """Put the rewritten files in place if both are whole, which the journal's, written last, says."""
    journal = journal_of(output)
    if _new(journal).exists():
        if _new(output).exists():
            _new(output).replace(output)
        _new(journal).replace(journal)
    elif journal.exists():
        _new(output).unlink(missing_ok=True)


def _write_whole(path: Path, lines: Sequence[str]) -> None:
    """Write a file that is there whole or not at all."""
    draft = _draft(path)
    with draft.open("w") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _copy(source: BinaryIO, target: BinaryIO, size: int, checksum: int) -> int:
    """Copy so many bytes and return their CRC-32, begun with `checksum`."""
    for data in _chunks(source, size):
        target.write(data)
        checksum = zlib.crc32(data, checksum)
    return checksum


def _chunks(source: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (data := source.read(min(size, CHUNK))):
        yield data
        size -= len(data)
