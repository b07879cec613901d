"""Image files cut down to what their first picture needs, after their parts are counted; a module a format.

A decoder's work grows with the parts of a file (segments, chunks, scans, strips, tiles) as well as with its
pixels. Every walk here is linear in the file's bytes. Each limit is far above what encoders write.
"""

import struct
from collections.abc import Callable

from digits.containers import bmp, gif, jpeg, png, webp
from digits.containers.trimmed import Trimmed
from digits.errors import InvalidImage

_HEIF_TYPE = b"ftyp"  # of the first box, at byte 4


def trim(data: bytes) -> Trimmed:
    """Count a file's parts, and take out what is not needed to decode its first picture.

    Metadata but the orientation, thumbnails, later frames and what follows the picture go. Bytes of no format
    known here come back as they are.

    Raises:
        InvalidImage: broken structure, or more parts than any encoder writes.
        ImageTooLarge: a JPEG that needs too much work or memory to be decoded.
    """
    for magic, walk in _WALKS.items():
        if data.startswith(magic) if magic else is_heif(data):
            try:
                return walk(data)
            except (struct.error, IndexError, KeyError, OverflowError):
                message = f"The image's structure is truncated. Received: {len(data)} bytes"
                raise InvalidImage(message) from None
    return Trimmed(data)


def is_heif(data: bytes) -> bool:
    """Return whether a file is of HEIF's family, AVIF among it."""
    return data[4:8] == _HEIF_TYPE


def _trim_heif(data: bytes) -> Trimmed:
    from digits.containers import heif  # noqa: PLC0415 - with the first such picture

    return heif.trim(data)


def _trim_tiff(data: bytes) -> Trimmed:
    from digits.containers import tiff  # noqa: PLC0415 - with the first such picture

    return tiff.trim(data)


_WALKS: dict[bytes, Callable[[bytes], Trimmed]] = {
    b"\xff\xd8\xff": jpeg.trim,
    b"\x89PNG\r\n\x1a\n": png.trim,
    b"GIF8": gif.trim,
    b"RIFF": webp.trim,
    b"BM": bmp.trim,
    b"": _trim_heif,  # by its fifth byte on
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _trim_tiff),
}
