"""Shards to time the worker with: digits in MNIST's format, drawings that need normalizing, amounts."""

import io
import itertools
import struct
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from bulk.counts import Mode
from events.draw import amount, draw, sheet

SIDE = 128  # pixels of a drawing


@dataclass(frozen=True)
class Shard:
    """A shard, and what there is to know about it."""

    key: str
    name: str  # in the table
    content: bytes
    images: int
    mode: Mode = "predict"


def pngs() -> list[bytes]:
    """Return the ten digits as PNG files in MNIST's format."""
    return [_png(Image.fromarray(draw(digit))) for digit in range(10)]


def of_digits(images: int) -> list[Shard]:
    """Return a shard of digits of each kind."""
    drawings = [_png(sheet((SIDE, SIDE), [(str(digit), 36, 18, 92)])) for digit in range(10)]
    return [
        Shard("mnist.tar", "TAR of PNG", _tar(pngs(), images), images),
        Shard("mnist.idx", "IDX", _idx(images), images),
        Shard("drawings.tar", "TAR of drawings", _tar(drawings, images), images),
    ]


def of_amounts(images: int) -> Shard:
    """Return a shard of amounts of five digits."""
    return Shard("amounts.tar", "TAR of amounts", _tar([amount()], images), images, "read")


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
