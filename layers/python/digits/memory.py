"""A bound on the memory of decoding, which the kernel holds on Linux for a process of one thread."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "linux":
    import resource

_STATM = Path("/proc/self/statm")
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
    held = int(_STATM.read_bytes().split()[_DATA]) * resource.getpagesize()
    limit = held + size + SPARE
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard < 0 else min(limit, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
