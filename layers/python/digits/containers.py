"""Image files cut down to what their first picture needs, after their parts are counted.

A decoder's work grows with the parts of a file (segments, chunks, scans, strips, tiles) as well as with its
pixels. Every walk here is linear in the file's bytes. Each limit is far above what encoders write.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from digits.errors import ImageTooLarge, InvalidImage

MAX_PARTS = 4096  # JPEG segments, PNG and WebP chunks, a 6 MB PNG of 2 KB chunks has 3,000
MAX_TABLE_BYTES = 65_536  # of a JPEG's tables; a progressive one with a table for each scan has about 1,000
MAX_SCANS = 64  # of a JPEG; encoders write about 10
MAX_BLOCK_VISITS = (
    20_000_000  # 8×8 blocks of a JPEG, once for each scan: 200 megapixels in one scan have 5 million
)
MAX_COEFFICIENT_BYTES = (
    160_000_000  # a JPEG of several scans keeps 2 bytes a sample: 50 megapixels of 4:2:0 have 150
)
MAX_TILES = 8192  # strips or tiles of a TIFF: 8 KB each, libtiff's default, fill 64 MB
MAX_TILE_PIXELS = 1 << 20  # of one tile; programs write 128 to 1024 a side
MAX_TILED_PIXELS = 1 << 25  # of all tiles, with what hangs over the picture's edges
MAX_DEEP_PNG_BYTES = (
    80_000_000  # that 16 bits a channel unpack to: 10 megapixels with colors and transparency
)
MAX_GIF_BLOCKS = 32_768  # of extensions, up to 255 bytes each, before a GIF's first picture
MAX_RLE = 2_000_000  # pixels or bytes of a run-length BMP, which Pillow decodes in Python


@dataclass(frozen=True)
class Trimmed:
    """A file without what is not needed to decode its first picture."""

    data: bytes
    work: int = 0  # that its parts take beside its pixels, in pixels that take as long


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


# JPEG: ITU-T T.81, annex B. Within a scan FF stands before 00 or a restart marker, or begins a segment.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_SOI, _EOI, _SOS, _DQT, _DHT, _DRI, _APP0, _APP1, _APP14 = (
    0xD8,
    0xD9,
    0xDA,
    0xDB,
    0xC4,
    0xDD,
    0xE0,
    0xE1,
    0xEE,
)
_TEM = 0x01
_HEADER_BYTES = 22  # of a frame with 4 components; a scan's header is shorter
_TAKEN_FRAMES = {0xC0, 0xC1, 0xC2}  # Huffman codes, 8×8 blocks: the others no browser shows
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_JPEG_KEPT = {*_TAKEN_FRAMES, _DHT, _DQT, _DRI, _SOS, _APP0, _APP14, _EOI}


def _walk_jpeg(data: bytes) -> Trimmed:
    kept = [data[:2]]
    tables, exif, work = 0, False, _JpegWork()
    for code, start, stop in _segments(data):
        work.add(code, data[start : min(stop, start + _HEADER_BYTES)])
        if code in {_DQT, _DHT}:
            tables += stop - start
        is_exif = code == _APP1 and data[start + 4 : start + 10] == b"Exif\0\0" and not exif
        exif |= is_exif
        if code in _JPEG_KEPT or is_exif:
            kept.append(data[start:stop])
    if tables > MAX_TABLE_BYTES:
        raise InvalidImage(f"A JPEG may have {MAX_TABLE_BYTES:,} bytes of tables. Received: {tables:,}")
    return Trimmed(b"".join(kept), work.visits)


def _segments(data: bytes | memoryview) -> Iterator[tuple[int, int, int]]:
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
class _JpegWork:
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


# PNG: W3C, third edition, chapter 5. A chunk is length, type, data and checksum.
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by color type


def _walk_png(data: bytes) -> Trimmed:
    kept, position, exif, work = [data[:8]], 8, False, 0
    for _ in range(MAX_PARTS):
        if position + 8 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        stop = position + 12 + length
        if kind == b"IHDR":
            work = _png_work(data[position + 8 : position + 18])
        if kind in _PNG_KEPT or (kind == b"eXIf" and not exif):
            kept.append(data[position:stop])
            exif |= kind == b"eXIf"
        if kind == b"IEND":
            break
        position = stop
    else:
        raise InvalidImage(f"A PNG may have {MAX_PARTS:,} chunks. Received: more")
    return Trimmed(b"".join(kept), work)


def _png_work(header: bytes) -> int:
    """Return what 16 bits a channel add: their bytes are unpacked and filtered twice as long."""
    width, height, depth, color = struct.unpack(">IIBB", header)
    bits = depth * _PNG_CHANNELS.get(color, 1)
    if depth != 16:
        return 0
    unpacked: int = width * height * bits // 8
    if unpacked > MAX_DEEP_PNG_BYTES:
        limit = f"A PNG of 16 bits a channel may unpack to {MAX_DEEP_PNG_BYTES:,} bytes"
        raise ImageTooLarge(f"{limit}. Received: {width}x{height} of {bits} bits")
    return unpacked // 4


# GIF: version 89a. Extensions are a label and sub-blocks of up to 255 bytes, the last of them empty.
_GIF_INTRODUCER = re.compile(rb"[!,;]")
_GIF_CONTROL = 0xF9
_GIF_TRANSPARENT = 1  # the control's flag that is kept; its disposal is about the frame after


def _walk_gif(data: bytes) -> Trimmed:
    position, control, within = 13 + _color_bytes(data[10]), b"", False
    head = data[:position]
    for _ in range(MAX_GIF_BLOCKS):
        if within:
            size = data[position]
            position, within = position + 1 + size, size > 0
            continue
        found = _GIF_INTRODUCER.search(data, position)
        if not found or found[0] != b"!":
            return Trimmed(head + control + data[found.start() if found else len(data) :])
        position, within = found.start() + 2, True
        if data[position - 1] == _GIF_CONTROL and data[position] >= 4:
            control = _gif_control(data[position + 1 : position + 5])
    raise InvalidImage(f"A GIF may have {MAX_GIF_BLOCKS:,} blocks before its picture. Received: more")


def _gif_control(fields: bytes) -> bytes:
    """Return an extension that says no more than which color is transparent."""
    return b"!\xf9\x04" + bytes([fields[0] & _GIF_TRANSPARENT]) + fields[1:] + b"\0"


def _color_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 128 else 0


# WebP: RIFF chunks of a type, a length and data, padded to an even length.
_LOSSLESS = b"VP8L"
_LOSSLESS_WORK = 12  # pixels a byte: 290 KB may name codes that take 340 MB and 0.5 s, whatever the pixels


def _walk_webp(data: bytes) -> Trimmed:
    position, work = 12, 0
    for _ in range(MAX_PARTS):
        if position + 8 > len(data):
            return Trimmed(data, work)
        if data.startswith((_LOSSLESS, b"ALPH"), position):
            work = _LOSSLESS_WORK * len(data)
        position += 8 + sum(divmod(int.from_bytes(data[position + 4 : position + 8], "little"), 2)) * 2
    raise InvalidImage(f"A WebP may have {MAX_PARTS:,} chunks. Received: more")


# TIFF 6.0 and BigTIFF: a directory of tags, each with a type, a count and a value or where its values stand.
_TIFF_KEPT = {
    256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325,
    338, 339, 347, 530, 532,
}  # fmt: skip
_WIDTH, _HEIGHT, _COMPRESSION, _SAMPLES, _ROWS, _PLANAR = 256, 257, 259, 277, 278, 284
_OFFSETS, _SIZES, _TILE_WIDTH, _TILE_HEIGHT = (273, 324), (279, 325), 322, 323
_COUNTED = {
    _WIDTH,
    _HEIGHT,
    _COMPRESSION,
    _SAMPLES,
    _ROWS,
    _PLANAR,
    _TILE_WIDTH,
    _TILE_HEIGHT,
    *_OFFSETS,
    *_SIZES,
}
_TYPE_BYTES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_INTEGERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
_TAG_BYTES = (
    65_536  # of one tag's values, other than strips and tiles: JPEG's tables, a color map of 768 numbers
)
# None, CCITT, LZW, JPEG, Deflate, PackBits, Zstandard. The others are rare, and slow or of unbounded memory.
_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32773, 32946, 50000}
_JPEG = 7
_TILE_WORK = 300  # pixels that take as long as beginning a strip or tile, about 10 µs


def _walk_tiff(data: bytes) -> Trimmed:
    """Return the file with a new directory behind it, which names only tags that matter."""
    layout = _TiffLayout.of(data)
    place = layout.first(data)
    (count,) = struct.unpack_from(layout.count, data, place)
    if count > MAX_PARTS:
        raise InvalidImage(f"A TIFF's directory may have {MAX_PARTS:,} tags. Received: {count:,}")
    entries: dict[int, bytes] = {}
    place += struct.calcsize(layout.count)
    size = struct.calcsize(layout.entry)
    for at in range(place, min(place + count * size, len(data) - size + 1), size):
        tag = int.from_bytes(data[at : at + 2], layout.order)
        if tag in _TIFF_KEPT and tag not in entries:
            entries[tag] = data[at : at + size]
    work = _tiff_work(layout.values(data, entries), data)
    kept = [entries[tag] for tag in sorted(entries)]
    directory = struct.pack(layout.count, len(kept)) + b"".join(kept) + bytes(struct.calcsize(layout.offset))
    start = len(data) + len(data) % 2
    body = data[layout.head_bytes :] + bytes(start - len(data))
    return Trimmed(layout.head(data, start) + body + directory, work)


@dataclass(frozen=True)
class _TiffLayout:
    """The sizes of a TIFF's fields, as formats of struct."""

    order: Literal["little", "big"]
    count: str  # of a directory's tags
    entry: str  # tag, type, count, value or offset
    offset: str
    head_bytes: int  # up to and with the first directory's offset

    @classmethod
    def of(cls, data: bytes) -> "_TiffLayout":
        """Tell it by the first bytes."""
        order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
        sign = "<" if order == "little" else ">"
        if int.from_bytes(data[2:4], order) == 43:
            return cls(order, f"{sign}Q", f"{sign}HHQQ", f"{sign}Q", 16)
        return cls(order, f"{sign}H", f"{sign}HHII", f"{sign}I", 8)

    def first(self, data: bytes) -> int:
        """Return where the first directory stands."""
        size = struct.calcsize(self.offset)
        return int(struct.unpack_from(self.offset, data, self.head_bytes - size)[0])

    def head(self, data: bytes, first: int) -> bytes:
        """Return the head of a file whose first directory stands at `first`."""
        return data[: self.head_bytes - struct.calcsize(self.offset)] + struct.pack(self.offset, first)

    def values(self, data: bytes, entries: dict[int, bytes]) -> dict[int, tuple[int, ...]]:
        """Return the integers that tags hold; a tag of another type holds none."""
        return {tag: self._values(data, tag, entry) for tag, entry in entries.items()}

    def _values(self, data: bytes, tag: int, entry: bytes) -> tuple[int, ...]:
        _, kind, count, place = struct.unpack(self.entry, entry)
        limit = MAX_TILES if tag in _OFFSETS + _SIZES else _TAG_BYTES // _TYPE_BYTES.get(kind, 1)
        if count > limit:
            raise InvalidImage(f"Tag {tag} of a TIFF may have {limit:,} values. Received: {count:,}")
        if kind not in _INTEGERS:
            if tag in _COUNTED:
                raise InvalidImage(f"Tag {tag} of a TIFF must hold integers. Received: type {kind}")
            return ()
        form = f"{self.entry[0]}{count}{_INTEGERS[kind]}"
        if struct.calcsize(form) <= struct.calcsize(self.offset):
            return struct.unpack_from(form, entry, len(entry) - struct.calcsize(self.offset))
        return struct.unpack_from(form, data, place)


