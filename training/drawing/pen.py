"""Draws polylines as a pen, brush or stylus would: bright ink on a dark ground.

Strokes are arrays of shape (n, 2) with columns x (right) and y (down), inside the unit square.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

Stroke = NDArray[np.float64]
Picture = NDArray[np.uint8]

SUPERSAMPLE = 2  # canvas pixels per picture pixel, each way
SLACK = 1.35  # the widest nib in units of the nominal width: room is kept for it


def draw(strokes: Sequence[Stroke], rng: np.random.Generator, size: int = 80, width: float = 0.08) -> Picture:
    """Render strokes with a random nib; returns (size, size) uint8, 0 ground to 255 full ink.

    `width` is the nominal pen width in units of the unit square's side.
    """
    side = size * SUPERSAMPLE
    scale = 0.92 * side / (1 + SLACK * width)
    paths = [along((side - scale) / 2 + stroke * scale, max(2.5, 0.35 * width * scale)) for stroke in strokes]
    canvas = Image.new("L", (side, side))
    brush = ImageDraw.Draw(canvas)
    thickness = max(width * scale, 1.6)
    nib = rng.random()
    if nib < 0.58:
        _ball(brush, paths, thickness, rng)
    elif nib < 0.78:
        _broad(brush, paths, thickness, rng)
    else:
        canvas = _pressed(canvas, paths, thickness, rng)
    return _finish(canvas.reduce(SUPERSAMPLE), rng)


def along(path: Stroke, step: float) -> Stroke:
    """Return the polyline resampled at even distances of about `step`, its ends kept; a dot stays a dot."""
    lengths = np.hypot(*np.diff(path, axis=0).T)
    reach = np.concatenate(([0.0], np.cumsum(lengths)))
    places = np.linspace(0, reach[-1], max(2, int(np.ceil(reach[-1] / step)) + 1))
    return np.column_stack([np.interp(places, reach, column) for column in path.T])


def drift(rng: np.random.Generator, count: int, waves: float) -> NDArray[np.float64]:
    """Return a smooth random curve of `count` values within ±1 that swings about `waves` times."""
    phase = np.linspace(0, 2 * np.pi * waves, count)[:, None] * rng.uniform(0.4, 1, 3)
    values: NDArray[np.float64] = np.sin(phase + rng.uniform(0, 2 * np.pi, 3)).mean(axis=1)
    return values


def _ball(
    brush: ImageDraw.ImageDraw, paths: list[Stroke], thickness: float, rng: np.random.Generator
) -> None:
    """Draw with a round nib, or a square one where the ends are left blunt; pressure swings and tails off."""
    swing = rng.choice([0.0, 0.1, 0.3], p=[0.4, 0.35, 0.25])
    tail = rng.uniform(0.3, 0.8) if rng.random() < 0.25 else 1.0
    blunt = rng.random() < 0.2
    tremor = rng.uniform(0.08, 0.22) * min(thickness, 6) if rng.random() < 0.15 else 0.0
    for path in paths:
        pressure = 1 + swing * drift(rng, len(path), 1.5)
        pressure[-4:] *= np.linspace(1, tail, 4)[-len(path) :]
        _trace(brush, path + tremor * rng.standard_normal(path.shape), thickness * pressure, blunt=blunt)


def _pressed(
    canvas: Image.Image, paths: list[Stroke], thickness: float, rng: np.random.Generator
) -> Image.Image:
    """Draw with a nib that yields to pressure: pressed it writes broad and dark, lifted thin and faint."""
    least = rng.uniform(0.15, 0.7)  # of the full pressure
    shade = rng.uniform(0.0, 0.55) if rng.random() < 0.6 else 0.0  # how far ink follows pressure
    for path in paths:
        pressure = least + (1 - least) * (0.5 + 0.5 * drift(rng, len(path), rng.uniform(0.5, 3)))
        if rng.random() < 0.5:  # the pen lands and lifts on the move
            pressure *= np.interp(np.arange(len(path)), [0, 4, len(path) - 5, len(path)], [0.4, 1, 1, 0.3])
        canvas = ImageChops.lighter(canvas, _stroke(canvas.size, path, thickness, pressure, shade))
    return canvas


def _stroke(
    size: tuple[int, int], path: Stroke, thickness: float, pressure: NDArray[np.float64], shade: float
) -> Image.Image:
    """Return one stroke on a ground of its own, each piece as broad and as dark as the pressure there."""
    canvas = Image.new("L", size)
    brush = ImageDraw.Draw(canvas)
    radii = np.maximum(0.8, thickness * pressure**0.7 / 2)
    levels = 255 * (1 - shade * (1 - pressure))
    for (x, y), radius, level in zip(path.tolist(), radii.tolist(), levels.astype(int).tolist(), strict=True):
        brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=level)
    points = path.tolist()
    for start, stop, radius, level in zip(
        points, points[1:], radii.tolist(), levels.astype(int).tolist(), strict=False
    ):
        brush.line((*start, *stop), fill=level, width=max(1, round(2 * radius)))
    return canvas


def _trace(brush: ImageDraw.ImageDraw, path: Stroke, widths: NDArray[np.float64], *, blunt: bool) -> None:
    points = [(x, y) for x, y in path.tolist()]
    spans = np.maximum(1, np.rint(widths)).astype(int).tolist()
    for start, stop, span in zip(points, points[1:], spans[1:], strict=False):
        brush.line((*start, *stop), fill=255, width=span)
    trim = 1 if blunt and len(points) > 2 else 0
    for (x, y), span in zip(points[trim : len(points) - trim], spans[trim:], strict=False):
        if span > 2:
            radius = (span - 1) / 2
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _broad(
    brush: ImageDraw.ImageDraw, paths: list[Stroke], thickness: float, rng: np.random.Generator
) -> None:
    """Draw with a broad edge held at one angle: bristles side by side, some of which may run dry."""
    angle = np.deg2rad(rng.uniform(-70, 70))
    edge = thickness * rng.uniform(0.5, 0.8) * np.array([np.cos(angle), -np.sin(angle)])
    hair = max(2, round(thickness * rng.uniform(0.35, 0.5)))
    dry = rng.uniform(0.2, 0.5) if thickness > 8 and rng.random() < 0.35 else 0.0
    if dry:
        hair = max(2, hair // 2)
    bristles = max(3, int(np.ceil(1.5 * np.hypot(*edge) / hair)))
    for offset in np.linspace(-0.5, 0.5, bristles):
        for path in paths:
            run = path + offset * edge
            stop = len(run) - int(rng.random() < dry) * int(rng.uniform(0, 0.5) * len(run))
            _hair(brush, run[:stop], hair)


def _hair(brush: ImageDraw.ImageDraw, path: Stroke, width: int) -> None:
    if len(path) < 2:
        return
    brush.line(path.ravel().tolist(), fill=255, width=width, joint="curve" if width > 3 else None)
    radius = (width - 1) / 2
    for x, y in path[[0, -1]].tolist():
        brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _finish(picture: Image.Image, rng: np.random.Generator) -> Picture:
    """Return ink as it dries: hard edges, faint ink or grain, each on some pictures only."""
    ink = np.asarray(picture)
    look = rng.random()
    if look < 0.2:
        return np.where(ink > 100, 255, 0).astype(np.uint8)
    if look < 0.4:
        return (ink * rng.uniform(0.55, 1)).astype(np.uint8)
    if look < 0.55:
        grain = rng.uniform(1 - rng.uniform(0.1, 0.5), 1, ink.shape)
        return (ink * grain).astype(np.uint8)
    return ink.copy()
