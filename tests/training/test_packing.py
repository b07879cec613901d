"""A packed Keras model is smaller, and the same."""

from pathlib import Path

import keras
import numpy as np

from training import network
from training.packing import pack


def test_a_packed_model_is_smaller_and_computes_the_same(tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    model = network.committee([network.build((0, 1, 1)), network.build((0, 1, 1))], 0.7, 2.0)
    path = tmp_path / "digits.keras"
    model.save(path)
    before = path.stat().st_size
    pack(path)
    assert path.stat().st_size < 0.95 * before
    assert [each.name for each in tmp_path.iterdir()] == ["digits.keras"]
    loaded = keras.models.load_model(path)
    for was, now in zip(model.get_weights(), loaded.get_weights(), strict=True):
        assert np.array_equal(was, now)
    ink = np.random.default_rng(1).random((3, 28, 28, 1), np.float32)
    assert np.array_equal(model.predict(ink, verbose=0), loaded.predict(ink, verbose=0))
