"""Images that mean harm, made by our own code: to be answered or refused, but never to hurt."""

import itertools
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from tests.samples import heif
from tests.samples.drawings import draw, encode

Files = Iterator[bytes]
BODY = 5_900_000  # bytes that a request may well have
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
LIMIT = 16_000_000  # pixels
STEP = 64  # bytes between two truncations


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, rows: bytes | None = None) -> bytes:
    """Return a grey PNG of any header at all; without `rows`, black and whole."""
    if rows is None:
        rows = bytes(height * (1 + (width * depth + 7) // 8))
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    tail = chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + tail


def tiff(*tags: tuple[int, int, int, int], data: bytes = b"", following: int = 0) -> bytes:
    """Return a TIFF of one directory: tags as (number, type, count, value), `data` from byte 4096 on."""
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    file = b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", following)
    return file.ljust(4096, b"\0") + data


def grey_tiff(width: int, height: int, *more: tuple[int, int, int, int], data: bytes = bytes(784)) -> bytes:
    """Return a TIFF of 8-bit grey with one strip; `more` tags replace or join the usual ones."""
    tags = {
        256: (256, 4, 1, width),
        257: (257, 4, 1, height),
        258: (258, 3, 1, 8),
        259: (259, 3, 1, 1),
        262: (262, 3, 1, 1),
        273: (273, 4, 1, 4096),
        277: (277, 3, 1, 1),
        278: (278, 4, 1, height),
        279: (279, 4, 1, len(data)),
    } | {tag[0]: tag for tag in more}
    return tiff(*(tags[number] for number in sorted(tags)), data=data)


def floats(values: list[float]) -> bytes:
    """Return a TIFF of floating-point numbers that hold these among zeros."""
    pixels = np.zeros((28, 28), np.float32)
    pixels.flat[: len(values)] = values
    return encode(Image.fromarray(pixels), "TIFF")


def scans(times: int, side: int = 4000) -> bytes:
    """Return a progressive JPEG that repeats its last scan: each costs a pass over the whole image."""
    file = encode(Image.new("L", (side, side)), "JPEG", progressive=True)
    last = file.rindex(b"\xff\xda")
    tables = file.rindex(b"\xff\xc4", 0, last)
    scan = file[tables:-2]
    return file[:-2] + scan * times + file[-2:]


def bombs() -> Files:
    """Yield little files that unpack to much."""
    yield png(16_000, 16_000, depth=1)
    yield png(60_000, 60_000, rows=b"")
    yield encode(Image.new("L", (12_000, 12_000)), "GIF")
    yield encode(Image.new("L", (9_000, 9_000)), "TIFF", compression="tiff_deflate")
    yield encode(Image.new("L", (10_000, 10_000)), "WEBP", lossless=True)
    yield encode(Image.new("L", (20_000, 20_000)), "JPEG", quality=1)
    for name in (b"zTXt", b"iCCP", b"iTXt"):
        head = b"x\0\1\0\0\0" if name == b"iTXt" else b"x\0\0"
        yield png(28, 28, chunk(name, head + zlib.compress(bytes(50_000_000), 9)))
    yield png(28, 28, *[chunk(b"tEXt", b"a\0" + b"b" * 1000)] * 5_000)
    yield png(28, 28, rows=bytes(50_000_000))  # more pixels than it says
    yield scans(5_000, 400)
    yield scans(55, 4_000)  # as many as are taken
    yield scans(2_000, 4_000)


def at_the_limit() -> Files:
    """Yield the largest images that are taken, of the least and of the most detail that fits a body."""
    noise = np.random.default_rng(7).integers(0, 256, (2000, 2000), np.uint8)
    for kind, options in (("PNG", {}), ("GIF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("JPEG", {})):
        yield encode(Image.new("L", (4000, 4000)), kind, **options)
    yield encode(Image.new("RGBA", (4000, 4000), (0, 0, 0, 9)), "PNG")
    yield encode(Image.new("RGB", (4000, 4000)), "WEBP")
    yield encode(Image.new("CMYK", (4000, 4000)), "JPEG", progressive=True)
    yield encode(np.kron(noise, np.ones((2, 2), np.uint8)), "JPEG", quality=30)
    yield encode(np.repeat(noise, 4, axis=0)[:4000], "PNG")
    yield encode(noise, "PNG")
    yield encode(Image.new("F", (4000, 4000)), "TIFF", compression="tiff_deflate")


def truncated() -> Files:
    """Yield every format cut off after each 64th byte."""
    for kind in FORMATS:
        file = encode(draw(5, 60), kind)
        yield from (file[:end] for end in range(0, len(file), STEP))


def flipped() -> Files:
    """Yield every format with one to twenty bytes changed, the same ones every time."""
    random = np.random.default_rng(3)
    for kind in FORMATS:
        file = np.frombuffer(encode(draw(3, 40), kind), np.uint8)
        for _ in range(60):
            changed = file.copy()
            places = random.integers(0, len(file), random.integers(1, 21))
            changed[places] = random.integers(0, 256, len(places))
            yield changed.tobytes()


def wrong_magic() -> Files:
    """Yield files of one format with the first bytes of another, and formats that are not taken."""
    files = {kind: encode(draw(2, 40), kind) for kind in FORMATS}
    for one, other in itertools.permutations(FORMATS, 2):
        yield files[one][:12] + files[other][12:]
    for kind in ("PPM", "TGA", "PCX", "ICO", "SGI", "EPS", "PDF", "JPEG2000", "DDS", "MSP", "SPIDER"):
        mode = {"MSP": "1", "EPS": "L", "SPIDER": "F"}.get(kind, "RGB")
        yield encode(Image.new(mode, (32, 32)), kind)
    yield b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    yield b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n"
    yield b"PK\3\4" + bytes(100)
    yield b"\x7fELF" + bytes(100)
    yield b"<!doctype html><script>alert(1)</script>"
    yield b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    yield from (bytes([value]) * 1000 for value in (0, 0x20, 0x7F, 0xFF))


def headers() -> Files:
    """Yield headers that claim the absurd."""
    for width, height in itertools.product((0, 1, 7, 2**31 - 1, 2**32 - 1), repeat=2):
        yield png(width, height, rows=bytes(100))
        yield grey_tiff(width, height)
        yield (
            b"BM"
            + struct.pack(
                "<IIIIiiHHIIiiII",
                200,
                0,
                54,
                40,
                *((size + 2**31) % 2**32 - 2**31 for size in (width, height)),
                1,
                24,
                0,
                0,
                0,
                0,
                0,
                0,
            )
            + bytes(146)
        )
        yield b"GIF89a" + struct.pack("<HHBBB", width % 65536, height % 65536, 0x80, 0, 0) + bytes(60)
    for depth, color in itertools.product((0, 3, 8, 255), (0, 1, 3, 7, 255)):
        yield b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 28, 28, depth, color, 0, 0, 0))


def directories() -> Files:
    """Yield TIFFs whose directory lies: loops, offsets beyond the file, tiles and counts of gigabytes."""
    big = 2**32 - 1
    yield tiff((256, 4, 1, 28), (257, 4, 1, 28), following=8)
    yield tiff(following=8)
    for tag in (
        (273, 4, 1, big), (279, 4, 1, big), (278, 4, 1, big), (258, 3, 1, 64), (259, 3, 1, 7),
        (259, 3, 1, 34712), (273, 4, big, 4096), (279, 4, 1_000_000, 4096), (258, 3, 50_000, 4096),
        (277, 3, 1, 65_535), (317, 3, 1, 3), (339, 3, 1, 9), (34665, 4, 1, 8), (320, 3, 768, 4096),
        (330, 4, 1, 8), (700, 1, big, 4096), (34675, 7, big, 4096), (33723, 4, 900_000, 4096),
    ):  # fmt: skip
        yield grey_tiff(28, 28, tag)
    for compression in (1, 2, 3, 4, 5, 7, 8, 32773, 50000, 50001):
        yield grey_tiff(28, 28, (259, 3, 1, compression))
        tiles = ((322, 4, 1, 65_520), (323, 4, 1, 65_520), (324, 4, 1, 4096), (325, 4, 1, 784))
        yield grey_tiff(28, 28, (259, 3, 1, compression), *tiles)
        yield grey_tiff(3000, 3000, (259, 3, 1, compression), data=bytes(1000))


def odd_modes() -> Files:
    """Yield the rarer kinds of pixels that real programs write."""
    grey = Image.fromarray(draw(7, 64))
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield encode(grey.convert(mode) if mode != "LA" else Image.merge("LA", (grey, grey)), "PNG")
    for mode in ("L", "RGB", "CMYK"):
        yield encode(grey.convert(mode), "JPEG", progressive=True)
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"):
        yield encode(grey.convert(mode), "TIFF")
    yield encode(Image.new("LAB", (64, 64)), "TIFF")
    for mode in ("1", "L", "P"):
        yield encode(grey.convert(mode), "GIF", transparency=0)
    palette = grey.convert("P")
    yield encode(palette, "PNG", transparency=bytes(range(256)))
    yield encode(palette, "PNG", bits=4)
    yield encode(grey, "TIFF", big_tiff=True)
    for orientation in range(12):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield encode(grey, "JPEG", exif=exif)
    yield encode(grey, "PNG", exif=b"Exif\0\0MM\0*" + b"\xff" * 200)


def not_finite() -> Files:
    """Yield TIFFs of floating-point numbers that are none."""
    nan, inf = float("nan"), float("inf")
    for values in ([nan], [inf], [-inf], [nan] * 784, [inf, -inf], [3e38, -3e38], [1e-45], [-1.0], [0.0]):
        yield floats(values)


def many_frames() -> Files:
    """Yield animations and pages: many, nested beyond their screen, or of another size each."""
    frames = [Image.fromarray(draw(n % 10, 28)) for n in range(400)]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        yield encode(frames[0], kind, save_all=True, append_images=frames[1:])
    screen = b"GIF89a" + struct.pack("<HHBBB", 28, 28, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    for left, top, width, height in (
        (0, 0, 65535, 65535),
        (60_000, 60_000, 28, 28),
        (0, 0, 0, 0),
        (9, 9, 28, 28),
    ):
        frame = b"," + struct.pack("<HHHHB", left, top, width, height, 0) + b"\x02\x02\x44\x01\0"
        yield screen + frame * 1000 + b";"
    yield screen + b"!\xff\x0bNETSCAPE2.0" + b"\xff" * 5000
    yield screen + b"!\xfe" + (b"\xff" + bytes(255)) * 5000 + b"\0;"


def slivers() -> Files:
    """Yield images of absurd proportions."""
    for width, height in (
        (1, 100_000),
        (100_000, 1),
        (8, 100_000),
        (8, 1025),
        (8, 1024),
        (1, 1),
        (7, 7),
        (8, 8),
    ):
        yield png(width, height)
    yield large_sliver()


def large_sliver() -> bytes:
    """Return 16 megapixels, of which hardly any are left once the longer side is reduced."""
    return encode(Image.new("RGBA", (44_700, 352)))


def polyglots() -> Files:
    """Yield files that are two things at once."""
    digit = encode(draw(4, 40))
    yield digit + b"PK\3\4" + bytes(200)
    yield digit + digit
    yield digit + b"<script>alert(1)</script>"
    yield b"GIF89a/*" + encode(draw(4, 40), "GIF")[8:] + b"*/=1;alert(1)"
    jpeg = encode(draw(4, 40), "JPEG")
    yield jpeg[:2] + b"\xff\xfe\x00\x1c" + b"<?php system($_GET[0]); ?>" + jpeg[2:]
    yield png(40, 40, chunk(b"tEXt", b"Comment\0<script>alert(1)</script>"))
    yield b"BM" + digit[2:]


def flooded_jpeg(junk: bytes) -> bytes:
    """Return a JPEG that repeats something before its tables, as often as fits a body."""
    file = encode(Image.new("L", (64, 64)), "JPEG")
    return file[:2] + junk * (BODY // len(junk)) + file[2:]


def flooded_png(junk: bytes) -> bytes:
    """Return a PNG that repeats a chunk behind its pixels, as often as fits a body."""
    file = png(64, 64)
    return file[:-12] + junk * (BODY // len(junk)) + file[-12:]


def _signed_size(jpeg: bytes) -> bytes:
    return grey_tiff(1000, 1000, (259, 3, 1, 7), (279, 9, 1, len(jpeg)), data=jpeg)


def flooded_gif(junk: bytes, side: int = 64) -> bytes:
    """Return a GIF that has something between its colors and its picture."""
    head = b"GIF89a" + struct.pack("<HHBBB", 64, 64, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + junk + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\2\2\x44\1\0;"


def tiny_tiles(side: int, filler: int = 0) -> bytes:
    """Return a TIFF of tiles of one pixel that all stand at one place."""
    count = side * side
    tags = ((256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1))
    tiles = ((277, 3, 1, 1), (322, 4, 1, 1), (323, 4, 1, 1), (324, 4, count, 4096))
    return tiff(*tags, *tiles, data=struct.pack("<I", 4096) * count + bytes(filler))


def many_tags(count: int) -> bytes:
    """Return a TIFF of tags that each hold all of the file."""
    file = grey_tiff(28, 28, *((40_000 + tag, 7, 5_000_000, 0) for tag in range(count)))
    return file.ljust(5_900_000, b"\0")


def run_lengths(kind: int, width: int, height: int, body: bytes, bits: int = 8) -> bytes:
    """Return a run-length BMP: kind 1 is of 8 bits, 2 of 4."""
    size, start = len(body), 54 + 1024
    fields = start + size, 0, start, 40, width, height, 1, bits, kind, size, 0, 0, 256, 0
    return b"BM" + struct.pack("<IIIIiiHHIIiiII", *fields) + bytes(1024) + body


def deep_png(width: int, height: int) -> bytes:
    """Return a PNG of 16 bits a channel, four channels, predicted by Paeth's rule."""
    row = b"\4" + np.random.default_rng(1).bytes(8 * width)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(row * height, 6))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def tiled_noise(side: int, channels: int, period: int) -> Image.Image:
    """Return noise that repeats, so that it packs well and still keeps every filter busy."""
    noise = np.random.default_rng(0).integers(0, 256, (period, period, channels), np.uint8)
    times = side // period + 1
    return Image.fromarray(np.tile(noise, (times, times, 1))[:side, :side])


class Bits:
    """A writer of bits, the lowest of each byte first, as WebP's lossless stream has them."""

    def __init__(self) -> None:
        self._fields: list[str] = []

    def put(self, value: int, count: int) -> None:
        """Write `count` bits of a number, the lowest first."""
        self._fields.append(format(value, f"0{count}b")[::-1])

    def bytes(self) -> bytes:
        """Return all that was written, filled up with zeros."""
        bits = np.frombuffer("".join(self._fields).encode(), np.uint8) - ord("0")
        return np.packbits(bits, bitorder="little").tobytes()


def huffman_groups(side: int, groups: int = 65_536) -> bytes:
    """Return a lossless WebP that decodes each 4x4 pixels with another set of five Huffman codes.

    Source: the WebP Lossless Bitstream Specification; the decoder keeps all sets, 5.6 kB each.
    """
    bits = Bits()
    sizes = (side - 1, 14), (side - 1, 14)
    for value, count in ((0x2F, 8), *sizes, (1, 1), (0, 3), (0, 2), (1, 1), (0, 3), (0, 1)):
        bits.put(value, count)
    for rest in (24, 0):  # of the groups' numbers both bytes: 256 codes of 8 bits, and none for the rest
        bits.put(0, 1)
        bits.put(12 - 4, 4)
        for length in (0, 0, 1, *[0] * 8, 1):
            bits.put(length, 3)
        bits.put(0, 1)
        bits.put((1 << 256) - 1, 256)
        if rest:
            bits.put(0, rest)
    for _ in range(3):
        bits.put(1, 4)  # a code of one symbol, 0
    for place in range((side // 4) ** 2):
        bits.put(place % groups, 16)
    for _ in range(5 * groups):
        bits.put(1, 4)
    body = bits.bytes() + bytes(2001)
    body = body[: len(body) // 2 * 2]
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBPVP8L" + struct.pack("<I", len(body)) + body


def avif(side: int) -> bytes:
    """Return an AVIF of one grey."""
    return encode(Image.new("L", (side, side), 77), "AVIF", quality=1, speed=10)


# Each of these once took seconds or hundreds of megabytes, or takes the most of what is read.
COSTLY: dict[str, Callable[[], bytes]] = {
    "TIFF of 1,440,000 tiles of one pixel": lambda: tiny_tiles(1200),
    "TIFF of 8,100 tiles of one pixel": lambda: tiny_tiles(90, 5_800_000),
    "TIFF of 300 tags, each the whole file": lambda: many_tags(300),
    "TIFF of a JPEG of 2,000 scans, its size a signed number": lambda: _signed_size(scans(2000, 1000)),
    "TIFF of one tile of 196 megapixels": lambda: grey_tiff(
        28, 28, *((tag, 4, 1, value) for tag, value in ((322, 14_000), (323, 14_000), (324, 4096), (259, 8))),
        data=zlib.compress(bytes(196_000_000), 1),
    ),
    "JPEG of 1,475,000 segments": lambda: flooded_jpeg(b"\xff\xe3\0\2"),
    "JPEG of 5,900,000 fill bytes": lambda: flooded_jpeg(b"\xff"),
    "JPEG of 85,000 tables": lambda: flooded_jpeg(b"\xff\xdb\0\x43\0" + b"\1" * 64),
    "JPEG of 64 scans, 16 megapixels": lambda: scans(54, 4000),
    "PNG of 490,000 chunks": lambda: flooded_png(chunk(b"abCd", b"")),
    "PNG of 490,000 empty parts of pixels": lambda: flooded_png(chunk(b"IDAT", b"")),
    "PNG of 16 bits a channel, 16 megapixels": lambda: deep_png(4000, 4000),
    "PNG of 16 bits a channel, 10 megapixels": lambda: deep_png(4000, 2500),
    "PNG of RGBA noise, 16 megapixels": lambda: encode(tiled_noise(4000, 4, 230)),
    "GIF of 1,960,000 comments": lambda: flooded_gif(b"!\xfe\0" * (BODY // 3)),
    "GIF of 2,950,000 blocks": lambda: flooded_gif(b"!\xfe" + b"\1a" * (BODY // 2) + b"\0"),
    "GIF that clears 4,225 megapixels": lambda: flooded_gif(b"!\xf9\4\x08\0\0\0\0", 65_000),
    "BMP of 2,950,000 run lengths": lambda: run_lengths(1, 1000, 4000, b"\xff\1" * (BODY // 2)),
    "BMP of 950,000 run lengths": lambda: run_lengths(1, 1000, 2000, b"\xff\1" * 949_000),
    "BMP of 4-bit runs, 16 megapixels": lambda: run_lengths(2, 4000, 4000, b"\xfa\x1f" * 64_000, 4),
    "WebP of 65,536 Huffman groups, 1 megapixel": lambda: huffman_groups(1024),
    "WebP of 65,536 Huffman groups, 16 megapixels": lambda: huffman_groups(4000),
    "WebP with transparency, 16 megapixels": lambda: encode(Image.new("RGBA", (4000, 4000)), "WEBP"),
    "WebP of noise, 16 megapixels": lambda: encode(
        tiled_noise(1000, 3, 230).resize((4000, 4000)), "WEBP", quality=40, method=0
    ),
    "HEIC turned 250 times, 16 megapixels": lambda: heif.tiled(heif.FLAT, 4, 4, 250),
    "HEIC of 300 pictures with one profile of 5 MB": lambda: heif.profiled(300, 5_000_000),
    "HEIC of 300 pictures with one item of metadata of 5 MB": lambda: heif.shared_metadata(300, 5_000_000),
    "HEIC of 31 times the same 5 MB": lambda: heif.overlapping(31, 5_000_000),
    "HEIC that lies over itself 30 times": lambda: heif.overlaid(30),
    "HEIC of 700,000 properties": lambda: heif.flooded(5_600_000),
    "AVIF of 9,000 frames": lambda: heif.repeated(avif(4096), BODY),
    "AVIF of 9,000 frames, the one of another layer asked for": lambda: heif.repeated(
        avif(4096), BODY, heif.box(b"lsel", b"\0\3")
    ),
    "AVIF of tiles of 64 pixels a side, in truth of 2048": lambda: heif.disguised(avif(2048), 30, 30, 64),
}  # fmt: skip


if find_spec("pillow_heif") is not None:  # the package that only decodes is another
    COSTLY |= {
        "HEIC of noise, one tile shown 24 times": lambda: heif.tiled(heif.dense(1024, 90), 4, 6),
        "HEIC of noise, 25 megapixels": lambda: heif.tiled(heif.dense(1024, 13), 4, 6),
        "HEIC of noise, 19 megapixels": lambda: heif.tiled(heif.dense(1024, 22), 3, 6),
        "HEIC of noise, 16 megapixels": lambda: heif.tiled(heif.dense(1024, 30), 3, 5),
    }


def costly() -> Files:
    """Yield the costly ones."""
    yield from (make() for make in COSTLY.values())


CORPUS: dict[str, Callable[[], Files]] = {
    "Bombs: much from little": bombs,
    "At the pixel limit": at_the_limit,
    "Cut off at every 64th byte": truncated,
    "Bytes changed": flipped,
    "Wrong magic, other formats": wrong_magic,
    "Absurd headers": headers,
    "Lying TIFF directories": directories,
    "Rare pixel types, palettes, EXIF": odd_modes,
    "NaN and infinity in TIFF": not_finite,
    "Frames: many, nested, empty": many_frames,
    "Slivers": slivers,
    "Polyglots": polyglots,
    "Costly: many parts, most work": costly,
}


def write(folder: Path) -> None:
    """Write every file of the corpus into a folder, numbered."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(file for files in CORPUS.values() for file in files()):
        (folder / f"{number:04d}").write_bytes(file)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
