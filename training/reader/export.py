"""The export of a finished run.

Writes detector.keras, detector.tflite and detector.json, all or nothing, when LiteRT and Keras agree.
"""

from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digits.detect import DIGITS, MULTIPLE, STRIDE, Detector, decode
from training import runs, shipping
from training.data import mnist
from training.export import PACKAGES
from training.litert import check_parity, convert
from training.network import plain
from training.reader import network, pool, train

THRESHOLD = 0.08  # least score of a detection; what reads numbers decides from which score a digit is meant
CLEAR = 0.35  # score from which a detection counts in the figure on composed lines
TOLERANCE = 1e-3  # largest difference between LiteRT's and Keras' scores, both of float32 weights
QUANTIZED_TOLERANCE = 0.25  # the same, once the weights are 8-bit integers
COMPARED = 64  # held-out pictures on which LiteRT and Keras have to agree


def export(
    run: Path, folder: Path, digits: mnist.Mnist, held_out: pool.Pictures, version: str
) -> dict[str, Any]:
    """Write the artefact of `run` into `folder` and return its detector.json. Raises ParityError."""
    model = plain(train.load(run), "detector")
    flatbuffer = convert(model, quantize=True)
    settings = runs.read(run, "settings")
    card: dict[str, Any] = {
        "version": version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": settings,
        "data": {"name": "MNIST", "sha256": digits.sha256},
        **runs.read(run, "sources"),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "input": {"shape": [None, None, None, 1], "dtype": "float32", "multiple": MULTIPLE},
        "output": {
            "shape": [None, None, None, network.CHANNELS],
            "dtype": "float32",
            "stride": STRIDE,
        },
        "threshold": THRESHOLD,
        "parity": _parity(model, flatbuffer, held_out),
        "files": {},
    }
    card["metrics"] = {"composed_lines": score(Detector(flatbuffer, card), held_out)}
    return shipping.write(folder / "detector.json", "detector", model, flatbuffer, card)


def score(detector: Detector, held_out: pool.Pictures) -> dict[str, Any]:
    """Return how many held-out lines the exported network reads right, each in one look."""
    lines = right = digits = found = 0
    for ink, boxes, labels in zip(held_out.ink, held_out.boxes, held_out.labels, strict=True):
        if not len(labels) or (labels < 0).any():
            continue
        seen, scores = decode(detector.run(ink.astype(np.float32) / pool.LEVELS), CLEAR)
        read, known = in_order(seen, scores.argmax(axis=1)), in_order(boxes, labels)
        lines, right = lines + 1, right + (read == known)
        digits, found = digits + len(known), found + len(read)
    share = right / max(lines, 1)
    return {"lines": lines, "lines_right": right, "share_right": share, "digits": digits, "found": found}


def in_order(boxes: NDArray[np.float32], digits: NDArray[np.int64]) -> list[int]:
    """Return digits from left to right by their boxes' middles."""
    return [int(digit) for digit in digits[np.argsort(boxes[:, 0] + boxes[:, 2] / 2, kind="stable")]]


def _parity(model: keras.Model, quantized: bytes, held_out: pool.Pictures) -> dict[str, float]:
    """Return the largest differences of LiteRT's scores from Keras'. Raises ParityError."""
    ink = held_out.ink[:COMPARED].astype(np.float32) / pool.LEVELS
    expected = _scores(model.predict(ink[..., None], batch_size=16, verbose=0))
    return {
        "float32": check_parity(expected, _infer(convert(model), ink), TOLERANCE),
        "quantized": check_parity(expected, _infer(quantized, ink), QUANTIZED_TOLERANCE),
    }


def _infer(flatbuffer: bytes, ink: NDArray[np.float32]) -> NDArray[np.float32]:
    detector = Detector(flatbuffer, {"version": "", "threshold": THRESHOLD})
    return _scores(np.stack([detector.run(one) for one in ink]))


def _scores(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the digits' scores of maps (n, h, w, channels)."""
    return (1 / (1 + np.exp(-maps[..., :DIGITS]))).astype(np.float32)
