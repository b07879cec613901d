"""GIF files, version 89a: extensions of a label and sub-blocks of up to 255 bytes, the last of them empty."""

import re

from digits.containers.trimmed import Trimmed
from digits.errors import InvalidImage

MAX_BLOCKS = 32_768  # of extensions, up to 255 bytes each, before a GIF's first picture

_INTRODUCER = re.compile(rb"[!,;]")
_CONTROL = 0xF9
_TRANSPARENT = 1  # the control's flag that is kept; its disposal is about the frame after


def trim(data: bytes) -> Trimmed:
    """Leave out what stands before the first picture, but which of its colors is transparent."""
    position, control, within = 13 + _color_bytes(data[10]), b"", False
    head = data[:position]
    for _ in range(MAX_BLOCKS):
        if within:
            size = data[position]
            position, within = position + 1 + size, size > 0
            continue
        found = _INTRODUCER.search(data, position)
        if not found or found[0] != b"!":
            return Trimmed(head + control + data[found.start() if found else len(data) :])
        position, within = found.start() + 2, True
        if data[position - 1] == _CONTROL and data[position] >= 4:
            control = _control(data[position + 1 : position + 5])
    raise InvalidImage(f"A GIF may have {MAX_BLOCKS:,} blocks before its picture. Received: more")


def _control(fields: bytes) -> bytes:
    """Return an extension that says no more than which color is transparent."""
    return b"!\xf9\x04" + bytes([fields[0] & _TRANSPARENT]) + fields[1:] + b"\0"


def _color_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 128 else 0
