"""Grey images to readings: canonicalised, classified in one call, the better candidate chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.images import Grey
from digits.model import Model
from digits.normalize import Mode, normalize


@dataclass(frozen=True, eq=False)
class Reading:
    """What one image was read as."""

    digit: int  # 0 to 9, the likeliest
    probability: float  # of that digit, given that the image is a digit
    probabilities: NDArray[np.float32]  # (10,), sums to 1
    digit_score: float  # probability that the image is a digit at all
    is_digit: bool  # digit_score reaches the threshold on the model's card
    input: NDArray[np.uint8]  # (28, 28), what the model saw


def recognize(model: Model, images: Sequence[Grey], mode: Mode = "auto") -> list[Reading]:
    """Read one digit in each of one or more grey images of any size.

    Raises:
        InvalidPixels: in mode "never", for an image that is not 28×28.
    """
    return read(model, [normalize(image, mode) for image in images])


def read(model: Model, candidates: Sequence[NDArray[np.uint8]]) -> list[Reading]:
    """Read canonicalised images in one model call.

    Args:
        model: the classifier.
        candidates: per image uint8 of shape (k, 28, 28), k ≥ 1: the ways to see it, preferred first.

    Returns:
        Per image the reading of its most digit-like candidate: that with the greatest
        digit score times probability, the earlier one when equal.
    """
    inputs = np.concatenate(candidates)
    scores = model.predict(inputs)
    best = scores[:, :10].max(axis=1)  # digit score times probability, as the ten are not renormalised
    readings, start = [], 0
    for seen in candidates:
        stop = start + len(seen)
        chosen = start + int(best[start:stop].argmax())
        readings.append(_reading(scores[chosen], inputs[chosen], model.card["threshold"]))
        start = stop
    return readings


def _reading(scores: NDArray[np.float32], seen: NDArray[np.uint8], threshold: float) -> Reading:
    digits = scores[:10]
    total = digits.sum()
    probabilities = digits / total if total > 0 else np.full(10, 0.1, np.float32)  # all rounded away
    digit = int(probabilities.argmax())
    score = 1.0 - float(scores[10])
    return Reading(digit, float(probabilities[digit]), probabilities, score, score >= threshold, seen)
