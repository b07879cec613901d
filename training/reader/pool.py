"""The pictures that the detector learns from, composed once and kept: even ink with the boxes of its digits.

The pool is a function of its seed and sizes. Its files are made one by one: an interrupted run goes on.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from digits.contrast import even_ink
from training.data import mnist
from training.drawing import marks, pages

CHUNK = 1_000  # crops in a file
LEVELS = 40.0  # of a pixel's byte for one unit of ink: ±BRIGHTEST fills a signed byte
SHAPES = {"lines": (64, 256), "pages": (128, 128)}  # pixels: as many in the one as in the other
APART = 6  # pixels of ground between two pictures that share a crop
NOTHING = 0.25  # share of the pictures that hold no digit


@dataclass(frozen=True, eq=False)
class Single:
    """One picture of those."""

    ink: NDArray[np.int8]  # (height, width), LEVELS to a unit of ink
    boxes: NDArray[np.float32]  # (k, 4)
    labels: NDArray[np.int64]  # (k,)


@dataclass(frozen=True, eq=False)
class Pictures:
    """Composed pictures of one shape."""

    ink: NDArray[np.int8]  # (n, height, width), LEVELS to a unit of ink
    boxes: list[NDArray[np.float32]]  # of each (k, 4)
    labels: list[NDArray[np.int64]]  # of each (k,)


def build(folder: Path, counts: tuple[int, int, int], chunks: int, seed: int, digits: mnist.Mnist) -> None:
    """Make what is missing in `folder`: marks, and `chunks` files of each shape.

    `counts` are those of the marks: of MNIST's digits, of drawn ones, of what is no digit.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = _marks(folder, counts, seed, digits)
    jobs = [(shape, number) for number in range(chunks) for shape in SHAPES]
    for shape, number in track(jobs, description="Composing pictures"):
        path = folder / f"{shape}-{seed}-{number:03}.npz"
        if not path.exists():
            _make_chunk(path, shape, known, np.random.default_rng([seed, number, *shape.encode()]))


def _marks(folder: Path, counts: tuple[int, int, int], seed: int, digits: mnist.Mnist) -> marks.Marks:
    """Return the marks, made at the first call."""
    path = folder / f"marks-{seed}.npz"
    taken, drawn, others = counts
    if not path.exists():
        chosen = np.random.default_rng(seed).permutation(len(digits.y_train))[:taken]
        made = marks.make(digits.x_train[chosen], digits.y_train[chosen], drawn, others, seed)
        _save(path, fields=made.fields, labels=made.labels)
    with np.load(path) as found:
        return marks.Marks(found["fields"], found["labels"])


def compose(shape: str, known: marks.Marks, rng: np.random.Generator) -> pages.Composed:
    """Compose one picture of a shape's kind."""
    height, width = SHAPES[shape]
    maker = pages.amount if shape == "lines" else pages.page
    return (pages.nothing if rng.random() < NOTHING else maker)(known, rng, height, width)


def _make_chunk(path: Path, shape: str, known: marks.Marks, rng: np.random.Generator) -> None:
    height, width = SHAPES[shape]
    singles = (_leveled(compose(shape, known, rng)) for _ in count())
    made = list(islice(packed(singles, height, width), CHUNK))
    counts = np.array([len(one.labels) for one in made])
    boxes, labels = np.concatenate([one.boxes for one in made]), np.concatenate([one.labels for one in made])
    _save(path, ink=np.stack([one.ink for one in made]), boxes=boxes, labels=labels, counts=counts)


def _leveled(made: pages.Composed) -> Single:
    return Single(np.rint(even_ink(made.grey) * LEVELS).astype(np.int8), made.boxes, made.labels)


def packed(singles: Iterator[Single], height: int, width: int) -> Iterator[Single]:
    """Yield pictures (height, width), each filled with as many single ones as it has room for, in rows."""
    ink = np.zeros((height, width), np.int8)
    boxes: list[NDArray[np.float32]] = []
    labels: list[NDArray[np.int64]] = []
    top = left = row = 0
    for single in singles:
        high, wide = single.ink.shape
        if left + wide > width:
            top, left, row = top + row + APART, 0, 0
        if top + high > height:
            yield Single(ink, np.concatenate(boxes), np.concatenate(labels))
            ink, boxes, labels = np.zeros_like(ink), [], []
            top = left = row = 0
        ink[top : top + high, left : left + wide] = single.ink
        boxes.append(single.boxes + np.array([left, top, 0, 0], np.float32))
        labels.append(single.labels)
        left, row = left + wide + APART, max(row, high)


def _save(path: Path, **arrays: NDArray[np.generic]) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    part.rename(path)


def load(folder: Path, shape: str) -> Pictures:
    """Return a pool's pictures of a shape. Raises DataError where there are none."""
    inks, boxes, labels = [], [], []
    for path in sorted(folder.glob(f"{shape}-*.npz")):
        with np.load(path) as chunk:
            ends = np.cumsum(chunk["counts"])[:-1]
            inks.append(chunk["ink"])
            boxes += np.split(chunk["boxes"], ends)
            labels += np.split(chunk["labels"], ends)
    if not inks:
        raise mnist.DataError(
            f"no pictures to learn from in {folder}: `python -m training.reader` makes them"
        )
    return Pictures(np.concatenate(inks), boxes, labels)


def checksum(folder: Path) -> str:
    """Return a sha256 over the pool's pictures, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*-*.npz")):
        with np.load(path) as chunk:
            digest.update(
                path.name.encode() + b"".join(chunk[name].tobytes() for name in sorted(chunk.files))
            )
    return digest.hexdigest()
