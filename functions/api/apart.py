"""Decoding in a process of its own, which is what it imports: nothing of the server."""

import os

from digits.images import Picture, decode_picture

_NICENESS = 5  # of the processes: next to the event loop each gets a third of a processor that they share


def decode(data: bytes, max_pixels: int, side: int) -> Picture:
    """Decode an image file as `decode_picture` does, giving way to the server's own process."""
    os.nice(max(0, _NICENESS - os.nice(0)))
    return decode_picture(data, max_pixels, side=side)
