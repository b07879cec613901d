"""Processes that work on tasks and are watched: one that dies or hangs costs its item, and is replaced."""

import os
import resource
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.sharedctypes import Synchronized
from threading import Thread
from time import monotonic
from typing import Any

from jobs.tasks import NOWHERE, Chunk, Fault, Setup, Task, Worker

LOOK_SECONDS = 0.5  # between looks at how long each process has been at its item
START_SECONDS = 300.0  # that a process may take to load the model, on a machine that does much else
MAX_FAILED_STARTS = 3  # in a row; then the fault is no item's

# Forking would copy the locks of threads that do not live on in the copy.
_CONTEXT = get_context("spawn")


class CrewFailed(Exception):
    """Raised when processes keep dying before they begin to work."""


@dataclass(frozen=True)
class Limits:
    """The resources that one item may take."""

    seconds: float = 60.0  # the largest picture takes less than one, a slow network drive some
    memory: int = 2 << 30  # bytes of one process; the largest picture takes 0.4 GB


@dataclass
class _Process:
    """A process with its end of the pipe, what it is at, and since when."""

    process: Any
    pipe: Connection
    place: "Synchronized[int]"
    task: Task | None = None
    seen: int = NOWHERE
    since: float = 0.0
    has_started: bool = False


class Crew:
    """A number of processes that share a run's tasks; a context that ends them all."""

    def __init__(self, number: int, setup: Setup, limits: Limits) -> None:
        """Start nothing yet: `chunks` starts a process when there is a task for it."""
        self._number, self._setup, self._limits = number, setup, limits
        self._processes: list[_Process] = []
        self._again: deque[Task] = deque()
        self._failed_starts = 0

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._processes:
            _end(each)

    def chunks(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Chunk | None]]:
        """Yield the rows of tasks as they come, each task's in order, and None after its last.

        The task that comes with a chunk begins where the chunk does.

        Raises:
            CrewFailed: no process starts.
        """
        waiting = iter(tasks)
        while True:
            self._hand_out(waiting)
            busy = {each.pipe: each for each in self._processes if each.task}
            if not busy:
                return
            for pipe in wait(list(busy), LOOK_SECONDS):
                yield from self._receive(busy[pipe])  # type: ignore[index]
            for each in busy.values():
                if each.task and self._hangs(each):
                    self._replace(each, ("timeout", f"No end after {self._limits.seconds:g} s."))

    def _hand_out(self, waiting: Iterator[Task]) -> None:
        """Give every idle process a task, and start those that are missing."""
        idle = [each for each in self._processes if each.task is None]
        while idle or len(self._processes) < self._number:
            task = self._again.popleft() if self._again else next(waiting, None)
            if task is None:
                return
            each = idle.pop() if idle else self._start()
            each.task, each.since = task, monotonic()
            with suppress(OSError):  # it is dead, which the next look at its pipe tells
                each.pipe.send(task)

    def _start(self) -> _Process:
        ours, theirs = _CONTEXT.Pipe()
        place = _CONTEXT.Value("q", NOWHERE)
        process = _CONTEXT.Process(
            target=_work, args=(self._setup, self._limits.memory, theirs, place), daemon=True
        )
        process.start()
        theirs.close()
        started = _Process(process, ours, place)
        self._processes.append(started)
        return started

    def _receive(self, each: _Process) -> Iterator[tuple[Task, Chunk | None]]:
        assert each.task  # noqa: S101 - for the type checker: it is busy
        try:
            chunk: Chunk | None = each.pipe.recv()
        except (EOFError, OSError):
            each.process.join()
            code = each.process.exitcode
            detail = f"The process that read this died: exit status {code}."
            self._replace(each, ("worker-died", detail))
            return
        self._failed_starts, each.has_started = 0, True
        yield each.task, chunk
        each.task = replace(each.task, start=chunk.next) if chunk else None

    def _hangs(self, each: _Process) -> bool:
        place = each.place.value
        if place != each.seen:
            each.seen, each.since = place, monotonic()
        allowed = self._limits.seconds if each.has_started or place != NOWHERE else START_SECONDS
        return monotonic() - each.since > allowed

    def _replace(self, each: _Process, fault: Fault) -> None:
        """End a process; its task goes on without the item that it was at."""
        task, place = each.task, each.place.value
        assert task  # noqa: S101 - for the type checker: it is busy
        _end(each)
        self._processes.remove(each)
        if place == NOWHERE:
            self._failed_starts += 1
            if self._failed_starts > MAX_FAILED_STARTS:
                raise CrewFailed(f"Processes must live long enough to read. Received: {fault[1]}")
            self._again.append(task)
            return
        # A shard whose member cannot even be passed over ends there.
        stop = place if place in task.faults else task.stop
        self._again.append(replace(task, faults=task.faults | {place: fault}, stop=stop))


def _work(setup: Setup, memory: int, pipe: Connection, place: "Synchronized[int]") -> None:
    """Do tasks until the parent has no more, or is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    Thread(target=_end_with_parent, daemon=True).start()
    _limit_memory(memory)
    worker = Worker(setup, place)
    while True:
        for chunk in worker.chunks(pipe.recv()):
            pipe.send(chunk)
        pipe.send(None)


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
    os._exit(1)


def _limit_memory(size: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (size if most < 0 else min(size, most), most))


def _end(each: _Process) -> None:
    each.process.kill()
    each.process.join()
    each.pipe.close()
