"""Changes a batch of canonical digits at random while it is trained on.

Batches are float32 (n, 28, 28), 0 ground to 1 full ink. Everything is vectorized over the batch: one bilinear
resampling through an affine map plus a smooth displacement field (Simard et al., 2003), then ink and noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Batch = NDArray[np.float32]
SIDE = 28
KNOTS = 5  # of the displacement field's coarse grid, a side


@dataclass(frozen=True)
class Strength:
    """How far a picture may be changed; standard deviations unless said otherwise."""

    turn: float = 5.0  # degrees
    slant: float = 0.10  # shear
    stretch: float = 0.07  # log scale along each axis
    shift: float = 0.8  # pixels
    bend: float = 0.7  # pixels, at the knots of the displacement field
    ink: float = 0.20  # contrast and threshold of the ink: thinner, thicker, fainter
    dirty: float = 0.12  # share of pictures that get noise, blur or a line


MNIST_STRENGTH = Strength()
POOL_STRENGTH = Strength(turn=2.5, slant=0.05, stretch=0.04, shift=0.6, bend=0.4, ink=0.12, dirty=0.06)


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
    """Return the batch with one of four kinds of dirt on each picture."""
    kind = rng.integers(4, size=len(batch))
    grain = rng.normal(0, 1, batch.shape) * rng.uniform(0.05, 0.3, (len(batch), 1, 1))
    speckled = np.where(rng.random(batch.shape) < 0.04, rng.random(batch.shape), batch)
    near = np.pad(batch, ((0, 0), (1, 1), (1, 1)))
    blurred = (
        batch * 4 + near[:, :-2, 1:-1] + near[:, 2:, 1:-1] + near[:, 1:-1, :-2] + near[:, 1:-1, 2:]
    ) / 8
    across = np.arange(SIDE)
    slope, offset = rng.uniform(-1, 1, (len(batch), 1)), rng.uniform(0, SIDE, (len(batch), 1))
    rows = np.clip(slope * (across - SIDE / 2) + offset, 0, SIDE - 1).astype(int)
    lined = batch.copy()
    lined[np.arange(len(batch))[:, None], rows, across] = rng.random((len(batch), SIDE)) > 0.4
    choices = np.stack([batch + grain, speckled, blurred, lined])
    soiled: Batch = np.clip(choices[kind, np.arange(len(batch))], 0, 1).astype(np.float32)
    return soiled
