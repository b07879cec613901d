"""Prices of bulk runs: list prices of Lambda, Step Functions and S3, from images a second."""

import math

from benchmarks.measure.docker import FULL_PROCESSOR
from benchmarks.report.costs import GB_SECOND, REQUESTS
from bulk.counts import Mode
from bulk.modes import PART_ROWS

# Dollars, US East (N. Virginia), November 2026; source: Amazon S3 and AWS Step Functions pricing pages.
S3_GET = 0.0000004
S3_PUT = 0.000005  # PUT and LIST
EXPRESS_REQUEST = 0.000001
EXPRESS_GB_SECOND = 0.00001667
EXPRESS_GB = 0.0625  # memory is billed in steps of 64 MB
KEYS_PER_LIST = 1000  # S3 lists no more at once
OVERHEAD = 0.02  # seconds to an invocation beside the batch: assumed


def price(images: int, size: int, per_second: float, concurrency: int) -> tuple[float, float]:
    """Return dollars and hours for a run, at one worker's images per second with a batch of `size`."""
    batches = math.ceil(images / size)
    seconds = size / per_second + OVERHEAD
    compute = batches * seconds * FULL_PROCESSOR / 1024 * GB_SECOND["x86_64"] + batches * REQUESTS / 1e6
    express = batches * (EXPRESS_REQUEST + seconds * EXPRESS_GB * EXPRESS_GB_SECOND)
    objects = images * S3_GET + (batches + images / KEYS_PER_LIST) * S3_PUT
    return compute + express + objects, math.ceil(batches / concurrency) * seconds / 3600


def price_of_shards(images: int, size: int, per_second: float, mode: Mode) -> float:
    """Return dollars for a run over shards of `size` images, at one worker's images per second."""
    shards = math.ceil(images / size)
    seconds = size / per_second + OVERHEAD
    compute = shards * seconds * FULL_PROCESSOR / 1024 * GB_SECOND["x86_64"] + shards * REQUESTS / 1e6
    express = shards * (EXPRESS_REQUEST + seconds * EXPRESS_GB * EXPRESS_GB_SECOND)
    parts = math.ceil(size / PART_ROWS[mode])
    # Of each shard: itself and its place got, its parts, a place after each and the last place put.
    objects = shards * (2 * S3_GET + (2 * parts + 1) * S3_PUT) + math.ceil(shards / KEYS_PER_LIST) * S3_PUT
    return compute + express + objects
