"""From pictures to readings: each stage timed, what was read counted, and no item at fault passed over."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from api import journal
from api.journal import stage
from api.problems import Problem, fault, refuse_items
from api.settings import Settings
from digits.errors import DigitsError
from digits.images import Grey
from digits.model import Model
from digits.normalize import Mode, normalize
from digits.recognize import Reading, read


def read_one(model: Model, grey: Grey, mode: Mode) -> Reading:
    """Read the digit in one picture."""
    with stage("normalize"):
        candidates = normalize(grey, mode)
    return _read(model, [candidates])[0]


def read_items(
    model: Model,
    settings: Settings,
    items: Mapping[str, Callable[[int], Grey]],
    mode: Mode = "auto",
) -> list[Reading]:
    """Read one digit in each item of a batch, in one model call.

    Args:
        model: the classifier.
        settings: the limits.
        items: by its place in the body (RFC 6901), what decodes each item, if it has at most so many pixels.
        mode: how pictures are normalized.

    Raises:
        Problem: some items are no picture; it names each.
    """
    candidates, faults = [], []
    left = settings.max_batch_pixels
    for pointer, decode in items.items():
        try:
            with stage("decode"):
                grey = decode(min(left, settings.max_pixels))
            left -= grey.size  # of huge pictures in tiny files, a batch would take minutes
            with stage("normalize"):
                candidates.append(normalize(grey, mode))
        except (Problem, DigitsError) as error:
            faults.append(fault(pointer, error))
    if faults:
        raise refuse_items(faults, len(items))
    return _read(model, candidates)


def _read(model: Model, candidates: list[NDArray[np.uint8]]) -> list[Reading]:
    with stage("infer"):
        readings = read(model, candidates)
    journal.count(readings)
    return readings
