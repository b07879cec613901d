"""Non-digits that a model should refuse, drawn and from sets, and ruled 1s that it should keep."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from digits.model import Model
from training.data import sets
from training.drawing import nondigits, strokes
from training.drawing.pen import Picture
from training.evaluation import scoring
from training.evaluation.scoring import ticker

SEED = 2026  # of the corruptions and the synthetic non-digits
SYNTHETIC = 500  # non-digits of each kind
NONDIGITS = {"seen": nondigits.KINDS, "unseen": nondigits.HELD_OUT_KINDS}
Images = NDArray[np.uint8]


def draw_nondigits(
    table: dict[str, tuple[float, nondigits.Renderer]], each: int, rng: np.random.Generator
) -> tuple[list[str], list[Picture]]:
    """Draw so many of each kind in the table; return the kind of each picture, and the pictures."""
    kinds = [kind for kind in table for _ in range(each)]
    return kinds, [table[kind][1](rng, int(rng.integers(64, 97))) for kind in kinds]


def collect(model: Model, paths: list[Path], each: int) -> dict[str, Images]:
    """Return canonical pictures (n, 28, 28) of what is no digit: synthetic ones, and those of the sets."""
    rng = np.random.default_rng(SEED)
    others: dict[str, Images] = {}
    with Progress() as progress:
        for group, table in NONDIGITS.items():
            _, drawn = draw_nondigits(table, each, rng)
            readings = scoring.read_images(model, drawn, "auto", ticker(progress, group, len(drawn)))
            others[f"synthetic, {group} in training"] = np.stack([reading.input for reading in readings])
        for found in sets.find(paths):
            tick = ticker(progress, found.name, len(found.labels))
            numbered = scoring.read_set(model, found, tick)[1].items()
            inputs = [one.input for number, one in numbered if found.labels[number] not in sets.DIGITS]
            if inputs:
                others[found.name] = np.stack(inputs)
    return others


def ruled_ones(model: Model, count: int) -> Images:
    """Return so many 1s drawn with a ruler, canonical (n, 28, 28)."""
    rng = np.random.default_rng(SEED)
    drawn = [strokes.ruled_one(rng, int(rng.integers(64, 97))) for _ in range(count)]
    with Progress() as progress:
        readings = scoring.read_images(model, drawn, "auto", ticker(progress, "ruled 1s", count))
    return np.stack([reading.input for reading in readings])
