"""The formats of pictures that are read, and Pillow's plug-ins for them."""

import io
from functools import cache
from importlib import import_module

from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from digits.containers import is_heif
from digits.errors import InvalidImage

_PLAIN_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
HEIF_FORMATS = ("HEIF", "AVIF")  # HEIF with HEVC is what phones call HEIC
FORMATS = _PLAIN_FORMATS + HEIF_FORMATS


def open_header(data: bytes) -> ImageFile:
    """Read the header of an image file, no pixels. Raises InvalidImage."""
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
        return HEIF_FORMATS[1:]
    heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    return HEIF_FORMATS
