"""The tables of a HEIF or AVIF file: its items, where they stand, what they refer to, and their properties.

Sources: ISO/IEC 14496-12 (boxes), 23008-12 (items). A walk over a table takes as long as its limits let it,
however large the file.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from digits.errors import InvalidImage

MAX_BOXES = 4096  # beside each other: a phone's 48 megapixels have some 400 items and 20 properties
MAX_ITEMS = 1024  # a phone's 48 megapixels are some 200 tiles, its extra pictures as many
MAX_EXTENTS = 32  # pieces of one item; nearly every encoder writes one
MAX_PROPERTY_BYTES = 4096  # of one; a codec's parameters take about 100, some encoders sign them with 1,000

ESSENTIAL = 0x8000  # flag of a property that a reader has to know
GRID = b"grid"
_PROPERTIES = {
    *(b"ispe", b"pixi", b"colr", b"hvcC", b"av1C"),  # size, depth, color matrix, parameters of codecs
    *(b"irot", b"imir", b"clap"),  # rotation, mirroring, crop
    *(b"auxC", b"a1op", b"a1lx", b"lsel"),  # kind of an extra picture, layers
}
_ALPHA = (b"systems:auxiliary:alpha\0", b"hevc:2015:auxid:1\0", b"avc:2015:auxid:1\0")  # ends of its names
_Span = tuple[int, int]  # where content begins and ends


class Property(NamedTuple):
    """A property of an item."""

    essential: int  # ESSENTIAL or 0
    kind: bytes
    content: bytes


@dataclass(frozen=True)
class Item:
    """A coded picture, or a grid of some."""

    number: int
    kind: bytes
    content: bytes
    properties: tuple[Property, ...]  # at most one of each kind
    parts: tuple[int, ...] = ()  # numbers of a grid's items

    def find(self, kind: bytes) -> bytes:
        """Return the content of a property, empty where the item has none."""
        return next((each.content for each in self.properties if each.kind == kind), b"")

    @property
    def size(self) -> tuple[int, int]:
        """The width and the height that the file says."""
        width, height = struct.unpack_from(">II", self.find(b"ispe"), 4)
        return width, height


class _Cursor:
    """A place in a file that moves on with each number read."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self.at = data, at

    def take(self, size: int) -> int:
        """Return the number that the next `size` bytes make, the highest first."""
        number = self._data[self.at : self.at + size]
        if len(number) < size:
            raise IndexError
        self.at += size
        return int.from_bytes(number)


