"""A bound on the memory of decoding, which the kernel holds on Linux for a process of one thread."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform == "linux":
    import resource

_STATM = "/proc/self/statm"
_STATM_BYTES = 256  # its seven numbers take less
_DATA = 5  # field of /proc/self/statm: pages of private writable memory, which RLIMIT_DATA counts
SPARE = 32 << 20  # bytes for the rest of the process meanwhile, such as the answer under way


@contextmanager
def bounded(size: int) -> Iterator[None]:
    """Have allocations fail once the work within takes `size` bytes: MemoryError, or a C library's error.

    The limit is the whole process's: beside it, a thread could not even start, and whoever starts it would
    wait forever. So it is set where no other thread is: in Lambda's API and in processes that only decode.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    held = _held()
    limit = held + size + SPARE
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard < 0 else min(limit, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _held() -> int:
    """Return the bytes of private writable memory that the process has."""
    file = os.open(_STATM, os.O_RDONLY)  # a third of the time of Path.read_bytes
    try:
        return int(os.read(file, _STATM_BYTES).split()[_DATA]) * resource.getpagesize()
    finally:
        os.close(file)
