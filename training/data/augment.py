"""Random changes to the canonical digits of a batch in training.

Batches are float32 (n, 28, 28), 0 ground to 1 full ink. Everything is vectorized over the batch: one bilinear
resampling through an affine map plus a smooth displacement field (Simard et al., 2003), then ink and dirt.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Batch = NDArray[np.float32]
Floats = NDArray[np.floating]
Dirt = Callable[[Batch, np.random.Generator], Floats]
SIDE = 28
KNOTS = 5  # of the displacement field's coarse grid, a side: bends as wide as a quarter of the picture


@dataclass(frozen=True)
class Strength:
    """The strength of each change; a standard deviation unless said otherwise.

    Nothing may turn one digit into another: a 6 stays upright, a 7 keeps its bar, a 1 is no slash.
    """

    turn: float = 5.0  # degrees: writing tilts by about that much after normalization
    slant: float = 0.10  # shear, columns a row: hands lean to either side
    stretch: float = 0.07  # natural logarithm of the scale along each axis: narrow and wide hands
    shift: float = 0.8  # pixels: the center of mass moves when noise or a stroke is added
    bend: float = 0.7  # pixels, at the knots of the displacement field: no two strokes run alike
    ink: float = 0.20  # contrast and level of the ink, as a share of it: thinner, thicker, fainter pens
    dirty: float = 0.2  # share of pictures that get one of DIRT; most stay clean, as most pictures are

    def times(self, factor: float) -> "Strength":
        """Return all but the dirt so many times as strong."""
        return Strength(
            **{name: value * (1 if name == "dirty" else factor) for name, value in asdict(self).items()}
        )


MNIST_STRENGTH = Strength()
# Made examples differ in these ways already when they are drawn: about half as strong.
POOL_STRENGTH = Strength(turn=2.5, slant=0.05, stretch=0.04, shift=0.6, bend=0.4, ink=0.12, dirty=0.1)


def augment(batch: Batch, rng: np.random.Generator, strength: Strength) -> Batch:
    """Return a changed copy of the batch, each picture by its own draw."""
    changed = _resample(batch, *_coordinates(len(batch), rng, strength))
    changed = _change_ink(changed, rng, strength.ink)
    dirty = np.flatnonzero(rng.random(len(batch)) < strength.dirty)
    if dirty.size:
        changed[dirty] = _soil(changed[dirty], rng)
    return changed


def _coordinates(
    count: int, rng: np.random.Generator, strength: Strength
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where each output pixel comes from: y and x of shape (count, 28, 28)."""
    turn = np.deg2rad(rng.normal(0, strength.turn, count))
    slant = rng.normal(0, strength.slant, count)
    tall, wide = np.exp(rng.normal(0, strength.stretch, (2, count)))
    along = np.arange(SIDE) - (SIDE - 1) / 2
    y, x = along[None, :, None], along[None, None, :]
    cos, sin = np.cos(turn)[:, None, None], np.sin(turn)[:, None, None]
    sheared = x + slant[:, None, None] * y
    source_y = (cos * y + sin * sheared) * tall[:, None, None]
    source_x = (cos * sheared - sin * y) * wide[:, None, None]
    moved = rng.normal(0, strength.shift, (2, count, 1, 1)) + _bends(count, rng, strength.bend)
    middle = (SIDE - 1) / 2
    return (
        (source_y + moved[0] + middle).astype(np.float32),
        (source_x + moved[1] + middle).astype(np.float32),
    )


def _bends(count: int, rng: np.random.Generator, bend: float) -> NDArray[np.float64]:
    """Return smooth displacements (2, count, 28, 28): random at the knots, cubic-smooth between."""
    places = np.linspace(0, KNOTS - 1, SIDE)
    low = np.minimum(places.astype(int), KNOTS - 2)
    part = places - low
    part = part * part * (3 - 2 * part)
    weights = np.zeros((SIDE, KNOTS))
    weights[np.arange(SIDE), low] = 1 - part
    weights[np.arange(SIDE), low + 1] = part
    knots = rng.normal(0, bend, (2, count, KNOTS, KNOTS))
    field: NDArray[np.float64] = weights @ knots @ weights.T
    return field


def _resample(batch: Batch, y: NDArray[np.float32], x: NDArray[np.float32]) -> Batch:
    """Return the batch read at y, x by bilinear interpolation; beyond the rim there is no ink."""
    padded = np.pad(batch, ((0, 0), (1, 2), (1, 2)))
    y, x = np.clip(y + 1, 0, SIDE + 1), np.clip(x + 1, 0, SIDE + 1)
    top, left = y.astype(np.int32), x.astype(np.int32)
    down, right = y - top, x - left
    stride = SIDE + 3
    base = (np.arange(len(batch), dtype=np.int32) * stride * stride)[:, None, None] + top * stride + left
    flat = padded.ravel()
    upper = flat[base] * (1 - right) + flat[base + 1] * right
    lower = flat[base + stride] * (1 - right) + flat[base + stride + 1] * right
    read: Batch = (upper * (1 - down) + lower * down).astype(np.float32)
    return read


