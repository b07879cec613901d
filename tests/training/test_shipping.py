"""The files of a network and its card are written together."""

import json
from pathlib import Path

import keras

from training import network, shipping
from training.artefact import describe


def test_both_files_and_the_card_that_describes_them_are_written(tmp_path: Path) -> None:
    model = network.committee([network.build((0, 0, 1))], 1.0)
    folder = tmp_path / "new"
    card = shipping.write(folder / "model.json", "digits", model, b"flat", {"files": {}, "version": "1"})
    assert sorted(file.name for file in folder.iterdir()) == ["digits.keras", "digits.tflite", "model.json"]
    assert json.loads((folder / "model.json").read_text()) == card
    assert list(card) == ["files", "version"]
    assert card["files"] == {name: describe(folder / name) for name in ("digits.keras", "digits.tflite")}
    assert keras.models.load_model(folder / "digits.keras").count_params() == model.count_params()
