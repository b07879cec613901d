"""Image files and base64 text to grey images: uint8 of shape (height, width), luminance 0–255."""

import binascii
import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from digits.color import has_color, project, to_grey, weights
from digits.containers import is_heif, trim
from digits.errors import ImageTooLarge, InvalidBase64, InvalidImage, received
from digits.memory import bounded
from digits.png import decode_plain
from digits.raster import Grey

_PLAIN_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_HEIF_FORMATS = ("HEIF", "AVIF")  # HEIF with HEVC is what phones call HEIC
FORMATS = _PLAIN_FORMATS + _HEIF_FORMATS
MAX_PIXELS = 16_000_000  # of one image: they take up to half a second and 250 MB
HEIF_SHARE = 1.6  # times as many pixels a HEIF or AVIF may have: phones write 24 megapixels, 0.8 s and 200 MB
MAX_BYTES = 320 << 20  # of memory for decoding one; the largest RGBA WebP takes nearly all of it
MIN_SIDE = 8  # pixels: fewer show no digit
MAX_ASPECT = 128  # longer side over shorter: what 8 by 1024 is
WORKING_SIDE = 1600  # images are reduced by whole factors until their longer side is about this
_SCALES = (1, 2, 4, 8)  # by which libjpeg scales while it decodes
_BAND_PIXELS = 1_000_000  # converted at a time: some 5 ms
_DEEP_MODES = {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}  # scaled by all of their values
_DEPTHS = (8, 10, 12, 14, 16)  # bits that scanners and cameras put into 16

# What somebody sends who has a file's name or address in hand: https://…, C:\\…, or something.png.
MAX_NAME = 2048  # characters; longer ones are none
_NAME = re.compile(r"\A\s*(?!data:)[a-z][a-z0-9+.-]*:|\.[a-z]{3,4}\s*\Z", re.IGNORECASE)

_ORIENTATION_TAG = 0x0112
# EXIF 2.3, tag Orientation: what makes the stored image upright again.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {_UPRIGHT[orientation] for orientation in (5, 6, 7, 8)}  # these swap width and height

# decode() holds its own pixel limit against the header; Pillow's would only warn on the log.
Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded image file."""

    grey: Grey  # (height, width), upright and reduced
    size: tuple[int, int]  # width and height that the file has when upright, in its own pixels


def decode(
    data: bytes,
    max_pixels: int = MAX_PIXELS,
    charge: Callable[[int], None] | None = None,
    side: int = WORKING_SIDE,
) -> Grey:
    """Decode an image file as `decode_picture` does, and return its pixels alone."""
    return decode_picture(data, max_pixels, charge, side).grey


def decode_picture(
    data: bytes,
    max_pixels: int = MAX_PIXELS,
    charge: Callable[[int], None] | None = None,
    side: int = WORKING_SIDE,
) -> Picture:
    """Decode an image file of any of FORMATS, any mode and orientation; of an animation the first frame.

    Transparency is flattened on a ground that the ink stands out from.

    Args:
        data: the file.
        max_pixels: pixels that may be decoded; a JPEG is scaled down to fewer if need be.
        charge: gets the work before it is done, in pixels; it may refuse it by an exception.
        side: the picture is reduced by a whole factor, so that its longer side is below 1.5 times this.

    Raises:
        InvalidImage: not an image, a format not allowed, truncated, corrupted or absurd in size.
        ImageTooLarge: more than `max_pixels` pixels, told by the header before any is decoded.
    """
    plain = decode_plain(data)
    if plain is not None and plain.size <= max_pixels and max(plain.shape) <= side:
        if charge is not None:
            charge(plain.size)
        return Picture(plain, (plain.shape[1], plain.shape[0]))
    trimmed = trim(data)
    with bounded(MAX_BYTES), _open(trimmed.data) as image:
        size = image.size
        _check_shape(size)
        _scale(image, side, max_pixels)
        pixels = image.width * image.height
        limit = int(max_pixels * HEIF_SHARE) if image.format in _HEIF_FORMATS else max_pixels
        if pixels > limit:
            raise ImageTooLarge(f"An image may have {limit:,} pixels. Received: {size[0]}x{size[1]}")
        if charge is not None:
            charge(pixels + trimmed.work)
        grey, turn = _decoded(image, side, len(data))
        return Picture(grey, size[::-1] if turn in _SIDEWAYS else size)


def decode_base64(text: str) -> bytes:
    """Decode base64, standard or URL-safe, padded or not, with or without a `data:…;base64,` prefix.

    Source: RFC 4648 (alphabets), RFC 2397 (data URLs).

    Raises:
        InvalidBase64: anything else, an empty text among it.
    """
    payload = _data(text) if text[:5].lower() == "data:" else text
    payload = "".join(payload.split()).rstrip("=").replace("-", "+").replace("_", "/")
    if not payload:
        raise InvalidBase64(f"The image is empty. Received: {received(text)}")
    try:
        return binascii.a2b_base64(payload + "=" * (-len(payload) % 4), strict_mode=True)
    except ValueError:
        advice = (
            " Names and addresses are not opened: send the file." if _NAME.search(text[:MAX_NAME]) else ""
        )
        raise InvalidBase64(f"The image is not base64.{advice} Received: {received(text)}") from None


def _data(url: str) -> str:
    """Return the base64 of a data URL, whose parameters may hold commas and whose rest may be escaped."""
    head, comma, payload = url.rpartition(",")
    if not comma or not head.replace(" ", "").lower().endswith(";base64"):
        raise InvalidBase64(f"A data URL must hold base64. Received: {received(url)}")
    return unquote(payload) if "%" in payload else payload


def _open(data: bytes) -> ImageFile:
    """Read an image's header."""
    formats = _register_heif() if is_heif(data) else _register_formats()
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError:
        raise InvalidImage(f"Not an image of type {', '.join(FORMATS)}. Received: {_shown(data)}") from None
    except Exception as error:  # a known format whose header is broken
        raise InvalidImage(f"The image's header is corrupted. Received: {len(data)} bytes") from error


