"""Ink around a digit that does not belong to it: lines of a form, a comb, rules, a neighbor, specks, a ring.

A `drawing` is uint8 (h, w), ink bright on dark, at pen resolution.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training.drawing import strokes
from training.drawing.pen import Picture, drift

MARGIN = 0.6  # of the digit's longer side: room for lines on every side


class Box(NamedTuple):
    """Bounds of a digit's ink, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def side(self) -> float:
        """Return the longer side."""
        return max(self.right - self.left, self.bottom - self.top)


Surrounding = Callable[[ImageDraw.ImageDraw, Box, np.random.Generator], None]


def surround(drawing: Picture, rng: np.random.Generator) -> Picture:
    """Return the drawing with lines, residues or a neighbor about its digit, which still leads."""
    kinds = list(KINDS.values())
    weights = np.array([weight for weight, _ in kinds])
    return draw(drawing, kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))][1], rng)


def draw(drawing: Picture, surrounding: Surrounding, rng: np.random.Generator) -> Picture:
    """Return the drawing with one kind of surrounding, on a canvas that ends where its lines do."""
    padded, box = _padded(drawing)
    canvas = Image.new("L", padded.shape[::-1])
    surrounding(ImageDraw.Draw(canvas), box, rng)
    lines = np.asarray(canvas.filter(ImageFilter.GaussianBlur(0.7)))
    return _window(np.maximum(padded, lines), lines, box)


def crowd(drawing: Picture, rng: np.random.Generator) -> Picture:
    """Return a digit of a row, cut out along its own box, with parts of neighbors, a line and specks."""
    padded, box = _padded(drawing)
    canvas = Image.new("L", padded.shape[::-1])
    brush = ImageDraw.Draw(canvas)
    if rng.random() < 0.75:
        neighbor(brush, box, rng)
    if rng.random() < 0.2:
        specks(brush, box, rng)
    if rng.random() < 0.45:
        y = box.bottom - box.side * rng.uniform(-0.02, 0.08)
        _line(brush, (box.left, y), (box.right, y + box.side * rng.normal(0, 0.02)), rng)
    whole: Picture = np.maximum(padded, np.asarray(canvas.filter(ImageFilter.GaussianBlur(0.7))))
    room = int(box.side * rng.uniform(0, 0.05))
    top, left = max(0, int(box.top) - room), max(0, int(box.left) - room)
    return whole[top : int(box.bottom) + room, left : int(box.right) + room]


def _padded(drawing: Picture) -> tuple[Picture, Box]:
    rows, columns = np.flatnonzero(drawing.max(axis=1) > 64), np.flatnonzero(drawing.max(axis=0) > 64)
    if not rows.size:
        return drawing, Box(0, 0, *drawing.shape[::-1])
    ink = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    room = int(MARGIN * max(ink.shape))
    height, width = ink.shape
    return np.pad(ink, room), Box(room, room, room + width, room + height)


def _window(whole: Picture, lines: Picture, box: Box) -> Picture:
    """Return the part that holds the digit's box and the lines."""
    rows, columns = np.flatnonzero(lines.max(axis=1) > 32), np.flatnonzero(lines.max(axis=0) > 32)
    top, bottom = min([int(box.top), *rows[:1]]), max([int(box.bottom), *(rows[-1:] + 1)])
    left, right = min([int(box.left), *columns[:1]]), max([int(box.right), *(columns[-1:] + 1)])
    return whole[top:bottom, left:right]


