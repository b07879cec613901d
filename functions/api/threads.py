"""The place of a request's work: a server's event loop, its threads, or processes of their own.

The work that a picture's header announces decides, not the bytes of a body: 678 may hold 16 megapixels.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, from_thread, to_thread
from anyio.lowlevel import RunVar
from fastapi import Request
from starlette.requests import ClientDisconnect

from api import apart
from api.body import RETRY_SECONDS
from api.problems import Problem
from digits.errors import InvalidImage
from digits.images import MAX_PIXELS, WORKING_SIDE, Picture, decode_picture

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

# Bodies up to this size are read on the event loop: a drawn digit takes less time than a thread's start, and
# with all in threads that share one interpreter, a server answers 40 % fewer requests.
INLINE_BYTES = 16_384
INLINE_PIXELS = 100_000  # of a request's pictures together, on the event loop: some 3 ms
THREAD_PIXELS = 1_000_000  # the same in a thread, which shares Python's lock with the event loop: some 30 ms
THREADS = 4  # that work at once; more would only wait for Python's lock
PROCESS_BYTES = 450_000_000  # of memory for a process that decodes: 350 for the picture, the rest for Python
MAX_WAITING = 64  # requests with heavy work; their bodies take up to 6 MB each
MAX_WAITING_LIGHT = 256  # requests that wait for a thread: at some 30 ms each in four threads, a few seconds
ATTEMPTS = 2  # at decoding one picture
PATIENCE = 30  # seconds of waiting for one picture, of which an idle processor takes at most 1


class _TooMuch(Exception):
    """Raised when the work does not fit the place where it is done."""


class _Apart(Exception):
    """Raised when a picture is to be decoded in a process of its own."""


class _Allowance:
    """The pixels that a request may have decoded where it is."""

    def __init__(self, pixels: int) -> None:
        self._left = pixels

    def spend(self, pixels: int) -> None:
        self._left -= pixels
        if self._left < 0:
            raise _TooMuch


class _Heavy:
    """No bound on all pictures together, but each large one goes to a process."""

    def spend(self, pixels: int) -> None:
        if pixels > THREAD_PIXELS:
            raise _Apart


_allowed: ContextVar[_Allowance | _Heavy | None] = ContextVar("allowed", default=None)
_light: RunVar[CapacityLimiter] = RunVar("light")  # a limiter belongs to one event loop
_heavy: RunVar[CapacityLimiter] = RunVar("heavy")


async def offload(
    request: Request,
    work: Callable[Given, Answer],
    *given: Given.args,
    **named: Given.kwargs,
) -> Answer:
    """Do work where there is room for it, and return what it returns; at once in Lambda.

    Lambda sends an environment one request at a time, so a thread would free nobody.

    Raises:
        Problem: the server has all the work it can hold.
        ClientDisconnect: the client left while its heavy work waited.
    """
    task = partial(work, *given, **named)
    if "aws.context" in request.scope:
        return task()
    limiter = _limiter(_light, THREADS)
    if limiter.statistics().tasks_waiting >= MAX_WAITING_LIGHT:
        raise _overloaded(f"At most {MAX_WAITING_LIGHT} requests may wait", "one more")
    try:
        async with limiter:  # at once, before another request can look at who waits
            with _allowing(_Allowance(THREAD_PIXELS)):
                return await to_thread.run_sync(task, limiter=CapacityLimiter(1))
    except _TooMuch:
        return await _offload_heavy(request, task)


async def answer_inline(
    request: Request, body: bytes, work: Callable[Given, Answer], *given: Given.args, **named: Given.kwargs
) -> Answer:
    """Do the work of a small body on the event loop, unless its pictures are large; else do as `offload`."""
    if len(body) <= INLINE_BYTES and "aws.context" not in request.scope:
        try:
            with _allowing(_Allowance(INLINE_PIXELS)):
                return work(*given, **named)
        except _TooMuch:
            pass
    return await offload(request, work, *given, **named)


def decode(
    data: bytes,
    max_pixels: int = MAX_PIXELS,
    charge: Callable[[int], None] | None = None,
    side: int = WORKING_SIDE,
) -> Picture:
    """Decode an image file as `decode_picture` does, within what the place allows."""
    allowed = _allowed.get()

    def spend(pixels: int) -> None:
        if charge is not None:
            charge(pixels)
        if allowed is not None:
            allowed.spend(pixels)

    try:
        return decode_picture(data, max_pixels, spend, side)
    except _Apart:
        return from_thread.run(_decode_apart, data, max_pixels, side)


async def _offload_heavy(request: Request, task: Callable[[], Answer]) -> Answer:
    limiter = _limiter(_heavy, processes())
    if limiter.statistics().tasks_waiting >= MAX_WAITING:
        raise _overloaded(f"At most {MAX_WAITING} requests with large pictures may wait", "one more")
    async with limiter:
        if await request.is_disconnected():  # while it waited
            raise ClientDisconnect
        with _allowing(_Heavy()):
            return await to_thread.run_sync(task, limiter=CapacityLimiter(1))


async def _decode_apart(data: bytes, max_pixels: int, side: int) -> Picture:
    """Decode in a process, and in another if the first ends: it may have been ended for another's sake."""
    from anyio import BrokenWorkerProcess  # noqa: PLC0415 - with the first of them

    for _ in range(ATTEMPTS):
        try:
            return await _decode_once(data, max_pixels, side)
        except BrokenWorkerProcess as error:
            cause = error.__cause__
    if isinstance(cause, TimeoutError):  # while it started
        raise _overloaded("A decoder must start in time", "20 s without a start")
    raise InvalidImage(f"The image's decoder did not end well. Received: {len(data)} bytes")


async def _decode_once(data: bytes, max_pixels: int, side: int) -> Picture:
    from anyio import fail_after, to_process  # noqa: PLC0415 - with the first of them

    try:
        with fail_after(PATIENCE):
            return await to_process.run_sync(apart.decode, data, max_pixels, side, cancellable=True)
    except TimeoutError:  # the bound on decoding is a second, so the processors are busy with other things
        raise _overloaded("Decoding must end in time", f"{PATIENCE} s without an end") from None


def _overloaded(limit: str, shown: str) -> Problem:
    message = f"{limit}; try again later. Received: {shown}"
    return Problem("overloaded", message, headers={"retry-after": str(RETRY_SECONDS)})


@contextmanager
def _allowing(allowance: _Allowance | _Heavy) -> Iterator[None]:
    token = _allowed.set(allowance)
    try:
        yield
    finally:
        _allowed.reset(token)


def _limiter(variable: RunVar[CapacityLimiter], tokens: int) -> CapacityLimiter:
    try:
        return variable.get()
    except LookupError:
        limiter = CapacityLimiter(tokens)
        variable.set(limiter)
        return limiter


@cache
def processes() -> int:
    """Return how many pictures may be decoded at once: one a processor, in at most half of the memory."""
    return max(1, min(_processors(), _memory() // (2 * PROCESS_BYTES)))


def _processors() -> int:
    """Return the processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> int:
    """Return the memory of the machine, or of the container when that is less, in bytes."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(whole, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no version 2 of control groups, or "max"
        return whole
