"""A miniature of the whole training: digits, made examples, and the folder of a finished run."""

from pathlib import Path

import numpy as np
import pytest

from tests.samples.drawings import draw_mnist
from tests.training.miniature import STAGES
from training.data import mnist, pool
from training.train import train_members


@pytest.fixture(scope="session")
def digits() -> mnist.Mnist:
    """Return a small set of our own drawings in the shape of MNIST."""
    rng = np.random.default_rng(0)
    shapes = np.stack([draw_mnist(digit) for digit in range(10)])

    def part(count: int) -> tuple[mnist.Images, mnist.Labels]:
        y = np.arange(count) % 10
        noise = rng.integers(0, 30, (count, 28, 28))
        return np.clip(shapes[y].astype(np.int64) + noise, 0, 255).astype(np.uint8), y

    return mnist.Mnist(*part(320), *part(100), *part(100), sha256="drawn")


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory, digits: mnist.Mnist) -> Path:
    """Return a folder of made examples: the same drawings, and noise that is no digit."""
    folder = tmp_path_factory.mktemp("pool")
    noise = np.random.default_rng(1).integers(0, 256, (60, 28, 28), np.uint8)
    for source in ("mnist", "strokes"):
        np.savez(folder / f"{source}-1-000.npz", x=digits.x_train, y=digits.y_train.astype(np.uint8))
    np.savez(folder / "nondigits-1-000.npz", x=noise, y=np.full(60, pool.NOT_A_DIGIT, np.uint8))
    return folder


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, digits: mnist.Mnist, examples: Path) -> Path:
    """Return the folder of a finished miniature run: two members, through stages of six epochs and of two."""
    folder = tmp_path_factory.mktemp("run")
    train_members(STAGES, folder, digits, examples, [None, None])
    return folder
