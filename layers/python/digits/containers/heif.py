"""HEIF and AVIF files written anew with their picture alone, once the work that it takes is counted."""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from digits.containers.boxes import ESSENTIAL, GRID, MAX_ITEMS, Item, Property, Tables, limit
from digits.containers.codes import Counter
from digits.containers.trimmed import Trimmed
from digits.errors import ImageTooLarge, InvalidImage, received

MAX_CODED_PIXELS = 28_500_000  # of tiles, transparency and hidden frames: 24.5 megapixels in tiles are 28.3
# Codes of HEVC, a tile counted as often as it is shown. What either limit allows takes at most a second:
# of noise, 16 megapixels in 5.9 MB take 0.8 to 0.95 s, 19 in 4.8 MB 5 % more, 25 in 2.6 MB 15 % less.
MAX_DENSE_WORK = 31_000_000  # pixels and bytes, a byte as 2.5 pixels
MAX_DENSE_BYTES = 2_800_000  # for which there is room whatever the pixels
_BYTE_PIXELS = 2.5
_BYTE_WORK = 2  # pixels that take as long as a byte: 6 MB of dense video codes take 0.4 s
_HEVC, _AV1 = b"hvc1", b"av01"


class Rewritten(NamedTuple):
    """A file of one picture."""

    data: bytes
    extra: int  # pixels that are decoded beside those of the picture: transparency, hidden frames, overhang
    shown: int  # bytes of codes that are decoded, those of a tile as often as a grid shows it


def trim(data: bytes) -> Trimmed:
    """Return a file with its picture alone, as `rewrite` does, and the work that it takes."""
    picture, extra, shown = rewrite(data)
    return Trimmed(picture, extra + _BYTE_WORK * shown)


def rewrite(data: bytes) -> Rewritten:
    """Return a file with the picture of a HEIF or AVIF: a coded one or a grid, with its transparency.

    Everything else is left out: other pictures, thumbnails, metadata, profiles, films.

    Raises:
        InvalidImage: another kind of picture, or more of something than any encoder writes.
        ImageTooLarge: more pixels or bytes of codes than are decoded in a second.
        struct.error, IndexError: broken structure.
    """
    tables = Tables(data)
    picture = tables.item(tables.primary())
    pictures = [picture, *map(tables.item, tables.alphas(picture.number))]
    items = {each.number: each for each in pictures}
    for number in (part for each in pictures for part in each.parts):
        if number not in items:
            items[number] = tables.item(number)
    parts = [part for each in pictures for part in _parts(each, items)]
    coded = _count_pixels(parts, items)
    shown = _count_bytes(parts, items, coded)
    width, height = picture.size
    return Rewritten(_write(list(items.values()), pictures[1:]), max(0, coded - width * height), shown)


def _count_pixels(parts: Sequence[int], items: dict[int, Item]) -> int:
    """Hold the limits against the codes of the parts, and return how many pixels they stand for."""
    counter = Counter()
    pixels = {number: _pixels(each, counter) for number, each in items.items()}
    coded = sum(pixels[part] for part in parts)
    if coded > MAX_CODED_PIXELS:
        message = f"A HEIF or AVIF may have {MAX_CODED_PIXELS:,} pixels in all of its parts"
        raise ImageTooLarge(f"{message}. Received: {coded:,}")
    return coded


def _count_bytes(parts: Sequence[int], items: dict[int, Item], coded: int) -> int:
    """Hold the limit for so many pixels against the bytes of the parts, and return how many there are.

    AV1's take less time: 6 MB of them with 25 megapixels stay within the second.
    """
    dense = sum(len(items[part].content) for part in parts if items[part].kind == _HEVC)
    most = max(MAX_DENSE_BYTES, int((MAX_DENSE_WORK - coded) / _BYTE_PIXELS))
    if dense > most:
        message = f"A HEIC of {coded:,} pixels may have {most:,} bytes of codes"
        raise ImageTooLarge(f"{message}; save it smaller, or as JPEG. Received: {dense:,}")
    return sum(len(items[part].content) for part in parts)


