"""Digits written by our own hand: a skeleton, made personal, then drawn with a pen."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from training.drawing.hand import Form, Hand
from training.drawing.pen import Picture, Stroke, along, draw
from training.drawing.skeletons import FORMS, HASTY

THINNEST = 0.02  # pen width in heights of the digit
WOBBLE = 0.026  # the greatest spread of the points that a stroke passes through, in heights of the digit
WOBBLE_IN_HASTE = 0.045
LOOSE = 0.3  # share of the digits written in haste that are written with the greater wobble
RULED = 0.08  # share of the 1s that are drawn with a ruler: no pen is that straight, nor its ends that flat


def digit(label: int, rng: np.random.Generator) -> list[Stroke]:
    """Return the strokes of one written digit, inside the unit square, its longer side filling it."""
    form, wobble = _choose(label, rng)
    return written(form, rng, wobble)


def render(label: int, rng: np.random.Generator, haste: float = 0.0) -> Picture:
    """Return a written digit as a picture: bright ink on dark, square, 64 to 96 pixels a side.

    `haste` is the share of digits that are written as in a row of them.
    """
    if label == 1 and rng.random() < RULED:
        return ruled_one(rng, int(rng.integers(64, 97)))
    form, wobble = _choose(label, rng, haste)
    strokes = written(form, rng, wobble)
    return draw(strokes, rng, int(rng.integers(64, 97)), pen_width(strokes, rng, form.pen))


def ruled_one(rng: np.random.Generator, size: int) -> Picture:
    """Return a 1 as a filled bar with straight edges and flat ends, upright or leaning a little."""
    high = size * rng.uniform(0.5, 0.92)
    across = np.array([max(3.0, high * rng.uniform(0.05, 0.3)) / 2, 0.0])  # thinner, a scan would lose it
    lean = rng.choice([0.0, high * np.tan(np.deg2rad(rng.uniform(-5, 15))) / 2])
    tip = np.array([lean, -high / 2])
    canvas = Image.new("L", (size, size))
    corners = size / 2 + np.array([tip - across, tip + across, across - tip, -tip - across])
    ImageDraw.Draw(canvas).polygon(corners.ravel().tolist(), fill=int(rng.integers(160, 256)))
    return np.asarray(canvas).copy()


def pen_width(strokes: Sequence[Stroke], rng: np.random.Generator, widest: float = 0.22) -> float:
    """Return a pen width for these strokes: any up to `widest`, less where they crowd a narrow space."""
    points = np.vstack(strokes)
    spread = float(np.ptp(points, axis=0).min())
    bar = len(strokes) == 1 and spread < 0.3  # nothing to fill up: a plain 1
    limit = max(2 * THINNEST, widest if bar else widest * min(1.0, max(0.35, spread / 0.6)))
    if rng.random() < 0.3:  # fat pens more often than an even spread over the logarithm gives
        return float(rng.uniform(THINNEST, limit))
    return float(np.exp(rng.uniform(np.log(THINNEST), np.log(limit))))


def fit(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Return the strokes moved and scaled, aspect kept, to the middle of the unit square."""
    points = np.vstack(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    side = max(float((high - low).max()), 1e-6)
    return [(stroke - (low + high) / 2) / side + 0.5 for stroke in strokes]


def bend(strokes: Sequence[Stroke], rng: np.random.Generator, strength: float) -> list[Stroke]:
    """Displace points by a smooth field of amplitude `strength`, the same for all the strokes."""
    waves = rng.normal(0, 3.0, (2, 3, 2))
    phases = rng.uniform(0, 2 * np.pi, (2, 3))
    heights = rng.normal(0, strength, (2, 3))
    return [
        stroke
        + np.column_stack([np.sin(stroke @ waves[axis].T + phases[axis]) @ heights[axis] for axis in (0, 1)])
        for stroke in strokes
    ]


def taper(strokes: Sequence[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """Widen or narrow strokes towards the foot, and move their waist up or down."""
    widening = np.clip(rng.normal(0, 0.16), -0.35, 0.35)
    drop = np.clip(rng.normal(0, 0.3), -0.6, 0.6)
    shaped = []
    for stroke in strokes:
        x, y = stroke.T
        within = np.clip(y, 0, 1)
        wider = 0.5 + (x - 0.5) * (1 + widening * (2 * within - 1))
        shaped.append(np.column_stack([wider, y + drop * within * (1 - within)]))
    return shaped


def lean(
    strokes: Sequence[Stroke], rng: np.random.Generator, slant: tuple[float, float], rotation: float
) -> list[Stroke]:
    """Return strokes a random aspect, slant (degrees, right positive), slope and rotation (± degrees)."""
    shear = np.tan(np.deg2rad(np.clip(rng.normal(7, 13), *slant)))
    aspect = np.exp(np.clip(rng.normal(-0.15, 0.27), -0.75, 0.35))
    slope = np.tan(np.deg2rad(rng.uniform(-3, 3)))
    turn = np.deg2rad(np.clip(rng.normal(0, rotation / 2), -rotation, rotation))
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = spin @ np.array([[aspect, -shear], [aspect * slope, 1.0]])
    return [stroke @ matrix.T for stroke in strokes]


def _choose(label: int, rng: np.random.Generator, haste: float = 0.0) -> tuple[Form, float]:
    """Return a form of a digit, and the greatest wobble that it is written with."""
    chance = rng.random()
    forms = (HASTY if chance < haste else FORMS)[label]
    weights = np.array([form.weight for form in forms])
    form = forms[int(rng.choice(len(forms), p=weights / weights.sum()))]
    return form, WOBBLE_IN_HASTE if chance < LOOSE * haste else WOBBLE


def written(form: Form, rng: np.random.Generator, wobble: float = WOBBLE) -> list[Stroke]:
    """Write the form once, as one person would; again until it is accepted. Inside the unit square."""
    while True:
        strokes = form.strokes(Hand(rng, wobble=rng.uniform(0.004, wobble)))
        strokes = [_ends(along(stroke, 0.03), rng) for stroke in strokes]
        if rng.random() < 0.6:
            strokes = [_rounded(stroke, int(rng.integers(1, 4))) for stroke in strokes]
        strokes = bend(taper(strokes, rng), rng, rng.uniform(0.0, 0.022))
        strokes = fit(lean(strokes, rng, form.slant, form.rotation))
        if form.accept is None or form.accept(strokes):
            return strokes


def _rounded(stroke: Stroke, reach: int) -> Stroke:
    """Return a stroke with its corners softened: a moving average over ±`reach` points, the ends kept."""
    padded = np.vstack([np.repeat(stroke[:1], reach, 0), stroke, np.repeat(stroke[-1:], reach, 0)])
    total = np.cumsum(np.vstack([np.zeros((1, 2)), padded]), axis=0)
    soft: Stroke = (total[2 * reach + 1 :] - total[: -2 * reach - 1]) / (2 * reach + 1)
    soft[0], soft[-1] = stroke[0], stroke[-1]
    return soft


def _ends(stroke: Stroke, rng: np.random.Generator) -> Stroke:
    """Let the ends overshoot or stop short by a few hundredths."""
    if len(stroke) < 4:
        return stroke
    before, after = rng.normal(0, 0.025, 2)
    head = stroke[0] + (stroke[0] - stroke[1]) / 0.03 * np.clip(before, -0.03, 0.06)
    tail = stroke[-1] + (stroke[-1] - stroke[-2]) / 0.03 * np.clip(after, -0.03, 0.06)
    return np.vstack([head, stroke[1:-1], tail])
