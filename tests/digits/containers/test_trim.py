"""Files lose what their picture does not need, keep their picture, and have their parts counted."""

import io
import struct
import sys
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digits.containers import trim
from digits.containers.tiff import MAX_TILES
from digits.errors import DigitsError, ImageTooLarge, InvalidImage
from digits.formats import FORMATS
from digits.images import decode, decode_picture
from tests.digits.meter import Meter
from tests.samples.drawings import draw, encode
from tests.samples.hostile import COSTLY, chunk, flooded_gif, grey_tiff, png, tiff

SEVEN = draw(7, 64)
SECONDS = 2.0  # the bound is 1 of an idle processor; one that other tests share takes up to twice as long
MEGABYTES = 350
MAGIC = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF\0\0\0\0WEBP",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"\0\0\0\x14ftypheic\0\0\0\0mif1",
)


@pytest.fixture(scope="module")
def meter() -> Iterator[Meter]:
    with Meter() as meter:
        yield meter


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone bounds memory")
@pytest.mark.parametrize("name", COSTLY)
def test_the_costliest_files_are_read_or_refused_within_the_bound(meter: Meter, name: str) -> None:
    cost = meter.cost(COSTLY[name]())
    assert cost.outcome == "read" or cost.outcome.startswith(("InvalidImage", "ImageTooLarge"))
    assert cost.seconds < SECONDS
    assert cost.megabytes <= MEGABYTES


@pytest.mark.parametrize("kind", FORMATS[:6])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_what_is_left_holds_the_same_picture(kind: str, mode: str) -> None:
    file = encode(Image.fromarray(SEVEN).convert(mode), kind)
    with Image.open(io.BytesIO(file)) as whole, Image.open(io.BytesIO(trim(file).data)) as trimmed:
        assert np.array_equal(np.asarray(whole), np.asarray(trimmed))


def test_a_motion_photo_is_read_by_its_picture() -> None:
    photo = encode(SEVEN, "JPEG")
    video = b"\0\0\0\x18ftypmp42" + b"\xff\xda\0\x08" * 10_000
    assert np.array_equal(decode(photo + video), decode(photo))


def test_a_thumbnails_scans_do_not_count() -> None:
    exif = Image.Exif()
    exif[0x010E] = "\u00ff\u00da" * 100
    assert decode(encode(SEVEN, "JPEG", exif=exif)).shape == SEVEN.shape


@pytest.mark.parametrize(
    ("kind", "head"), [(b"iCCP", b"x\0\0"), (b"zTXt", b"x\0\0"), (b"iTXt", b"x\0\1\0\0\0"), (b"tEXt", b"x\0")]
)
def test_a_png_with_a_large_profile_or_text_is_read(kind: bytes, head: bytes) -> None:
    content = bytes(3_000_000)
    large = chunk(kind, head + (content if kind == b"tEXt" else zlib.compress(content)))
    assert decode(png(64, 64, large)).shape == (64, 64)


def test_thousands_of_sound_chunks_are_read() -> None:
    raw = encode(SEVEN)
    start = raw.index(b"IDAT") - 4
    length = int.from_bytes(raw[start : start + 4])
    parts = [chunk(b"IDAT", raw[at : at + 1]) for at in range(start + 8, start + 8 + length)]
    assert np.array_equal(decode(raw[:start] + b"".join(parts) + raw[start + 12 + length :]), SEVEN)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tile", [16, 24, 64])
