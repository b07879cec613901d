"""Latency of a server's answers, as the client sees it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from digits_client.client import AsyncClient
from digits_client.errors import DigitsClientError
from digits_client.pictures import Picture

WARM_UP = 5  # requests before the clock starts: connections, caches, a function's cold start


@dataclass(frozen=True)
class Latency:
    """The latency of a run of requests; times in milliseconds."""

    requests: int
    failed: int
    answers_per_second: float
    mean_ms: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    longest_ms: float

    def rows(self) -> list[tuple[str, str]]:
        """Return names and values with their units, to show."""
        return [
            (name.removesuffix("_ms").replace("_", " "), _shown(name, value))
            for name, value in asdict(self).items()
        ]


def _shown(name: str, value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.2f} ms" if name.endswith("_ms") else f"{value:.1f}"


def stroke() -> NDArray[np.uint8]:
    """Draw a one in MNIST's format, for want of another picture."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:15] = 255
    return image


async def measure(
    client: AsyncClient, batch: Sequence[Picture], requests: int, concurrency: int
) -> tuple[Latency, DigitsClientError | None]:
    """Ask `requests` times for `batch` to be read, from `concurrency` callers that each wait for answers.

    Gives the figures, and the last error if there was one. Raises what the warm-up meets.
    """
    for _ in range(WARM_UP):
        await client.classify(batch)
    took: list[float] = []
    errors: list[DigitsClientError] = []
    left = iter(range(requests))

    async def call() -> None:
        for _ in left:
            start = time.perf_counter()
            try:
                await client.classify(batch)
            except DigitsClientError as error:
                errors.append(error)
            else:
                took.append(1000 * (time.perf_counter() - start))

    started = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(concurrency)))
    elapsed = time.perf_counter() - started
    if not took:
        raise errors[-1]
    p50, p90, p99 = (float(value) for value in np.percentile(took, (50, 90, 99)))
    found = Latency(
        requests, len(errors), len(took) / elapsed, sum(took) / len(took), p50, p90, p99, max(took)
    )
    return found, errors[-1] if errors else None
