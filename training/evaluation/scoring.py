"""Readings by the code that serves, and their scores as plain numbers for JSON."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import process_time
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from digits.errors import DigitsError
from digits.model import Model
from digits.normalize import Mode
from digits.raster import Grey
from digits.recognize import Reader, Reading, Stage
from training.data.sets import DIGITS, LabelledSet
from training.evaluation import metrics

Json = dict[str, Any]
Labels = NDArray[np.int64]
Tick = Callable[[int], None]  # told how many more images have been read
Numbered = dict[int, Reading]  # readings by the number of their item in a set

STAGES: tuple[Stage, ...] = get_args(Stage)
BATCH = 64  # images to one call of the model, as in the service
EDGES: list[float] = np.linspace(-10, 16, 53).tolist()  # of the histograms: log odds of "is a digit"


def read_images(
    model: Model, images: Sequence[Grey] | NDArray[np.uint8], mode: Mode, tick: Tick
) -> list[Reading]:
    """Read images as the service does, a batch at a time."""
    reader = Reader(model)
    readings: list[Reading] = []
    for start in range(0, len(images), BATCH):
        numbers = range(start, min(start + BATCH, len(images)))
        readings += _sound(reader.many((partial(images.__getitem__, number) for number in numbers), mode))
        tick(len(numbers))
    return readings


def read_set(model: Model, labelled: LabelledSet, tick: Tick) -> tuple[Json, Numbered]:
    """Send a set through the whole pipeline as files; return its summary, and every reading by its number."""
    seconds = dict.fromkeys(STAGES, 0.0)
    unreadable: dict[int, str] = {}
    readings: Numbered = {}
    reader = Reader(model, clock=partial(_timed, seconds))
    for start in range(0, len(labelled.labels), BATCH):
        numbers = range(start, min(start + BATCH, len(labelled.labels)))
        files = [partial(bytes, labelled.read(number)) for number in numbers]
        for number, outcome in zip(numbers, reader.many(files), strict=True):
            if isinstance(outcome, DigitsError):
                unreadable[number] = str(outcome)
            else:
                readings[number] = outcome
        tick(len(numbers))
    return {
        "name": labelled.name,
        "count": len(labelled.labels),
        "unreadable": unreadable,
        "milliseconds": {stage: 1000 * spent / len(labelled.labels) for stage, spent in seconds.items()},
    }, readings


def score(readings: Sequence[Reading], labels: Labels | Sequence[int]) -> Json:
    """Measure readings of digits (n) against their labels (n,)."""
    right = np.array([reading.digit for reading in readings]) == np.asarray(labels)
    taken = np.array([reading.is_digit for reading in readings])
    return {
        **share(int(np.sum(right)), len(readings), "accuracy"),
        "calibration_error": metrics.calibration_error(probabilities(readings), labels),
        "log_loss": metrics.log_loss(probabilities(readings), labels),
        "kept": float(np.mean(taken)),
        "accepted_wrong": float(np.mean(taken & ~right)),  # called digits, and read wrong
    }


def score_set(readings: Numbered, labels: Sequence[str], digit_scores: Sequence[float]) -> Json:
    """Measure a set's digits, and the refusal of what is none; `digit_scores` are those of known digits."""
    digits = {number: reading for number, reading in readings.items() if labels[number] in DIGITS}
    others = {number: reading for number, reading in readings.items() if number not in digits}
    given = [int(labels[number]) for number in digits]
    mixed = Counter(
        (label, reading.digit)
        for label, reading in zip(given, digits.values(), strict=True)
        if label != reading.digit
    )
    kinds = [labels[number] for number in others]
    return {
        "digits": score(list(digits.values()), given) if digits else None,
        "confusions": [[*pair, count] for pair, count in mixed.most_common(10)],
        "nondigits": count_refusals(list(others.values()), kinds, digit_scores) if others else None,
    }


def count_refusals(readings: Sequence[Reading], kinds: Sequence[str], digit_scores: Sequence[float]) -> Json:
    """Count how many of n non-digits are refused, in all and of each kind.

    Where scores of known digits are at hand, "auroc" says how well the score separates both.
    """
    by_kind: dict[str, list[bool]] = {kind: [] for kind in kinds}
    for reading, kind in zip(readings, kinds, strict=True):
        by_kind[kind].append(not reading.is_digit)
    scores = [reading.digit_score for reading in readings]
    return {
        **share(sum(map(sum, by_kind.values())), len(readings), "refused"),
        "auroc": metrics.auroc(digit_scores, scores) if len(digit_scores) else None,
        "kinds": {kind: share(sum(refused), len(refused), "refused") for kind, refused in by_kind.items()},
        "histogram": histogram(scores),
    }


def share(part: int, count: int, name: str) -> Json:
    """Return the part of a count, called `name`, with its 95 % interval."""
    return {"count": count, name: part / count, "interval": list(metrics.wilson(part, count))}


def histogram(digit_scores: Sequence[float]) -> list[int]:
    """Count scores between EDGES on the scale of log odds, where float32's nearest to 1 is about 16."""
    scores = np.clip(np.asarray(digit_scores, np.float64), 1e-9, 1 - 1e-9)
    return metrics.histogram(np.log(scores / (1 - scores)), EDGES)


def probabilities(readings: Sequence[Reading]) -> NDArray[np.float32]:
    """Stack the readings' probabilities of the ten digits: (n, 10)."""
    return np.stack([reading.probabilities for reading in readings])


def _sound(outcomes: Iterable[Reading | DigitsError]) -> Iterator[Reading]:
    """Yield readings; raises the first error among them."""
    for outcome in outcomes:
        if isinstance(outcome, DigitsError):
            raise outcome
        yield outcome


@contextmanager
def _timed(seconds: dict[Stage, float], stage: Stage) -> Iterator[None]:
    """Add the seconds of the processor, so that what else the machine does counts little."""
    start = process_time()
    try:
        yield
    finally:
        seconds[stage] += process_time() - start


def score_outputs(probabilities: NDArray[np.float32], labels: Labels, threshold: float) -> Json:
    """Return one part's figures: accuracy over the ten digits, its interval, calibration, share kept."""
    digits = probabilities[:, :10] / probabilities[:, :10].sum(axis=1, keepdims=True)
    correct = int((digits.argmax(axis=1) == labels).sum())
    low, high = metrics.wilson(correct, len(labels))
    return {
        "images": len(labels),
        "errors": len(labels) - correct,
        "accuracy": metrics.accuracy(labels, digits.argmax(axis=1)),
        "interval_95": [low, high],
        "expected_calibration_error": metrics.calibration_error(digits, labels),
        "kept_as_digit": float((1 - probabilities[:, 10] >= threshold).mean()),
    }


def ticker(progress: Progress, description: str, total: int) -> Tick:
    """Return a function that moves a new bar of so many images on."""
    task = progress.add_task(description, total=total)
    return lambda count: progress.advance(task, count)