def _change_ink(batch: Batch, rng: np.random.Generator, amount: float) -> Batch:
    """Return the batch with steeper or flatter edges at a higher or lower level: a thinner or thicker pen."""
    shape = (len(batch), 1, 1)
    gain = np.exp(rng.normal(0.15, 1.5 * amount, shape))
    level = rng.normal(0, 0.5 * amount, shape)
    inked = np.clip((batch - 0.5) * gain + 0.5 + level * 4 * batch * (1 - batch), 0, 1)
    faint = 1 - np.abs(rng.normal(0, 0.5 * amount, shape))
    changed: Batch = (inked * np.clip(faint, 0.4, 1)).astype(np.float32)
    return changed


def _soil(batch: Batch, rng: np.random.Generator) -> Batch:
    """Return the batch with one kind of dirt on each picture."""
    kinds = rng.integers(len(DIRT), size=len(batch))
    soiled = batch.copy()
    for number, dirt in enumerate(DIRT):
        chosen = np.flatnonzero(kinds == number)
        soiled[chosen] = dirt(batch[chosen], rng)
    clean: Batch = np.clip(soiled, 0, 1, dtype=np.float32)
    return clean


def _each(rng: np.random.Generator, batch: Batch, low: float, high: float) -> NDArray[np.float64]:
    """Return a number for each picture, to be broadcast over its pixels."""
    return rng.uniform(low, high, (len(batch), 1, 1))


def _either_way(pictures: NDArray[np.generic], rng: np.random.Generator) -> NDArray[Any]:
    """Return the pictures, half of them with rows and columns swapped."""
    swapped = rng.random((len(pictures), 1, 1)) < 0.5
    return np.where(swapped, pictures.transpose(0, 2, 1), pictures)


def _grain(batch: Batch, rng: np.random.Generator) -> Floats:
    return batch + rng.normal(0, 1, batch.shape) * _each(rng, batch, 0.05, 0.3)


def _speckle(batch: Batch, rng: np.random.Generator) -> Floats:
    speckled = rng.random(batch.shape) < _each(rng, batch, 0.02, 0.15)
    return np.where(speckled, rng.random(batch.shape), batch)


def _blur(batch: Batch, rng: np.random.Generator) -> Floats:
    del rng
    near = _neighborhood(batch)
    blurred: Floats = (3 * near[0] + near.sum(axis=0)) / 8
    return blurred


def _neighborhood(batch: Floats) -> Floats:
    """Return each pixel, then those above, below, left and right of it: (5, n, 28, 28)."""
    near = np.pad(batch, ((0, 0), (1, 1), (1, 1)))
    return np.stack([batch, near[:, :-2, 1:-1], near[:, 2:, 1:-1], near[:, 1:-1, :-2], near[:, 1:-1, 2:]])


def _line(batch: Batch, rng: np.random.Generator) -> Floats:
    """Draw a line across, straight or a zigzag, whole or dashed, level or upright."""
    along = np.arange(SIDE)
    place, rise = _each(rng, batch, 0, SIDE), _each(rng, batch, -0.8, 0.8)
    swing = np.where(_each(rng, batch, 0, 1) < 0.5, 0, _each(rng, batch, 1, 3))
    phase = along / _each(rng, batch, 3, 10) + _each(rng, batch, 0, 1)
    axis = place + rise * (along - SIDE / 2) + swing * (4 * np.abs(phase % 1 - 0.5) - 1)
    distance = np.abs(along[:, None] - axis) / np.hypot(1, np.gradient(axis, axis=2))
    gap = (along / _each(rng, batch, 2, 6) % 1) < np.where(_each(rng, batch, 0, 1) < 0.5, 1, 0.5)
    ink = np.clip(_each(rng, batch, 0.7, 1.7) - distance, 0, 1) * gap
    return np.maximum(batch, _either_way(ink, rng) * _each(rng, batch, 0.5, 1))


def _band(batch: Batch, rng: np.random.Generator) -> Floats:
    """Invert a band along one edge, or along two opposite ones."""
    along = np.arange(SIDE)
    first, second = (rng.integers(0, 9, (len(batch), 1, 1)) for _ in range(2))
    inside = (along < first) | (along >= SIDE - second)
    bands = _either_way(np.broadcast_to(inside, batch.shape), rng)
    return np.where(bands, 1 - batch, batch)


def _mud(batch: Batch, rng: np.random.Generator) -> Floats:
    """Cover ink and ground with soft patches of one grey."""
    thickness: Floats = rng.normal(0, 1, batch.shape)
    for _ in range(4):
        thickness = _neighborhood(thickness).mean(axis=0)
    deviation = thickness.std(axis=(1, 2), keepdims=True)
    cover = np.clip(2 * (thickness / deviation - _each(rng, batch, 0.6, 1.6)), 0, 1)
    covered: Floats = batch * (1 - cover) + _each(rng, batch, 0, 0.4) * cover
    return covered


def _outline(batch: Batch, rng: np.random.Generator) -> Floats:
    """Leave the edges of the ink, as a gradient does."""
    near = _neighborhood(batch)
    edges: Floats = (near.max(axis=0) - near.min(axis=0)) * _each(rng, batch, 0.8, 2)
    return edges


DIRT: tuple[Dirt, ...] = (_grain, _speckle, _blur, _line, _band, _mud, _outline)
