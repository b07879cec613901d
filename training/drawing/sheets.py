"""Photographs of paper with nothing on it: uneven light, a fold, a finger, a torn edge.

A sheet is uint8 (h, w), as a camera gives it: light paper, darker shadows.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.drawing.pen import Picture, drift

Light = NDArray[np.float64]
Maker = Callable[[np.random.Generator, int, int], Light]


def sheet(rng: np.random.Generator) -> Picture:
    """Return a sheet of any kind, 28 to 200 pixels a side, at times turned to light on dark."""
    makers = tuple(KINDS.values())
    picture = render(makers[int(rng.integers(len(makers)))], rng)
    return 255 - picture if rng.random() < 0.15 else picture


def render(maker: Maker, rng: np.random.Generator) -> Picture:
    """Return what a camera makes of a sheet's light: paper's brightness, blur, the sensor's noise."""
    height, width = rng.integers(28, 201, 2) if rng.random() < 0.4 else (int(rng.integers(28, 201)),) * 2
    light = maker(rng, int(height), int(width)) * rng.uniform(140, 250)
    noisy = light + rng.normal(0, rng.uniform(0, 6), light.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def ramp(rng: np.random.Generator, height: int, width: int) -> Light:
    """Return light from one side, in any direction: even or falling off fast."""
    along = _along(rng, height, width)
    light: Light = 1 - rng.uniform(0.1, 0.95) * along ** rng.uniform(0.5, 3)
    return light


def vignette(rng: np.random.Generator, height: int, width: int) -> Light:
    """Return paper that darkens towards its corners, about a middle that may lie aside."""
    y, x = _places(height, width)
    middle = rng.uniform(0.3, 0.7, 2)
    far = np.hypot(y - middle[0], x - middle[1]) / 0.7
    light: Light = np.clip(1 - rng.uniform(0.1, 0.8) * far ** rng.uniform(1.5, 4), 0.03, 1)
    return light


def fold(rng: np.random.Generator, height: int, width: int) -> Light:
    """Return paper with one or two folds: one side in the shade, and a fine dark or bright line between."""
    light = np.ones((height, width))
    for _ in range(int(rng.integers(1, 3))):
        across = _along(rng, height, width) - rng.uniform(0.25, 0.75)
        soft = rng.uniform(0.004, 0.03)
        light *= 1 - rng.uniform(0.02, 0.3) / (1 + np.exp(-np.clip(across / soft, -60, 60)))
        light *= 1 - rng.uniform(-0.1, 0.25) * np.exp(-((across / soft) ** 2))
    return light


def finger(rng: np.random.Generator, height: int, width: int) -> Light:
    """Return paper held by a finger that reaches in from one border, its tip round, its shadow soft."""
    y, x = _places(height, width)
    angle = rng.uniform(0, 2 * np.pi)
    tip = 0.5 + rng.uniform(0.05, 0.4) * np.array([np.sin(angle), np.cos(angle)])
    inward = (y - tip[0]) * np.sin(angle) + (x - tip[1]) * np.cos(angle)
    aside = (x - tip[1]) * np.sin(angle) - (y - tip[0]) * np.cos(angle)
    reach = np.hypot(np.minimum(inward, 0), aside) - rng.uniform(0.06, 0.25)
    shape = 1 / (1 + np.exp(np.clip(reach / rng.uniform(0.003, 0.05), -60, 60)))
    tone = rng.uniform(0.1, 0.8)
    light: Light = (1 - rng.uniform(0, 0.3) * _along(rng, height, width)) * (1 - (1 - tone) * shape)
    return light


def torn(rng: np.random.Generator, height: int, width: int) -> Light:
    """Return paper that ends inside the picture along a ragged line, dark or bright beyond."""
    y, x = _places(height, width)
    edge = rng.uniform(0.08, 0.45) + rng.uniform(0, 0.06) * drift(rng, width, rng.uniform(2, 9))
    beyond = rng.uniform(0.02, 0.8)
    slope = rng.uniform(-0.4, 0.4) * (x - 0.5)
    soft = rng.uniform(0.002, 0.02)
    paper = 1 / (1 + np.exp(-np.clip((y - edge - slope) / soft, -60, 60)))
    light = beyond + (1 - beyond) * paper
    turned = np.rot90(light, int(rng.integers(4)))
    if turned.shape == (height, width):
        return turned
    resized = Image.fromarray(np.uint8(255 * turned)).resize((width, height))
    return np.asarray(resized.filter(ImageFilter.GaussianBlur(0.5)), np.float64) / 255


KINDS: dict[str, Maker] = {"ramp": ramp, "vignette": vignette, "fold": fold, "finger": finger, "torn": torn}


def _places(height: int, width: int) -> tuple[Light, Light]:
    """Return each pixel's y and x, 0 to 1."""
    y, x = np.mgrid[0 : 1 : complex(height), 0 : 1 : complex(width)]
    return y, x


def _along(rng: np.random.Generator, height: int, width: int) -> Light:
    """Return an even slope from 0 to 1 in any direction."""
    y, x = _places(height, width)
    angle = rng.uniform(0, 2 * np.pi)
    slope = y * np.sin(angle) + x * np.cos(angle)
    scaled: Light = (slope - slope.min()) / np.ptp(slope)
    return scaled
