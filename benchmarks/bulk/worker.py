"""Runs inside the Lambda image: the bulk worker timed on objects and shards, and the bare network beside it.

Arguments: batches, images to a batch, images to a shard, and the keys of shards. Prints one JSON object:
images a second by the clock and by the processor, for "objects", "bare network" and each shard.
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

batches, size, shard_size = map(int, sys.argv[1:4])
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


def classify(keys: list[str], images: int) -> None:
    """Classify a batch in a run of its own: a shard that is done is not done again.

    Raises:
        ValueError: a picture was refused, or is no digit.
    """
    event = {"BatchInput": {"Run": str(next(runs))}, "Items": [{"Key": key} for key in keys]}
    counts = handler.handler(event, Context())["Counts"]
    if sum(counts["classes"].values()) != images:
        raise ValueError(f"All {images} images must be digits. Received: {counts}")


classify(keys, size)
handler.model.predict(pixels)
print(
    json.dumps(
        {
            "objects": images_per_second(partial(classify, keys, size), size, batches),
            "bare network": images_per_second(
                partial(handler.model.predict, pixels), MODEL_BATCH, batches * size // MODEL_BATCH
            ),
            **{
                key: images_per_second(partial(classify, [key], shard_size), shard_size)
                for key in sys.argv[4:]
            },
        }
    )
)