def _tiff_work(tags: dict[int, tuple[int, ...]], data: bytes) -> int:
    """Hold the limits against a directory, and return what its strips or tiles take beside their pixels."""
    width, height, compression, samples, planar = (
        _first(tags, tag, default)
        for tag, default in ((_WIDTH, 0), (_HEIGHT, 0), (_COMPRESSION, 1), (_SAMPLES, 1), (_PLANAR, 1))
    )
    if compression not in _COMPRESSIONS:
        known = ", ".join(map(str, sorted(_COMPRESSIONS)))
        raise InvalidImage(f"A TIFF's compression must be one of {known}. Received: {compression}")
    across = _first(tags, _TILE_WIDTH, width) or width
    down = _first(tags, _TILE_HEIGHT, 0) or min(_first(tags, _ROWS, height), height)
    if not (across and down):
        raise InvalidImage(f"A TIFF's parts must have a width and a height. Received: {across}x{down}")
    tiles = -(-width // across) * -(-height // down) * (samples if planar == 2 else 1)
    if tiles > MAX_TILES:
        raise InvalidImage(f"A TIFF may have {MAX_TILES:,} strips or tiles. Received: {tiles:,}")
    if _TILE_WIDTH in tags and (across * down > MAX_TILE_PIXELS or tiles * across * down > MAX_TILED_PIXELS):
        limits = f"{MAX_TILE_PIXELS:,} pixels each and {MAX_TILED_PIXELS:,} in all"
        raise InvalidImage(f"A TIFF's tiles may have {limits}. Received: {tiles:,} of {across}x{down}")
    stored = sum(sum(tags.get(tag, ())) for tag in _SIZES)
    if stored > 2 * len(data):
        raise InvalidImage(f"A TIFF's parts must fit into its {len(data):,} bytes. Received: {stored:,}")
    return _TILE_WORK * tiles + (_jpeg_work(tags, data) if compression == _JPEG else 0)


def _first(tags: dict[int, tuple[int, ...]], tag: int, default: int) -> int:
    return next(iter(tags.get(tag, ())), default)


def _jpeg_work(tags: dict[int, tuple[int, ...]], data: bytes) -> int:
    """Hold the limits of a JPEG against each part, and that of its work against all of them."""
    visits, view = 0, memoryview(data)
    for offsets, sizes in zip(_OFFSETS, _SIZES, strict=True):
        for offset, size in zip(tags.get(offsets, ()), tags.get(sizes, ()), strict=False):
            part = view[offset : offset + size]
            work = _JpegWork()
            for code, start, stop in _segments(part):
                work.add(code, bytes(part[start : min(stop, start + _HEADER_BYTES)]))
            visits += work.visits
    if visits > MAX_BLOCK_VISITS:
        raise ImageTooLarge(f"A TIFF's parts may have {MAX_BLOCK_VISITS:,} blocks. Received: {visits:,}")
    return visits


# BMP: Windows' headers name their compression at byte 30; 1 and 2 are run lengths.
_RLE_WORK = 7  # pixels that take as long as one pixel or byte of a run-length BMP


def _walk_bmp(data: bytes) -> Trimmed:
    header, width, height = struct.unpack_from("<Iii", data, 14)
    if header < 40 or data[30] not in {1, 2}:
        return Trimmed(data)
    pixels = abs(width * height)
    if pixels > MAX_RLE or len(data) > MAX_RLE:
        shown = f"{width}x{height} in {len(data):,} bytes"
        raise ImageTooLarge(f"A run-length BMP may have {MAX_RLE:,} pixels and bytes. Received: {shown}")
    return Trimmed(data, _RLE_WORK * max(pixels, len(data)))


# HEIF and AVIF: ISO base media boxes of a length, a type and content.
_HEIF_TYPE = b"ftyp"  # of the first box, at byte 4
_HEIF_WORK = 2  # pixels that take as long as a byte: 6 MB of dense video codes take 0.4 s


def is_heif(data: bytes) -> bool:
    """Return whether a file is of HEIF's family, AVIF among it."""
    return data[4:8] == _HEIF_TYPE


def _walk_heif(data: bytes) -> Trimmed:
    from digits.heif import rewrite  # noqa: PLC0415 - with the first such picture

    picture, extra, shown = rewrite(data)
    return Trimmed(picture, extra + _HEIF_WORK * shown)


_WALKS: dict[bytes, Callable[[bytes], Trimmed]] = {
    b"\xff\xd8\xff": _walk_jpeg,
    b"\x89PNG\r\n\x1a\n": _walk_png,
    b"GIF8": _walk_gif,
    b"RIFF": _walk_webp,
    b"BM": _walk_bmp,
    b"": _walk_heif,  # by its fifth byte on
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _walk_tiff),
}
