"""Corrections: pictures with their right labels, some of them held out from training."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from digits.errors import DigitsError
from digits.images import decode
from digits.model import Model
from digits.normalize import normalize
from digits.recognize import Reading, read_candidates
from training.data import sets
from training.data.mnist import DataError
from training.data.pool import NOT_A_DIGIT

NONE = "none"  # the folder of what is no digit
LEAST = 20  # corrections: fewer leave too little to learn from and to test on
HELD_OUT_SHARE = 0.25  # of the corrections; of 40 that is 10, and each weighs a tenth of the figure
LEAST_HELD_OUT = 5  # however few there are: one misread picture is a fifth of the figure then


@dataclass(frozen=True)
class Correction:
    """A picture, and what it shows."""

    label: int  # 0 to 9, or NOT_A_DIGIT
    checksum: str  # sha256 of the decoded pixels
    read: Callable[[], bytes]  # gives the image file

    def reads_right(self, reading: Reading) -> bool:
        """Return whether a reading is what the picture shows: that digit, or no digit."""
        return meant(reading) == self.label


def meant(reading: Reading) -> int:
    """Return the class that an answer tells its reader: a digit, or NOT_A_DIGIT where it is refused."""
    return reading.digit if reading.is_digit else NOT_A_DIGIT


@dataclass(frozen=True)
class Corrections:
    """Corrections in the order of their checksums, so that the order of files counts for nothing."""

    all: tuple[Correction, ...]

    @cached_property
    def held_out(self) -> tuple[Correction, ...]:
        """Return those kept from training.

        The checksum decides, so that a picture held out from one tuning is held out from every later one,
        however many corrections have come in between.
        """
        below = [one for one in self.all if int(one.checksum[:8], 16) < HELD_OUT_SHARE * 2**32]
        return tuple(below if len(below) >= LEAST_HELD_OUT else self.all[:LEAST_HELD_OUT])

    @property
    def train(self) -> tuple[Correction, ...]:
        """Return those to train on."""
        return self.all[len(self.held_out) :]

    @property
    def sha256(self) -> str:
        """Return a checksum of all pictures and labels."""
        text = "".join(f"{one.checksum} {one.label}\n" for one in self.all)
        return hashlib.sha256(text.encode()).hexdigest()

    def counts(self) -> dict[str, int]:
        """Return how many corrections there are of each class."""
        found = Counter(one.label for one in self.all)
        return {NONE if label == NOT_A_DIGIT else str(label): found[label] for label in sorted(found)}


def load(paths: list[Path]) -> Corrections:
    """Return the corrections in folders named 0 to 9 and `none`, or in any other set of images.

    Raises:
        DataError: a path is missing, a label is no class, a file is no picture, one picture has two labels,
            or there are fewer than LEAST corrections.
    """
    found: dict[str, Correction] = {}
    for path in paths:
        for one in _open(path):
            if found.setdefault(one.checksum, one).label != one.label:
                raise DataError(
                    f"A picture belongs to one class. Received: the same pixels under {_name(one.label)} and "
                    f"{_name(found[one.checksum].label)}, checksum {one.checksum[:12]}"
                )
    if len(found) < LEAST:
        raise DataError(f"Tuning needs {LEAST} different pictures at least. Received: {len(found)}")
    return Corrections(tuple(found[checksum] for checksum in sorted(found)))


def _open(path: Path) -> list[Correction]:
    if not path.exists():
        raise DataError(f"Corrections are a folder of folders 0 to 9 and {NONE}. Received: {path}, not found")
    try:
        return [
            _correction(labelled, number)
            for labelled in sets.find([path])
            for number in track(range(len(labelled.labels)), description=f"Reading {labelled.name}")
        ]
    except (ValueError, OSError) as error:
        raise DataError(str(error)) from error


def _correction(labelled: sets.LabelledSet, number: int) -> Correction:
    label = labelled.labels[number]
    if label not in sets.DIGITS and label != NONE:
        raise DataError(f"A folder is named 0 to 9, or {NONE} for what is no digit. Received: {label!r}")
    try:
        pixels = decode(labelled.read(number))
    except DigitsError as error:
        place = f"Picture {number + 1} of {labelled.name}, labelled {label},"
        raise DataError(f"{place} cannot be read: {error}") from error
    checksum = hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()
    return Correction(NOT_A_DIGIT if label == NONE else int(label), checksum, lambda: labelled.read(number))


def _name(label: int) -> str:
    return NONE if label == NOT_A_DIGIT else str(label)


def see(corrections: tuple[Correction, ...], model: Model) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return what to train on: pictures (n, 28, 28) as serving sees them, and their classes (n,), 0 to 10.

    Where a picture can be seen in several ways, each is an example of what is no digit. Of a digit there is
    one: the way in which `model` reads it right, or else the likeliest.
    """
    seen = [(candidate, one.label) for one in corrections for candidate in _views(one, model)]
    return np.stack([picture for picture, _ in seen]), np.array([label for _, label in seen], np.uint8)


def _views(correction: Correction, model: Model) -> NDArray[np.uint8]:
    candidates = normalize(decode(correction.read()))
    if correction.label == NOT_A_DIGIT:
        return candidates
    (reading,) = read_candidates(model, [candidates])
    return reading.input[np.newaxis] if correction.reads_right(reading) else candidates[:1]
