"""MNIST's test images: fetched once, checked, or read from a file that is there."""

import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray

from digits_client.errors import DatasetError
from digits_client.readings import Outcome, Reading

SOURCE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"  # as Keras loads it
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


@dataclass(frozen=True, eq=False)
class Score:
    """The score of readings of digits with known labels."""

    total: int
    right: int
    refused: int  # not read at all; counted as wrong
    confusion: NDArray[np.int64]  # (10, 10): the label's row, the reading's column

    @property
    def accuracy(self) -> float:
        """Return the part read right, 0 to 1."""
        return self.right / self.total if self.total else 0.0


def fetch(folder: Path, url: str = SOURCE, sha256: str = SHA256) -> Path:
    """Fetch MNIST into `folder`, unless it is there; gives its path. Raises DatasetError."""
    path = folder / "mnist.npz"
    if path.exists() and _digest(path.read_bytes()) == sha256:
        return path
    try:
        response = httpx.get(url, follow_redirects=True, timeout=60).raise_for_status()
    except httpx.HTTPError as error:
        raise DatasetError(f"MNIST cannot be fetched from {url}: {error}. --mnist names a file") from None
    if (found := _digest(response.content)) != sha256:
        raise DatasetError(f"MNIST from {url} must have sha256 {sha256}. Received: {found}")
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(response.content)
    part.replace(path)
    return path


def load(path: Path, count: int | None = None) -> tuple[NDArray[np.uint8], list[int]]:
    """Read the first `count` test images, uint8 (n, 28, 28), and their labels from an .npz file.

    Raises:
        DatasetError: it cannot be read, or holds no x_test and y_test of that form.
    """
    try:
        with np.load(path) as arrays:
            images, labels = arrays["x_test"][:count], arrays["y_test"][:count]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} is not MNIST as .npz: {error}") from None
    if images.shape != (len(labels), 28, 28) or images.dtype != np.uint8:
        raise DatasetError(
            f"x_test must be uint8 of shape (n, 28, 28). Received: {images.dtype} {images.shape}"
        )
    return images, [int(label) for label in labels]


def score(labels: list[int], outcomes: list[Outcome]) -> Score:
    """Compare outcomes with the labels of their pictures."""
    confusion = np.zeros((10, 10), np.int64)
    for label, outcome in zip(labels, outcomes, strict=True):
        if isinstance(outcome, Reading):
            confusion[label, outcome.digit] += 1
    read = int(confusion.sum())
    return Score(len(labels), int(confusion.trace()), len(labels) - read, confusion)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
