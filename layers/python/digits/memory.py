"""A bound on the memory that work may take; the kernel holds it, on Linux alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

if sys.platform == "linux":
    import resource

_STATM = Path("/proc/self/statm")
_DATA = 5  # field of /proc/self/statm: pages of private writable memory, which RLIMIT_DATA counts
SPARE = 32 << 20  # for the rest of the process meanwhile: threads' stacks of 8 MB, answers under way


class _Bound:
    """The process's limit while any work is bounded; what runs at once shares the sum."""

    def __init__(self) -> None:
        self._lock, self._running, self._base, self._allowed = Lock(), 0, 0, 0

    def raise_by(self, size: int) -> None:
        """Allow so many bytes more, or fewer, than now; the last one to leave takes the limit away."""
        with self._lock:
            if not self._running:
                self._base = int(_STATM.read_bytes().split()[_DATA]) * resource.getpagesize()
            self._running += 1 if size > 0 else -1
            self._allowed += size
            hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
            soft = self._base + self._allowed + SPARE if self._running else hard
            resource.setrlimit(resource.RLIMIT_DATA, (soft if hard < 0 else min(soft, hard), hard))


_bound = _Bound()


@contextmanager
def bounded(size: int) -> Iterator[None]:
    """Have allocations fail once the work within takes `size` bytes; elsewhere than on Linux, do nothing.

    C libraries then report an error, and Python raises MemoryError.
    """
    if sys.platform != "linux":
        yield
        return
    _bound.raise_by(size)
    try:
        yield
    finally:
        _bound.raise_by(-size)
