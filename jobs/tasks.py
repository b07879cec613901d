"""The work of one process on a folder: pictures or a shard to rows, some hundred at a time."""

import stat
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count as numbers
from itertools import islice
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from bulk.counts import Mode, count
from bulk.errors import ItemError
from bulk.modes import load
from bulk.rows import Entry
from bulk.settings import Settings
from bulk.shards import kind_of, members
from bulk.shards.member import Member
from digits.model import Model
from jobs.formats import format_of

# To a chunk, and pictures to a task: few enough to lose, enough that a commit costs nothing beside them.
ROWS: dict[Mode, int] = {"predict": 256, "read": 16}
MAX_BYTES: int = Settings.model_fields["max_object_bytes"].default
NOWHERE = -1  # the place of a process that is at no item

Fault = tuple[str, str]  # kind and detail of an ItemError; exceptions of ours do not travel between processes


@dataclass(frozen=True)
class Setup:
    """The settings that every task of a run shares."""

    folder: Path
    model: Path
    output: Path
    mode: Mode = "predict"
    labels: bool = False  # whether rows take over the labels that shards hold


@dataclass(frozen=True)
class Task:
    """Pictures of the folder, or one shard there, and what is known of them already."""

    keys: tuple[str, ...]
    is_shard: bool = False
    start: int = 0  # the items before have their rows
    faults: dict[int, Fault] = field(default_factory=dict)  # by place: what ended a process before
    stop: int | None = None  # place in a shard that cannot be read over


@dataclass(frozen=True)
class Chunk:
    """Rows of a task as the results file holds them."""

    content: bytes
    counts: dict[str, Any]
    next: int  # the place after them


class Worker:
    """Does tasks, and keeps telling at which item it is."""

    def __init__(self, setup: Setup, place: "Synchronized[int]") -> None:
        """Load what the run's mode needs, once in each process."""
        self._setup, self._place = setup, place
        self._work = load(setup.mode, Model.load(setup.model), setup.model)
        self._encode = format_of(setup.output, setup.mode)

    def chunks(self, task: Task) -> Iterator[Chunk]:
        """Yield the rows of a task from its start on."""
        rows, done = self._work.rows(self._entries(task)), task.start
        while chunk := list(islice(rows, ROWS[self._work.mode])):
            done += len(chunk)
            yield Chunk(self._encode(chunk), count(chunk, self._work.mode), done)
        self._place.value = NOWHERE

    def _entries(self, task: Task) -> Iterator[Entry]:
        with closing(self._members(task) if task.is_shard else self._files(task)) as entries:
            yield from self._watched(task, entries)

    def _watched(self, task: Task, entries: Iterator[Entry]) -> Iterator[Entry]:
        """Yield the entries of a task from its start on; notes the place of each before it is read."""
        for place in numbers(0 if task.is_shard else task.start):
            self._place.value = place
            if place == task.stop:
                yield Entry(None, ItemError(*task.faults[place]), {"shard": task.keys[0]})
                return
            entry = next(entries, None)
            if entry is None:
                return
            if place in task.faults:
                entry = entry._replace(content=ItemError(*task.faults[place]))
            if place >= task.start or entry.key is None:  # a fault of the shard is told wherever it turns up
                yield entry

    def _files(self, task: Task) -> Generator[Entry, None, None]:
        for place, key in enumerate(task.keys[task.start :], task.start):
            yield Entry(key, b"" if place in task.faults else _read(self._setup.folder / key))

    def _members(self, task: Task) -> Generator[Entry, None, None]:
        (key,) = task.keys
        path = self._setup.folder / key
        if fault := _fault(path, None):
            yield Entry(None, fault, {"shard": key})
            return
        with path.open("rb") as file:
            for member in members(kind_of(key) or "", file, MAX_BYTES):
                yield Entry(member.name, member.content, {"shard": key, **self._label(member)})

    def _label(self, member: Member) -> dict[str, int]:
        return {"label": member.label} if self._setup.labels and member.label is not None else {}


def _read(path: Path) -> bytes | ItemError:
    try:
        return _fault(path, MAX_BYTES) or path.read_bytes()
    except OSError as error:
        return ItemError("unreadable", f"The file cannot be read: {error.strerror}")
    except MemoryError:
        return ItemError("out-of-memory", "Reading this takes more memory than there is.")


def _fault(path: Path, max_bytes: int | None) -> ItemError | None:
    """Return why a file is not read, if so."""
    try:
        found = path.stat()
    except OSError as error:
        return ItemError("unreadable", f"The file cannot be read: {error.strerror}")
    if not stat.S_ISREG(found.st_mode):  # reading a pipe would wait for ever
        return ItemError("unreadable", "This is not a regular file.")
    if max_bytes is not None and found.st_size > max_bytes:
        return ItemError(
            "object-too-large", f"A file may have {max_bytes:,} bytes. Received: {found.st_size:,}"
        )
    return None
