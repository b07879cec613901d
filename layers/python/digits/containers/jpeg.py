"""JPEG files: segments, each begun by FF and a code. Source: ITU-T T.81, annex B."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from digits.containers.trimmed import MAX_PARTS, Trimmed
from digits.errors import ImageTooLarge, InvalidImage

MAX_TABLE_BYTES = 65_536  # of all tables; a progressive JPEG with a table for each scan has about 1,000
MAX_SCANS = 64  # encoders write about 10
MAX_BLOCK_VISITS = 20_000_000  # 8×8 blocks, once for each scan: 200 megapixels in one scan have 5 million
MAX_COEFFICIENT_BYTES = 160_000_000  # several scans keep 2 bytes a sample: 50 megapixels of 4:2:0 have 150

# Within a scan FF stands before 00 or a restart marker, or begins a segment.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_TEM, _DHT, _SOI, _EOI, _SOS, _DQT, _DRI = 0x01, 0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD
_APP0, _APP1, _APP14 = 0xE0, 0xE1, 0xEE
HEADER_BYTES = 22  # of a frame with 4 components; a scan's header is shorter
_TAKEN_FRAMES = {0xC0, 0xC1, 0xC2}  # Huffman codes, 8×8 blocks: the others no browser shows
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_KEPT = {*_TAKEN_FRAMES, _DHT, _DQT, _DRI, _SOS, _APP0, _APP14, _EOI}


def trim(data: bytes) -> Trimmed:
    """Keep what decodes the picture and the first EXIF, which has its orientation."""
    kept = [data[:2]]
    tables, exif, work = 0, False, Work()
    for code, start, stop in segments(data):
        work.add(code, data[start : min(stop, start + HEADER_BYTES)])
        if code in {_DQT, _DHT}:
            tables += stop - start
        is_exif = code == _APP1 and data[start + 4 : start + 10] == b"Exif\0\0" and not exif
        exif |= is_exif
        if code in _KEPT or is_exif:
            kept.append(data[start:stop])
    if tables > MAX_TABLE_BYTES:
        raise InvalidImage(f"A JPEG may have {MAX_TABLE_BYTES:,} bytes of tables. Received: {tables:,}")
    return Trimmed(b"".join(kept), work.visits)


def segments(data: bytes | memoryview) -> Iterator[tuple[int, int, int]]:
    """Yield each segment's code, start and end, a scan with its data, up to the end of the image."""
    found = _MARKER.search(data, 2)
    while found:
        start, code = found.start(), data[found.start() + 1]
        if code == _EOI:
            yield code, start, start + 2
            return
        length = 0 if code in {_SOI, _TEM} else int.from_bytes(data[start + 2 : start + 4])
        stop = start + 2 + length
        found = _MARKER.search(data, stop)
        if code == _SOS:
            stop = found.start() if found else len(data)
        yield code, start, stop


@dataclass
class Work:
    """The work of decoding a JPEG, added up segment by segment."""

    segments: int = 0
    scans: int = 0
    visits: int = 0  # blocks, once for each scan that holds them
    progressive: bool = False
    blocks: dict[int, int] | None = None  # of each component, by its identifier

    def add(self, code: int, header: bytes) -> None:
        """Take a segment's code and first bytes. Raises what `trim` does."""
        self.segments += 1
        if self.segments > MAX_PARTS:
            raise InvalidImage(f"A JPEG may have {MAX_PARTS:,} segments. Received: more")
        if code in _OTHER_FRAMES:
            raise InvalidImage(f"A JPEG must be baseline or progressive. Received: frame type {code:02X}")
        if code in _TAKEN_FRAMES:
            self._begin(header)
        elif code == _SOS:
            self._scan(header)

    def _begin(self, frame: bytes) -> None:
        height, width, count = struct.unpack_from(">HHB", frame, 5)
        if self.blocks is not None or not 1 <= count <= 4:
            raise InvalidImage(
                f"A JPEG must have one frame of 1 to 4 components. Received: {count} in a frame"
            )
        parts = [(frame[at], frame[at + 1] >> 4, frame[at + 1] & 15) for at in range(10, 10 + 3 * count, 3)]
        if not all(1 <= across <= 4 and 1 <= down <= 4 for _, across, down in parts):
            raise InvalidImage("A JPEG's components must be sampled 1 to 4 times. Received: another factor")
        most_across, most_down = max(part[1] for part in parts), max(part[2] for part in parts)
        self.progressive = frame[1] == 0xC2
        self.blocks = {
            name: -(-width * across // (8 * most_across)) * -(-height * down // (8 * most_down))
            for name, across, down in parts
        }

    def _scan(self, header: bytes) -> None:
        blocks = self.blocks or {}
        names = [name for name in header[5 : 5 + 2 * header[4] : 2] if name in blocks]
        self.scans += 1
        self.visits += sum(blocks[name] for name in names)
        if self.scans > MAX_SCANS:
            raise InvalidImage(f"A JPEG may have {MAX_SCANS} scans. Received: more")
        if self.visits > MAX_BLOCK_VISITS:
            raise ImageTooLarge(f"A JPEG's scans may have {MAX_BLOCK_VISITS:,} blocks in all. Received: more")
        kept = 128 * sum(blocks.values()) if self.progressive or len(names) < len(blocks) else 0
        if kept > MAX_COEFFICIENT_BYTES:
            limit = f"{MAX_COEFFICIENT_BYTES:,} bytes of coefficients"
            raise ImageTooLarge(
                f"A JPEG of several scans may have {limit}; save it as baseline. Received: {kept:,}"
            )
