"""The shipped model: its files checked against model.json, its answers by LiteRT.

The network is a committee, and its first member alone reads nearly as well in half of the time. So that is
asked first, and the committee only where it is not sure (Wang et al., 2022, "Wisdom of Committees").
"""

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, SignatureRunner
from numpy.typing import NDArray

from digits import shipped
from digits.errors import ArtefactError

CLASSES = 11  # the ten digits, then "not a digit"
FIRST, COMMITTEE = "first", "committee"  # signatures of the network: its first member alone, and all of them
# What the first member is believed with. Of what people write, 2 to 5 in 100 then go to the committee, of
# digits on cheques 15, and as many are read right as if all did. Chosen on validation and other people's.
SURE_DIGIT = 0.98  # probability of one of the ten digits, given that it is one, and
SURE_SCORE = 0.75  # probability that it is one; or
SURE_NONE = 0.9  # probability that it is none
_SHAPE = [-1, 28, 28, 1]
_TO_UNIT = np.float32(1 / 255)


class Model:
    """A digit classifier; safe to share between threads."""

    def __init__(self, network: bytes, card: dict[str, Any]) -> None:
        """Make an interpreter of a LiteRT network; `Model.load` is the way to get a checked one."""
        self.card = card
        self.version: str = card["version"]
        self._lock = Lock()
        try:
            # One thread: a single image takes microseconds, a vCPU is all that a function has.
            self._interpreter = Interpreter(model_content=network, num_threads=1)
            names = self._interpreter.get_signature_list()
            runners = {name: self._interpreter.get_signature_runner(name) for name in names}
        except (ValueError, RuntimeError) as error:
            raise ArtefactError(f"digits.tflite is not a network that LiteRT runs: {error}") from error
        for runner in runners.values():
            _check_shapes(runner)
        self._first = runners.pop(FIRST, None)
        # A network without the two has one signature, of any name.
        self._committee = next(iter(runners.values()))
        # The first run lays out memory, which no request should wait for.
        _ask(self._committee, np.zeros((1, *_SHAPE[1:]), np.float32))
        self.predict(np.zeros((1, *_SHAPE[1:3]), np.uint8))

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Load digits.tflite from `folder`, after checking it against the model.json beside it.

        Raises:
            ArtefactError: a file is missing, altered, or not what model.json describes.
        """
        return cls(*shipped.load(folder / "model.json", "digits.tflite"))

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Classify images in MNIST's format, each the same in any batch.

        Args:
            images: uint8 of shape (n, 28, 28), n ≥ 1, ink bright on 0.

        Returns:
            float32 of shape (n, 11): the probabilities of the ten digits, then of "not a digit".
        """
        ink = images[..., np.newaxis] * _TO_UNIT
        with self._lock:
            if self._first is None:
                return _ask(self._committee, ink)
            answer = _ask(self._first, ink)
            doubtful = _is_doubtful(answer)
            if doubtful.any():
                answer[doubtful] = _ask(self._committee, ink[doubtful])
            return answer


def _ask(network: SignatureRunner, ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a network answers for ink (n, 28, 28, 1): (n, 11)."""
    answer: NDArray[np.float32]
    (answer,) = network(ink=ink).values()
    return answer


def _is_doubtful(answer: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return for which images (n,) an answer (n, 11) is neither sure of a digit nor of none."""
    digits, none = answer[:, :-1], answer[:, -1]
    sure = (digits.max(axis=1) >= SURE_DIGIT * digits.sum(axis=1)) & (1 - none >= SURE_SCORE)
    doubtful: NDArray[np.bool_] = ~sure & (none < SURE_NONE)
    return doubtful


def _check_shapes(runner: SignatureRunner) -> None:
    """Raise ArtefactError unless a network maps ink to probabilities."""
    entries, exits = runner.get_input_details(), runner.get_output_details()
    entry, exit_ = entries.get("ink"), next(iter(exits.values()))
    shapes = entry and entry["shape_signature"].tolist(), exit_["shape_signature"].tolist()
    if shapes != (_SHAPE, [-1, CLASSES]) or entry["dtype"] != np.float32:
        received = {
            name: (each["dtype"].__name__, each["shape_signature"].tolist()) for name, each in entries.items()
        }
        wanted = f"float32 ink {_SHAPE} to [-1, {CLASSES}]"
        raise ArtefactError(f"digits.tflite must map {wanted}. Received: {received} to {shapes[1]}")
