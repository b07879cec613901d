"""Turns a finished run into what is served.

Writes digits.keras, digits.tflite and model.json, all or nothing, and only when LiteRT and Keras agree.
"""

import hashlib
import json
import shutil
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from training import network
from training.data import mnist
from training.evaluation.metrics import accuracy, calibration_error, cross_entropy, threshold_keeping, wilson
from training.train import commit, finished, load_member

TOLERANCE = 1e-5  # largest difference between a LiteRT and a Keras probability, both of float32 weights
QUANTIZED_TOLERANCE = 0.1  # the same, once the weights are 8-bit integers
BATCH = 250  # images that LiteRT takes at once
KEPT = 0.995  # share of validation digits that the threshold on the digit score keeps
# Validation digits that calibration takes at least: of fewer, the threshold would hang on less than five, and
# where all are read right, the best temperature is no more than the search's lower end.
FITTABLE = 1_000
PACKAGES = ("keras", "tensorflow", "numpy")  # whose versions model.json tells
LABELS = [*"0123456789", "not a digit"]


class ParityError(Exception):
    """Raised when LiteRT computes other probabilities than Keras."""


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the temperature (Guo et al., 2017) with the least cross-entropy, by a search from 0.2 to 5."""
    low, high = np.log(0.2), np.log(5.0)
    for _ in range(40):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if cross_entropy(logits / np.exp(left), labels) < cross_entropy(logits / np.exp(right), labels):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def fit_background(logits: NDArray[np.float64], kept: float) -> float:
    """Return the background, -20 to 30, with which the share `kept` of digits is more likely one than not.

    `logits` (n, 11) are those of known digits, over the temperature.
    """
    digit = np.logaddexp.reduce(logits[:, :10], axis=1)
    low, high = -20.0, 30.0
    for _ in range(40):
        middle = (low + high) / 2
        margin = digit - np.logaddexp(logits[:, 10], middle)
        if np.quantile(margin, 1 - kept) > 0:
            low = middle
        else:
            high = middle
    return low


def convert(model: keras.Model, *, quantize: bool = False) -> bytes:
    """Return the LiteRT flatbuffer of a Keras model, any batch size, float32 in and out.

    Quantized, its weights are 8-bit integers, a scale for each channel; what flows through it is quantized on
    the way, by the range that each image has there.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if quantize:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converted: bytes = converter.convert()
    return converted


def infer(flatbuffer: bytes, ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what LiteRT computes for ink (n, 28, 28, 1): probabilities (n, 11)."""
    interpreter = Interpreter(model_content=flatbuffer, num_threads=1)
    entry, exit_ = (
        puts[0]["index"] for puts in (interpreter.get_input_details(), interpreter.get_output_details())
    )
    outputs = []
    for batch in np.array_split(ink, -(-len(ink) // BATCH)):
        interpreter.resize_tensor_input(entry, batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(entry, batch)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(exit_))
    return np.concatenate(outputs)


def check_parity(
    expected: NDArray[np.float32], received: NDArray[np.float32], tolerance: float = TOLERANCE
) -> float:
    """Return the largest difference of LiteRT from Keras. Raises ParityError over the tolerance."""
    worst = float(np.abs(expected - received).max())
    if not worst <= tolerance:
        raise ParityError(f"LiteRT and Keras have to agree within {tolerance}. Received: {worst:.2e}")
    return worst


def score(probabilities: NDArray[np.float32], labels: NDArray[np.int64], threshold: float) -> dict[str, Any]:
    """Return one part's figures: accuracy over the ten digits, its interval, calibration, share kept."""
    digits = probabilities[:, :10] / probabilities[:, :10].sum(axis=1, keepdims=True)
    correct = int((digits.argmax(axis=1) == labels).sum())
    low, high = wilson(correct, len(labels))
    return {
        "images": len(labels),
        "errors": len(labels) - correct,
        "accuracy": accuracy(labels, digits.argmax(axis=1)),
        "interval_95": [low, high],
        "expected_calibration_error": calibration_error(digits, labels),
        "kept_as_digit": float((1 - probabilities[:, 10] >= threshold).mean()),
    }


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


def describe(path: Path) -> dict[str, Any]:
    """Return the sha256 and size of a file."""
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


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
                "validation": score(validation, digits.y_val, threshold),
                "test": score(infer(flatbuffer, x_test), digits.y_test, threshold),
            },
        }
        (place / "model.json").write_text(json.dumps(card, indent=2) + "\n")
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("digits.keras", "digits.tflite", "model.json"):
            shutil.copyfile(place / file, folder / file)
    return card
