"""Runs inside the Lambda image: the bulk worker timed batch by batch, and the bare network beside it.

Arguments: batches, images to a batch. Prints one JSON object.
"""

import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np

from bulk import handler
from bulk.rows import MODEL_BATCH, Entry, classify

batches, size = map(int, sys.argv[1:])
keys = [f"crops/{place:06}.png" for place in range(size)]
event = {"BatchInput": {"Run": "bench"}, "Items": [{"Key": key} for key in keys]}


def images_per_second(work: Callable[[], object], images: int, rounds: int) -> dict[str, float]:
    """Time `rounds` calls that classify `images` each: by the clock, and by this process's processor time."""
    work()
    clock, cpu = time.perf_counter(), time.process_time()
    for _ in range(rounds):
        work()
    total = images * rounds
    return {
        "per_second": total / (time.perf_counter() - clock),
        "per_cpu_second": total / (time.process_time() - cpu),
    }


files = [handler._fetch(key) for key in keys]
pixels = np.frombuffer(os.urandom(MODEL_BATCH * 28 * 28), np.uint8).reshape(-1, 28, 28)
print(
    json.dumps(
        {
            "worker": images_per_second(lambda: handler.handler(event, None), size, batches),
            "without S3": images_per_second(
                lambda: list(classify(handler.model, map(Entry, keys, files))), size, batches
            ),
            "bare network": images_per_second(
                lambda: handler.model.predict(pixels), MODEL_BATCH, batches * size // MODEL_BATCH
            ),
        }
    )
)
