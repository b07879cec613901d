"""The shipped model: its files checked against model.json, its answers by LiteRT."""

import hashlib
import json
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digits.errors import ArtefactError

CLASSES = 11  # the ten digits, then "not a digit"
_SHAPE = [-1, 28, 28, 1]
_TO_UNIT = np.float32(1 / 255)


class Model:
    """A digit classifier; safe to share between threads."""

    def __init__(self, network: bytes, card: dict[str, Any]) -> None:
        """Make an interpreter of a LiteRT network; `Model.load` is the way to get a checked one."""
        self.card = card
        self.version: str = card["version"]
        self._lock = Lock()
        self._batch_size = 0
        try:
            # One thread: a single image takes microseconds, a vCPU is all that a function has.
            self._interpreter = Interpreter(model_content=network, num_threads=1)
            (entry,), (exit_,) = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise ArtefactError(f"digits.tflite is not a network that LiteRT runs: {error}") from error
        shapes = entry["shape_signature"].tolist(), exit_["shape_signature"].tolist()
        if shapes != (_SHAPE, [-1, CLASSES]) or entry["dtype"] != np.float32:
            wanted = f"float32 {_SHAPE} to [-1, {CLASSES}]"
            raise ArtefactError(
                f"digits.tflite must map {wanted}. Received: {entry['dtype'].__name__} {shapes}"
            )
        self._input: int = entry["index"]
        self._output: int = exit_["index"]
        # The first run lays out memory, which no request should wait for.
        self.predict(np.zeros((1, *_SHAPE[1:3]), np.uint8))

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Load digits.tflite from `folder`, after checking it against the model.json beside it.

        Raises:
            ArtefactError: a file is missing, altered, or not what model.json describes.
        """
        card = _read_card(folder / "model.json")
        return cls(read_network(folder / "digits.tflite", card), card)

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Classify images in MNIST's format in one invocation.

        Args:
            images: uint8 of shape (n, 28, 28), n ≥ 1, ink bright on 0.

        Returns:
            float32 of shape (n, 11): the probabilities of the ten digits, then of "not a digit".
        """
        with self._lock:
            if len(images) != self._batch_size:
                self._interpreter.resize_tensor_input(self._input, (len(images), *_SHAPE[1:]))
                self._interpreter.allocate_tensors()
                self._batch_size = len(images)
            # The one copy between request and network: scaled straight into LiteRT's own memory.
            np.multiply(images[..., np.newaxis], _TO_UNIT, out=self._interpreter.tensor(self._input)())
            self._interpreter.invoke()
            answer: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
            return answer


def read_network(path: Path, card: dict[str, Any]) -> bytes:
    """Return a network's file if it is the one that its card describes; raises ArtefactError."""
    network = read_file(path)
    expected = card["files"][path.name]["sha256"]
    found = hashlib.sha256(network).hexdigest()
    if found != expected:
        raise ArtefactError(f"{path} must have sha256 {expected}. Received: {found}")
    return network


def read_file(path: Path) -> bytes:
    """Return the bytes of an artefact's file; raises ArtefactError where there are none."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{path} cannot be read: {error.strerror}") from error


def _read_card(path: Path) -> dict[str, Any]:
    """Read model.json and make sure of what serving relies on."""
    text = read_file(path)
    try:
        card: dict[str, Any] = json.loads(text)
        shipped = card["files"]["digits.tflite"]["sha256"]
        known = isinstance(card["version"], str) and isinstance(shipped, str) and 0 <= card["threshold"] <= 1
    except (ValueError, LookupError, TypeError) as error:
        raise ArtefactError(f"{path} is not a model's description: {error!r}") from error
    if not known:
        raise ArtefactError(f"{path} must hold a version, a sha256 and a threshold of 0 to 1.")
    return card
