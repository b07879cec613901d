"""Numbers and words set into a picture of distances: one pen, one slant, one base line, every box known.

A sheet is float32 (height, width): minus each pixel's distance from the nearest stroke's middle, in
pixels. `ink` draws it with a pen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt, maximum_filter1d

from training.drawing.hand import Point
from training.drawing.marks import BODY, MIDDLE, SIDE, STEP, Mark, Marks
from training.drawing.pen import Stroke

Sheet = NDArray[np.float32]
Box = tuple[float, float, float, float]  # x, y, width, height of ink in pixels of the sheet
FAR = -64.0  # pixels: no stroke near
NEAR = 0.08  # heights: rows so near each other that their strokes would touch
NESTED = 0.6  # heights: the most by which a mark moves over the box before it
REACH = 12  # pixels around a stroke that know how far it is


@dataclass
class Line:
    """A writer's habits in a line: measures in pixels, slants as shifts to the right per pixel of height."""

    height: float  # of a digit
    pen: float  # width
    slant: float
    gap: float  # between one mark's ink and the next, in heights; negative where they overlap
    slope: float = 0.0  # of the base line
    unsteady: float = 0.05  # spread of heights and base lines, in heights
    nested: bool = False  # the gap is kept between strokes, not between boxes: slanted marks share columns
    taller: dict[int, float] = field(default_factory=dict)  # by digit: its height over the line's
    deeper: dict[int, float] = field(default_factory=dict)  # by digit: heights below the base line


@dataclass
class Written:
    """The contents of a sheet: boxes (x, y, width, height) of ink with their digits, -1 for a non-digit."""

    boxes: list[Box] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)


def blank(height: int, width: int) -> Sheet:
    """Return a sheet without a stroke."""
    return np.full((height, width), FAR, np.float32)


def ink(sheet: Sheet, pen: float | NDArray[np.float32], soft: float = 1.0) -> NDArray[np.float32]:
    """Return ink 0-1 as a pen of this width leaves it, its edges `soft` pixels wide."""
    drawn: NDArray[np.float32] = np.clip((sheet + pen / 2) / soft + 0.5, 0, 1).astype(np.float32)
    return drawn


def set_mark(  # noqa: PLR0913, PLR0917 - a mark's place and shape
    sheet: Sheet, mark: Mark, left: float, bottom: float, height: float, line: Line, rng: np.random.Generator
) -> Box | None:
    """Set a mark so that its ink begins at `left` and stands on `bottom`; returns its box, None if outside.

    `height` is what the longer of its sides, without slant, becomes.
    """
    return _place(sheet, _formed(mark, height, line, rng), left, bottom, line)


def _formed(mark: Mark, height: float, line: Line, rng: np.random.Generator) -> Sheet:
    """Return a mark at this height as the line's hand slants it, and a little otherwise each time."""
    scale = height / BODY
    stretch = float(np.exp(rng.normal(0, 0.08)))
    turn = float(rng.normal(0, 0.05))
    shear = line.slant + float(rng.normal(0, 0.05))
    forward = scale * np.array([[stretch, -shear], [turn, 1.0]])
    window = int(np.ceil(SIDE * scale * (1.25 + abs(shear)))) + 2
    inverse = np.linalg.inv(forward)
    offset = SIDE / 2 - inverse @ np.array([window / 2, window / 2])
    rows = (*inverse[0], offset[0], *inverse[1], offset[1])
    seen = Image.fromarray(mark).transform(
        (window, window), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR
    )
    depth = (np.asarray(seen, np.float32) - MIDDLE) * np.float32(scale / STEP)
    depth[np.asarray(seen) < 8] = FAR
    return depth


def _inked(depth: Sheet, line: Line) -> NDArray[np.bool_]:
    """Tell which pixels the line's pen covers."""
    inked: NDArray[np.bool_] = depth > -max(line.pen, 1.2) / 2
    return inked


