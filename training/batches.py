"""The batches that a stage is trained on: MNIST's digits and made examples, mixed and augmented."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training import network
from training.data import augment, mnist, pool
from training.recipe import Settings

LEAST_STEPS = 50  # of an epoch, however few the digits


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Mixed, augmented batches; batch `i` of epoch `e` is the same in every run with the same seed."""

    def __init__(self, settings: Settings, digits: mnist.Mnist, examples: Path) -> None:
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        self.settings = settings
        self.strength = replace(augment.MNIST_STRENGTH.times(settings.strength), dirty=settings.dirty)
        self.epoch = 0
        x, y, source = pool.load(examples)
        shares = (settings.redrawn_share, settings.strokes_share)
        kinds = [(source == code) & (y != pool.NOT_A_DIGIT) for code in (0, 1)] + [y == pool.NOT_A_DIGIT]
        parts = [(digits.x_train, digits.y_train, settings.mnist_share)]
        parts += [
            (x[kind], y[kind], share)
            for kind, share in zip(kinds, (*shares, settings.nondigit_share), strict=True)
        ]
        self.parts = [(xs, ys, round(share * settings.batch)) for xs, ys, share in parts if share]

    def __len__(self) -> int:
        """Return the steps of an epoch: one pass over the training digits, or more where they are few."""
        return max(LEAST_STEPS, len(self.parts[0][1]) // self.parts[0][2])

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return ink (batch, 28, 28, 1) and one-hot classes (batch, 11)."""
        step = self.epoch * len(self) + index
        rng = np.random.default_rng([self.settings.seed, step])
        xs, ys = [], []
        for number, (x, y, count) in enumerate(self.parts):
            chosen = self._chosen(number, len(y), step, count)
            strength = augment.POOL_STRENGTH if number else self.strength
            xs.append(augment.augment(mnist.to_ink(x[chosen])[..., 0], rng, strength))
            ys.append(y[chosen])
        classes = np.eye(network.CLASSES, dtype=np.float32)[np.concatenate(ys)]
        return np.concatenate(xs)[..., np.newaxis], classes

    def _chosen(self, part: int, size: int, step: int, count: int) -> NDArray[np.int64]:
        """Return the next `count` indices of a part, each pass over it in an order of its own."""
        places = np.arange(step * count, (step + 1) * count)
        orders = [self._order(part, size, int(turn)) for turn in np.unique(places // size)]
        chosen: NDArray[np.int64] = np.concatenate(orders)[places - places[0] // size * size]
        return chosen

    @lru_cache(maxsize=8)  # noqa: B019 - lives as long as the run
    def _order(self, part: int, size: int, turn: int) -> NDArray[np.int64]:
        return np.random.default_rng([self.settings.seed, part, turn]).permutation(size)
