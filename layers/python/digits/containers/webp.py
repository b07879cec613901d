"""WebP files: RIFF chunks of a type, a length and data, padded to an even length."""

from digits.containers.trimmed import MAX_PARTS, Trimmed
from digits.errors import InvalidImage

_LOSSLESS = b"VP8L"
_LOSSLESS_WORK = 12  # pixels a byte: 290 KB may name codes that take 340 MB and 0.5 s, whatever the pixels


def trim(data: bytes) -> Trimmed:
    """Count the chunks of a file, all of which stay."""
    position, work = 12, 0
    for _ in range(MAX_PARTS):
        if position + 8 > len(data):
            return Trimmed(data, work)
        if data.startswith((_LOSSLESS, b"ALPH"), position):
            work = _LOSSLESS_WORK * len(data)
        position += 8 + sum(divmod(int.from_bytes(data[position + 4 : position + 8], "little"), 2)) * 2
    raise InvalidImage(f"A WebP may have {MAX_PARTS:,} chunks. Received: more")
