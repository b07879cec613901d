"""Fifteen ways in which a picture of a digit goes bad, in the spirit of MNIST-C (arXiv 1906.02337).

Each takes images (n, 28, 28) uint8, ink bright on dark, and a generator, and returns new images of that
shape and type. Strengths are MNIST-C's where it gives a number; kernels, curves and fields are our own.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]
Corruption = Callable[[Images, Generator], Images]

SIDE = 28
CENTER = (SIDE - 1) / 2
ROWS, COLUMNS = np.indices((SIDE, SIDE))

PHOTONS = 3  # expected count of a fully bright pixel
IMPULSES = 0.17  # share of pixels that go black or white
GLASS_SIGMA, GLASS_ROUNDS = 0.7, 2  # pixels of blur before and after; rounds of swapping with neighbors
MOTION_SIGMA, MOTION_REACH = 3.0, 10  # pixels
SHEAR = 0.4  # columns aside per row
SCALE = 0.7  # of the size
ANGLE = 0.4  # radians
BRIGHTER = 0.5  # of the whole range
SHIFT = 3  # pixels along each axis
STRIPE = 7  # columns at either side
FOG, FOG_DECAY = 3.0, 2.0  # thickness relative to the ink; each octave's strength over the next finer one's
SPLASH = 0.65  # a splash is where smoothed noise around this value exceeds it
MUD = 63 / 255
PEN = 1.5  # pixels from a line's axis to the end of its ink
WAVE = 2.0  # pixels: a zigzag's amplitude, and half of its rise
CANNY_LOW, CANNY_HIGH = 0.1, 0.2  # Sobel magnitude of an image in 0–1


def corrupt(name: str, images: Images, seed: int) -> Images:
    """Apply the corruption called `name`; the same seed gives the same images."""
    return CORRUPTIONS[name](images, np.random.default_rng([seed, list(CORRUPTIONS).index(name)]))


def shot_noise(images: Images, rng: Generator) -> Images:
    """Photograph in a dim room, where each pixel counts few photons."""
    return _bytes(rng.poisson(_unit(images) * PHOTONS) / PHOTONS)


def impulse_noise(images: Images, rng: Generator) -> Images:
    """Turn single pixels white or black: salt and pepper."""
    draw = rng.random(images.shape, dtype=np.float32)
    salted = np.where(draw < IMPULSES / 2, 255, images)
    return np.where(draw > 1 - IMPULSES / 2, 0, salted).astype(np.uint8)


def glass_blur(images: Images, rng: Generator) -> Images:
    """Look through frosted glass: every other pixel shows one of its neighbors, softened before and after."""
    seen = _blur(_unit(images), GLASS_SIGMA)
    for _ in range(GLASS_ROUNDS):
        moved = rng.integers(0, 2, images.shape)
        down, right = (moved * rng.integers(-1, 2, images.shape) for _ in range(2))
        seen = _pick(seen, ROWS + down, COLUMNS + right)
    return _bytes(_blur(seen, GLASS_SIGMA))


def motion_blur(images: Images, rng: Generator) -> Images:
    """Smear to one side along a direction within 45° of the horizontal, as a moving camera does."""
    angle = rng.uniform(-np.pi / 4, np.pi / 4, (len(images), 1, 1))
    weights = np.exp(-((np.arange(MOTION_REACH) / MOTION_SIGMA) ** 2) / 2)
    smeared = np.zeros(images.shape, np.float32)
    for step, weight in enumerate(weights / weights.sum()):
        down, right = (np.rint(step * axis(angle)).astype(int) for axis in (np.sin, np.cos))
        smeared += weight * _pick(_unit(images), ROWS + down, COLUMNS + right)
    return _bytes(smeared)


def shear(images: Images, rng: Generator) -> Images:
    """Slant to the left or to the right."""
    slant = SHEAR * _signs(rng, len(images))
    return _affine(images, np.array([[[1, s], [0, 1]] for s in slant]))


def scale(images: Images, rng: Generator) -> Images:  # noqa: ARG001 one signature for all
    """Shrink about the center."""
    return _affine(images, np.broadcast_to(np.eye(2) / SCALE, (len(images), 2, 2)))


def rotate(images: Images, rng: Generator) -> Images:
    """Turn about the center, either way."""
    angle = ANGLE * _signs(rng, len(images))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return _affine(images, np.moveaxis(turn, -1, 0))


def brightness(images: Images, rng: Generator) -> Images:  # noqa: ARG001
    """Lift every pixel, so that the ground goes grey and faint ink saturates."""
    return _bytes(_unit(images) + BRIGHTER)


def translate(images: Images, rng: Generator) -> Images:
    """Move along a diagonal."""
    down, right = (SHIFT * _signs(rng, len(images))[:, None, None] for _ in range(2))
    return _bytes(_pick(_unit(images), ROWS + down, COLUMNS + right))


def stripe(images: Images, rng: Generator) -> Images:  # noqa: ARG001
    """Invert a stripe at the left and one at the right."""
    striped = images.copy()
    striped[:, :, :STRIPE] = 255 - striped[:, :, :STRIPE]
    striped[:, :, -STRIPE:] = 255 - striped[:, :, -STRIPE:]
    return striped


def fog(images: Images, rng: Generator) -> Images:
    """Veil with clouds of all sizes, scaled back into range: the ink keeps a quarter of its contrast."""
    haze = np.zeros(images.shape, np.float32)
    strengths = FOG_DECAY ** -np.arange(6)
    for octave, strength in enumerate(strengths):
        knots = rng.random((len(images), 2**octave + 1, 2**octave + 1), dtype=np.float32)
        grid = _hat(np.arange(SIDE) * 2**octave / SIDE, knots.shape[1])
        haze += strength / strengths.sum() * (grid @ knots @ grid.T)
    return _bytes((_unit(images) + FOG * haze) / (1 + FOG))


def spatter(images: Images, rng: Generator) -> Images:
    """Splash dark mud over ink and ground."""
    liquid = _blur(rng.normal(SPLASH, 0.3, images.shape).astype(np.float32), 1.0)
    mud = _blur((liquid > SPLASH).astype(np.float32), 1.5)
    mud[mud < 0.8] = 0
    return _bytes(_unit(images) * (1 - mud) + MUD * mud)


def dotted_line(images: Images, rng: Generator) -> Images:
    """Cross the image with a dotted line from edge to edge, two pixels on, two off."""
    left, right = rng.uniform(0, SIDE - 1, (2, len(images), 1))
    axis = left + (right - left) * np.arange(SIDE) / (SIDE - 1)
    return _overdraw(images, axis, np.arange(SIDE) // 2 % 2 == 1)


def zigzag(images: Images, rng: Generator) -> Images:
    """Cross the image with a nearly level zigzag that keeps off the left and right edge."""
    start, rise = rng.uniform(0, SIDE - 1, (len(images), 1)), rng.uniform(-5, 5, (len(images), 1))
    column = np.arange(SIDE)
    wave = WAVE * (2 * np.abs((column - 2) / (2 * WAVE) % 2 - 1) - 1)
    return _overdraw(images, start + rise * column / SIDE + wave, (column >= 2) & (column <= SIDE - 3))


def canny_edges(images: Images, rng: Generator) -> Images:  # noqa: ARG001
    """Leave outlines only: Sobel gradient of the softened image, thinned along it, followed by hysteresis."""
    soft = np.pad(_blur(_unit(images), 1.0), ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = _shifted(soft, 0, 1) - _shifted(soft, 0, -1)
    down = _shifted(soft, 1, 0) - _shifted(soft, -1, 0)
    falling = _shifted(soft, 1, 1) - _shifted(soft, -1, -1)
    rising = _shifted(soft, -1, 1) - _shifted(soft, 1, -1)
    right, below = 2 * across + falling + rising, 2 * down + falling - rising
    ridge = _thinned(np.hypot(right, below), np.arctan2(below, right))
    return np.where(_connected(ridge > CANNY_HIGH, ridge > CANNY_LOW), np.uint8(255), np.uint8(0))


CORRUPTIONS: dict[str, Corruption] = {
    function.__name__: function
    for function in (
        shot_noise, impulse_noise, glass_blur, motion_blur, shear, scale, rotate, brightness, translate,
        stripe, fog, spatter, dotted_line, zigzag, canny_edges,
    )
}  # fmt: skip
# What training knows, if in other shapes and strengths: the kind in augment.DIRT that resembles a corruption.
RESEMBLED = {
    "shot_noise": "grain",
    "impulse_noise": "speckle",
    "glass_blur": "blur",
    "stripe": "band",
    "fog": "mud",
    "spatter": "mud",
    "dotted_line": "line",
    "zigzag": "line",
    "canny_edges": "outline",
}


def _unit(images: Images) -> Floats:
    return images.astype(np.float32) / np.float32(255)


def _bytes(unit: NDArray[np.floating]) -> Images:
    pixels: Images = np.rint(np.clip(unit, 0, 1) * 255).astype(np.uint8)
    return pixels


def _signs(rng: Generator, count: int) -> NDArray[np.int64]:
    return rng.integers(0, 2, count) * 2 - 1


def _blur(unit: Floats, sigma: float) -> Floats:
    """Blur by a Gaussian; both axes are a product with one banded matrix, edges repeat."""
    reach = int(np.ceil(4 * sigma))
    offsets = np.arange(-reach, reach + 1)
    kernel = np.exp(-((offsets / sigma) ** 2) / 2)
    band = np.zeros((SIDE, SIDE), np.float32)
    for row in range(SIDE):
        np.add.at(band[row], np.clip(row + offsets, 0, SIDE - 1), kernel / kernel.sum())
    blurred: Floats = np.matmul(band, np.matmul(unit, band.T), dtype=np.float32)
    return blurred


def _pick(unit: Floats, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
    """Take for each pixel the value at its own (row, column) of the same image, 0 outside."""
    padded = np.pad(unit, ((0, 0), (1, 1), (1, 1)))
    rows, columns = np.clip(rows + 1, 0, SIDE + 1), np.clip(columns + 1, 0, SIDE + 1)
    return padded[np.arange(len(unit))[:, None, None], rows, columns]


def _affine(images: Images, matrices: NDArray[np.floating]) -> Images:
    """Sample bilinearly where each image's 2×2 matrix sends (column, row), both counted from the center."""
    grid = np.stack([COLUMNS - CENTER, ROWS - CENTER]).reshape(2, -1)
    source = (matrices @ grid + CENTER).astype(np.float32).reshape(-1, 2, SIDE, SIDE)
    columns, rows = source[:, 0], source[:, 1]
    unit, top, left = _unit(images), np.floor(rows), np.floor(columns)
    sampled = np.zeros(images.shape, np.float32)
    for down in (0, 1):
        for right in (0, 1):
            weight = (1 - np.abs(rows - top - down)) * (1 - np.abs(columns - left - right))
            sampled += weight * _pick(unit, (top + down).astype(int), (left + right).astype(int))
    return _bytes(sampled)


