"""The pool: training examples that MNIST lacks, of other hands, pens and media, and of non-digits.

Three sources, every image rendered as a scene and normalized as serving would: MNIST's training digits
redrawn, digits from our own stroke skeletons, and non-digits. The pool is a function of its seed and sizes;
chunks are made by a process each and kept on disk, so that an interrupted run goes on where it was.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from digits.normalize import normalize
from training.data import mnist
from training.drawing import nondigits, scenes, sheets, strokes, surroundings

SOURCES = ("mnist", "strokes", "nondigits")
CORRECTIONS = "corrections"  # the source of what tuning adds
NOT_A_DIGIT = 10  # the eleventh class
CHUNK = 2_000  # drawings in a file
HASTE = 0.4  # share of our own digits that are written as in a row of them
PRINTED = 0.26  # share of drawings that are seen on security print
CROWDED = 0.5  # share of digits on security print that are cut out of a row, with parts of their neighbors
SURROUNDED = 0.24  # share with lines of a form, residues or a neighbor about them
RINGED = 0.04  # share in a ring
SQUASHED = 0.12  # share of non-digits that come as a bare picture
BARE_SHEETS = 0.06  # share of non-digits that are empty paper
Example = tuple[NDArray[np.uint8], int]  # a (28, 28) picture and its class
Maker = Callable[[np.random.Generator], Iterator[Example]]


def mnist_examples(digits: mnist.Mnist, rng: np.random.Generator) -> Iterator[Example]:
    """Yield what normalization makes of one of MNIST's training digits, redrawn in another scene."""
    index = rng.integers(len(digits.y_train))
    drawing = scenes.warp(scenes.enlarge(digits.x_train[index], rng), rng)
    yield from _seen(drawing, int(digits.y_train[index]), rng)


def stroke_examples(rng: np.random.Generator) -> Iterator[Example]:
    """Yield what normalization makes of a digit drawn from our own skeletons."""
    label = int(rng.integers(10))
    yield from _seen(strokes.render(label, rng, HASTE), label, rng)


def nondigit_examples(rng: np.random.Generator) -> Iterator[Example]:
    """Yield what normalization makes of something that is no digit, and now and then the bare picture.

    One line of ruled paper and one rail of a grid, cut out, are what a 1 is: those are left out.
    """
    for candidate in _nondigit(rng):
        if not is_upright_bar(candidate):
            yield candidate, NOT_A_DIGIT


def _nondigit(rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    if rng.random() < BARE_SHEETS:
        return list(normalize(sheets.sheet(rng), "always"))
    drawing = nondigits.render(rng)
    about = rng.random()
    if about < SQUASHED:
        return [scenes.squash(drawing)]
    if about < SQUASHED + PRINTED:
        return list(normalize(scenes.security(drawing, rng), "always"))
    if about < SQUASHED + PRINTED + SURROUNDED:
        drawing = surroundings.surround(drawing, rng)
    return list(normalize(scenes.scene(drawing, rng), "always"))


def is_upright_bar(picture: NDArray[np.uint8]) -> bool:
    """Return whether a canonical picture (28, 28) shows one upright stroke and nothing else."""
    ink = picture > picture.max() / 2
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return False
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = box.shape
    return height >= 3.5 * width and bool(box.mean() > 0.8)


def _seen(drawing: NDArray[np.uint8], label: int, rng: np.random.Generator) -> Iterator[Example]:
    seen = _look(drawing, label, rng)
    if seen.right is not None:
        yield seen.right, label
    for wrong in seen.wrong:
        yield wrong, NOT_A_DIGIT


def _look(drawing: NDArray[np.uint8], label: int, rng: np.random.Generator) -> scenes.Seen:
    """Put a digit in a scene: alone, in surroundings, on print, or in a ring; a 1 in a ring may be a 0."""
    about = rng.random()
    if about < PRINTED:
        whole = surroundings.crowd(drawing, rng) if rng.random() < CROWDED else drawing
        return scenes.see(drawing, scenes.security(whole, rng), whole, busy=True)
    if about < PRINTED + SURROUNDED:
        whole = surroundings.surround(drawing, rng)
        return scenes.see(drawing, scenes.scene(whole, rng), whole)
    if about < PRINTED + SURROUNDED + RINGED and label != 1:
        whole = surroundings.draw(drawing, surroundings.ring, rng)
        return scenes.see_ringed(drawing, scenes.scene(whole, rng), whole)
    return scenes.see(drawing, scenes.scene(drawing, rng))


def make_chunk(job: tuple[Path, str, int], archive: Path | None) -> None:
    """Write one file of examples, given its path, source and seed, unless it is there already."""
    path, source, seed = job
    if path.exists():
        return
    rng = np.random.default_rng([seed, int.from_bytes(source.encode()[:4], "big")])
    examples = [example for _ in range(CHUNK) for example in _maker(source, archive)(rng)]
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(file, x=np.stack([x for x, _ in examples]), y=np.array([y for _, y in examples], np.uint8))
    part.rename(path)


@cache
def _maker(source: str, archive: Path | None) -> Maker:
    """Return what makes a source's examples; MNIST is read once a process."""
    if source == "mnist":
        return partial(mnist_examples, mnist.load(archive))
    return stroke_examples if source == "strokes" else nondigit_examples


def build(folder: Path, chunks: dict[str, int], seed: int, archive: Path | None, workers: int) -> None:
    """Make the chunks that are missing in `folder`: `chunks` of CHUNK drawings for each source."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (folder / f"{source}-{seed}-{number:03}.npz", source, seed * 1_000 + number)
        for number in range(max(chunks.values()))
        for source in chunks
        if number < chunks[source]
    ]
    # Spawned, not forked: TensorFlow's threads may run already.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        made = pool.map(partial(make_chunk, archive=archive), jobs)
        for _ in track(made, description="Making examples", total=len(jobs)):
            pass


def add_corrections(folder: Path, pictures: NDArray[np.uint8], classes: NDArray[np.uint8]) -> None:
    """Add corrections to the pool in `folder`: pictures (n, 28, 28) and their classes (n,), 0 to 10."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / f"{CORRECTIONS}.npz", x=pictures, y=classes)


def checksum(folder: Path) -> str:
    """Return a sha256 over the examples in `folder`, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as chunk:
            digest.update(path.name.encode() + chunk["x"].tobytes() + chunk["y"].tobytes())
    return digest.hexdigest()


def load(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return images (n, 28, 28), classes (n,) 0-10, and sources: a place in SOURCES, or the next."""
    xs, ys, sources = [], [], []
    for code, source in enumerate((*SOURCES, CORRECTIONS)):
        for path in sorted(folder.glob(f"{source}*.npz")):
            with np.load(path) as chunk:
                xs.append(chunk["x"])
                ys.append(chunk["y"].astype(np.int64))
                sources.append(np.full(len(chunk["y"]), code))
    if not xs:
        raise mnist.DataError(f"no examples to train on in {folder}: `python -m training` makes them")
    return np.concatenate(xs), np.concatenate(ys), np.concatenate(sources)