def test_a_tiled_tiff_is_read(order: str, tile: int) -> None:
    across = -(-64 // tile) * tile
    padded = np.zeros((across, across), np.uint8)
    padded[:64, :64] = SEVEN
    starts = range(0, across, tile)
    data = b"".join(padded[y : y + tile, x : x + tile].tobytes() for y in starts for x in starts)
    count = len(starts) ** 2
    places = [8192 + n * tile * tile for n in range(count)]
    where = (places[0], tile * tile) if count == 1 else (4096, 6144)
    tags = {
        256: 64,
        257: 64,
        258: 8,
        259: 1,
        262: 1,
        277: 1,
        322: tile,
        323: tile,
        324: where[0],
        325: where[1],
    }
    entries = b"".join(
        struct.pack(f"{order}HHII", tag, 4, count if tag in {324, 325} else 1, value)
        for tag, value in tags.items()
    )
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HIH", 42, 8, len(tags)) + entries
    file = head.ljust(4096, b"\0") + struct.pack(f"{order}{count}I", *places)
    file = file.ljust(6144, b"\0") + struct.pack(f"{order}{count}I", *[tile * tile] * count)
    assert np.array_equal(decode(file.ljust(8192, b"\0") + data), SEVEN)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits", "zstd"])
@pytest.mark.parametrize("big", [False, True])
def test_a_tiff_of_a_common_compression_is_read(compression: str, big: bool) -> None:
    file = encode(SEVEN, "TIFF", compression=compression, big_tiff=big)
    assert np.abs(decode(file).astype(int) - SEVEN).mean() < 2


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_a_facsimile_is_read(compression: str) -> None:
    bits = Image.fromarray(SEVEN).point(lambda level: 255 * (level > 127), mode="1")
    file = encode(bits, "TIFF", compression=compression)
    assert np.array_equal(decode(file), np.asarray(bits) * np.uint8(255))


def test_the_first_of_many_pages_is_read_without_the_others_tags() -> None:
    pages = [Image.fromarray(SEVEN), *[Image.new("L", (64, 64))] * 50]
    file = encode(pages[0], "TIFF", save_all=True, append_images=pages[1:], tiffinfo={270: "page " * 1000})
    assert np.array_equal(decode(file), SEVEN)
    with Image.open(io.BytesIO(trim(file).data)) as trimmed:
        assert getattr(trimmed, "n_frames", 1) == 1


@pytest.mark.parametrize("top", [1023, 4095, 16_383])
def test_values_of_10_to_14_bits_are_scaled_by_their_depth(top: int) -> None:
    deep = (SEVEN.astype(np.float64) / 255 * top).round().astype(np.uint16)
    for kind in ("PNG", "TIFF"):
        assert np.abs(decode(encode(Image.fromarray(deep), kind)).astype(int) - SEVEN).max() <= 1


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(4000, 3000, 2), (8160, 6120, 4), (16_320, 12_240, 8)]
)
def test_a_photo_of_12_to_200_megapixels_is_read_scaled(width: int, height: int, scale: int) -> None:
    sheet = Image.fromarray(SEVEN).convert("RGB").resize((width, height), Image.Resampling.NEAREST)
    charged: list[int] = []
    picture = decode_picture(encode(sheet, "JPEG", quality=30), charge=charged.append)
    assert picture.size == (width, height)
    assert 1000 < max(picture.grey.shape) < 2400
    blocks = -(-width // 8) * -(-height // 8) * 3 // 2
    assert charged == [pytest.approx(width * height / scale**2 + blocks, rel=0.01)]


def test_a_jpeg_over_the_limit_is_scaled_until_it_is_not() -> None:
    sheet = encode(Image.new("L", (4000, 4000)), "JPEG")
    assert decode(sheet, 1_000_000, side=10_000).shape == (1000, 1000)
    with pytest.raises(ImageTooLarge, match="200,000 pixels. Received: 4000x4000"):
        decode(sheet, 200_000)


def test_a_progressive_jpeg_counts_the_coefficients_that_it_keeps() -> None:
    large = encode(Image.new("RGB", (10_000, 10_000)), "JPEG", progressive=True, quality=1)
    with pytest.raises(ImageTooLarge, match="160,000,000 bytes of coefficients; save it as baseline"):
        decode(large)


def jpeg_frame(code: int) -> bytes:
    file = encode(SEVEN, "JPEG")
    return file.replace(b"\xff\xc0", bytes([0xFF, code]), 1)


def big_gif_run() -> bytes:
    return flooded_gif(b"!\xfe\0" * 40_000)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (jpeg_frame(0xC9), "must be baseline or progressive. Received: frame type C9"),
        (jpeg_frame(0xC3), "must be baseline or progressive. Received: frame type C3"),
        (big_gif_run(), "32,768 blocks before its picture"),
        (grey_tiff(28, 9000, (278, 4, 1, 1)), f"{MAX_TILES:,} strips or tiles. Received: 9,000"),
        (grey_tiff(28, 28, (322, 4, 1, 4000), (323, 4, 1, 4000)), "1,048,576 pixels each"),
        (grey_tiff(28, 28, (279, 4, 1, 2**31)), "must fit into its"),
        (grey_tiff(28, 28, (259, 3, 1, 34925)), "compression must be one of 1, 2, 3, 4, 5, 7, 8"),
        (grey_tiff(28, 28, (279, 9, 1, 784)), "Tag 279 of a TIFF must hold integers. Received: type 9"),
        (grey_tiff(28, 28, (278, 4, 1, 0)), "must have a width and a height. Received: 28x0"),
        (tiff(*[(tag, 3, 1, 1) for tag in range(5000)]), "4,096 tags. Received: 5,000"),
    ],
)
def test_what_no_encoder_writes_is_refused_by_name(file: bytes, message: str) -> None:
    with pytest.raises(InvalidImage, match=message):
        decode(file)


@given(st.sampled_from(MAGIC), st.binary(max_size=300))
def test_any_bytes_behind_a_magic_number_give_a_file_or_a_clear_refusal(magic: bytes, tail: bytes) -> None:
    try:
        assert trim(magic + tail).work >= 0
    except DigitsError as error:
        assert "Received: " in str(error)  # noqa: PT017
