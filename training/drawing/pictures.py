"""Pictures that no pen drew: blanks, noise, textures, patches; (size, size) uint8, bright on dark."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.drawing.pen import Picture


def blank(rng: np.random.Generator, size: int) -> Picture:
    """Return an even ground, or one with a faint slope, a little sensor noise or a few specks."""
    ground = np.full((size, size), rng.uniform(0, 40) if rng.random() < 0.5 else 0.0)
    kind = rng.random()
    if kind < 0.3:
        ground += _slope(rng, size) * rng.uniform(5, 60)
    elif kind < 0.55:
        ground += rng.normal(0, rng.uniform(1, 10), ground.shape)
    elif kind < 0.75:
        rows, columns = rng.integers(0, size, (2, int(rng.integers(1, 6))))
        ground[rows, columns] = rng.uniform(60, 255)
    return _pixels(ground)


def noise(rng: np.random.Generator, size: int) -> Picture:
    """Return white, salt or coarse noise."""
    kind = rng.random()
    if kind < 0.35:
        return _pixels(rng.normal(rng.uniform(0, 128), rng.uniform(15, 90), (size, size)))
    if kind < 0.6:
        return _pixels(255.0 * (rng.random((size, size)) < rng.uniform(0.01, 0.5)))
    cells = int(rng.integers(5, 30))
    coarse = _pixels(255 * rng.random((cells, cells)) ** rng.uniform(0.5, 4))
    return _enlarged(coarse, size, smooth=rng.random() < 0.5)


def pink(rng: np.random.Generator, size: int) -> Picture:
    """Return noise with the spectrum of photographs, 1/f to 1/f²; at times cut to two tones."""
    field = _coloured(rng, size, rng.uniform(0.8, 2.0))
    if rng.random() < 0.4:
        return _pixels(255.0 * (field > rng.uniform(0.4, 0.75)))
    return _pixels(255 * field ** rng.uniform(0.7, 2))


def texture(rng: np.random.Generator, size: int) -> Picture:
    """Return a gradient, stripes, checks, rings or moiré."""
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    kind = rng.random()
    if kind < 0.2:
        return _pixels(255 * _slope(rng, size))
    period = rng.uniform(size / 14, size / 3)
    angle = rng.uniform(0, np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    if kind < 0.45:
        waves = np.sin(2 * np.pi * along / period + rng.uniform(0, 6))
    elif kind < 0.7:
        across = y * np.cos(angle) - x * np.sin(angle)
        waves = np.sin(2 * np.pi * along / period) * np.sin(2 * np.pi * across / period)
    else:
        middle = rng.uniform(-0.2, 1.2, 2) * size
        waves = np.sin(2 * np.pi * np.hypot(x - middle[0], y - middle[1]) / period)
    return _pixels(255.0 * (waves > 0) if rng.random() < 0.5 else 127 * (1 + waves))


def blob(rng: np.random.Generator, size: int) -> Picture:
    """Return one to three solid patches with smooth or straight outlines."""
    canvas = Image.new("L", (2 * size, 2 * size))
    brush = ImageDraw.Draw(canvas)
    for _ in range(int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))):
        corners = int(rng.integers(3, 7)) if rng.random() < 0.4 else 40
        angle = np.linspace(0, 2 * np.pi, corners, endpoint=False) + rng.uniform(0, 6)
        swings = rng.normal(0, 0.12, 3) @ np.sin(np.arange(2, 5)[:, None] * angle + rng.uniform(0, 6, (3, 1)))
        reach = size * rng.uniform(0.35, 0.75) * (1 + swings)
        middle = size * (1 + rng.uniform(-0.25, 0.25, 2))
        outline = middle + reach[:, None] * np.column_stack(
            [np.cos(angle), rng.uniform(0.45, 1) * np.sin(angle)]
        )
        brush.polygon(
            outline.ravel().tolist(), fill=255 if rng.random() < 0.5 else int(rng.integers(120, 256))
        )
    return np.asarray(canvas.reduce(2)).copy()


def scene(rng: np.random.Generator, size: int) -> Picture:
    """Return a picture of things: overlapping ellipses, boxes and bars in many greys on a soft ground."""
    canvas = Image.fromarray(_pixels(180 * _coloured(rng, size, 2.0)))
    brush = ImageDraw.Draw(canvas)
    for _ in range(int(rng.integers(4, 12))):
        left, top = rng.uniform(-0.2, 0.9, 2) * size
        width, height = rng.uniform(0.08, 0.6, 2) * size
        shape = brush.ellipse if rng.random() < 0.5 else brush.rectangle
        shape((left, top, left + width, top + height), fill=int(rng.integers(0, 256)))
    return _pixels(np.asarray(canvas) + rng.normal(0, rng.uniform(0, 12), (size, size)))


def _slope(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Return an even slope from 0 to 1 across the picture, in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.linspace(-1, 1, size)
    slope = ramp[:, None] * np.sin(angle) + ramp * np.cos(angle)
    scaled: NDArray[np.float64] = (slope - slope.min()) / np.ptp(slope)
    return scaled


def _coloured(rng: np.random.Generator, size: int, power: float) -> NDArray[np.float64]:
    """Return noise whose amplitude falls as 1/frequency**power, scaled to 0–1."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.standard_normal((size, size))) / frequency**power
    field = np.fft.irfft2(spectrum, s=(size, size))
    scaled: NDArray[np.float64] = (field - field.min()) / np.ptp(field)
    return scaled


def _enlarged(picture: Picture, size: int, *, smooth: bool) -> Picture:
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(picture).resize((size, size), method)).copy()


def _pixels(values: NDArray[np.floating]) -> Picture:
    levels: Picture = np.clip(values, 0, 255).astype(np.uint8)
    return levels
