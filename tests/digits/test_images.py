import math
import os
import struct
import subprocess
import sys
import time
import tracemalloc
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digits.errors import DigitsError, ImageTooLarge, InvalidImage
from digits.formats import FORMATS
from digits.images import decode, decode_picture
from digits.raster import Grey
from tests.samples.drawings import draw, encode
from tests.samples.hostile import scans

SEVEN = draw(7, 64)
HAS_HEIF = find_spec("pillow_heif") is not None
LOSSY = {"JPEG", "AVIF", "HEIF"}
WRITTEN = [
    pytest.param(kind, marks=pytest.mark.skipif(kind == "HEIF" and not HAS_HEIF, reason="needs pillow-heif"))
    for kind in FORMATS
]
if HAS_HEIF:
    import_module("pillow_heif").register_heif_opener()
BROKEN_EXIF = b"Exif\0\0II*\0\xff\xff\xff\xff"


def difference(one: Grey, other: Grey) -> float:
    """Return the mean difference of two pictures of one shape, in grey levels."""
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


class TestDecode:
    @pytest.mark.parametrize("kind", WRITTEN)
    def test_every_format_of_the_list_is_read(self, kind: str) -> None:
        lossless = {"lossless": True} if kind == "WEBP" else {}
        assert difference(decode(encode(SEVEN, kind, **lossless)), SEVEN) < (3 if kind in LOSSY else 0.01)

    @pytest.mark.parametrize(
        "mode", ["L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "I;16", "F"]
    )
    def test_every_mode_comes_out_as_luminance(self, mode: str) -> None:
        grey = Image.fromarray(SEVEN)
        if mode == "I;16":
            image = Image.fromarray(SEVEN.astype(np.uint16) * 257)
        elif mode == "LAB":
            image = Image.merge("LAB", [grey, *[Image.new("L", grey.size, 128)] * 2])
        else:
            image = (grey if mode in {"I", "F"} else grey.convert("RGB")).convert(mode)
        kind = "PNG" if mode in {"L", "LA", "P", "RGB", "RGBA", "I;16"} else "TIFF"
        assert difference(decode(encode(image, kind)), SEVEN) < 2

    def test_one_bit_pictures_are_read(self) -> None:
        bits = Image.fromarray(SEVEN).point(lambda level: 255 * (level > 127), mode="1")
        assert set(np.unique(decode(encode(bits)))) == {0, 255}

    def test_sixteen_bit_pictures_keep_their_scale(self) -> None:
        half = np.full((32, 32), 0x8000, np.uint16)
        assert np.all(decode(encode(Image.fromarray(half))) == 0x80)

    @pytest.mark.parametrize("scale", [1.0, 255.0, 65535.0])
    def test_floats_are_read_on_the_scale_they_show(self, scale: float) -> None:
        floats = Image.fromarray((SEVEN / 255 * scale).astype(np.float32))
        assert difference(decode(encode(floats, "TIFF")), SEVEN) < 0.6

    def test_floats_of_no_known_scale_are_stretched(self) -> None:
        floats = Image.fromarray((SEVEN.astype(np.float32) - 100) * 1000)
        stretched = decode(encode(floats, "TIFF"))
        assert (stretched.min(), stretched.max()) == (0, 255)

    @pytest.mark.parametrize("value", [-5, 1e6])
    def test_floats_of_one_value_are_blank(self, value: float) -> None:
        assert not np.ptp(decode(encode(Image.new("F", (28, 28), value), "TIFF")))

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_floats_that_are_not_finite_are_refused(self, value: float) -> None:
        floats = (SEVEN / 255).astype(np.float32)
        floats[3, 4] = value
        with pytest.raises(InvalidImage, match="not finite"):
            decode(encode(Image.fromarray(floats), "TIFF"))

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
    def test_a_picture_is_set_upright_by_its_exif(self, orientation: int, kind: str) -> None:
        turned = {
            1: lambda a: a,
            2: np.fliplr,
            3: lambda a: np.rot90(a, 2),
            4: np.flipud,
            5: lambda a: a.T,
            6: lambda a: np.rot90(a, 1),
            7: lambda a: np.rot90(a, 2).T,
            8: lambda a: np.rot90(a, -1),
        }[orientation](SEVEN[:, :48])
        exif = Image.Exif()
        exif[0x0112] = orientation
        upright = decode(encode(Image.fromarray(np.ascontiguousarray(turned)), kind, exif=exif))
        assert difference(upright, SEVEN[:, :48]) < 8

    @pytest.mark.parametrize("orientation", [1, 3, 6])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
    def test_the_size_is_the_upright_files_own(self, orientation: int, kind: str) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        picture = decode_picture(encode(Image.new("L", (300, 200)), kind, exif=exif), side=100)
        assert picture.size == ((200, 300) if orientation == 6 else (300, 200))
        height, width = picture.grey.shape
        assert (height > width) == (orientation == 6)
        assert 66 < max(picture.grey.shape) < 150

    @pytest.mark.parametrize(("side", "width"), [(400, 400), (800, 600), (1600, 1200), (4000, 1200)])
    def test_the_callers_side_decides_how_far_a_picture_is_reduced(self, side: int, width: int) -> None:
        assert decode(encode(np.zeros((900, 1200), np.uint8)), side=side).shape[1] == width

    def test_broken_metadata_is_no_reason_to_refuse_a_picture(self) -> None:
        assert decode(encode(SEVEN, "JPEG", exif=BROKEN_EXIF)).shape == SEVEN.shape

    @pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
    def test_an_animation_is_read_by_its_first_frame(self, kind: str) -> None:
        frames = [Image.fromarray(SEVEN), Image.fromarray(255 - SEVEN)]
        options = {"lossless": True} if kind == "WEBP" else {}
        movie = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert difference(decode(movie), SEVEN) < 1

    def test_the_smallest_side_is_8(self) -> None:
        assert decode(encode(np.zeros((8, 8), np.uint8))).shape == (8, 8)
        with pytest.raises(InvalidImage, match="at least 8 pixels a side. Received: 7x9"):
            decode(encode(np.zeros((9, 7), np.uint8)))

    def test_a_line_of_pixels_is_no_picture(self) -> None:
        with pytest.raises(InvalidImage, match="Received: 100000x1"):
            decode(encode(np.zeros((1, 100_000), np.uint8)))

    def test_absurd_proportions_are_refused(self) -> None:
        assert decode(encode(np.zeros((8, 1024), np.uint8))).shape == (8, 1024)
        with pytest.raises(InvalidImage, match="128 times.*Received: 1025x8"):
            decode(encode(np.zeros((8, 1025), np.uint8)))

    def test_the_pixel_limit_holds_from_the_header_alone(self) -> None:
        bomb = encode(Image.new("1", (30_000, 30_000)))
        tracemalloc.start()
        with pytest.raises(ImageTooLarge, match="16,000,000 pixels. Received: 30000x30000"):
            decode(bomb)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10_000_000

    def test_the_pixel_limit_is_the_callers(self) -> None:
        assert decode(encode(np.zeros((10, 10), np.uint8)), max_pixels=100).size == 100
        with pytest.raises(ImageTooLarge, match="99 pixels. Received: 10x10"):
            decode(encode(np.zeros((10, 10), np.uint8)), max_pixels=99)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    @pytest.mark.parametrize("mode", ["L", "RGB"])
    def test_huge_pictures_are_reduced(self, kind: str, mode: str) -> None:
        huge = Image.fromarray(draw(3, 250)).resize((4000, 3000)).convert(mode)
        reduced = decode(encode(huge, kind))
        assert reduced.shape[0] * 4 == reduced.shape[1] * 3
        assert 1000 < max(reduced.shape) < 2400
        small = np.asarray(Image.fromarray(draw(3, 250)).resize(reduced.shape[::-1]))
        assert difference(reduced, small) < 4

    def test_huge_pictures_with_transparency_are_reduced(self) -> None:
        huge = Image.new("LA", (4000, 3000), (0, 0))
        huge.paste((0, 255), (1000, 1000, 3000, 2000))
        reduced = decode(encode(huge))
        assert max(reduced.shape) < 2400
        assert set(np.unique(reduced)) == {0, 255}

    def test_a_thin_stroke_in_a_large_frame_survives(self) -> None:
        frame = np.full((900, 1200), 255, np.uint8)
        frame[300:600, 600:602] = 0
        assert np.array_equal(decode(encode(frame)), frame)

    def test_what_is_no_image_is_named_with_its_first_bytes(self) -> None:
        with pytest.raises(InvalidImage, match="Received: 9 bytes that begin with '<html></>'"):
            decode(b"<html></>")
        with pytest.raises(InvalidImage, match="Received: 10 bytes that begin with 1f 8b 08 00 00 00 00 00"):
            decode(b"\x1f\x8b\x08" + bytes(7))
        with pytest.raises(InvalidImage, match="Received: 0 bytes"):
            decode(b"")

    @pytest.mark.parametrize("kind", ["PPM", "ICO", "PCX", "TGA", "EPS", "PDF", "ICNS", "DDS"])
    def test_formats_off_the_list_are_refused(self, kind: str) -> None:
        with pytest.raises(InvalidImage):
            decode(encode(Image.fromarray(SEVEN).convert("RGB"), kind))

    @pytest.mark.parametrize("kind", WRITTEN)
    def test_a_truncated_file_is_refused_or_read_wherever_it_ends(self, kind: str) -> None:
        whole = encode(Image.fromarray(SEVEN).convert("RGB"), kind)
        for stop in range(0, len(whole), 16):
            try:
                decode(whole[:stop])
            except InvalidImage as error:
                assert "Received: " in str(error)  # noqa: PT017  (some truncations lose nothing)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
    def test_half_a_file_is_refused(self, kind: str) -> None:
        whole = encode(Image.fromarray(SEVEN).convert("RGB"), kind)
        with pytest.raises(InvalidImage, match=r"truncated|corrupted"):
            decode(whole[: len(whole) // 2])

    def test_a_corrupted_file_is_refused(self) -> None:
        whole = bytearray(encode(SEVEN))
        whole[len(whole) // 2] ^= 0xFF
        with pytest.raises(InvalidImage, match="corrupted"):
            decode(bytes(whole))

    @pytest.mark.parametrize("kind", WRITTEN)
    @given(data=st.data())
    def test_flipped_bytes_give_a_picture_or_a_clear_refusal(self, kind: str, data: st.DataObject) -> None:
        whole = bytearray(encode(draw(2, 24), kind))
        for _ in range(data.draw(st.integers(1, 4))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        try:
            assert decode(bytes(whole)).dtype == np.uint8
        except DigitsError as error:
            assert "Received: " in str(error)  # noqa: PT017

    @given(st.binary(max_size=200))
    def test_any_bytes_give_a_picture_or_a_clear_refusal(self, data: bytes) -> None:
        with pytest.raises(InvalidImage, match="Received: "):
            decode(data)

    def test_no_picture_makes_a_warning(self, tmp_path: Path) -> None:
        (tmp_path / "exif").write_bytes(encode(SEVEN, "JPEG", exif=BROKEN_EXIF))
        (tmp_path / "bomb").write_bytes(encode(Image.new("1", (10_000, 12_000))))  # over Pillow's own limit
        code = """
from pathlib import Path; from sys import argv; from digits.images import decode
for path in argv[1:]: decode(Path(path).read_bytes(), 200_000_000)
"""
        command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "exif"), str(tmp_path / "bomb")]
        run = subprocess.run(
            command, env={"PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, check=False
        )
        assert (run.returncode, run.stderr) == (0, b"")

    def test_the_slowest_picture_that_is_taken_takes_a_bounded_time(self) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (250, 250, 4), np.uint8)
        largest = encode(Image.fromarray(np.tile(noise, (16, 16, 1))), compress_level=1)
        start = time.process_time()
        decode(largest)
        assert time.process_time() - start < 10


class TestTransparency:
    @pytest.mark.parametrize(("ink", "ground"), [(0, 255), (40, 255), (255, 0), (220, 0)])
    def test_ink_on_nothing_gets_a_ground_that_contrasts(self, ink: int, ground: int) -> None:
        image = Image.new("LA", (64, 64), (ink, 0))
        image.putalpha(Image.fromarray(255 - SEVEN))
        flat = decode(encode(image))
        assert flat[0, 0] == ground
        assert abs(int(flat[SEVEN < 10].mean()) - ink) <= 3

    def test_the_color_under_full_transparency_does_not_count(self) -> None:
        for hidden in (0, 255):
            pixels = np.zeros((64, 64, 4), np.uint8) + np.uint8(hidden)
            pixels[..., 3] = 255 - SEVEN
            pixels[pixels[..., 3] > 0, :3] = 20
            assert decode(encode(Image.fromarray(pixels)))[0, 0] == 255

    def test_opaque_alpha_is_ignored(self) -> None:
        image = Image.fromarray(SEVEN).convert("RGBA")
        assert np.array_equal(decode(encode(image)), SEVEN)

    def test_a_picture_of_nothing_is_blank(self) -> None:
        assert np.ptp(decode(encode(Image.new("RGBA", (32, 32), (10, 200, 30, 0))))) == 0

    @pytest.mark.parametrize(("ink", "paper"), [(0, 255), (0, 200), (255, 60)])
    def test_a_sheet_with_ink_on_it_fills_the_transparent_rest(self, ink: int, paper: int) -> None:
        sheet = draw(7, 64, ink=ink, paper=paper)
        alpha = np.full((64, 64), 255, np.uint8)
        alpha[:6] = alpha[-6:] = 0
        image = Image.fromarray(sheet)
        image.putalpha(Image.fromarray(alpha))
        flat = decode(encode(image))
        assert np.all(flat[:6] == paper)
        assert np.array_equal(flat[6:-6], sheet[6:-6])

    def test_a_palette_with_a_transparent_entry_is_flattened(self) -> None:
        image = Image.fromarray(SEVEN).point(lambda level: int(level > 127)).convert("P")
        image.putpalette([0, 0, 0, 0, 0, 0])
        flat = decode(encode(image, transparency=1))
        assert (flat[0, 0], flat.min()) == (255, 0)

    def test_a_transparent_grey_level_is_flattened(self) -> None:
        flat = decode(encode(Image.fromarray(255 - SEVEN), transparency=0))
        assert (flat[0, 0], flat.max()) == (0, 255)


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded() -> None:
    assert decode(scans(50, 64)).shape == (64, 64)
    with pytest.raises(InvalidImage, match=r"A JPEG may have 64 scans\. Received: more$"):
        decode(scans(1_000, 64))


def test_floating_point_numbers_of_any_range_are_scaled() -> None:
    wide = np.linspace(-3e38, 3e38, 28 * 28, dtype=np.float32).reshape(28, 28)
    grey = decode(encode(Image.fromarray(wide), "TIFF"))
    assert (grey[0, 0], grey[-1, -1]) == (0, 255)
    assert np.all(np.diff(grey.ravel().astype(int)) >= 0)


@pytest.mark.parametrize("kind", WRITTEN[6:])
def test_a_phones_24_megapixels_are_read(kind: str) -> None:
    sheet = Image.fromarray(SEVEN).resize((5712, 4284), Image.Resampling.NEAREST).convert("RGB")
    options = {"speed": 10} if kind == "AVIF" else {"enc_params": {"preset": "ultrafast"}}
    picture = decode_picture(encode(sheet, kind, quality=30, **options))
    assert picture.size == (5712, 4284)
    assert difference(np.asarray(Image.fromarray(picture.grey).resize((64, 64))), SEVEN) < 12


@pytest.mark.skipif(not HAS_HEIF, reason="needs pillow-heif")
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("quarters", range(4))
def test_a_heic_is_turned_as_its_own_property_says_whatever_its_exif_says(
    quarters: int, orientation: int
) -> None:
    exif = Image.Exif()
    if orientation != 1:  # phones write both, and only the property counts: ISO 23008-12, annex A
        exif[0x0112] = orientation
    stored = np.ascontiguousarray(np.rot90(SEVEN[:, :48], -quarters))
    picture = decode_picture(turned_heif(encode(Image.fromarray(stored), "HEIF", exif=exif), quarters))
    assert picture.size == (48, 64)
    assert difference(picture.grey, SEVEN[:, :48]) < 8


def turned_heif(file: bytes, quarters: int) -> bytes:
    """Return a HEIF of one picture with the property `irot`: quarters of a turn, against the clock."""
    irot = struct.pack(">I4sB", 9, b"irot", quarters)
    added = len(irot) + 1  # and its number among the picture's properties
    sizes = {name: file.index(name) - 4 for name in (b"meta", b"iprp", b"ipco", b"ipma")}
    body = bytearray(file)
    for name, more in ((b"meta", added), (b"iprp", added), (b"ipco", len(irot)), (b"ipma", 1)):
        body[sizes[name] : sizes[name] + 4] = struct.pack(">I", _size(file, sizes[name]) + more)
    _move(body, file, added)
    place, count = sizes[b"ipco"] + 8, 0
    while place < sizes[b"ipma"]:
        place, count = place + _size(file, place), count + 1
    counted = sizes[b"ipma"] + 18  # behind size, name, version, flags, entries and the item's number
    held = file[counted]
    body[counted] = held + 1
    body.insert(counted + 1 + held, 0x80 | (count + 1))
    body[place:place] = irot
    return bytes(body)


def _size(file: bytes, place: int) -> int:
    return int.from_bytes(file[place : place + 4])


def _move(body: bytearray, file: bytes, added: int) -> None:
    """Add to the places that `iloc` gives of what lies in `mdat`."""
    start = file.index(b"iloc") - 4
    data = file.index(b"mdat")
    for place in range(start, start + _size(file, start) - 3):
        if data < _size(file, place) < len(file):
            body[place : place + 4] = struct.pack(">I", _size(file, place) + added)


@pytest.mark.parametrize("kind", WRITTEN[6:])
def test_heif_and_avif_have_a_pixel_limit_too(kind: str) -> None:
    with pytest.raises(ImageTooLarge, match="16,000 pixels. Received: 200x200"):
        decode(encode(draw(7, 200), kind), 10_000)
