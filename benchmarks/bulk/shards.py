"""Shards that the worker is timed with: pictures in MNIST's format, and drawings that need normalizing."""

import io
import itertools
import struct
import tarfile
from collections.abc import Sequence

from PIL import Image

from events.draw import draw, sheet

TAR_OF_PNG, IDX, TAR_OF_DRAWINGS = "mnist.tar", "mnist.idx", "drawings.tar"
SIDE = 128  # pixels of a drawing


def pngs() -> list[bytes]:
    """Return the ten digits as PNG files in MNIST's format."""
    return [_png(Image.fromarray(draw(digit))) for digit in range(10)]


def make(size: int) -> dict[str, bytes]:
    """Return a shard of each kind by its name, with `size` pictures each."""
    drawings = [_png(sheet((SIDE, SIDE), [(str(digit), 36, 18, 92)])) for digit in range(10)]
    return {
        TAR_OF_PNG: _tar(pngs(), size),
        IDX: _idx(size),
        TAR_OF_DRAWINGS: _tar(drawings, size),
    }


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "png")
    return file.getvalue()


def _tar(files: Sequence[bytes], size: int) -> bytes:
    """Return a TAR of the files, over and over."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for place, file in enumerate(itertools.islice(itertools.cycle(files), size)):
            info = tarfile.TarInfo(f"{place:06}.png")
            info.size = len(file)
            archive.addfile(info, io.BytesIO(file))
    return held.getvalue()


def _idx(size: int) -> bytes:
    pixels = b"".join(draw(place % 10).tobytes() for place in range(10))
    return struct.pack(">HBB3I", 0, 8, 3, size, 28, 28) + (pixels * (size // 10 + 1))[: size * 784]
