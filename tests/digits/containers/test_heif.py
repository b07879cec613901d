"""HEIF and AVIF files keep their picture, lose all else, and have their work counted."""

import io
import struct
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from digits.containers.boxes import MAX_PROPERTY_BYTES, Tables
from digits.containers.codes import MAX_UNITS, Counter
from digits.containers.heif import rewrite
from digits.errors import DigitsError, ImageTooLarge, InvalidImage
from digits.images import decode, decode_picture
from tests.samples import heif
from tests.samples.drawings import draw, encode
from tests.samples.heif import FLAT, Item, box, ispe, tiled

SEVEN = Image.fromarray(draw(7, 128))
HAS_ENCODER = find_spec("pillow_heif") is not None  # the package that only decodes is another
KINDS = [
    pytest.param("HEIF", marks=pytest.mark.skipif(not HAS_ENCODER, reason="needs pillow-heif")),
    "AVIF",
]
if HAS_ENCODER:
    import_module("pillow_heif").register_heif_opener()
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = Image.Exif()
EXIF[0x010E] = "a description " * 1000
EXIF[0x0112] = 6  # AVIF's encoder writes it as a rotation
FLAT_ITEM = Item(FLAT.kind, FLAT.content, (1, 2))
FLAT_PROPERTIES = [FLAT.config, ispe(*FLAT.size)]


