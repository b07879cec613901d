"""Scores of numbers read in pictures: how many are right in all, and how sure the reader was."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from time import process_time
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from digits.numbers import NumberReader
from digits.page import Frame, Page
from digits.raster import Grey
from digits.recognize import Reader
from training.data.amounts import Written
from training.evaluation import metrics
from training.evaluation.composed import Composed
from training.evaluation.forms import Form
from training.evaluation.scoring import Json, Tick, share

EDGES = (-0.08, 0.0, 0.1, 0.2, 0.4, 0.6)  # heights: bounds of the gaps that are scored apart
DRAWN = 200  # times that numbers are drawn to be right or wrong, for the error that chance alone makes
FOUND = 0.5  # intersection over union from which a box counts as found

T = TypeVar("T", bound=Written)
Readings = list[tuple[Page, Page]]  # of each picture: with its length unknown, and with it given


def read(reader: NumberReader, pictures: Sequence[Written], tick: Tick) -> Readings:
    """Read every picture twice: as it is, and with the number of its digits."""
    readings = []
    for one in pictures:
        seen, frame = reader.look(one.picture), Frame(one.picture.shape)
        free = reader.page(seen, frame, picture=one.picture)
        readings.append((free, reader.page(seen, frame, len(one.text))))
        tick(1)
    return readings


def score(pictures: Sequence[Written], readings: Readings) -> Json:
    """Measure readings of pictures that hold one number each."""
    right = [page.text == one.text for one, (page, _) in zip(pictures, readings, strict=True)]
    given = [page.text == one.text for one, (_, page) in zip(pictures, readings, strict=True)]
    found = [boxes_found(one.boxes, page) for one, (page, _) in zip(pictures, readings, strict=True)]
    return {
        "right": _share(right),
        "right_with_length": _share(given),
        "boxes_found": share(sum(found), sum(len(one.boxes) for one in pictures), "share"),
        "calibration_error": calibration_error([page for page, _ in readings], right),
        "calibration_error_by_chance": error_by_chance([page for page, _ in readings]),
        "by_length": _by(pictures, right, lambda one: str(len(one.text))),
    }


def score_composed(pictures: Sequence[Composed], readings: Readings) -> Json:
    """Measure readings of composed numbers, by gap and by touch too."""
    right = [page.text == one.text for one, (page, _) in zip(pictures, readings, strict=True)]
    return score(pictures, readings) | {
        "by_gap": _by(pictures, right, _gap),
        "by_touch": _by(pictures, right, lambda one: "touching" if one.touching else "apart"),
    }


def score_singles(reader: NumberReader, pictures: Sequence[Grey], labels: Sequence[int], tick: Tick) -> Json:
    """Measure the reading of pictures of one digit each, as numbers and as single digits."""
    alone = Reader(reader.model)
    read, given, predicted = [], [], []
    for picture, label in zip(pictures, labels, strict=True):
        seen, frame = reader.look(picture), Frame(picture.shape)
        read.append(reader.page(seen, frame, picture=picture).text == str(label))
        given.append(reader.page(seen, frame, 1).text == str(label))
        predicted.append(alone.one(picture).digit == label)
        tick(1)
    return {
        "right": _share(read),
        "right_with_length": _share(given),
        "single_digit_model": _share(predicted),
    }


def score_blanks(reader: NumberReader, sheets: Iterable[tuple[str, Grey]], tick: Tick) -> Json:
    """Count the digits read on sheets without any, each with the name of its kind."""
    counts: dict[str, list[int]] = {}
    for kind, sheet in sheets:
        counts.setdefault(kind, []).append(sum(len(one.text) for one in reader.read(sheet).numbers))
        tick(1)
    everything = [count for kind in counts.values() for count in kind]
    return {
        "digits_per_sheet": float(np.mean(everything)),
        "sheets_read_as_empty": _share([count == 0 for count in everything]),
        "digits_per_sheet_by_kind": {kind: float(np.mean(found)) for kind, found in counts.items()},
    }


def score_forms(reader: NumberReader, forms: Iterable[Form], tick: Tick) -> Json:
    """Measure the reading of forms' fields, their lengths unknown and given."""
    right: dict[str, list[bool]] = {}
    given: list[bool] = []
    for form in forms:
        lengths = [replace(one, length=len(text)) for one, text in zip(form.fields, form.texts, strict=True)]
        read = [one.text for one in reader.read_fields(form.picture, form.fields)]
        told = [one.text for one in reader.read_fields(form.picture, lengths)]
        right.setdefault(form.paper, []).extend(map(str.__eq__, read, form.texts))
        given.extend(map(str.__eq__, told, form.texts))
        tick(1)
    return {
        "fields_right": _share([one for paper in right.values() for one in paper]),
        "fields_right_with_length": _share(given),
        "by_paper": {paper: _share(found) for paper, found in right.items()},
    }


def milliseconds(reader: NumberReader, picture: Grey) -> float:
    """Return the processor's time for one reading of a picture that was read before."""
    reader.read(picture)
    start = process_time()
    reader.read(picture)
    return 1_000 * (process_time() - start)


def calibration_error(pages: Sequence[Page], right: Sequence[bool]) -> float:
    """Return the expected calibration error of the numbers' probabilities; nothing read counts as 0 sure."""
    return metrics.calibration_error(_sureness(pages)[:, np.newaxis], np.where(right, 0, 1))


def error_by_chance(pages: Sequence[Page]) -> float:
    """Return the mean calibration error of so many numbers if their probabilities were exactly right."""
    sure = _sureness(pages)
    rng = np.random.default_rng(0)
    drawn = (np.where(rng.random(len(sure)) < sure, 0, 1) for _ in range(DRAWN))
    return float(np.mean([metrics.calibration_error(sure[:, np.newaxis], labels) for labels in drawn]))


def _sureness(pages: Sequence[Page]) -> NDArray[np.float64]:
    """Return the probability (n,) that all of each page is right."""
    return np.array(
        [float(np.prod([one.probability for one in page.numbers])) if page.numbers else 0.0 for page in pages]
    )


def boxes_found(boxes: Sequence[tuple[float, float, float, float]], page: Page) -> int:
    """Return how many of the boxes a digit read lies on, whatever it was read as."""
    read = [digit.box for number in page.numbers for digit in number.digits]
    return sum(any(_alike(box, other) >= FOUND for other in read) for box in boxes)


def _alike(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Return the intersection over union of two boxes."""
    low, high = (
        np.maximum(one[:2], other[:2]),
        np.minimum(np.add(one[:2], one[2:]), np.add(other[:2], other[2:])),
    )
    shared = float(np.prod(np.clip(high - low, 0, None)))
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def _by(pictures: Sequence[T], right: Sequence[bool], name: Callable[[T], str]) -> Json:
    groups: dict[str, list[bool]] = {}
    for one, is_right in zip(pictures, right, strict=True):
        groups.setdefault(name(one), []).append(is_right)
    return {group: _share(groups[group]) for group in sorted(groups)}


def _share(right: Sequence[bool]) -> Json:
    return share(sum(right), len(right), "share")


def _gap(one: Composed) -> str:
    place = min(int(np.searchsorted(EDGES, one.gap, side="right")), len(EDGES) - 1)
    return f"{EDGES[place - 1]:.0%} to {EDGES[place]:.0%}"
