"""Image files to grey images: uint8 of shape (height, width), luminance 0–255."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from digits.containers import trim
from digits.errors import ImageTooLarge, InvalidImage
from digits.formats import HEIF_FORMATS, open_header
from digits.luminance import factor, flatten, to_luminance
from digits.memory import bounded
from digits.plain_png import decode_plain
from digits.raster import Grey

MAX_PIXELS = 16_000_000  # of one image: they take up to half a second and 250 MB
HEIF_SHARE = 1.6  # times as many pixels a HEIF or AVIF may have: phones write 24 megapixels, 0.8 s and 200 MB
MAX_BYTES = 320 << 20  # of memory for decoding one; the largest RGBA WebP takes nearly all of it
MIN_SIDE = 8  # pixels: fewer show no digit
MAX_ASPECT = 128  # longer side over shorter: what 8 by 1024 is
WORKING_SIDE = 1600  # images are reduced by whole factors until their longer side is about this
_SCALES = (1, 2, 4, 8)  # by which libjpeg scales while it decodes

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


def decode(data: bytes, max_pixels: int = MAX_PIXELS, side: int = WORKING_SIDE) -> Grey:
    """Decode an image file as `decode_picture` does, and return its pixels alone."""
    return decode_picture(data, max_pixels, side=side).grey


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
    with bounded(MAX_BYTES), open_header(trimmed.data) as image:
        size = image.size
        _check_shape(size)
        _scale(image, side, max_pixels)
        pixels = image.width * image.height
        limit = int(max_pixels * HEIF_SHARE) if image.format in HEIF_FORMATS else max_pixels
        if pixels > limit:
            raise ImageTooLarge(f"An image may have {limit:,} pixels. Received: {size[0]}x{size[1]}")
        if charge is not None:
            charge(pixels + trimmed.work)
        grey, turn = _decoded(image, side, len(data))
        return Picture(grey, size[::-1] if turn in _SIDEWAYS else size)


def _check_shape(size: tuple[int, int]) -> None:
    width, height = size
    if min(size) < MIN_SIDE:
        raise InvalidImage(f"An image must be at least {MIN_SIDE} pixels a side. Received: {width}x{height}")
    if max(size) > MAX_ASPECT * min(size):
        raise InvalidImage(f"An image may be {MAX_ASPECT} times as long as wide. Received: {width}x{height}")


def _scale(image: ImageFile, side: int, max_pixels: int) -> None:
    """Have libjpeg scale by 2, 4 or 8 while it decodes: as far as `side` allows, or `max_pixels` demands."""
    width, height = image.size
    scale = max(scale for scale in _SCALES if scale <= factor(image.size, side))
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
    plain = to_luminance(image, side)
    turn = _UPRIGHT.get(_orientation(image))  # a PNG has it behind its pixels, Pillow turns a TIFF by itself
    if turn is not None:
        plain = plain.transpose(turn)
    pixels: Grey = np.asarray(plain)
    return pixels if pixels.ndim == 2 else flatten(pixels[..., 0], pixels[..., 1]), turn


def _orientation(image: Image.Image) -> int:
    """Read EXIF's orientation; broken metadata is no reason to refuse a picture."""
    if not image.info:  # no metadata of any kind; Pillow would look for each
        return 1
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        return 1
