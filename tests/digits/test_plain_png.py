"""Small PNGs decoded without Pillow's search: the same pixels, and nothing that the full way would refuse."""

import io
import random
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from digits import images
from digits.errors import DigitsError, ImageTooLarge
from digits.images import decode, decode_picture
from digits.plain_png import decode_plain
from digits.raster import Grey
from events.draw import png


def written(pixels: Any, **options: Any) -> bytes:
    """Return a picture as Pillow writes it."""
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "PNG", **options)
    return held.getvalue()


def texture(height: int, width: int) -> Grey:
    """Return a picture in which each of PNG's filters pays."""
    rng = np.random.default_rng(7)
    return np.cumsum(rng.integers(0, 9, (height, width)), axis=1).astype(np.uint8)


def turned() -> Image.Exif:
    """Return metadata of a picture that lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@pytest.fixture
def in_full(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what decodes a file without the short way, and returns a refusal."""

    def decode_in_full(data: bytes) -> Grey | DigitsError:
        with monkeypatch.context() as patch:
            patch.setattr(images, "decode_plain", lambda _: None)
            try:
                return decode(data)
            except DigitsError as error:
                return error

    return decode_in_full


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (40, 9), (200, 256)])
def test_the_pixels_are_those_of_the_full_way(shape: tuple[int, int], in_full: Any) -> None:
    for data in (written(texture(*shape)), written(texture(*shape), compress_level=0), png(7)):
        pixels = decode_plain(data)
        assert pixels is not None
        assert np.array_equal(pixels, in_full(data))
    assert decode_picture(written(texture(*shape))).size == shape[::-1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        png(7)[:40],
        written(np.zeros((28, 28, 3), np.uint8)),
        written(np.zeros((28, 28, 2), np.uint8)),
        written(np.zeros((28, 28), np.uint16)),
        written(np.zeros((28, 28), np.bool_)),
        written(texture(7, 28)),
        written(texture(28, 257)),
        written(texture(28, 28), transparency=0),
        written(texture(28, 28), pnginfo=PngInfo()),
        written(texture(28, 28), exif=turned()),
    ],
    ids=["empty", "cut", "RGB", "LA", "16", "1", "low", "wide", "transparent", "plain", "exif"],
)
def test_other_files_are_left_to_the_full_way(data: bytes, request: pytest.FixtureRequest) -> None:
    is_plain = request.node.callspec.id == "plain"
    assert (decode_plain(data) is not None) == is_plain


def test_a_damaged_file_gets_the_full_ways_answer(in_full: Any) -> None:
    rng = random.Random(3)
    taken = 0
    for _ in range(400):
        data = bytearray(rng.choice([png(7), written(texture(28, 28))]))
        data[rng.randrange(len(data))] = rng.randrange(256)
        pixels = decode_plain(bytes(data))
        if pixels is not None:
            taken += 1
            assert np.array_equal(pixels, in_full(bytes(data)))
    assert taken  # their checksums alone are wrong, which the full way passes over as well


@pytest.mark.parametrize("height", [20, 56])
def test_a_file_of_too_few_or_many_pixels_gets_the_full_ways_answer(height: int, in_full: Any) -> None:
    data = bytearray(written(texture(28, 28)))
    data[16:24] = struct.pack(">II", 28, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    pixels = decode_plain(bytes(data))
    assert pixels is None or np.array_equal(pixels, in_full(bytes(data)))


def test_limits_hold_and_pixels_are_charged() -> None:
    spent: list[int] = []
    decode_picture(png(7), 784, spent.append)
    assert spent == [784]
    with pytest.raises(ImageTooLarge):
        decode(png(7), 783)
    assert decode(written(texture(28, 28)), side=14).shape == (14, 14)
