"""HEIF and AVIF files of any structure, written box by box around what an encoder coded."""

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from tests.samples.drawings import encode


@dataclass(frozen=True)
class Item:
    """A picture or other content of a file."""

    kind: bytes  # such as hvc1, av01, grid, iovl or Exif
    content: bytes
    properties: tuple[int, ...] = ()  # places in the file's list of properties, from 1
    references: tuple[tuple[bytes, tuple[int, ...]], ...] = ()  # kinds, and the items that they name, from 1
    extents: tuple[tuple[int, int], ...] = ()  # starts and lengths in the content; none is all of it


@dataclass(frozen=True)
class Coded:
    """A picture as an encoder left it."""

    kind: bytes  # hvc1 or av01
    content: bytes
    config: bytes  # its box: hvcC or av1C
    size: tuple[int, int]


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box of ISO base media."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Return a box that has a version."""
    return box(kind, bytes([version]) + flags.to_bytes(3), *parts)


def ispe(width: int, height: int) -> bytes:
    """Return the property that says a size."""
    return full(b"ispe", struct.pack(">II", width, height))


def auxiliary(kind: str = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha") -> bytes:
    """Return the property that says what another picture holds: transparency, unless named otherwise."""
    return full(b"auxC", kind.encode() + b"\0")


def grid(rows: int, columns: int, width: int, height: int) -> bytes:
    """Return the content of a grid."""
    return struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, width, height)


def overlay(count: int, width: int, height: int) -> bytes:
    """Return the content of an overlay of pictures that all stand in the corner."""
    head = struct.pack(">BB8xII", 0, 1, width, height)
    return head + struct.pack(">ii", 0, 0) * count


def dense(side: int, quality: int) -> Coded:
    """Return noise, coded by the HEVC encoder of pillow-heif: it takes the most time of all."""
    import_module("pillow_heif").register_heif_opener()
    noise = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    return coded(encode(noise, "HEIF", quality=quality))


def coded(file: bytes) -> Coded:
    """Return the picture of a file that holds one."""
    kind = next(kind for kind in (b"hvc1", b"av01") if kind in file)
    name = b"hvcC" if kind == b"hvc1" else b"av1C"
    start = file.index(name) - 4
    config = file[start : start + int.from_bytes(file[start : start + 4])]
    place = file.index(b"ispe") + 8
    width, height = struct.unpack_from(">II", file, place)
    return Coded(kind, file[file.index(b"mdat") + 4 :], config, (width, height))


def heif(items: Sequence[Item], properties: Sequence[bytes], brand: bytes = b"heic", *more: bytes) -> bytes:
    """Return a file of items, the first of which is its picture; `more` boxes stand behind `meta`."""
    kinds = box(b"ftyp", brand, bytes(4), b"mif1", b"miaf", brand)
    start = len(kinds) + len(_meta(items, properties, 0)) + sum(map(len, more)) + 8
    content = b"".join(item.content for item in items)
    return kinds + _meta(items, properties, start) + b"".join(more) + box(b"mdat", content)


def _meta(items: Sequence[Item], properties: Sequence[bytes], start: int) -> bytes:
    handler = full(b"hdlr", bytes(4), b"pict", bytes(13))
    infos = [
        full(b"infe", struct.pack(">HH", number, 0), item.kind, b"\0", version=2)
        for number, item in enumerate(items, 1)
    ]
    references = [
        box(kind, struct.pack(f">HH{len(names)}H", number, len(names), *names))
        for number, item in enumerate(items, 1)
        for kind, names in item.references
    ]
    associations = [
        struct.pack(">HB", number, len(item.properties))
        + b"".join(struct.pack(">H", place) for place in item.properties)
        for number, item in enumerate(items, 1)
    ]
    ipma = full(b"ipma", struct.pack(">I", len(associations)), *associations, flags=1)
    places = []
    for number, item in enumerate(items, 1):
        extents = item.extents or ((0, len(item.content)),)
        places.append(struct.pack(">HHH", number, 0, len(extents)))
        places += [struct.pack(">II", start + place, size) for place, size in extents]
        start += len(item.content)
    return full(
        b"meta",
        handler,
        full(b"pitm", struct.pack(">H", 1)),
        full(b"iloc", struct.pack(">HH", 0x4400, len(items)), *places),
        full(b"iinf", struct.pack(">H", len(items)), *infos),
        *([full(b"iref", *references)] if references else []),
        box(b"iprp", box(b"ipco", *properties), ipma),
    )


