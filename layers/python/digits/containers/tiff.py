"""TIFF 6.0 and BigTIFF files: a directory of tags, each of a type, a count and its values or their place."""

import struct
from dataclasses import dataclass
from typing import Literal

from digits.containers.jpeg import HEADER_BYTES, MAX_BLOCK_VISITS, Work, segments
from digits.containers.trimmed import MAX_PARTS, Trimmed
from digits.errors import ImageTooLarge, InvalidImage

MAX_TILES = 8192  # strips or tiles of a TIFF: 8 KB each, libtiff's default, fill 64 MB
MAX_TILE_PIXELS = 1 << 20  # of one tile; programs write 128 to 1024 a side
MAX_TILED_PIXELS = 1 << 25  # of all tiles, with what hangs over the picture's edges

_KEPT = {
    256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325,
    338, 339, 347, 530, 532,
}  # fmt: skip
_WIDTH, _HEIGHT, _COMPRESSION, _SAMPLES, _ROWS, _PLANAR = 256, 257, 259, 277, 278, 284
_OFFSETS, _SIZES, _TILE_WIDTH, _TILE_HEIGHT = (273, 324), (279, 325), 322, 323
_COUNTED = {
    _WIDTH, _HEIGHT, _COMPRESSION, _SAMPLES, _ROWS, _PLANAR, _TILE_WIDTH, _TILE_HEIGHT, *_OFFSETS, *_SIZES,
}  # fmt: skip
_TYPE_BYTES = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
}  # fmt: skip
_INTEGERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
# Of one tag's values, other than strips and tiles: JPEG's tables, a color map of 768 numbers.
_TAG_BYTES = 65_536
# None, CCITT, LZW, JPEG, Deflate, PackBits, Zstandard. The others are rare, and slow or of unbounded memory.
_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32773, 32946, 50000}
_JPEG = 7
_TILE_WORK = 300  # pixels that take as long as beginning a strip or tile, about 10 µs


def trim(data: bytes) -> Trimmed:
    """Return the file with a new directory behind it, which names only tags that matter."""
    layout = _Layout.of(data)
    place = layout.first(data)
    (count,) = struct.unpack_from(layout.count, data, place)
    if count > MAX_PARTS:
        raise InvalidImage(f"A TIFF's directory may have {MAX_PARTS:,} tags. Received: {count:,}")
    entries: dict[int, bytes] = {}
    place += struct.calcsize(layout.count)
    size = struct.calcsize(layout.entry)
    for at in range(place, min(place + count * size, len(data) - size + 1), size):
        tag = int.from_bytes(data[at : at + 2], layout.order)
        if tag in _KEPT and tag not in entries:
            entries[tag] = data[at : at + size]
    work = _work(layout.values(data, entries), data)
    kept = [entries[tag] for tag in sorted(entries)]
    directory = struct.pack(layout.count, len(kept)) + b"".join(kept) + bytes(struct.calcsize(layout.offset))
    start = len(data) + len(data) % 2
    body = data[layout.head_bytes :] + bytes(start - len(data))
    return Trimmed(layout.head(data, start) + body + directory, work)


@dataclass(frozen=True)
class _Layout:
    """The sizes of a TIFF's fields, as formats of struct."""

    order: Literal["little", "big"]
    count: str  # of a directory's tags
    entry: str  # tag, type, count, value or offset
    offset: str
    head_bytes: int  # up to and with the first directory's offset

    @classmethod
    def of(cls, data: bytes) -> "_Layout":
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


def _work(tags: dict[int, tuple[int, ...]], data: bytes) -> int:
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
            work = Work()
            for code, start, stop in segments(part):
                work.add(code, bytes(part[start : min(stop, start + HEADER_BYTES)]))
            visits += work.visits
    if visits > MAX_BLOCK_VISITS:
        raise ImageTooLarge(f"A TIFF's parts may have {MAX_BLOCK_VISITS:,} blocks. Received: {visits:,}")
    return visits
