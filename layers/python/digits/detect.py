"""Digits found in pictures of any size: boxes, and how much each of the ten digits is seen there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

from digits import shipped
from digits.contrast import Ink, even_ink
from digits.errors import ArtefactError
from digits.raster import Grey

DIGITS = 10
STRIDE = 4  # pixels of a place of the network's maps
UNIT = 24.0  # pixels: the size of a box whose logarithm the network gives as 0
MULTIPLE = 16  # pixels: tiles are as wide and as high as multiples of it
TILE = 512  # pixels of a tile's side: few enough for the memory, many enough for the overlap to cost little
OVERLAP = 64  # pixels by which tiles overlap: more than a digit of the size that one look finds
SMALL = 40  # pixels of the shorter side below which a picture is looked at twice as large as well
FINEST, COARSEST = 2.0, 1 / 64  # scales of the looks; one digit may fill the largest picture
ENOUGH = 24  # pixels of a look's shorter side: a smaller one has no room for a digit
FAINTEST_INK = 0.35  # units of ink: a tile without a stroke as clear as this is not looked at
SAME = 0.4  # overlap (intersection over union) of two boxes that show one digit
INSIDE = 0.75  # share of a smaller box within a larger one from which the two show one digit
# Pixels: longer sides of digits in a look that the network knows; another look finds others.
SIGHT = (9.0, 64.0)

_Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Detection:
    """A digit found in a picture."""

    box: tuple[float, float, float, float]  # x, y, width, height in pixels of the picture given
    scores: _Floats  # (10,), how much of each digit is seen here, 0 to 1 each; they need not sum to 1

    @property
    def score(self) -> float:
        """Return how sure it is that a digit is here."""
        return float(self.scores.max())

    @property
    def digit(self) -> int:
        """Return which digit it most likely is."""
        return int(self.scores.argmax())


class Detector:
    """A finder of digits; safe to share between threads."""

    def __init__(self, network: bytes, card: dict[str, Any]) -> None:
        """Make an interpreter of a LiteRT network; `Detector.load` is the way to get a checked one."""
        self.card = card
        self.version: str = card["version"]
        self.threshold: float = card["threshold"]
        self._lock = Lock()
        self._shape = (0, 0)
        try:
            # One thread: a vCPU is all that a function has.
            self._interpreter = Interpreter(model_content=network, num_threads=1)
            (entry,), (exit_,) = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise ArtefactError(f"detector.tflite is not a network that LiteRT runs: {error}") from error
        shapes = entry["shape_signature"].tolist(), exit_["shape_signature"].tolist()
        if shapes != ([-1, -1, -1, 1], [-1, -1, -1, DIGITS + 4]):
            wanted = f"[-1, -1, -1, 1] to [-1, -1, -1, {DIGITS + 4}]"
            raise ArtefactError(f"detector.tflite must map {wanted}. Received: {shapes}")
        self._input: int = entry["index"]
        self._output: int = exit_["index"]

    @classmethod
    def load(cls, folder: Path) -> "Detector":
        """Load detector.tflite from `folder`, after checking it against the detector.json beside it.

        Raises:
            ArtefactError: a file is missing, altered, or not what detector.json describes.
        """
        path = folder / "detector.json"
        network, card = shipped.load(path, "detector.tflite")
        if not 0 < card["threshold"] < 1:  # which has no log odds
            raise ArtefactError(
                f"{path} must hold a threshold between 0 and 1. Received: {card['threshold']}"
            )
        return cls(network, card)

    def detect(self, grey: Grey) -> list[Detection]:
        """Find the digits in a grey picture (height, width) of either polarity, the surest first."""
        found: list[Detection] = []
        for scale in scales(grey.shape):
            found += self._look(grey, scale)
        return keep_best(found)

    def _look(self, grey: Grey, scale: float) -> Iterator[Detection]:
        """Yield what is seen of a picture at one scale, its boxes in pixels of the picture."""
        ink = even_ink(scaled(grey, scale))
        for top, left, tile in tiles(ink):
            boxes, scores = decode(self.run(tile), self.threshold)
            inner = _inner(boxes, top, left, tile.shape, ink.shape) & _in_sight(boxes)
            boxes[:, :2] += (left, top)
            for box, seen in zip((boxes[inner] / scale).tolist(), scores[inner], strict=True):
                yield Detection(tuple(box), seen)

    def run(self, ink: Ink) -> _Floats:
        """Return the network's maps (h/4, w/4, 14) of ink (h, w), both multiples of MULTIPLE."""
        with self._lock:
            if ink.shape != self._shape:
                self._interpreter.resize_tensor_input(self._input, (1, *ink.shape, 1))
                self._interpreter.allocate_tensors()
                self._shape = ink.shape
            self._interpreter.set_tensor(self._input, ink[None, ..., None])
            self._interpreter.invoke()
            maps: _Floats = self._interpreter.get_tensor(self._output)[0]
            return maps


