"""The batches that a stage is trained on: MNIST's digits and made examples, mixed and augmented."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training import network
from training.data import augment, mnist, pool
from training.recipe import Settings

LEAST_STEPS = 50  # of an epoch that is one pass, however few the digits


@dataclass(frozen=True, eq=False)
class Part:
    """The examples of one origin, and what of them goes into a batch."""

    x: NDArray[np.uint8]  # (n, 28, 28)
    y: NDArray[np.int64]  # (n,), 0 to 10
    count: int  # of them in each batch
    strength: augment.Strength  # of their augmentation


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Mixed, augmented batches; batch `i` of epoch `e` is the same in every run with the same seed."""

    def __init__(self, settings: Settings, digits: mnist.Mnist, examples: Path) -> None:
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        self.settings = settings
        self.epoch = 0
        strength = replace(augment.MNIST_STRENGTH.times(settings.strength), dirty=settings.dirty)
        x, y, source = pool.load(examples)
        other, own = y == pool.NOT_A_DIGIT, source == len(pool.SOURCES)

        def part(chosen: NDArray[np.bool_], share: float, how: augment.Strength) -> Part:
            return Part(x[chosen], y[chosen], round(share * settings.batch), how)

        parts = [
            Part(digits.x_train, digits.y_train, round(settings.mnist_share * settings.batch), strength),
            part((source == 0) & ~other, settings.redrawn_share, augment.POOL_STRENGTH),
            part((source == 1) & ~other, settings.strokes_share, augment.POOL_STRENGTH),
            part(other & ~own, settings.nondigit_share, augment.POOL_STRENGTH),
            part(own, settings.corrections_share, strength),
        ]
        self.parts = [one for one in parts if one.count]

    def __len__(self) -> int:
        """Return the steps of an epoch: one pass over the training digits, or more where they are few."""
        first = self.parts[0]
        return self.settings.steps or max(LEAST_STEPS, len(first.y) // first.count)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return ink (batch, 28, 28, 1) and one-hot classes (batch, 11)."""
        step = self.epoch * len(self) + index
        rng = np.random.default_rng([self.settings.seed, step])
        xs, ys = [], []
        for number, part in enumerate(self.parts):
            chosen = self._chosen(number, len(part.y), step, part.count)
            xs.append(augment.augment(mnist.to_ink(part.x[chosen])[..., 0], rng, part.strength))
            ys.append(part.y[chosen])
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
