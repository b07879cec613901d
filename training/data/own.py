"""Labelled images of your own, in MNIST's place: read and canonicalised as they will be when served."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from digits.model import Model
from digits.recognize import Reader
from training.data import sets
from training.data.mnist import DataError, Mnist, shuffle_by_digit

LEAST = 20  # images of each digit: fewer leave nothing to hold out
HELD_OUT = 0.15  # share for validation, and as much again for the test


def load(paths: list[Path], model: Model) -> Mnist:
    """Return your images as (n, 28, 28), split by digit into training, validation and test.

    Where a picture can be seen in several ways, `model` decides, as it does when it serves. Raises DataError
    for labels that are no digits and for a digit with fewer than LEAST images, ValueError for what is no set.
    """
    reader, pictures, labels = Reader(model), [], []
    for found in sets.find(paths):
        for number in track(range(len(found.labels)), description=f"Reading {found.name}"):
            pictures.append(reader.one(found.read(number)).input)
            labels.append(found.labels[number])
    counts = Counter(labels)
    if set(counts) - sets.DIGITS:
        raise DataError(f"Labels have to be digits. Received: {', '.join(sorted(set(counts) - sets.DIGITS))}")
    few = [digit for digit in sorted(sets.DIGITS) if counts[digit] < LEAST]
    if few:
        shown = ", ".join(f"{counts[digit]} of {digit}" for digit in few)
        raise DataError(
            f"Each digit needs {LEAST} images to learn from and to be tested on. Received: {shown}"
        )
    return _split(np.stack(pictures), np.array([int(label) for label in labels], np.int64))


def _split(x: NDArray[np.uint8], y: NDArray[np.int64]) -> Mnist:
    """Deal each digit's images to the three parts, the same way every time."""
    rank = np.empty(len(y))  # of each image among those of its digit, 0 to 1
    counts = np.bincount(y, minlength=10)
    rank[shuffle_by_digit(y)] = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
    val, test = rank < HELD_OUT, rank >= 1 - HELD_OUT
    train = ~val & ~test
    checksum = hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()
    return Mnist(x[train], y[train], x[val], y[val], x[test], y[test], checksum)
