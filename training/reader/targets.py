"""Boxes of digits to the maps that the detector learns, and the loss between the two.

A target is float32 (h/4, w/4, 16): ten heat maps, log width and height, the middle's way right and down, then
the weight of the box at this place, and 1 where the maps count.
"""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from digits.detect import DIGITS, STRIDE, UNIT

CHANNELS = DIGITS + 6
NARROWEST = 0.6  # spread of a digit's heat, in places, however small it is
SPREAD = 0.13  # of a digit's heat, in its widths and heights
BOX_FROM = 0.4  # heat from which a place has to know the digit's box
TOO_SMALL = 9.0  # pixels of height: such digits are neither sought nor wrong, a finer look will find them


def draw(
    boxes: NDArray[np.float32], labels: NDArray[np.int64], height: int, width: int
) -> NDArray[np.float32]:
    """Return the target of a crop (height, width) with these boxes (n, 4) of x, y, width, height."""
    rows, columns = height // STRIDE, width // STRIDE
    target = np.zeros((rows, columns, CHANNELS), np.float32)
    target[..., -1] = 1
    y, x = np.arange(rows, dtype=np.float32) + 0.5, np.arange(columns, dtype=np.float32) + 0.5
    for box, label in zip(boxes, labels, strict=True):
        left, top, wide, high = box / STRIDE
        if label < 0 or max(box[2], box[3]) < TOO_SMALL:
            _forget(target, left, top, wide, high)
            continue
        across, down = left + wide / 2, top + high / 2
        heat = np.outer(
            np.exp(-(((y - down) / max(NARROWEST, SPREAD * high)) ** 2) / 2),
            np.exp(-(((x - across) / max(NARROWEST, SPREAD * wide)) ** 2) / 2),
        ).astype(np.float32)
        peak = min(int(down), rows - 1), min(int(across), columns - 1)
        heat[peak] = 1
        np.maximum(target[..., label], heat, out=target[..., label])
        mine = (heat > BOX_FROM) & (heat > target[..., -2])
        target[mine, -2] = heat[mine]
        target[mine, DIGITS] = np.log(box[2] / UNIT)
        target[mine, DIGITS + 1] = np.log(box[3] / UNIT)
        target[..., DIGITS + 2][mine] = np.broadcast_to(across - x, heat.shape)[mine]
        target[..., DIGITS + 3][mine] = np.broadcast_to((down - y)[:, None], heat.shape)[mine]
    return target


def _forget(target: NDArray[np.float32], left: float, top: float, wide: float, high: float) -> None:
    """Let the maps say what they like where a digit is that nobody could judge."""
    rows, columns = target.shape[:2]
    ys = slice(max(int(top), 0), min(int(top + high) + 1, rows))
    xs = slice(max(int(left), 0), min(int(left + wide) + 1, columns))
    target[ys, xs, -1] = 0


def loss(size_weight: float) -> Any:  # noqa: ANN401 - what Keras calls
    """Return the loss: focal on the maps (Law and Deng, 2018), L1 on boxes, both per digit."""

    def compare(target: keras.KerasTensor, found: keras.KerasTensor) -> keras.KerasTensor:
        heat, box, weight, counts = (
            target[..., :DIGITS],
            target[..., DIGITS : DIGITS + 4],
            target[..., -2:-1],
            target[..., -1:],
        )
        odds = ops.cast(found[..., :DIGITS], "float32")
        chance = ops.clip(ops.sigmoid(odds), 1e-4, 1 - 1e-4)
        here = ops.cast(heat >= 0.999, "float32")
        right = here * ops.square(1 - chance) * ops.log(chance)
        wrong = (1 - here) * (1 - heat) ** 4 * ops.square(chance) * ops.log(1 - chance)
        digits = ops.maximum(ops.sum(here * counts), 1.0)
        maps = -ops.sum((right + wrong) * counts) / digits
        away = ops.abs(found[..., DIGITS:] - box) * weight
        return maps + size_weight * ops.sum(away) / digits / 4

    return compare