def _place(sheet: Sheet, depth: Sheet, left: float, bottom: float, line: Line) -> Box | None:
    """Lay strokes, their ink beginning at `left` and ending at `bottom`; returns its box, None if outside."""
    inked = _inked(depth, line)
    ys, xs = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not ys.size:
        return None
    x, y = round(left - xs[0]), round(bottom - ys[-1] - 1)
    if not _lay(sheet, depth, x, y):
        return None
    return (float(x + xs[0]), float(y + ys[0]), float(xs[-1] + 1 - xs[0]), float(ys[-1] + 1 - ys[0]))


def _lay(sheet: Sheet, depth: Sheet, x: int, y: int) -> bool:
    """Add strokes to a sheet, their upper left corner at (x, y); tell whether any is on the sheet."""
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + depth.shape[0], sheet.shape[0]), min(x + depth.shape[1], sheet.shape[1])
    if top >= bottom or left >= right:
        return False
    part = sheet[top:bottom, left:right]
    np.maximum(part, depth[top - y : bottom - y, left - x : right - x], out=part)
    return True


def set_segment(
    sheet: Sheet, start: tuple[float, float], stop: tuple[float, float], wider: float = 0.0
) -> None:
    """Draw a straight stroke from (x, y) to (x, y), `wider` than the pen by so many pixels."""
    reach = REACH
    (x0, y0), (x1, y1) = start, stop
    top, bottom = max(int(min(y0, y1)) - reach, 0), min(int(max(y0, y1)) + reach, sheet.shape[0])
    left, right = max(int(min(x0, x1)) - reach, 0), min(int(max(x0, x1)) + reach, sheet.shape[1])
    if top >= bottom or left >= right:
        return
    y, x = np.ogrid[top:bottom, left:right]
    long = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-6)
    along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / long, 0, 1)
    away = np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0))
    part = sheet[top:bottom, left:right]
    np.maximum(part, (wider / 2 - away).astype(np.float32), out=part)


def set_strokes(sheet: Sheet, strokes: Sequence[Stroke]) -> None:
    """Draw strokes, in pixels of the sheet, as far as they lie on it."""
    points = np.vstack(strokes)
    low = np.floor(points.min(axis=0)).astype(int) - REACH
    left, top = (int(value) for value in np.maximum(low, 0))
    high = np.minimum(np.ceil(points.max(axis=0)).astype(int) + REACH, (sheet.shape[1], sheet.shape[0]))
    width, height = int(high[0]) - left, int(high[1]) - top
    if width < 1 or height < 1:
        return
    canvas = Image.new("L", (2 * width, 2 * height), 1)
    brush = ImageDraw.Draw(canvas)
    for stroke in strokes:
        brush.line(((stroke - (left, top)) * 2).ravel().tolist(), fill=0)
    if canvas.getextrema()[0]:
        return
    away = distance_transform_edt(np.asarray(canvas))[::2, ::2] / 2
    part = sheet[top : top + height, left : left + width]
    np.maximum(part, -away.astype(np.float32), out=part)


def write_number(  # noqa: PLR0913, PLR0917 - what, where and how
    sheet: Sheet,
    marks: Marks,
    places: list[int],
    left: float,
    bottom: float,
    line: Line,
    rng: np.random.Generator,
    written: Written,
    points: float = 0.0,
) -> float:
    """Write the marks at `places` in a row from `left` on the base line; returns where the row ends.

    With a chance of `points` thousands are set apart by a point, a comma or a wider gap.
    """
    x = left
    apart = rng.random() < points
    before: Box | None = None
    for number, place in enumerate(places):
        label = int(marks.labels[place])
        height, base = _stance(line, label, bottom + (x - left) * line.slope, rng)
        depth = _formed(marks.fields[place], height, line, rng)
        if line.nested and before is not None:
            x -= _room(sheet, before, _inked(depth, line), base, line)
        box = _place(sheet, depth, x, base, line)
        if box is not None:
            written.boxes.append(box)
            written.labels.append(label)
            x = box[0] + box[2]
        before = box
        gap = line.gap + float(rng.normal(0, 0.06))
        x += max(gap, -0.2) * line.height
        left_over = len(places) - 1 - number
        if apart and left_over and left_over % 3 == 0:
            x, before = _set_apart(sheet, x, base, line, rng), None
    return x


