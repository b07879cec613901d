"""MNIST is checked before anything is trained on it, and split the same way every time."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from training.data import mnist

Arrays = dict[str, NDArray[np.uint8]]


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    """Return arrays of MNIST's shapes: noise, with every digit equally often."""
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (60_000, 28, 28), np.uint8),
        "y_train": rng.permutation(np.arange(60_000) % 10).astype(np.uint8),
        "x_test": rng.integers(0, 256, (10_000, 28, 28), np.uint8),
        "y_test": rng.permutation(np.arange(10_000) % 10).astype(np.uint8),
    }


def test_validation_is_held_out_stratified(arrays: Arrays) -> None:
    digits = mnist.split(arrays)
    assert len(digits.y_val) == mnist.HELD_OUT
    assert len(digits.y_train) == 55_000
    assert np.bincount(digits.y_val).tolist() == [500] * 10
    kept, held = ({image.tobytes() for image in part} for part in (digits.x_train, digits.x_val))
    assert not kept & held
    assert kept | held == {image.tobytes() for image in arrays["x_train"]}


def test_the_split_is_the_same_every_time(arrays: Arrays) -> None:
    one, other = mnist.split(arrays), mnist.split(arrays)
    np.testing.assert_array_equal(one.x_val, other.x_val)
    assert one.sha256 == other.sha256


def test_the_split_is_the_one_that_the_figures_were_measured_on(arrays: Arrays) -> None:
    held = hashlib.sha256(mnist.split(arrays).x_val.tobytes()).hexdigest()
    assert held == "495a76d32a4a2c48b68060568ce2c289aeba7b3b2969813bf652f229a172f005"


def test_a_changed_pixel_changes_the_checksum(arrays: Arrays) -> None:
    altered = {**arrays, "x_test": arrays["x_test"].copy()}
    altered["x_test"][0, 0, 0] ^= 1
    assert mnist.split(altered).sha256 != mnist.split(arrays).sha256


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x_train", np.zeros((60_000, 28, 27), np.uint8), r"x_train .* Received: uint8 \(60000, 28, 27\)"),
        ("x_test", np.zeros((10_000, 28, 28), np.float32), "x_test .* Received: float32"),
        ("y_train", np.zeros(60_000, np.uint8), "each digit 0-9 often. Received counts"),
        ("y_test", np.zeros(9_999, np.uint8), r"y_test .* Received: uint8 \(9999,\)"),
    ],
)
def test_what_is_not_mnist_is_refused(
    arrays: Arrays, name: str, value: NDArray[np.uint8], message: str
) -> None:
    with pytest.raises(mnist.DataError, match=message):
        mnist.check({**arrays, name: value})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(mnist.DataError, match=r"nowhere\.npz, which does not exist"):
        mnist.load(tmp_path / "nowhere.npz")


def test_a_file_without_the_arrays_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(mnist.DataError, match=r"other\.npz is not an archive of x_train"):
        mnist.load(tmp_path / "other.npz")


def test_the_path_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "mine.npz"))
    assert mnist.mnist_path() == tmp_path / "mine.npz"
    monkeypatch.delenv("MNIST_PATH")
    monkeypatch.setattr(mnist, "KERAS_CACHE", tmp_path / "none.npz")
    assert mnist.mnist_path() is None


def test_without_a_network_a_copy_of_mnist_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail() -> None:
        raise Exception("URL fetch failure on mnist.npz")

    monkeypatch.delenv("MNIST_PATH", raising=False)
    monkeypatch.setattr(mnist, "KERAS_CACHE", tmp_path / "none.npz")
    monkeypatch.setattr("keras.datasets.mnist.load_data", fail)
    with pytest.raises(mnist.DataError, match="MNIST_PATH=path/to/mnist.npz. Received: URL fetch failure"):
        mnist.load()