class Tables:
    """The tables of a file, each looked at once.

    Raises:
        InvalidImage: more of something than any encoder writes, or what does not stand in the file.
        struct.error, IndexError: broken structure.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = len(data)  # bytes of content that items may still take
        self._tables = _only(self._boxes(0, len(data)))
        start = self._start(b"meta")
        self._tables = _only(self._boxes(start + 4, self._tables[b"meta"][1]))

    def primary(self) -> int:
        """Return the number of the item that is the picture."""
        version, _, cursor = self._cursor(b"pitm")
        return cursor.take(4 if version else 2)

    def alphas(self, picture: int) -> list[int]:
        """Return the number of the item of a picture's transparency, if it has one."""
        names = [name for kind, name, targets in self._references if kind == b"auxl" and picture in targets]
        return [name for name in dict.fromkeys(names) if self._is_alpha(name)][:1]

    def item(self, number: int) -> Item:
        """Return an item with its content, and the properties that matter."""
        kind = self._kinds.get(number, b"none")
        links = (to for name, start, to in self._references if (name, start) == (b"dimg", number))
        parts = next(links, ()) if kind == GRID else ()
        return Item(number, kind, self._content(number), tuple(self._kept(number)), parts)

    def _is_alpha(self, number: int) -> bool:
        return any(each.kind == b"auxC" and each.content.endswith(_ALPHA) for each in self._kept(number))

    def _boxes(self, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
        """Yield each box's type, and where its content begins and ends."""
        for _ in range(MAX_BOXES):
            if start + 8 > stop:
                return
            size, kind = struct.unpack_from(">I4s", self._data, start)
            content = start + 8
            if size == 1:
                (size,), content = struct.unpack_from(">Q", self._data, content), content + 8
            end = start + size if size else stop
            if not content <= end <= stop:
                shown = f"{end - start:,} bytes in {stop - start:,}"
                raise InvalidImage(f"A box of a HEIF or AVIF must fit into what holds it. Received: {shown}")
            yield kind, content, end
            start = end
        raise InvalidImage(f"A HEIF or AVIF may have {MAX_BOXES:,} boxes beside each other. Received: more")

    def _start(self, kind: bytes) -> int:
        """Return where a table's content begins: a byte of version, three of flags."""
        if kind not in self._tables:
            raise InvalidImage(
                f"A HEIF or AVIF must say where its picture is. Received: no box {kind.decode()}"
            )
        return self._tables[kind][0]

    def _cursor(self, kind: bytes) -> tuple[int, int, "_Cursor"]:
        """Return a table's version, its flags, and a cursor behind them."""
        cursor = _Cursor(self._data, self._start(kind))
        return cursor.take(1), cursor.take(3), cursor

    @cached_property
    def _kinds(self) -> dict[int, bytes]:
        """Each item's type, by its number."""
        version, _, cursor = self._cursor(b"iinf")
        cursor.take(4 if version else 2)
        kinds = {}
        for kind, start, _ in self._boxes(cursor.at, self._tables[b"iinf"][1]):
            info = _Cursor(self._data, start)
            version, _ = info.take(1), info.take(3)
            if kind == b"infe" and version >= 2:
                number, _ = info.take(4 if version > 2 else 2), info.take(2)
                kinds[number] = self._data[info.at : info.at + 4]
        limit("items", len(kinds), MAX_ITEMS)
        return kinds

    @cached_property
    def _places(self) -> dict[int, tuple[int, list[_Span]]]:
        """Each item's method of counting, and its pieces as starts and lengths, by its number."""
        version, _, cursor = self._cursor(b"iloc")
        fields = cursor.take(2)
        offset, length, base, index = (fields >> shift & 15 for shift in (12, 8, 4, 0))
        wide = 4 if version == 2 else 2
        count = cursor.take(wide)
        limit("items", count, MAX_ITEMS)
        places = {}
        for _ in range(count):
            number, method, _ = cursor.take(wide), cursor.take(2 if version else 0) & 15, cursor.take(2)
            origin, pieces = cursor.take(base), cursor.take(2)
            limit("pieces of an item", pieces, MAX_EXTENTS)
            spans = []
            for _ in range(pieces):
                cursor.take(index if version else 0)
                spans.append((origin + cursor.take(offset), cursor.take(length)))
            places[number] = method, spans
        return places

    def _content(self, number: int) -> bytes:
        method, spans = self._places.get(number, (0, []))
        low, high = self._tables[b"idat"] if method == 1 and b"idat" in self._tables else (0, len(self._data))
        # A length of 0 means as far as the file goes.
        pieces = [(low + start, low + start + size if size else high) for start, size in spans]
        if method > 1 or not all(low <= start <= end <= high for start, end in pieces):
            raise InvalidImage(f"An item must stand in the file. Received: item {number}, which does not")
        self._left -= sum(end - start for start, end in pieces)
        if self._left < 0:
            raise InvalidImage(
                "The items of a HEIF or AVIF must not overlap. Received: more bytes than the file has"
            )
        return b"".join(self._data[start:end] for start, end in pieces)

    @cached_property
    def _references(self) -> list[tuple[bytes, int, tuple[int, ...]]]:
        """Each reference's kind, the item that has it, and the items that it names."""
        if b"iref" not in self._tables:
            return []
        version, _, cursor = self._cursor(b"iref")
        wide, form = (4, "I") if version else (2, "H")
        found = []
        for kind, start, _ in self._boxes(cursor.at, self._tables[b"iref"][1]):
            link = _Cursor(self._data, start)
            number, count = link.take(wide), link.take(2)
            limit("items", count, MAX_ITEMS)
            found.append((kind, number, struct.unpack_from(f">{count}{form}", self._data, link.at)))
        return found

    @cached_property
    def _properties(self) -> list[tuple[bytes, int, int]]:
        self._start(b"iprp")
        return list(self._boxes(*_only(self._boxes(*self._tables[b"iprp"]))[b"ipco"]))

    @cached_property
    def _associations(self) -> dict[int, list[int]]:
        """Each item's properties by their places, with the flag of ESSENTIAL, by the item's number."""
        start, _ = _only(self._boxes(*self._tables[b"iprp"]))[b"ipma"]
        cursor = _Cursor(self._data, start)
        version, flags, count = cursor.take(1), cursor.take(3), cursor.take(4)
        limit("items", count, MAX_ITEMS)
        wide, step = 4 if version else 2, 2 if flags & 1 else 1
        found = {}
        for _ in range(count):
            number, places = cursor.take(wide), cursor.take(1)
            values = [cursor.take(step) for _ in range(places)]
            found[number] = values if step == 2 else [(value & 128) << 8 | value & 127 for value in values]
        return found

    def _kept(self, number: int) -> Iterator[Property]:
        """Yield the properties of an item that matter, the first of each kind."""
        seen = set()
        for value in self._associations.get(number, []):
            place = value & ~ESSENTIAL
            if not 0 < place <= len(self._properties):
                continue
            kind, start, stop = self._properties[place - 1]
            is_profile = kind == b"colr" and self._data[start : start + 4] != b"nclx"
            if kind in _PROPERTIES and kind not in seen and not is_profile:
                limit("bytes in a property", stop - start, MAX_PROPERTY_BYTES)
                seen.add(kind)
                yield Property(value & ESSENTIAL, kind, self._data[start:stop])


def limit(what: str, count: int, most: int) -> None:
    """Raise InvalidImage for more than there may be."""
    if count > most:
        raise InvalidImage(f"A HEIF or AVIF may have {most:,} {what}. Received: {count:,}")


def _only(boxes: Iterator[tuple[bytes, int, int]]) -> dict[bytes, _Span]:
    """Return each box's content by its type, the first of each."""
    spans: dict[bytes, _Span] = {}
    for kind, start, stop in boxes:
        spans.setdefault(kind, (start, stop))
    return spans