def _shown(data: bytes) -> str:
    """Name bytes by their number and by those that they begin with, as text if they are."""
    start = data[:16]
    if start.isascii() and start.decode("latin-1").isprintable():
        return f"{len(data)} bytes" + (f" that begin with {start.decode()!a}" if data else "")
    return f"{len(data)} bytes that begin with {data[:8].hex(' ')}"


@cache
def _register_formats() -> tuple[str, ...]:
    """Import each format's plug-in, which registers it; were one missing, Pillow would load all that it has.

    Not before the first picture: a function that is asked about numbers starts sooner without.
    """
    for name in ("Bmp", "Gif", "Jpeg", "Png", "Tiff", "WebP"):
        import_module(f"PIL.{name}ImagePlugin")
    return _PLAIN_FORMATS


@cache
def _register_heif() -> tuple[str, ...]:
    """Import the plug-ins of HEIF and AVIF, with the first such picture; HEIF's package may be missing."""
    avif = import_module("PIL.AvifImagePlugin")
    vars(avif)["DEFAULT_MAX_THREADS"] = 1  # each thread would take memory of its own
    try:
        heif = import_module("pillow_heif")
    except ImportError:
        return _HEIF_FORMATS[1:]
    heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    return _HEIF_FORMATS


def _check_shape(size: tuple[int, int]) -> None:
    width, height = size
    if min(size) < MIN_SIDE:
        raise InvalidImage(f"An image must be at least {MIN_SIDE} pixels a side. Received: {width}x{height}")
    if max(size) > MAX_ASPECT * min(size):
        raise InvalidImage(f"An image may be {MAX_ASPECT} times as long as wide. Received: {width}x{height}")