def _stance(line: Line, label: int, level: float, rng: np.random.Generator) -> tuple[float, float]:
    """Return how high a digit is, now and then low, and where it stands; the base line is at `level`."""
    small = rng.random() < 0.15
    height = line.height * float(np.exp(rng.normal(-0.3 if small else 0, line.unsteady)))
    height *= line.taller.get(label, 1.0)
    base = level + line.height * float(rng.normal(0, line.unsteady * 0.7))
    if small:
        base -= (line.height - height) * float(rng.choice([0.0, 0.5, 1.0], p=[0.6, 0.3, 0.1]))
    return height, base + line.height * line.deeper.get(label, 0.0)


def _room(sheet: Sheet, before: Box, inked: NDArray[np.bool_], base: float, line: Line) -> float:
    """Return by how many pixels a mark can move to the left, over the box before it, and keep its gap there.

    Strokes in rows that are NEAR each other would touch, too.
    """
    left, top, width, height = (round(value) for value in before)
    right, top, x = left + width, max(top, 0), max(left, 0)
    part = _inked(sheet[top : top + height, x:right], line)
    if not part.size:  # the box lies off the sheet
        return 0.0
    ends = np.full(len(sheet), -np.inf)  # by row: where the ink before ends
    ends[top : top + len(part)] = np.where(
        part.any(axis=1), x + part.shape[1] - np.argmax(part[:, ::-1], axis=1), -np.inf
    )
    ends = maximum_filter1d(ends, 2 * round(NEAR * line.height) + 1)
    ys, xs = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    rows = round(base) - 1 - ys.max(initial=0) + ys
    shared = (rows >= 0) & (rows < len(sheet))
    space = np.argmax(inked[ys[shared]], axis=1) - xs.min(initial=inked.size) + right - ends[rows[shared]]
    meeting = space[np.isfinite(space)]
    return float(np.clip(meeting.min(), 0, NESTED * line.height)) if meeting.size else 0.0


def _set_apart(sheet: Sheet, x: float, base: float, line: Line, rng: np.random.Generator) -> float:
    """Set a point, a comma, an apostrophe or nothing but room between thousands."""
    high = line.height
    kind = rng.random()
    at = x + high * float(rng.uniform(0.0, 0.2))
    wider = line.pen * float(rng.uniform(0, 0.7))
    if kind < 0.6:
        y = base - high * float(rng.uniform(-0.05, 0.3 if rng.random() < 0.3 else 0.1))
        set_segment(sheet, (at, y), (at + high * float(rng.uniform(0, 0.06)), y), wider)
    elif kind < 0.85:
        y = base - high * 0.08
        set_segment(
            sheet,
            (at, y),
            (at - high * float(rng.uniform(0.03, 0.15)), y + high * float(rng.uniform(0.1, 0.3))),
        )
    elif kind < 0.9:
        set_segment(sheet, (at, base - high), (at - high * 0.05, base - high * 0.8))
    else:
        return x + high * float(rng.uniform(0.1, 0.5))
    return at + high * float(rng.uniform(0.05, 0.25))


def end_amount(sheet: Sheet, x: float, base: float, line: Line, rng: np.random.Generator) -> float:
    """Close an amount against additions: =, .-, a dash, two points, a point; returns where it ends."""
    high = line.height
    kind = str(rng.choice(list(_ENDS), p=list(_ENDS.values())))
    x += high * float(rng.uniform(0.05, 0.4))
    middle = base - high * float(rng.uniform(0.2, 0.6))
    long = high * float(rng.uniform(0.2, 0.8))
    rise = high * float(rng.normal(0, 0.06))
    wider = line.pen * float(rng.uniform(0, 0.5))
    if kind in {"point", "dash"} and rng.random() < 0.7:
        y = base - high * float(rng.uniform(-0.05, 0.1))
        set_segment(sheet, (x, y), (x + 1, y), wider)
        x += high * float(rng.uniform(0.1, 0.3))
    if kind == "swash":
        return _swash(sheet, x, middle, long, high, rng)
    if kind == "bars":
        return _bars(sheet, x, base, high, rng)
    if kind == "colon":
        for y in (middle, middle + high * float(rng.uniform(0.2, 0.45))):
            set_segment(sheet, (x, y), (x + 1, y), wider)
    if kind in {"point", "colon"}:
        return x
    _dashes(sheet, kind, ((x, middle), (x + long, middle + rise)), high, rng)
    return x + long