def scales(shape: tuple[int, ...]) -> list[float]:
    """Return the scales at which a picture (height, width) is looked at, the finest first."""
    height, width = shape
    scale = FINEST if min(height, width) < SMALL else 1.0
    found = [scale]
    while scale / 2 >= COARSEST and min(height, width) * scale / 2 >= ENOUGH:
        scale /= 2
        found.append(scale)
    return found


def tiles(ink: Ink) -> Iterator[tuple[int, int, Ink]]:
    """Yield a look's tiles that have a stroke in them: top, left, and ink (h, w) padded with ground."""
    height, width = ink.shape
    for top in _starts(height):
        for left in _starts(width):
            part = ink[top : top + TILE, left : left + TILE]
            if part.max() < FAINTEST_INK:
                continue
            high, wide = -(-part.shape[0] // MULTIPLE) * MULTIPLE, -(-part.shape[1] // MULTIPLE) * MULTIPLE
            yield top, left, np.pad(part, ((0, high - part.shape[0]), (0, wide - part.shape[1])))


def _starts(size: int) -> list[int]:
    """Return where the tiles along one side begin."""
    return list(range(0, max(size - OVERLAP, 1), TILE - OVERLAP))


def _inner(
    boxes: _Floats, top: int, left: int, tile: tuple[int, ...], whole: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return which boxes have their middle where no neighboring tile sees more of their surroundings."""
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    margin = OVERLAP / 2
    low = np.array([margin if left else -np.inf, margin if top else -np.inf])
    more = left + TILE < whole[1], top + TILE < whole[0]
    high = np.array([tile[1] - margin if more[0] else np.inf, tile[0] - margin if more[1] else np.inf])
    within = (middle >= low) & (middle < high)
    inner: NDArray[np.bool_] = within[:, 0] & within[:, 1]
    return inner


def _in_sight(boxes: _Floats) -> NDArray[np.bool_]:
    longer = boxes[:, 2:].max(axis=1)
    seen: NDArray[np.bool_] = (longer >= SIGHT[0]) & (longer <= SIGHT[1])
    return seen


def scaled(grey: Grey, scale: float) -> Grey:
    """Return a picture resized."""
    if scale == 1:
        return grey
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize(size, how))


def decode(maps: _Floats, threshold: float) -> tuple[_Floats, _Floats]:
    """Return boxes (n, 4) of x, y, width, height in pixels of the tile, and scores (n, 10).

    A digit is where the highest of the ten scores reaches the threshold and no place around has a higher one.
    """
    odds = maps[..., :DIGITS]
    best = odds.max(axis=-1)
    least = np.log(threshold / (1 - threshold))
    around = np.pad(best, 1, constant_values=-np.inf)
    rows, columns = best.shape
    highest = np.max([around[y : y + rows, x : x + columns] for y in range(3) for x in range(3)], axis=0)
    ys, xs = np.nonzero((best >= least) & (best >= highest))
    found = maps[ys, xs]
    size = np.exp(np.clip(found[:, DIGITS : DIGITS + 2], -3, 3)) * UNIT
    middle = (np.column_stack([xs, ys]) + 0.5 + found[:, DIGITS + 2 :]) * STRIDE
    boxes = np.column_stack([middle - size / 2, size]).astype(np.float32)
    return boxes, (1 / (1 + np.exp(-found[:, :DIGITS]))).astype(np.float32)


def keep_best(found: list[Detection]) -> list[Detection]:
    """Return the detections, the surest first, without those that show what a surer one shows."""
    ordered = sorted(found, key=lambda one: -one.score)
    if not ordered:
        return []
    boxes = np.array([one.box for one in ordered])
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    areas = boxes[:, 2] * boxes[:, 3]
    free = np.ones(len(ordered), np.bool_)
    kept = []
    for number, one in enumerate(ordered):
        if not free[number]:
            continue
        kept.append(one)
        shared = np.prod(
            np.clip(np.minimum(high, high[number]) - np.maximum(low, low[number]), 0, None), axis=1
        )
        alike = shared / (areas + areas[number] - shared) > SAME
        within = shared / np.minimum(areas, areas[number]) > INSIDE
        free &= ~(alike | within)
    return kept
