"""The export of a finished run: digits.keras, digits.tflite and model.json, written together or not at all.

Nothing is written unless LiteRT and Keras agree.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digits.model import Model
from training import calibrate, litert, network, runs, shipping
from training.data import mnist
from training.evaluation import metrics, scoring
from training.litert import BATCH

PACKAGES = ("keras", "tensorflow", "numpy")  # whose versions model.json tells
LABELS = [*"0123456789", "not a digit"]


@dataclass(frozen=True, eq=False)
class Member:
    """A trained network of the committee."""

    stages: list[Path]  # the folders that it was trained in
    network: keras.Model  # ink in, logits out
    logits: NDArray[np.float32]  # (n, 11), of the n validation digits


def export(
    run: Path,
    folder: Path,
    digits: mnist.Mnist,
    version: str,
    base: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write the artefact of `run` into `folder` and return its model.json.

    `base` is the model.json of the model whose weights the run began with, if it began with any.

    Raises:
        ParityError: LiteRT computes other probabilities than Keras.
    """
    ink = mnist.to_ink(digits.x_val)
    members = _load(run, ink)
    logits = np.mean([member.logits for member in members], axis=0)
    fitted = calibrate.fit(logits, digits.y_val)
    model = network.committee([member.network for member in members], fitted.temperature, fitted.background)
    converted = litert.convert_alike(model, ink)
    served = Model(converted.flatbuffer, {"version": version})
    threshold = calibrate.fit_threshold(_read(served, digits.x_val))
    card = {
        **_provenance(members, version, digits.sha256),
        "base": base and _base(base),
        "members": [_describe_member(member, digits) for member in members],
        "files": {},
        "input": {"shape": [None, 28, 28, 1], "dtype": "float32", "range": [0, 1]},
        "output": {"shape": [None, network.CLASSES], "dtype": "float32", "labels": LABELS},
        "temperature": fitted.temperature,
        "background": fitted.background,
        "threshold": threshold,
        "parity": converted.parity,
        "metrics": _measure(served, digits, threshold),
    }
    return shipping.write(folder / "model.json", "digits", model, converted.flatbuffer, card)


def _load(run: Path, ink: NDArray[np.float32]) -> list[Member]:
    """Return the members of a finished run, with their logits for the ink of the validation digits."""
    loaded = [(stages, runs.load_member(stages[-1])) for stages in runs.finished(run)]
    return [Member(stages, one, one.predict(ink, batch_size=500, verbose=0)) for stages, one in loaded]


def _provenance(members: list[Member], version: str, sha256: str) -> dict[str, Any]:
    """Return the members of model.json that say when, from what and with what the model was made."""
    settings = [runs.read(stage, "settings") for stage in members[0].stages]
    return {
        "version": version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "stages": settings,
        "seed": settings[0]["seed"],
        "data": {"name": "MNIST", "sha256": sha256},
        "git_commit": runs.commit(),
        "packages": {package: metadata.version(package) for package in PACKAGES},
    }


def _base(card: dict[str, Any]) -> dict[str, str]:
    """Return which weights a run went on from."""
    return {"version": card["version"], "sha256": card["files"]["digits.keras"]["sha256"]}


def _describe_member(member: Member, digits: mnist.Mnist) -> dict[str, Any]:
    """Return a member's seed, the starts of its stages, and how well it reads alone."""
    test = member.network.predict(mnist.to_ink(digits.x_test), batch_size=500, verbose=0)
    return {
        "seed": runs.read(member.stages[0], "settings")["seed"],
        "starts": [
            {"stage": number, **start}
            for number, stage in enumerate(member.stages, 1)
            for start in runs.read(stage, "starts")
        ],
        "validation": _errors(member.logits, digits.y_val),
        "test": _errors(test, digits.y_test),
    }


def _errors(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return how many of one part's digits a member alone gets wrong, and its accuracy."""
    read = logits[:, :10].argmax(axis=1)
    return {"errors": int((read != labels).sum()), "accuracy": metrics.accuracy(labels, read)}


def _measure(served: Model, digits: mnist.Mnist, threshold: float) -> dict[str, Any]:
    """Return the figures of both parts, as they are served."""
    return {
        "validation": scoring.score_outputs(_read(served, digits.x_val), digits.y_val, threshold),
        "test": scoring.score_outputs(_read(served, digits.x_test), digits.y_test, threshold),
    }


def _read(served: Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the probabilities (n, 11) of images (n, 28, 28), without as much memory as all at once take."""
    return np.concatenate([served.predict(part) for part in np.array_split(images, -(-len(images) // BATCH))])
