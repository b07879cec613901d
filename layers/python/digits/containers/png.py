"""PNG files: chunks of a length, a type, data and a checksum. Source: W3C, PNG, third edition, chapter 5."""

import struct

from digits.containers.trimmed import MAX_PARTS, Trimmed
from digits.errors import ImageTooLarge, InvalidImage

MAX_DEEP_BYTES = 80_000_000  # that 16 bits a channel unpack to: 10 megapixels with colors and transparency

_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by color type


def trim(data: bytes) -> Trimmed:
    """Keep the chunks that decode the picture and the first EXIF, which has its orientation."""
    kept, position, exif, work = [data[:8]], 8, False, 0
    for _ in range(MAX_PARTS):
        if position + 8 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        stop = position + 12 + length
        if kind == b"IHDR":
            work = _work(data[position + 8 : position + 18])
        if kind in _KEPT or (kind == b"eXIf" and not exif):
            kept.append(data[position:stop])
            exif |= kind == b"eXIf"
        if kind == b"IEND":
            break
        position = stop
    else:
        raise InvalidImage(f"A PNG may have {MAX_PARTS:,} chunks. Received: more")
    return Trimmed(b"".join(kept), work)


def _work(header: bytes) -> int:
    """Return what 16 bits a channel add: their bytes are unpacked and filtered twice as long."""
    width, height, depth, color = struct.unpack(">IIBB", header)
    bits = depth * _CHANNELS.get(color, 1)
    if depth != 16:
        return 0
    unpacked: int = width * height * bits // 8
    if unpacked > MAX_DEEP_BYTES:
        limit = f"A PNG of 16 bits a channel may unpack to {MAX_DEEP_BYTES:,} bytes"
        raise ImageTooLarge(f"{limit}. Received: {width}x{height} of {bits} bits")
    return unpacked // 4