def _hat(positions: NDArray[np.floating], knots: int) -> Floats:
    """Return the matrix (positions, knots) that interpolates linearly between knots at 0, 1, 2 and so on."""
    weights: Floats = np.clip(1 - np.abs(positions[:, None] - np.arange(knots)), 0, 1).astype(np.float32)
    return weights


def _overdraw(images: Images, axis: NDArray[np.floating], inked: NDArray[np.bool_]) -> Images:
    """Add a line whose axis is at height (n, 28) in each column, in the columns that are inked."""
    slope = np.gradient(axis, axis=1)
    distance = np.abs(ROWS - axis[:, None, :]) / np.hypot(1, slope)[:, None, :]
    return _bytes(_unit(images) + np.clip(PEN - distance, 0, 1) * inked)


def _shifted(padded: NDArray[np.floating], down: int, right: int) -> NDArray[np.floating]:
    """Return images (n, 28, 28) seen from one pixel aside, out of images padded by one."""
    return padded[:, 1 + down : 1 + down + SIDE, 1 + right : 1 + right + SIDE]


def _thinned(magnitude: NDArray[np.floating], angle: NDArray[np.floating]) -> NDArray[np.floating]:
    """Keep the magnitude only where no neighbor along the gradient (to the nearest 45°) has more."""
    padded = np.pad(magnitude, ((0, 0), (1, 1), (1, 1)))
    sector = np.rint(angle / (np.pi / 4)).astype(int) % 4
    thinned = np.zeros_like(magnitude)
    for number, (down, right) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        beside = np.maximum(_shifted(padded, down, right), _shifted(padded, -down, -right))
        thinned = np.where((sector == number) & (magnitude >= beside), magnitude, thinned)
    return thinned


def _connected(sure: NDArray[np.bool_], maybe: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Grow the sure pixels into adjoining maybe pixels until nothing changes."""
    while True:
        padded = np.pad(sure, ((0, 0), (1, 1), (1, 1)))
        grown = sure.copy()
        for down in (0, 1, 2):
            for right in (0, 1, 2):
                grown |= padded[:, down : down + SIDE, right : right + SIDE]
        grown &= maybe
        if np.array_equal(grown, sure):
            return sure
        sure = grown