def _pixels(item: Item, counter: Counter) -> int:
    """Return the pixels of a coded item, as its box or as its codes say, whichever are more."""
    if item.kind == GRID:
        return 0
    width, height = item.size
    if item.kind == _HEVC:
        return max(width * height, counter.hevc(item.find(b"hvcC"), item.content))
    if item.kind == _AV1:
        return max(width * height, counter.av1(item.content))
    shown = received(item.kind.decode("latin-1"))
    raise InvalidImage(f"A HEIF or AVIF must hold HEVC or AV1, alone or as a grid. Received: {shown}")


def _parts(item: Item, items: dict[int, Item]) -> tuple[int, ...]:
    """Return the coded items of a picture, one as often as a grid shows it."""
    if item.kind != GRID:
        return (item.number,)
    form = ">II" if item.content[1] & 1 else ">HH"
    size = struct.unpack_from(form, item.content, 4)
    count = (item.content[2] + 1) * (item.content[3] + 1)
    limit("tiles", count, MAX_ITEMS)
    if size != item.size or count != len(item.parts) or any(items[part].kind == GRID for part in item.parts):
        shown = f"{len(item.parts)} for {count} places, {size} for {item.size}"
        raise InvalidImage(f"A grid must have a coded tile for each place, and one size. Received: {shown}")
    return item.parts


def _write(items: Sequence[Item], alphas: Sequence[Item]) -> bytes:
    """Return a file of these items, the first of which is its picture."""
    brand = b"heic" if any(each.kind == _HEVC for each in items) else b"avif"
    head = _box(b"ftyp", brand, bytes(4), b"mif1miaf", brand)
    start = len(head) + len(_meta(items, alphas, 0)) + 8
    return head + _meta(items, alphas, start) + _box(b"mdat", *(each.content for each in items))


def _meta(items: Sequence[Item], alphas: Sequence[Item], start: int) -> bytes:
    names = {each.number: name for name, each in enumerate(items, 1)}
    infos = [
        _full(b"infe", struct.pack(">HH4sx", name, 0, each.kind), version=2)
        for name, each in enumerate(items, 1)
    ]
    links = [_link(b"auxl", names[each.number], [1]) for each in alphas]
    grids = [each for each in items if each.parts]
    links += [_link(b"dimg", names[each.number], [names[part] for part in each.parts]) for each in grids]
    return _full(
        b"meta",
        _full(b"hdlr", bytes(4), b"pict", bytes(13)),
        _full(b"pitm", struct.pack(">H", 1)),
        _full(b"iloc", struct.pack(">HH", 0x4400, len(items)), *_places(items, start)),
        _full(b"iinf", struct.pack(">H", len(items)), *infos),
        *([_full(b"iref", *links)] if links else []),
        _properties(items),
    )


def _places(items: Sequence[Item], start: int) -> Iterable[bytes]:
    for name, item in enumerate(items, 1):
        yield struct.pack(">HHHII", name, 0, 1, start, len(item.content))
        start += len(item.content)


def _properties(items: Sequence[Item]) -> bytes:
    """Return the table of properties, equal ones written once."""
    places: dict[Property, int] = {}
    entries = []
    for name, item in enumerate(items, 1):
        entries.append(struct.pack(">HB", name, len(item.properties)))
        for each in item.properties:
            place = places.setdefault(each._replace(essential=0), len(places) + 1)
            entries.append(struct.pack(">H", each.essential & ESSENTIAL | place))
    boxes = [_box(each.kind, each.content) for each in places]
    return _box(
        b"iprp", _box(b"ipco", *boxes), _full(b"ipma", struct.pack(">I", len(items)), *entries, flags=1)
    )


def _link(kind: bytes, name: int, names: Sequence[int]) -> bytes:
    return _box(kind, struct.pack(f">HH{len(names)}H", name, len(names), *names))


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, bytes([version]) + flags.to_bytes(3), *parts)
