"""Turns a finished run into what is served.

Writes digits.keras, digits.tflite and model.json, all or nothing, and only when LiteRT and Keras agree.
"""

import json
import shutil
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import network
from training.artefact import describe
from training.calibrate import FITTABLE, KEPT, fit_background, fit_temperature
from training.data import mnist
from training.evaluation.metrics import accuracy, threshold_keeping
from training.evaluation.scoring import score_outputs
from training.litert import QUANTIZED_TOLERANCE, check_parity, convert, infer
from training.runs import commit, finished, load_member

PACKAGES = ("keras", "tensorflow", "numpy")  # whose versions model.json tells
LABELS = [*"0123456789", "not a digit"]


def _errors(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return how many of one part's digits a member alone gets wrong, and its accuracy."""
    read = logits[:, :10].argmax(axis=1)
    return {"errors": int((read != labels).sum()), "accuracy": accuracy(labels, read)}


def _base(card: dict[str, Any], *, kept: bool) -> dict[str, Any]:
    """Return which weights a run went on from, and whether their calibration was kept."""
    sha256 = card["files"]["digits.keras"]["sha256"]
    return {"version": card["version"], "sha256": sha256, "kept": kept}


def _read(folder: Path, name: str) -> Any:  # noqa: ANN401 - what JSON holds
    return json.loads((folder / f"{name}.json").read_text())


def export(  # noqa: PLR0913 - what an artefact is made of
    run: Path,
    folder: Path,
    digits: mnist.Mnist,
    version: str,
    *,
    name: str = "MNIST",
    base: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write the artefact of `run` into `folder` and return its model.json. Raises ParityError.

    `base` is the model.json of what the run went on from, whose temperature, background and threshold are
    kept where fewer than FITTABLE digits are held out for validation.
    """
    kept = base if base and len(digits.y_val) < FITTABLE else None
    folders = finished(run)
    networks = [load_member(stages[-1]) for stages in folders]
    settings = [_read(stage, "settings") for stage in folders[0]]
    x_val = mnist.to_ink(digits.x_val)
    alone = [one.predict(x_val, batch_size=500, verbose=0) for one in networks]
    logits = np.mean(alone, axis=0)
    temperature = kept["temperature"] if kept else fit_temperature(logits, digits.y_val)
    cooled = logits.astype(np.float64) / temperature
    background = kept["background"] if kept else fit_background(cooled, KEPT)
    model = network.committee(networks, temperature, background)
    flatbuffer = convert(model, quantize=True)
    validation = infer(flatbuffer, x_val)
    expected = model.predict(x_val, batch_size=250, verbose=0)
    parity = {
        "float32": check_parity(expected, infer(convert(model), x_val)),
        "quantized": check_parity(expected, validation, QUANTIZED_TOLERANCE),
    }
    threshold = kept["threshold"] if kept else threshold_keeping(KEPT, 1 - validation[:, 10])
    x_test = mnist.to_ink(digits.x_test)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        model.save(place / "digits.keras")
        (place / "digits.tflite").write_bytes(flatbuffer)
        card = {
            "version": version,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "stages": settings,
            "seed": settings[0]["seed"],
            "data": {"name": name, "sha256": digits.sha256},
            "base": base and _base(base, kept=kept is not None),
            "git_commit": commit(),
            "packages": {name: metadata.version(name) for name in PACKAGES},
            "members": [
                {
                    "seed": _read(stages[0], "settings")["seed"],
                    "starts": [
                        {"stage": number, **start}
                        for number, stage in enumerate(stages, 1)
                        for start in _read(stage, "starts")
                    ],
                    "validation": _errors(seen, digits.y_val),
                    "test": _errors(one.predict(x_test, batch_size=500, verbose=0), digits.y_test),
                }
                for stages, one, seen in zip(folders, networks, alone, strict=True)
            ],
            "files": {name: describe(place / name) for name in ("digits.keras", "digits.tflite")},
            "input": {"shape": [None, 28, 28, 1], "dtype": "float32", "range": [0, 1]},
            "output": {"shape": [None, network.CLASSES], "dtype": "float32", "labels": LABELS},
            "temperature": temperature,
            "background": background,
            "threshold": threshold,
            "parity": parity,
            "metrics": {
                "validation": score_outputs(validation, digits.y_val, threshold),
                "test": score_outputs(infer(flatbuffer, x_test), digits.y_test, threshold),
            },
        }
        (place / "model.json").write_text(json.dumps(card, indent=2) + "\n")
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("digits.keras", "digits.tflite", "model.json"):
            shutil.copyfile(place / file, folder / file)
    return card
