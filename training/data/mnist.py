"""MNIST, from Keras' loader or a local .npz: checked, and split into training, validation and test.

Images are uint8 (n, 28, 28), ink bright on dark; labels int64 (n,), 0 to 9.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KERAS_CACHE = Path.home() / ".keras" / "datasets" / "mnist.npz"
HELD_OUT = 5_000  # training images kept for validation
SPLIT_SEED = 20_061  # of the validation split; apart from the run's seed, so that runs are comparable

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


class DataError(Exception):
    """Raised when a data file is missing or is not MNIST as LeCun published it."""


@dataclass(frozen=True)
class Mnist:
    """The three parts; the test part is for the final figure and nothing else."""

    x_train: Images
    y_train: Labels
    x_val: Images
    y_val: Labels
    x_test: Images
    y_test: Labels
    sha256: str  # of the four arrays' bytes: the same for every way of loading them


def mnist_path() -> Path | None:
    """Return where MNIST lies on this machine: $MNIST_PATH, else Keras' cache, else None."""
    named = os.environ.get("MNIST_PATH")
    if named:
        return Path(named)
    return KERAS_CACHE if KERAS_CACHE.exists() else None


def load(path: Path | None = None) -> Mnist:
    """Load from `path`, else $MNIST_PATH or Keras' cache, else download with Keras. Raises DataError."""
    path = path or mnist_path()
    return split(_open(path) if path else _download())


def to_ink(images: Images) -> NDArray[np.float32]:
    """Return images (n, 28, 28) as the network takes them: (n, 28, 28, 1), ink 0-1."""
    return np.multiply(images[..., np.newaxis], np.float32(1 / 255), dtype=np.float32)


def _download() -> dict[str, NDArray[np.uint8]]:
    import keras  # noqa: PLC0415 - its import takes seconds, and evaluation goes without it

    try:
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises no other type where it cannot download
        raise DataError(
            f"Without a network, name a copy of MNIST: MNIST_PATH=path/to/mnist.npz. Received: {error}"
        ) from error
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    check(arrays)
    return arrays


def _open(path: Path) -> dict[str, NDArray[np.uint8]]:
    if not path.is_file():
        raise DataError(f"MNIST is expected in a .npz file. Received: {path}, which does not exist")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    except (KeyError, ValueError, OSError) as error:
        raise DataError(f"{path} is not an archive of x_train, y_train, x_test, y_test: {error}") from error
    check(arrays)
    return arrays


def check(arrays: dict[str, NDArray[np.uint8]]) -> None:
    """Raise DataError unless the arrays have MNIST's shapes, dtype and every label."""
    for part, count in (("train", 60_000), ("test", 10_000)):
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if x.shape != (count, 28, 28) or x.dtype != np.uint8:
            raise DataError(f"x_{part} has to be uint8 ({count}, 28, 28). Received: {x.dtype} {x.shape}")
        if y.shape != (count,) or y.dtype.kind not in "iu":
            raise DataError(f"y_{part} has to be integers ({count},). Received: {y.dtype} {y.shape}")
        counts = np.bincount(y.astype(np.int64), minlength=10)
        if counts.size != 10 or counts.min() < count * 0.08:
            raise DataError(f"y_{part} has to hold each digit 0-9 often. Received counts: {counts.tolist()}")


def split(arrays: dict[str, NDArray[np.uint8]], held_out: int = HELD_OUT) -> Mnist:
    """Hold out `held_out` training images, stratified by digit, the same ones every time."""
    x, y = arrays["x_train"], arrays["y_train"].astype(np.int64)
    # Every k-th of the images sorted by digit: each digit gives its share.
    chosen = shuffle_by_digit(y)[np.linspace(0, len(y) - 1, held_out).round().astype(np.int64)]
    kept = np.setdiff1d(np.arange(len(y)), chosen)
    digest = hashlib.sha256()
    for name in ("x_train", "y_train", "x_test", "y_test"):
        digest.update(np.ascontiguousarray(arrays[name].astype(np.uint8)).tobytes())
    return Mnist(
        x_train=x[kept],
        y_train=y[kept],
        x_val=x[chosen],
        y_val=y[chosen],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"].astype(np.int64),
        sha256=digest.hexdigest(),
    )


def shuffle_by_digit(y: Labels) -> NDArray[np.int64]:
    """Return the places of all labels, sorted by digit, shuffled within each, the same way every time."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(y))
    return order[np.argsort(y[order], kind="stable")]
