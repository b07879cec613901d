"""Pictures in the forms that a caller has them, to the bytes of an image file."""

import io
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits_client.errors import ImageUnreadable

# A path, an image file's bytes, a Pillow image, or an array: uint8 of 0–255 or floats of 0–1, of shape
# (h, w), (h, w, 3) or (h, w, 4).
Picture = str | PathLike[str] | bytes | Image.Image | NDArray[np.generic]


def size_of(picture: Picture) -> int:
    """Return about how many bytes a picture's file has, without reading it; 0 where there is none."""
    if isinstance(picture, bytes):
        return len(picture)
    if isinstance(picture, np.ndarray):
        return picture.size + 1024
    if isinstance(picture, Image.Image):
        return picture.width * picture.height * len(picture.getbands()) + 1024
    try:
        return Path(picture).stat().st_size
    except OSError:
        return 0


def file_bytes(picture: Picture) -> bytes:
    """Return the bytes of a picture's file; arrays and Pillow's images become a PNG.

    Raises:
        ImageUnreadable: no such file, or an array that is no picture.
    """
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, np.ndarray):
        return png(picture)
    if isinstance(picture, Image.Image):
        return _encoded(picture)
    try:
        return Path(picture).read_bytes()
    except OSError as error:
        raise ImageUnreadable(f"The file cannot be read: {error.strerror}. Received: {picture}") from None


def png(pixels: NDArray[np.generic]) -> bytes:
    """Write an array as a PNG file; floats are taken as 0–1. Raises ImageUnreadable."""
    values = np.asarray(pixels)
    if values.dtype.kind == "f":
        if not (values.size and values.min() >= 0 and values.max() <= 1):
            raise ImageUnreadable(f"Floats must be from 0 to 1. Received: {_extent(values)}")
        values = np.rint(values * 255).astype(np.uint8)
    if values.dtype != np.uint8:
        raise ImageUnreadable(f"An array must be uint8 or floats. Received: {values.dtype}")
    try:
        return _encoded(Image.fromarray(values))
    except (TypeError, ValueError, SystemError):
        raise ImageUnreadable(f"The array is no picture. Received: shape {values.shape}") from None


def _encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    # PNG knows few modes; what it lacks, such as CMYK, becomes RGB.
    plain = image if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16"} else image.convert("RGB")
    plain.save(file, "png")
    return file.getvalue()


def _extent(values: NDArray[np.generic]) -> str:
    return f"{values.min()} to {values.max()}" if values.size else "none"
