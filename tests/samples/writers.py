"""A set of digits by two writers, one with a thin pen and one with a thick one, drawn here."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 64  # pixels


def archive(path: Path) -> Path:
    """Write the digits into a NumPy archive of x, y and writer, dark on white; return its path."""
    pens = {"thin": 1, "thick": 5}
    pictures = [_digit(digit, pen) for pen in pens.values() for digit in range(10)]
    labels = np.tile(np.arange(10), len(pens))
    np.savez(path, x=np.stack(pictures), y=labels, writer=np.repeat([*pens], 10))
    return path


def _digit(digit: int, pen: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = Image.new("L", (SIDE, SIDE), 255)
    font = ImageFont.load_default(44)
    ImageDraw.Draw(image).text((32, 32), str(digit), 0, font, anchor="mm", stroke_width=pen, stroke_fill=0)
    return np.asarray(image).copy()
