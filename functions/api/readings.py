"""From pictures to readings: each stage timed, what was read counted, and no item at fault passed over."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from api import journal
from api.journal import stage
from api.problems import Problem, fault, refuse_items
from api.settings import Settings
from digits.errors import DigitsError, ImageTooLarge
from digits.images import Grey, decode
from digits.model import Model
from digits.normalize import Mode, normalize
from digits.recognize import Reading, read

Decode = Callable[[bytes], Grey]  # an image file


def read_one(model: Model, grey: Grey, mode: Mode) -> Reading:
    """Read the digit in one picture."""
    with stage("normalize"):
        candidates = normalize(grey, mode)
    return _read(model, [candidates])[0]


def read_items(
    model: Model,
    settings: Settings,
    items: Mapping[str, Callable[[Decode], Grey]],
    mode: Mode = "auto",
) -> list[Reading]:
    """Read one digit in each item of a batch, in one model call.

    Args:
        model: the classifier.
        settings: the limits.
        items: by its place in the body (RFC 6901), what makes a picture of each item, given what decodes an
            image file within the limits.
        mode: how pictures are normalized.

    Raises:
        Problem: some items are no picture; it names each.
    """
    candidates, faults = [], []
    limited = partial(
        decode, max_pixels=settings.max_pixels, charge=_Budget(settings.max_batch_pixels).charge
    )
    for pointer, to_grey in items.items():
        try:
            with stage("decode"):
                grey = to_grey(limited)
            with stage("normalize"):
                candidates.append(normalize(grey, mode))
        except (Problem, DigitsError) as error:
            faults.append(fault(pointer, error))
    if faults:
        raise refuse_items(faults, len(items))
    return _read(model, candidates)


class _Budget:
    """The pixels that a batch may have decoded: of huge pictures in tiny files, it would take minutes."""

    def __init__(self, pixels: int) -> None:
        self._whole = self._left = pixels

    def charge(self, pixels: int) -> None:
        """Take so many away. Raises ImageTooLarge where there are not as many left."""
        if pixels > self._left:
            spent = f"{pixels:,} after {self._whole - self._left:,}"
            raise ImageTooLarge(f"A batch may have {self._whole:,} pixels in all. Received: {spent}")
        self._left -= pixels


def _read(model: Model, candidates: list[NDArray[np.uint8]]) -> list[Reading]:
    with stage("infer"):
        readings = read(model, candidates)
    journal.count(readings)
    return readings
