"""The files of an exported network and its card, written together or not at all."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import keras

from training.artefact import describe
from training.packing import pack


def write(
    card_path: Path, name: str, model: keras.Model, flatbuffer: bytes, card: dict[str, Any]
) -> dict[str, Any]:
    """Write NAME.keras, NAME.tflite and beside them the card, and return it as it describes them now."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        networks = [place / f"{name}.keras", place / f"{name}.tflite"]
        model.save(networks[0])
        pack(networks[0])
        networks[1].write_bytes(flatbuffer)
        card = {**card, "files": {path.name: describe(path) for path in networks}}
        (place / card_path.name).write_text(json.dumps(card, indent=2) + "\n")
        card_path.parent.mkdir(parents=True, exist_ok=True)
        for file in place.iterdir():  # a copied tree would be for its owner alone, as the scratch folder is
            shutil.copyfile(file, card_path.with_name(file.name))
    return card