def _scale(image: ImageFile, side: int, max_pixels: int) -> None:
    """Have libjpeg scale by 2, 4 or 8 while it decodes: as far as `side` allows, or `max_pixels` demands."""
    width, height = image.size
    scale = max(scale for scale in _SCALES if scale <= _factor(image.size, side))
    while scale < _SCALES[-1] and -(-width // scale) * -(-height // scale) > max_pixels:
        scale *= 2
    if scale > 1:  # the other formats ignore this
        image.draft(None, (width // scale, height // scale))


def _decoded(image: ImageFile, side: int, size: int) -> tuple[Grey, Image.Transpose | None]:
    """Return what `_to_grey` does; raise as `decode_picture`. The file has `size` bytes."""
    try:
        return _to_grey(image, side)
    except InvalidImage:
        raise
    except MemoryError:
        memory = f"{MAX_BYTES >> 20} MB of memory"
        raise ImageTooLarge(f"Decoding an image may take {memory}. Received: one that takes more") from None
    except Exception as error:  # whatever the broken bytes lead a plugin into
        state = "truncated" if "truncated" in str(error).lower() else "corrupted"
        raise InvalidImage(f"The {image.format} image is {state}. Received: {size} bytes") from error


def _to_grey(image: ImageFile, side: int) -> tuple[Grey, Image.Transpose | None]:
    """Decode, reduce, set upright and flatten; return how it was turned as well.

    Every step works on as few pixels as the ones before allow.
    """
    image.load()
    is_whole = image.mode in _DEEP_MODES or image.width * image.height <= _BAND_PIXELS
    plain = _reduced(image, side) if is_whole else _in_bands(image, side)
    turn = _UPRIGHT.get(_orientation(image))  # a PNG has it behind its pixels, Pillow turns a TIFF by itself
    if turn is not None:
        plain = plain.transpose(turn)
    pixels: Grey = np.asarray(plain)
    return pixels if pixels.ndim == 2 else _flatten(pixels[..., 0], pixels[..., 1]), turn


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """Bring a picture to grey and reduce it."""
    plain = to_grey(image) if has_color(image) else _to_luminance(image, side)
    shrink = _factor(plain.size, side)
    return plain.reduce(shrink) if shrink > 1 else plain


def _in_bands(image: Image.Image, side: int) -> Image.Image:
    """Do the same a band of rows at a time.

    Pillow holds Python's lock while it converts, and takes memory for a whole copy at each step.
    """
    shrink = _factor(image.size, side)
    width, height = image.size
    rows = max(1, _BAND_PIXELS // (width * shrink)) * shrink
    factors = weights(image) if has_color(image) else None
    bands = []
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height)))
        plain = _to_luminance(band, side) if factors is None else project(band, factors)
        bands.append(np.asarray(plain.reduce(shrink)))
    return Image.fromarray(np.concatenate(bands))


def _factor(size: tuple[int, int], side: int) -> int:
    return max(1, round(max(size) / side))


def _orientation(image: Image.Image) -> int:
    """Read EXIF's orientation; broken metadata is no reason to refuse a picture."""
    if not image.info:  # no metadata of any kind; Pillow would look for each
        return 1
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        return 1


def _to_luminance(image: Image.Image, side: int) -> Image.Image:
    """Bring any of Pillow's modes to L, or to LA where there is transparency."""
    if image.mode in {"I", "F"}:  # four bytes a pixel: reduced before anything is made of them
        return Image.fromarray(_to_bytes(np.asarray(image.reduce(_factor(image.size, side)), np.float64)))
    if image.mode in _DEEP_MODES:
        return Image.fromarray(_to_bytes(np.asarray(image)))
    if image.mode == "LAB":
        return image.getchannel("L")
    if not image.has_transparency_data:
        return image if image.mode == "L" else image.convert("L")
    if image.mode in {"1", "L", "LA", "La"}:
        return image.convert("LA")
    return image.convert("RGBA").convert("LA")


def _to_bytes(values: NDArray[Any]) -> Grey:
    """Scale 16-bit integers by the depth of the greatest; what has no fixed range by the range it shows."""
    if values.dtype.itemsize == 2:
        depth = next(bits for bits in _DEPTHS if int(values.max()) < 1 << bits)
        return (values >> (depth - 8)).astype(np.uint8)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(low + high):
        raise InvalidImage("The image holds values that are not finite. Received: NaN or infinity")
    for full in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= full:
            return np.rint(values * (255 / full)).astype(np.uint8)
    return np.rint((values - low) * (255 / (high - low or 1))).astype(np.uint8)


def _flatten(luminance: Grey, alpha: Grey) -> Grey:
    """Put a picture with transparency on a ground that its ink stands out from.

    Ink drawn on nothing gets white or black, whichever contrasts. An opaque sheet with ink on it
    (most of the area, and not of one tone) has its transparent rest filled with the sheet's tone.
    """
    strongest = int(alpha.max())
    if strongest == 0:
        return np.full_like(luminance, 255)
    if strongest == int(alpha.min()):
        return luminance
    solid = luminance[alpha >= (strongest + 1) // 2]
    dark, tone, bright = np.percentile(solid, (2, 50, 98), method="nearest")
    is_sheet = solid.size > luminance.size / 2 and int(bright) - int(dark) > 64
    ground = tone if is_sheet else 255 * (tone < 128)
    cover = alpha.astype(np.float32) / 255
    flat: Grey = np.rint(luminance * cover + ground * (1 - cover)).astype(np.uint8)
    return flat
