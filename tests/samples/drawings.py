"""Digits drawn by our own code, as pictures and as files."""

import base64
import io
from math import cos, radians, sin
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from digits.raster import Grey

Point = tuple[float, float]


def _arc(x: float, y: float, rx: float, ry: float, start: float, stop: float) -> list[Point]:
    """Return points of an ellipse's arc; degrees clockwise from three o'clock, as y points down."""
    angles = np.linspace(radians(start), radians(stop), 24)
    return [(x + rx * cos(a), y + ry * sin(a)) for a in angles]


# Pen strokes in a box of 1 by 1.
STROKES: dict[int, list[list[Point]]] = {
    0: [_arc(0.5, 0.5, 0.3, 0.45, -90, 270)],
    1: [[(0.5, 0.05), (0.5, 0.95)]],
    2: [[*_arc(0.5, 0.32, 0.3, 0.27, -170, 40), (0.2, 0.93), (0.82, 0.93)]],
    3: [[*_arc(0.47, 0.28, 0.26, 0.22, -150, 80), *_arc(0.46, 0.72, 0.3, 0.23, -80, 150)]],
    4: [[(0.3, 0.08), (0.2, 0.55), (0.8, 0.55)], [(0.7, 0.08), (0.66, 0.95)]],
    5: [[(0.76, 0.07), (0.3, 0.07), (0.27, 0.45), *_arc(0.47, 0.67, 0.29, 0.27, -110, 140)]],
    6: [[(0.66, 0.06), (0.36, 0.35), *_arc(0.5, 0.69, 0.26, 0.25, -170, 190)]],
    7: [[(0.2, 0.08), (0.8, 0.08), (0.4, 0.95)]],
    8: [_arc(0.5, 0.28, 0.21, 0.21, 90, 450), _arc(0.5, 0.72, 0.25, 0.23, -90, 270)],
    9: [[*_arc(0.48, 0.3, 0.25, 0.24, 0, 360), (0.73, 0.3), (0.66, 0.95)]],
}


def draw(
    digit: int, side: int = 200, *, ink: int = 0, paper: int = 255, margin: float = 0.2, pen: float = 0.08
) -> Grey:
    """Draw a digit in a square, smooth; `margin` and `pen` (the stroke's width) are shares of the side."""
    fine = 4 * side
    image = Image.new("L", (fine, fine), paper)
    canvas = ImageDraw.Draw(image)
    scale, offset, radius = fine * (1 - 2 * margin), fine * margin, fine * pen / 2
    for stroke in STROKES[digit]:
        points = [(offset + x * scale, offset + y * scale) for x, y in stroke]
        canvas.line(points, fill=ink, width=round(2 * radius), joint="curve")
        for x, y in (points[0], points[-1]):
            canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


def draw_mnist(digit: int) -> Grey:
    """Draw a digit in MNIST's format: 28×28, bright on 0, in a 20×20 box about its center of mass."""
    drawn = draw(digit, 28, ink=255, paper=0, margin=4.5 / 28, pen=2.4 / 28)
    ys, xs = np.indices(drawn.shape)
    weight = drawn.sum()
    shift = (
        round(13.5 - float((ys * drawn).sum() / weight)),
        round(13.5 - float((xs * drawn).sum() / weight)),
    )
    return np.roll(drawn, shift, (0, 1))


def encode(picture: Grey | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Encode a picture as a file."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def as_text(data: bytes) -> str:
    """Return base64."""
    return base64.b64encode(data).decode()
