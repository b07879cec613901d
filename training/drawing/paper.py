"""Paper to write on, as darkness 0-1 of a picture (height, width): security print, ruling, texture, plain."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Darkness = NDArray[np.float32]
Maker = Callable[[np.random.Generator, int, int], Darkness]


def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return y, x


def _wander(rng: np.random.Generator, size: int, swing: float, reach: float) -> NDArray[np.float32]:
    """Return a smooth curve of `size` values, within ±`swing`, that turns every `reach` pixels or so."""
    knots = max(4, int(size / reach) + 3)
    values = rng.uniform(-swing, swing, knots)
    places = np.linspace(0, knots - 1, size)
    low = np.minimum(places.astype(int), knots - 2)
    share = (1 - np.cos((places - low) * np.pi)) / 2
    curve: NDArray[np.float32] = (values[low] * (1 - share) + values[low + 1] * share).astype(np.float32)
    return curve


def _lines(phase: NDArray[np.float32], share: float) -> Darkness:
    """Return lines where the phase (in periods) is whole, so wide that they cover about `share`."""
    away = np.abs(phase - np.rint(phase))
    dark: Darkness = np.clip((share / 2 - away) / 0.18 + 0.5, 0, 1).astype(np.float32)
    return dark


def waves(rng: np.random.Generator, height: int, width: int) -> Darkness:
    """Return fine lines that run across in waves, as on cheques and in grained wood."""
    y, x = _grid(height, width)
    period = rng.uniform(2.2, 7)
    swing = rng.uniform(0, 1.6) * period
    bend = _wander(rng, width, swing, rng.uniform(8, 60))
    moved = y + bend[None, :] + _wander(rng, height, rng.uniform(0, 1) * period, 20)[:, None]
    moved += rng.uniform(0, 1.2) * period * np.sin(x / rng.uniform(8, 40) + y / rng.uniform(5, 40))
    if rng.random() < 0.4:
        moved = moved + x * rng.uniform(-1, 1)
    return _lines(moved / period, rng.uniform(0.2, 0.6))


def hatching(rng: np.random.Generator, height: int, width: int) -> Darkness:
    """Return one or two families of straight or slightly bent parallel lines."""
    y, x = _grid(height, width)
    dark = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 3))):
        angle = rng.uniform(0, np.pi)
        period = rng.uniform(3, 16)
        across = x * np.cos(angle) + y * np.sin(angle)
        across = across + rng.uniform(0, 6) * np.sin(
            (x * np.sin(angle) - y * np.cos(angle)) / rng.uniform(20, 80)
        )
        dark = np.maximum(
            dark, _lines(across / period, rng.uniform(0.1, 0.4)) * np.float32(rng.uniform(0.5, 1))
        )
    return dark


def guilloche(rng: np.random.Generator, height: int, width: int) -> Darkness:
    """Return rings and rosettes about one or two centers, as engine-turned print has them."""
    y, x = _grid(height, width)
    dark = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        cy, cx = rng.uniform(-0.5, 1.5) * height, rng.uniform(-0.2, 1.2) * width
        away = np.hypot(y - cy, (x - cx) * rng.uniform(0.5, 1.2))
        angle = np.arctan2(y - cy, x - cx)
        ripple = rng.uniform(0, 4) * np.sin(angle * rng.integers(3, 24) + away / rng.uniform(10, 60))
        lines = _lines((away + ripple) / np.float32(rng.uniform(4, 11)), rng.uniform(0.12, 0.35))
        dark = np.maximum(dark, lines * np.float32(rng.uniform(0.4, 1)))
    return dark


def grain(rng: np.random.Generator, height: int, width: int) -> Darkness:
    """Return speckles of one size, as of halftone, recycled paper or a poor scan."""
    size = rng.uniform(1, 4)
    small = rng.random((max(2, int(height / size)), max(2, int(width / size))), np.float32)
    if rng.random() < 0.5:
        small = (small > rng.uniform(0.5, 0.9)).astype(np.float32)
    return _enlarged(small, height, width)


def halftone(rng: np.random.Generator, height: int, width: int) -> Darkness:
    """Return a raster of points, turned."""
    y, x = _grid(height, width)
    angle, period = rng.uniform(0, np.pi), rng.uniform(2.5, 6)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    waves_ = np.cos(u * 2 * np.pi / period) + np.cos(v * 2 * np.pi / period)
    dark: Darkness = np.clip((waves_ - rng.uniform(-0.5, 1)) / 0.8, 0, 1).astype(np.float32)
    return dark


def clouds(rng: np.random.Generator, height: int, width: int) -> Darkness:
    """Return soft patches of several sizes: crumpled or stained paper, tables, cloth."""
    dark = np.zeros((height, width), np.float32)
    size = rng.uniform(30, 120)
    for _ in range(int(rng.integers(1, 4))):
        small = rng.random((int(height / size) + 2, int(width / size) + 2), np.float32)
        dark += _enlarged(small, height, width) * np.float32(rng.uniform(0.3, 1))
        size = max(size / rng.uniform(2, 5), 3)
    low, high = float(dark.min()), float(dark.max())
    return (dark - low) / max(high - low, 1e-6)


def ruling(rng: np.random.Generator, height: int, width: int) -> Darkness:
    """Return ruled, squared or dotted paper."""
    dark = np.zeros((height, width), np.float32)
    y, x = _grid(height, width)
    period = rng.uniform(12, 60)
    tilt = rng.normal(0, 0.015)
    thick = rng.uniform(0.6, 1.8)
    kind = rng.random()
    for along, across in ((x, y), (y, x))[: 1 if kind < 0.5 else 2]:
        place = (across + along * tilt + rng.uniform(0, period)) % period
        lines = np.clip(thick - np.abs(place - period / 2), 0, 1)
        if kind > 0.9:  # dotted
            lines = lines * (along % 4 < 1.5)
        dark = np.maximum(dark, lines)
    return dark.astype(np.float32)


def _enlarged(small: NDArray[np.float32], height: int, width: int) -> Darkness:
    large = Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(large, np.float32)


SECURITY: tuple[Maker, ...] = (waves, waves, waves, hatching, hatching, guilloche, guilloche, grain, halftone)
PAPER: tuple[Maker, ...] = (clouds, clouds, ruling, ruling, grain)


def security(rng: np.random.Generator, height: int, width: int) -> Darkness:
    """Return one or two kinds of security print over each other, on paper that is not quite even."""
    dark = np.zeros((height, width), np.float32)
    for _ in range(1 if rng.random() < 0.6 else 2):
        maker = SECURITY[int(rng.integers(len(SECURITY)))]
        dark += maker(rng, height, width) * np.float32(rng.uniform(0.4, 1))
    if rng.random() < 0.5:
        dark += clouds(rng, height, width) * np.float32(rng.uniform(0.1, 0.6))
    return np.minimum(dark, 1)


def paper(rng: np.random.Generator, height: int, width: int) -> Darkness:
    """Return plain, ruled, stained or speckled paper."""
    maker = PAPER[int(rng.integers(len(PAPER)))]
    return maker(rng, height, width) * np.float32(rng.uniform(0.1, 1))
