"""BMP files: Windows' headers name their compression at byte 30; 1 and 2 are run lengths."""

import struct

from digits.containers.trimmed import Trimmed
from digits.errors import ImageTooLarge

MAX_RLE = 2_000_000  # pixels or bytes of a run-length BMP, which Pillow decodes in Python
_WORK = 7  # pixels that take as long as one pixel or byte of a run-length BMP


def trim(data: bytes) -> Trimmed:
    """Bound a run-length file, all of which stays."""
    header, width, height = struct.unpack_from("<Iii", data, 14)
    if header < 40 or data[30] not in {1, 2}:
        return Trimmed(data)
    pixels = abs(width * height)
    if pixels > MAX_RLE or len(data) > MAX_RLE:
        shown = f"{width}x{height} in {len(data):,} bytes"
        raise ImageTooLarge(f"A run-length BMP may have {MAX_RLE:,} pixels and bytes. Received: {shown}")
    return Trimmed(data, _WORK * max(pixels, len(data)))
