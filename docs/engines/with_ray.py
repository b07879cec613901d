"""Digits in Ray Data: `python with_ray.py pictures/ answers/`."""

import sys
from functools import partial
from typing import Any

import ray

from digits import load
from digits.errors import DigitsError


class Classify:
    """Reads batches; each of Ray's actors loads the model once."""

    def __init__(self) -> None:
        """Load the model."""
        self.reader = load()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Read the pictures of a batch: -1 stands for a file that cannot be read."""
        found = self.reader.many(partial(bytes, picture) for picture in batch.pop("bytes"))
        batch["digit"] = [-1 if isinstance(each, DigitsError) else each.digit for each in found]
        batch["score"] = [0.0 if isinstance(each, DigitsError) else each.digit_score for each in found]
        return batch


if __name__ == "__main__":
    pictures = ray.data.read_binary_files(sys.argv[1], include_paths=True)
    actors = ray.data.ActorPoolStrategy(min_size=1)  # and as many more as there are processors free
    pictures.map_batches(Classify, batch_size=64, compute=actors).write_parquet(sys.argv[2])