# How often an amount ends so.
_ENDS = {
    "point": 0.15,
    "dash": 0.26,
    "equals": 0.22,
    "joined": 0.1,  # an equals sign without lifting the pen
    "colon": 0.07,
    "wave": 0.06,
    "swash": 0.1,  # a dash in a swing, as of a signature
    "bars": 0.04,  # #, ##
}


def _dashes(
    sheet: Sheet, kind: str, dash: tuple[Point, Point], high: float, rng: np.random.Generator
) -> None:
    """Draw a dash, and what more of it makes an equals sign or a wave."""
    (x, left), (right, end) = dash
    set_segment(sheet, *dash)
    if kind == "joined":
        lower = left + high * float(rng.uniform(0.12, 0.35))
        set_segment(sheet, dash[1], (x, lower))
        set_segment(sheet, (x, lower), (right, lower + end - left))
    elif kind == "equals":
        lower = left + high * float(rng.uniform(0.12, 0.3))
        set_segment(sheet, (x, lower), (x + (right - x) * float(rng.uniform(0.6, 1.1)), lower + end - left))
    elif kind == "wave":
        set_segment(sheet, dash[1], (x + 1.6 * (right - x), 2 * left - end))


def _swash(  # noqa: PLR0913, PLR0917 - its measures
    sheet: Sheet, x: float, middle: float, long: float, high: float, rng: np.random.Generator
) -> float:
    bends = rng.uniform(-0.35, 0.35, 4) * high
    xs = x + np.linspace(0, long * float(rng.uniform(1, 2.2)), 4)
    for start, stop in pairwise(zip(xs.tolist(), (middle + bends).tolist(), strict=True)):
        set_segment(sheet, start, stop)
    return float(xs[-1])


def _bars(sheet: Sheet, x: float, base: float, high: float, rng: np.random.Generator) -> float:
    across = high * float(rng.choice([0.25, 0.6]))
    for shift in np.arange(0.1 * high, across + 0.3 * high, 0.25 * high):
        set_segment(sheet, (x + shift + high * 0.2, base - high), (x + shift, base))
    for y in (base - high * 0.3, base - high * 0.65):
        set_segment(sheet, (x, y), (x + across + high * 0.5, y))
    return x + across + high * 0.5


def currency(sheet: Sheet, x: float, base: float, line: Line, rng: np.random.Generator) -> float:
    """Write a $ or a #, or one to three asterisks; returns where they end."""
    high = line.height
    kind = rng.random()
    if kind < 0.4:  # two bars and two bars
        for shift in (0.15, 0.4):
            set_segment(sheet, (x + high * (shift + 0.1), base - high), (x + high * shift, base))
            y = base - high * (shift + 0.15)
            set_segment(sheet, (x, y), (x + high * 0.55, y))
        return x + high * 0.7
    if kind < 0.7:  # an S with a bar through it
        bends = [(0.5, 0.8), (0.3, 0.92), (0.05, 0.75), (0.25, 0.5), (0.5, 0.28), (0.25, 0.08), (0.0, 0.2)]
        for (x0, y0), (x1, y1) in pairwise(bends):
            set_segment(sheet, (x + x0 * high, base - y0 * high), (x + x1 * high, base - y1 * high))
        for shift in (0.22, 0.36)[: int(rng.integers(1, 3))]:
            set_segment(sheet, (x + shift * high, base - 1.1 * high), (x + shift * high, base + 0.1 * high))
        return x + high * 0.65
    for _ in range(int(rng.integers(1, 4))):
        size = high * float(rng.uniform(0.12, 0.22))
        for angle in np.arange(3) * np.pi / 3 + rng.uniform(0, 1):
            dx, dy = size * np.cos(angle), size * np.sin(angle)
            center = (x + size, base - high * 0.5)
            set_segment(sheet, (center[0] - dx, center[1] - dy), (center[0] + dx, center[1] + dy))
        x += 2.6 * size
    return x + 0.1 * high
