"""Measures and prices the reading of shards here, by processor time: `python -m benchmarks.bulk.shards`.

Prints the table of docs/bulk.md: pictures of 28×28 from a shard in memory to rows, beside the bare network.
"""

import io
import struct
import tarfile
import time
from collections.abc import Callable

import numpy as np

from benchmarks.bulk.prices import price_of_shards
from bulk.rows import MODEL_BATCH, Entry, classify
from bulk.shards import members
from digits import load
from digits.images import decode
from events.draw import png

IMAGES = 1_280
ROUNDS = 3
SHARD = 10_000  # images to a shard that is priced
MAX_BYTES = 10_000_000
DIGITS = [png(digit) for digit in range(10)]
READER = load()


def main() -> None:
    """Print the table; the fastest of several rounds counts, as other load can only slow them down."""
    pixels = np.stack([decode(DIGITS[place % 10]) for place in range(IMAGES)])
    header = struct.pack(">HBB3I", 0, 8, 3, *pixels.shape)
    works = {
        "the bare network": lambda: bare(pixels),
        "IDX": lambda: classify_shard("idx", header + pixels.tobytes()),
        "TAR of PNG": lambda: classify_shard("tar", tar()),
    }
    seconds = {name: min(timed(work) for _ in range(ROUNDS)) / IMAGES for name, work in works.items()}
    print("| shard | ms an image | of the bare network | 1 M images | 100 M images |\n|---|---|---|---|---|")
    for name, each in seconds.items():
        few, many = (price_of_shards(images, SHARD, 1 / each) for images in (10**6, 10**8))
        share = seconds["the bare network"] / each
        print(f"| {name} | {1000 * each:.2f} | {share:.0%} | ${few:.3f} | ${many:.2f} |")


def timed(work: Callable[[], None]) -> float:
    """Return the seconds of processor time that some work takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def bare(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    """Run the network alone, on as many images at a time as the worker does."""
    for start in range(0, IMAGES, MODEL_BATCH):
        READER.model.predict(pixels[start : start + MODEL_BATCH])


def classify_shard(kind: str, content: bytes) -> None:
    """Bring a shard to rows."""
    found = members(kind, io.BytesIO(content), MAX_BYTES)
    rows = list(classify(READER.model, (Entry(each.name, each.content) for each in found)))
    assert len(rows) == IMAGES  # noqa: S101
    assert not any("error" in row for row in rows)  # noqa: S101


def tar() -> bytes:
    """Return a TAR of the digits."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for place in range(IMAGES):
            info = tarfile.TarInfo(f"{place:06}.png")
            info.size = len(DIGITS[place % 10])
            archive.addfile(info, io.BytesIO(DIGITS[place % 10]))
    return held.getvalue()


if __name__ == "__main__":
    main()
