"""Compare a lattice of cuts over the single-digit model with the detector, on the same pictures of numbers.

`python -m training.studies.cuts --sets FOLDER` writes training/report/cuts.json. The lattice takes the ground
off, drops rules and specks, proposes cuts between and within what is joined, reads every piece
with the single-digit model, and takes the likeliest path from left to right.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from digits.contrast import even_ink
from digits.model import Model
from digits.normalize import normalize
from digits.numbers import NumberReader
from digits.raster import Grey, label
from training.artefact import REPORT, SHIPPED
from training.data import amounts
from training.data.amounts import Written
from training.evaluation import composed
from training.evaluation.scoring import Json, share
from training.evaluation.strings import AMOUNTS, PEN, SEED

Mask = NDArray[np.bool_]

STROKE = 0.6  # units of even ink: where a stroke begins
LOW = 0.4  # height of a part over the tallest one's: a lower part is a point, a comma or a dash
RULE = 0.8  # width of a rule over the picture's; a part so wide and no higher than LOW goes
WIDE = 0.75  # width over height from which a part may be more than one digit and is cut
BROAD = 1.4  # heights: the widest piece that is read as one digit
STEP = 0.12  # heights between two cuts within a part
PIECE = -0.25  # log probability that each piece costs: without it two halves of a digit may beat the whole
COUNT = 300  # composed numbers


@dataclass(frozen=True, eq=False)
class Lattice:
    """Cuts of a row of ink, and how likely what is between two of them is each digit."""

    cuts: list[int]  # pixels from the left
    pieces: dict[tuple[int, int], NDArray[np.float64]]  # log probabilities (10,) by the numbers of both cuts


def read(model: Model, picture: Grey, length: int | None = None) -> str:
    """Return the number in a picture, or the likeliest of so many digits."""
    ink = row(picture)
    return best(lattice(model, ink), length) if ink is not None else ""


def row(picture: Grey) -> Grey | None:
    """Return the ink of what may be digits, bright on 0, cropped to it; None where there is none."""
    ink = even_ink(picture)
    parts, count = label(ink > STROKE)
    boxes = [_box(parts == number) for number in range(1, count + 1)]
    boxes = [box if not _is_rule(box, picture.shape) else (0, 0, 0, 0) for box in boxes]
    tallest = max((bottom - top for top, bottom, _, _ in boxes), default=0)
    kept = [number for number, box in enumerate(boxes, 1) if box[1] - box[0] >= max(4, LOW * tallest)]
    mask = np.isin(parts, kept)
    if not kept:
        return None
    top, bottom, left, right = _box(mask)
    clear = np.where(mask, np.clip(ink * 160, 0, 255), 0)
    return clear[top:bottom, left:right].astype(np.uint8)


def lattice(model: Model, ink: Grey) -> Lattice:
    """Cut a row of ink (h, w) and read every piece that may be one digit, in one call of the model."""
    cuts = _cuts(ink)
    height, places, pictures = ink.shape[0], [], []
    for first, start in enumerate(cuts):
        for last in range(first + 1, len(cuts)):
            if cuts[last] - start > BROAD * height:
                break
            piece = ink[:, start : cuts[last]]
            if np.count_nonzero(piece) >= 8:
                places.append((first, last))
                pictures.append(normalize(np.pad(255 - piece, 2, constant_values=255), "always")[:1])
    if not places:
        return Lattice(cuts, {})
    scores = model.predict(np.concatenate(pictures)).astype(np.float64)
    return Lattice(cuts, dict(zip(places, np.log(np.maximum(scores[:, :10], 1e-6)), strict=True)))


def best(found: Lattice, length: int | None) -> str:
    """Return the likeliest digits from the first cut to the last; blank pieces between them are skipped."""
    paths: list[dict[int, tuple[float, str]]] = [{} for _ in found.cuts]  # by how many digits so far
    if paths:
        paths[0] = {0: (0.0, "")}
    for last in range(1, len(found.cuts)):
        for first in range(last):
            scores = found.pieces.get((first, last))
            for count, (total, text) in paths[first].items():
                if scores is None:
                    _offer(paths[last], count, total, text) if first == last - 1 else None
                else:
                    piece = total + float(scores.max()) + PIECE
                    _offer(paths[last], count + 1, piece, text + str(int(scores.argmax())))
    ends = paths[-1] if paths else {}
    if length is not None:
        return ends.get(length, (0.0, ""))[1]
    return max(ends.values(), default=(0.0, ""))[1]


def _offer(paths: dict[int, tuple[float, str]], count: int, total: float, text: str) -> None:
    if total > paths.get(count, (-np.inf, ""))[0]:
        paths[count] = total, text


def _cuts(ink: Grey) -> list[int]:
    """Return where a row may be cut: at the borders of its parts, and in wide parts where little ink is."""
    height, width = ink.shape
    columns = (ink > 0).sum(axis=0)
    filled = np.flatnonzero(columns)
    breaks = np.flatnonzero(np.diff(filled) > 1)
    starts, ends = filled[np.append(0, breaks + 1)], filled[np.append(breaks, -1)] + 1
    cuts = {0, width, *starts.tolist(), *ends.tolist()}
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start > WIDE * height:
            cuts |= set(_thin(columns, start, end, max(2, round(STEP * height))))
    return sorted(cuts)


def _thin(columns: NDArray[np.int64], start: int, end: int, step: int) -> list[int]:
    """Return the column with the least ink of each `step` columns within a part."""
    return [
        left + int(columns[left : left + step].argmin()) for left in range(start + step, end - step, step)
    ]


def _is_rule(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> bool:
    top, bottom, left, right = box
    return right - left >= RULE * shape[1] and bottom - top <= LOW * shape[0]


def _box(mask: Mask) -> tuple[int, int, int, int]:
    """Return top, bottom, left, right; bottom and right are exclusive."""
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(ys[0]), int(ys[-1]) + 1, int(xs[0]), int(xs[-1]) + 1


def compare(reader: NumberReader, pictures: Sequence[Written], name: str) -> Json:
    """Return how many numbers each of both ways reads right, their lengths unknown and given."""
    ways: dict[str, Callable[[Written, int | None], str]] = {
        "detector": lambda one, length: reader.read(one.picture, length).text,
        "cuts": lambda one, length: read(reader.model, one.picture, length),
    }
    right: dict[str, list[int]] = {way: [0, 0] for way in ways}
    for one in track(pictures, name):
        for way, reads in ways.items():
            right[way][0] += reads(one, None) == one.text
            right[way][1] += reads(one, len(one.text)) == one.text
    return {
        way: {
            "right": share(plain, len(pictures), "share"),
            "right_with_length": share(given, len(pictures), "share"),
        }
        for way, (plain, given) in right.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare as the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m training.studies.cuts", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--sets", type=Path, required=True, help=f"folder of {AMOUNTS} and {PEN}")
    parser.add_argument("--limit", type=int, help="use only so many pictures of each set")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="folder of both models")
    parser.add_argument("--json", type=Path, default=REPORT / "cuts.json")
    options = parser.parse_args(arguments)
    reader = NumberReader.load(options.model, Model.load(options.model))
    writers = composed.Writers(options.sets / PEN)
    sets: dict[str, Sequence[Written]] = {
        "amounts": amounts.load(options.sets / AMOUNTS),
        "composed": composed.compose(writers, COUNT, SEED),
        "narrow": composed.compose(writers, COUNT, SEED + 1, (composed.GAPS[0], 0.0)),
    }
    found = {name: compare(reader, pictures[: options.limit], name) for name, pictures in sets.items()}
    document = {
        "model": {"files": reader.model.card["files"]},
        "detector": reader.detector.version,
        "found": found,
    }
    options.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    Console().print_json(data=found)


if __name__ == "__main__":
    main()
