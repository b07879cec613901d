"""Runs inside the Lambda image: the bulk worker timed on objects and shards, and the bare network beside it.

Arguments: batches, images to a batch, and of each shard `key:images:mode`. Prints one JSON object: images a
second by the clock and by the processor, for "objects", "bare network" and each shard by its key.
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from bulk import handler
from bulk.rows import MODEL_BATCH

batches, size = map(int, sys.argv[1:3])
keys = [f"crops/{place:06}.png" for place in range(size)]
pixels = np.frombuffer(os.urandom(MODEL_BATCH * 28 * 28), np.uint8).reshape(-1, 28, 28)
runs = itertools.count()


class Context:
    """Lambda's context, of a worker that has all the time it needs."""

    def get_remaining_time_in_millis(self) -> int:
        """Return a minute."""
        return 60_000


def images_per_second(work: Callable[[], object], images: int, rounds: int = 1) -> dict[str, float]:
    """Time `rounds` calls that classify `images` each."""
    clock, cpu = time.perf_counter(), time.process_time()
    for _ in range(rounds):
        work()
    total = images * rounds
    return {
        "per_second": total / (time.perf_counter() - clock),
        "per_cpu_second": total / (time.process_time() - cpu),
    }


def read(keys: list[str], images: int, mode: str) -> None:
    """Read a batch in a run of its own: a shard that is done is not done again.

    Raises:
        ValueError: a picture was refused, or has no digit.
    """
    batch = {"Run": str(next(runs)), "Mode": mode}
    event = {"BatchInput": batch, "Items": [{"Key": key} for key in keys]}
    counts = handler.handler(event, Context())["Counts"]
    if images != (counts["with_numbers"] if mode == "read" else sum(counts["classes"].values())):
        raise ValueError(f"All {images} images must have digits. Received: {counts}")


def read_shard(shard: str) -> tuple[str, dict[str, float]]:
    """Time a shard; return its key and its figures."""
    key, images, mode = shard.split(":")
    return key, images_per_second(partial(read, [key], int(images), mode), int(images))


read_objects = partial(read, keys, size, "predict")
infer = partial(handler.model.predict, pixels)
read_objects()
infer()
figures = {
    "objects": images_per_second(read_objects, size, batches),
    "bare network": images_per_second(infer, MODEL_BATCH, batches * size // MODEL_BATCH),
    **dict(map(read_shard, sys.argv[3:])),
}
print(json.dumps(figures))