def _line(
    brush: ImageDraw.ImageDraw,
    start: tuple[float, float],
    stop: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    width, level = int(rng.integers(1, 6)), int(rng.integers(110, 256))
    brush.line((*start, *stop), fill=level, width=width)


def _sides(
    brush: ImageDraw.ImageDraw,
    box: Box,
    rng: np.random.Generator,
    drawn: list[bool],
    gaps: tuple[float, float] = (-0.08, 0.35),
) -> None:
    """Draw the lines left, top, right and bottom of the digit that are asked for, as a form has them.

    Each stands off the digit by a gap within `gaps`, in longer sides of it; below 0 the digit overshoots it.
    """
    left, top, right, bottom = (
        place + way * box.side * rng.uniform(*gaps) for place, way in zip(box, (-1, -1, 1, 1), strict=True)
    )
    past = box.side * (rng.uniform(0, 0.25) if rng.random() < 0.4 else 0)
    tilt = box.side * rng.normal(0, 0.01)
    ends = (
        ((left, top - past), (left + tilt, bottom + past)),
        ((left - past, top), (right + past, top + tilt)),
        ((right, top - past), (right + tilt, bottom + past)),
        ((left - past, bottom), (right + past, bottom + tilt)),
    )
    width, level = int(rng.integers(1, 6)), int(rng.integers(110, 256))
    for (start, stop), wanted in zip(ends, drawn, strict=True):
        if wanted:
            brush.line((*start, *stop), fill=level, width=width)


def box_lines(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw a whole box about the digit, which may overshoot it."""
    _sides(brush, box, rng, [True] * 4)


def clear_box(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw a whole box that the digit keeps clear of."""
    _sides(brush, box, rng, [True] * 4, (0.08, 0.35))


def tight_box(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw a box that the digit overshoots at every side a little."""
    _sides(brush, box, rng, [True] * 4, (-0.1, -0.02))


def some_sides(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw one to three sides of a box."""
    _sides(brush, box, rng, rng.permutation([True, rng.random() < 0.5, rng.random() < 0.4, False]).tolist())


def corner(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw two sides that meet in a corner."""
    across, down = rng.random(2) < 0.5
    _sides(brush, box, rng, [bool(across), bool(down), not across, not down])


def comb(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw a base line with a tooth at each side of the digit."""
    bottom = box.bottom + box.side * rng.uniform(-0.04, 0.15)
    left, right = box.left - box.side * rng.uniform(0.03, 0.4), box.right + box.side * rng.uniform(0.03, 0.4)
    height = box.side * rng.uniform(0.15, 0.7)
    _line(brush, (left, bottom), (right, bottom), rng)
    for x in (left, right):
        _line(brush, (x, bottom - height), (x, bottom), rng)


def rules(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw one to three ruled lines through the digit, from border to border."""
    left, right = box.left - box.side * rng.uniform(0, 0.5), box.right + box.side * rng.uniform(0, 0.5)
    for _ in range(int(rng.choice([1, 2, 3], p=[0.55, 0.3, 0.15]))):
        y = rng.uniform(box.top - 0.1 * box.side, box.bottom + 0.15 * box.side)
        tilt = box.side * rng.normal(0, 0.02)
        brush.line((left, y, right, y + tilt), fill=int(rng.integers(90, 256)), width=int(rng.integers(1, 5)))


def neighbor(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw what a crop lets in of the digits beside, above or below: an end of a stroke or two."""
    for _ in range(int(rng.choice([1, 2], p=[0.6, 0.4]))):
        before = rng.random() < 0.5  # in reading order: it reaches in from the left
        edge, inward = (box.left, 1.0) if before else (box.right, -1.0)
        height = (box.top + box.bottom) / 2 + box.side * rng.normal(0, 0.15)
        reach = rng.uniform(0.06, 0.24)
        width = max(1, int(box.side * rng.uniform(0.03, 0.12)))
        for stroke in strokes.digit(int(rng.integers(10)), rng):
            points = (stroke - (1.0 if before else 0.0, 0.5)) * box.side
            points += (edge + inward * reach * box.side, height)
            inside = points[(points[:, 0] > box.left - 1) & (points[:, 0] < box.right + 1)]
            if len(inside) > 1:
                brush.line(inside.ravel().tolist(), fill=255, width=width)


def specks(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw dots, commas and short ends of strokes in the corners of the digit's box and just outside it."""
    for _ in range(int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]))):
        left, low = rng.random(2) < 0.5
        x = (
            box.left + box.side * rng.uniform(-0.2, 0.03)
            if left
            else box.right + box.side * rng.uniform(-0.03, 0.2)
        )
        y = (
            box.bottom - box.side * rng.uniform(-0.05, 0.2)
            if low
            else box.top + box.side * rng.uniform(-0.05, 0.3)
        )
        angle, reach = (
            rng.uniform(0, np.pi),
            box.side * rng.choice([rng.uniform(0, 0.05), rng.uniform(0.05, 0.22)]),
        )
        across, down = reach * np.cos(angle) / 2, reach * np.sin(angle) / 2
        radius = box.side * rng.uniform(0.015, 0.05)
        brush.line((x - across, y - down, x + across, y + down), fill=255, width=max(1, round(2 * radius)))
        brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def residue(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw what is left of security print: short stubs of many parallel lines, level or oblique."""
    step = box.side * rng.uniform(0.06, 0.2)
    slope = rng.normal(0, 0.12)
    level, width = int(rng.integers(110, 256)), int(rng.integers(1, 4))
    for y in np.arange(box.top, box.bottom, step):
        for _ in range(int(rng.integers(0, 3))):
            x = rng.uniform(box.left - 0.05 * box.side, box.right)
            reach = box.side * rng.uniform(0.04, 0.3)
            stop = min(x + reach, box.right + 0.05 * box.side)
            brush.line((x, y, stop, y + slope * (stop - x)), fill=level, width=width)


def ring(brush: ImageDraw.ImageDraw, box: Box, rng: np.random.Generator) -> None:
    """Draw a ring around the digit, closed or nearly, clear of it."""
    middle = np.array([(box.left + box.right) / 2, (box.top + box.bottom) / 2])
    radii = np.hypot(box.right - box.left, box.bottom - box.top) / 2 * rng.uniform(1.02, 1.12, 2)
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.97, 1.05), 80) + rng.uniform(0, 2 * np.pi)
    wobbly = 1 + 0.03 * drift(rng, 80, 2)
    path = middle + (radii * wobbly[:, None]) * np.column_stack([np.sin(angle), np.cos(angle)])
    brush.line(path.ravel().tolist(), fill=int(rng.integers(150, 256)), width=int(rng.integers(2, 7)))


KINDS: dict[str, tuple[float, Surrounding]] = {
    "box": (14, box_lines),
    "sides": (18, some_sides),
    "corner": (10, corner),
    "comb": (8, comb),
    "rules": (16, rules),
    "neighbor": (22, neighbor),
    "residue": (22, residue),
    "specks": (16, specks),
}