# One grey of 1024×1024 pixels, in 284 bytes of HEVC: the environment of tests may have no encoder of it.
FLAT = coded(
    zlib.decompress(
        base64.b64decode(
            "eNpjYGCQSSupLMhIzaxgAILczDRDEDs3MzGNgYExIDe1JJEBAhQzUnKKoGyGgszkEgY0oJSZk58MYrg4MDACIRAwlkBoIEsOSChn"
            "ZualQbhALArkpDJBeRllyYYgJl9BZkkuXMmFzIKiAiC9MbMgOR9IlwCVOTOycACZ83+AFFV8YPjz5weQyc+cANQh7sDIw/j/P0gB"
            "M1gFM1DJLiaHRKCchhMjI6rEAQ4mBgex6JUqy3ZuUAAKMYMIBsUkoGJ2F8aDRRuSHIBWCCfn5xTlJedUAIV5GdgagEIimcUFqRB/"
            "sUAxyOEVmWB3g1wnnlmQCws4YFiwNDIxA1UxquWmJALDjVFKg3EdlyLTq8AWue87zxXPefFF9sn+X7d3VIvGN+mps1d1gB0IQsxl"
            "i5ozHAUyL8BFGNiWTJZ61YDgMzAzZbUjcxkYWO+g8pkZQ1EF+DlQ+V4OqPxTKOYzMO5H4TLLoXBZfFC4bFtQuJweKFxeVK5gAQpX"
            "/AMAvvFgiA=="
        )
    )
)


def tiled(picture: Coded, rows: int, columns: int, turns: int = 0) -> bytes:
    """Return a grid that shows one item at each place, and is then turned so many times."""
    width, height = picture.size
    size = columns * width, rows * height
    own = (3, *[4] * turns)
    whole = Item(b"grid", grid(rows, columns, *size), own, ((b"dimg", (2,) * rows * columns),))
    tile = Item(picture.kind, picture.content, (1, 2))
    properties = [picture.config, ispe(*picture.size), ispe(*size), box(b"irot", b"\1")]
    return heif([whole, tile], properties, b"heic" if picture.kind == b"hvc1" else b"avif")


def profiled(count: int, size: int) -> bytes:
    """Return a HEIC of many pictures that share one large profile."""
    properties = [FLAT.config, ispe(*FLAT.size), box(b"colr", b"prof", bytes(size))]
    return heif([Item(FLAT.kind, FLAT.content, (1, 2, 3))] * count, properties)


def shared_metadata(count: int, size: int) -> bytes:
    """Return a HEIC of many pictures that share one large item of metadata."""
    pictures = [Item(FLAT.kind, FLAT.content, (1, 2))] * count
    exif = Item(b"Exif", bytes(size), (), ((b"cdsc", tuple(range(1, count + 1))),))
    return heif([*pictures, exif], [FLAT.config, ispe(*FLAT.size)])


def overlapping(pieces: int, size: int) -> bytes:
    """Return a HEIC of an item that consists of one piece of the file many times."""
    content = FLAT.content + bytes(size)
    extents = ((0, len(FLAT.content)), *[(0, len(content))] * pieces)
    return heif([Item(FLAT.kind, content, (1, 2), extents=extents)], [FLAT.config, ispe(*FLAT.size)])


def overlaid(count: int) -> bytes:
    """Return a HEIC that lays one picture over itself many times."""
    size = FLAT.size
    whole = Item(b"iovl", overlay(count, *size), (2,), ((b"dimg", (2,) * count),))
    return heif([whole, Item(FLAT.kind, FLAT.content, (1, 2))], [FLAT.config, ispe(*size)])


def repeated(file: bytes, size: int, *properties: bytes) -> bytes:
    """Return an AVIF whose item repeats its codes up to a size: each is a frame more."""
    picture = coded(file)
    content = picture.content * (size // len(picture.content))
    places = tuple(range(1, 3 + len(properties)))
    return heif(
        [Item(picture.kind, content, places)], [picture.config, ispe(*picture.size), *properties], b"avif"
    )


def disguised(file: bytes, rows: int, columns: int, side: int) -> bytes:
    """Return an AVIF of tiles whose codes hold more pixels than their box says."""
    picture = coded(file)
    return tiled(Coded(picture.kind, picture.content, picture.config, (side, side)), rows, columns)


def flooded(size: int) -> bytes:
    """Return a HEIC with a table of empty properties."""
    properties = [FLAT.config, ispe(*FLAT.size), *[box(b"free")] * (size // 8)]
    return heif([Item(FLAT.kind, FLAT.content, (1, 2))], properties)
