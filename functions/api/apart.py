"""Decoding in a process of its own, which is what it imports: nothing of the server."""

import os
import signal
import sys

from digits.images import Picture, decode_picture

if sys.platform != "win32":
    import resource

_NICENESS = 5  # of the processes: next to the event loop each gets a third of a processor that they share
# Seconds of processor time for one picture; the bound on decoding is 1, so more is a decoder without an end.
_SECONDS = 10


def decode(data: bytes, max_pixels: int, side: int) -> Picture:
    """Decode an image file as `decode_picture` does, giving way to the server's own process.

    The process ends when the server closes its input, and when a picture takes too long, even where the
    server that would end it is gone.
    """
    os.nice(max(0, _NICENESS - os.nice(0)))
    _outlast_signals()
    _limit_time()
    return decode_picture(data, max_pixels, side=side)


def _outlast_signals() -> None:
    """Ignore what ends the server: it finishes the requests in hand, for which it needs its decoders.

    A terminal and a service manager send these signals to all processes of a server at once.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _limit_time() -> None:
    """Have the kernel end the process once this picture has taken too long."""
    if sys.platform != "win32":
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        limit, (_, hard) = int(used) + 1 + _SECONDS, resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (limit if hard < 0 else min(limit, hard), hard))
