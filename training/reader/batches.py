"""Batches of composed pictures, changed a little each time."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.detect import STRIDE
from training.drawing import pages
from training.reader import pool, targets
from training.reader.recipe import Settings

# The shapes of successive batches. The first two differ: from them Keras infers which sides vary.
TURNS = ("lines", "pages", "lines", "lines", "pages")


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Lines and parts of pages; batch `i` of epoch `e` is the same in every run with the same seed."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__()
        self.settings = settings
        self.epoch = 0
        self.pictures = {shape: pool.load(folder, shape) for shape in pool.SHAPES}

    def __len__(self) -> int:
        """Return the steps of an epoch."""
        return self.settings.steps

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return ink (batch, h, w, 1) and targets (batch, h/4, w/4, 16)."""
        step = self.epoch * len(self) + index
        rng = np.random.default_rng([self.settings.seed, step])
        pictures = self.pictures[TURNS[step % len(TURNS)]]
        chosen = rng.integers(0, len(pictures.boxes), self.settings.batch)
        return self._changed(pictures, chosen, rng)

    def _changed(
        self, pictures: pool.Pictures, chosen: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Stretch and move each picture a little, brighten or dim it, add noise."""
        height, width = pictures.ink.shape[1:]
        ink = np.zeros((len(chosen), height, width, 1), np.float32)
        maps = []
        for place, number in enumerate(chosen):
            stretch = np.exp(rng.uniform(-self.settings.stretch, self.settings.stretch, 2))
            seen = _stretched(pictures.ink[number], stretch) * np.float32(np.exp(rng.uniform(-0.3, 0.3)))
            down, right = rng.integers(0, STRIDE, 2)
            seen = seen[: height - down, : width - right]
            if rng.random() < 0.5:
                spread = np.float32(rng.uniform(0, self.settings.noise))
                seen += rng.standard_normal(seen.shape, np.float32) * spread
            ink[place, down : down + seen.shape[0], right : right + seen.shape[1], 0] = seen
            boxes = pictures.boxes[number] * np.tile(stretch[::-1], 2).astype(np.float32)
            boxes += np.array([right, down, 0, 0], np.float32)
            boxes, labels = pages.cut_to(boxes, pictures.labels[number], height, width)
            maps.append(targets.draw(boxes, labels, height, width))
        return ink, np.stack(maps)


def _stretched(ink: NDArray[np.int8], stretch: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return ink in units, as many times as high and as wide."""
    height, width = np.rint(np.array(ink.shape) * stretch).astype(int).tolist()
    levels = Image.fromarray(ink.view(np.uint8) ^ np.uint8(128))  # int8 to uint8, in the same order
    resized = np.asarray(levels.resize((width, height), Image.Resampling.BILINEAR), np.float32)
    return (resized - 128) / np.float32(pool.LEVELS)