def pixels(file: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize(
    "more", [{}, {"exif": EXIF.tobytes(), "icc_profile": PROFILE}], ids=["bare", "described"]
)
def test_the_picture_stays_and_all_else_goes(kind: str, mode: str, more: dict[str, bytes]) -> None:
    picture = SEVEN.convert(mode)
    if mode == "RGBA":
        picture.putalpha(SEVEN.rotate(90))
    file = encode(picture, kind, **more)
    kept = rewrite(file).data
    assert np.array_equal(pixels(kept), pixels(file))
    assert not more or len(kept) < len(file) - len(PROFILE)


@pytest.mark.skipif(not HAS_ENCODER, reason="needs pillow-heif")
def test_the_tiles_of_a_phone_stay_in_their_places() -> None:
    file = encode(SEVEN.resize((500, 300)).convert("RGB"), "HEIF", tile_size=64)
    kept = rewrite(file)
    assert np.array_equal(pixels(kept.data), pixels(file))
    assert kept.extra == 512 * 320 - 500 * 300


def test_the_first_frame_of_a_film_stays() -> None:
    frames = [SEVEN, *[Image.new("L", SEVEN.size)] * 5]
    file = encode(frames[0], "AVIF", save_all=True, append_images=frames[1:])
    kept = rewrite(file).data
    assert b"moov" not in kept
    assert np.array_equal(pixels(kept), pixels(file))


def test_a_second_rewriting_changes_nothing() -> None:
    once = rewrite(encode(SEVEN, "AVIF")).data
    assert rewrite(once).data == once


def test_a_grid_that_shows_one_tile_again_and_again_is_counted_as_often() -> None:
    assert decode_picture(tiled(FLAT, 2, 3)).size == (3072, 2048)
    with pytest.raises(ImageTooLarge, match="28,500,000 pixels in all of its parts. Received: 31,457,280"):
        decode(tiled(FLAT, 5, 6))


def test_the_codes_of_a_tile_count_as_often_as_it_is_shown() -> None:
    filler = struct.pack(">I", 600_000) + b"\x4c\1" + bytes(599_998)
    dense = replace(FLAT, content=FLAT.content + filler)
    assert rewrite(tiled(dense, 1, 2)).shown == 2 * len(dense.content)
    with pytest.raises(ImageTooLarge, match="HEIC of 25,165,824 pixels may have 2,800,000 bytes"):
        rewrite(tiled(dense, 4, 6))


def test_each_property_counts_once() -> None:
    assert decode_picture(tiled(FLAT, 1, 2, turns=9)).size == (1024, 2048)


def test_transparency_counts_as_a_picture_of_its_own() -> None:
    half = {"speed": 10, "quality": 1}
    grey, clear = (
        encode(Image.new("L", (400, 300)), "AVIF", **half),
        encode(Image.new("LA", (400, 300)), "AVIF", **half),
    )
    assert (rewrite(grey).extra, rewrite(clear).extra) == (0, 400 * 300)


@pytest.mark.parametrize("size", [(8, 8), (64, 200), (333, 127), (1000, 10), (2049, 512)])
def test_the_codes_of_av1_say_their_pixels(size: tuple[int, int]) -> None:
    frames = [Image.new("L", size, tone) for tone in (1, 99, 200)]
    for more in ({}, {"save_all": True, "append_images": frames[1:]}):
        content = _content(encode(frames[0], "AVIF", speed=10, **more))
        assert Counter().av1(content) == size[0] * size[1]
        assert Counter().av1(3 * content) == 3 * size[0] * size[1]


@pytest.mark.skipif(not HAS_ENCODER, reason="needs pillow-heif")
@pytest.mark.parametrize("size", [(64, 64), (64, 200), (333, 127), (2049, 512)])
@pytest.mark.parametrize(("chroma", "times"), [("420", 1), ("422", 2), ("444", 2)])
def test_the_codes_of_hevc_say_their_pixels(size: tuple[int, int], chroma: str, times: int) -> None:
    picture = heif.coded(encode(Image.new("RGB", size), "HEIF", chroma=chroma))
    whole = size[0] * size[1]
    padded = -(-size[0] // 16) * -(-size[1] // 16) * 256
    assert times * whole <= Counter().hevc(picture.config[8:], picture.content) <= times * padded


def test_codes_larger_than_their_box_says_count_as_what_they_are() -> None:
    large = encode(Image.new("L", (1024, 1024)), "AVIF", speed=10)
    with pytest.raises(ImageTooLarge, match="Received: 31,457,280"):
        decode(heif.disguised(large, 5, 6, 64))


def test_the_configuration_of_hevc_may_be_repeated_among_its_codes() -> None:
    sequence = FLAT.config[FLAT.config.index(b"\x42\1") : FLAT.config.index(b"\x44\1") - 5]
    content = struct.pack(">I", len(sequence)) + sequence + FLAT.content
    assert Counter().hevc(FLAT.config[8:], content) == 1024 * 1024


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (heif.overlaid(3), "must hold HEVC or AV1, alone or as a grid. Received: 'iovl'"),
        (heif.heif([Item(b"iden", b"", (2,))], FLAT_PROPERTIES), "Received: 'iden'"),
        (
            heif.heif([Item(FLAT.kind, 2 * FLAT.content, (1, 2))], FLAT_PROPERTIES),
            "one picture that stands alone",
        ),
        (
            heif.overlapping(2, 1000),
            "must not overlap",
        ),
        (heif.flooded(40_000), "4,096 boxes beside each other"),
        (heif.profiled(1025, 10), "1,024 items. Received: 1,025"),
        (heif.heif([FLAT_ITEM], FLAT_PROPERTIES).replace(b"pitm", b"free"), "pitm"),
        (
            heif.heif(
                [FLAT_ITEM], [box(b"hvcC", FLAT.config[8:], bytes(MAX_PROPERTY_BYTES)), *FLAT_PROPERTIES[1:]]
            ),
            "4,096 bytes in a property",
        ),
        (
            heif.heif([Item(FLAT.kind, (MAX_UNITS + 1) * b"\0\0\0\3\x4e\1\0", (1, 2))], FLAT_PROPERTIES),
            "8,192 units of code",
        ),
        (
            heif.heif(
                [Item(b"grid", heif.grid(1, 2, 9, 9), (2,), ((b"dimg", (2,)),)), FLAT_ITEM], FLAT_PROPERTIES
            ),
            "a coded tile for each place",
        ),
        (b"\0\0\0\x14ftypheic\0\0\0\0mif1", "must say where its picture is. Received: no box meta"),
        (
            b"\0\0\0\x14ftypheic\0\0\0\0mif1\0\0\0\xffmeta",
            "must fit into what holds it. Received: 255 bytes in 8",
        ),
    ],
)
def test_what_no_encoder_writes_is_refused_by_name(file: bytes, message: str) -> None:
    with pytest.raises(InvalidImage, match=message):
        decode(file)


@given(st.data())
def test_any_change_of_a_sound_file_gives_a_file_or_a_clear_refusal(data: st.DataObject) -> None:
    sound = tiled(FLAT, 1, 2, turns=1)
    places = st.integers(0, len(sound) - len(FLAT.content) - 1)
    file = bytearray(sound)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4)):
        file[place] = value
    try:
        assert rewrite(bytes(file)).extra >= 0
    except (DigitsError, struct.error, IndexError, KeyError) as error:
        assert not isinstance(error, DigitsError) or "Received: " in str(error)  # noqa: PT017


def _content(file: bytes) -> bytes:
    tables = Tables(file)
    return tables.item(tables.primary()).content
