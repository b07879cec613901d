"""Skeletons of the ten digits: how people write them, as parametric strokes.

Every form is a function of a `Hand` that returns strokes of shape (n, 2), x right and y down, in
about the unit square. `FORMS` gives each digit its forms, with how often each is written.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.pen import Stroke

Point = tuple[float, float]


class Hand:
    """One writer's hand: draws parameters, and wobbles the control points it passes through."""

    def __init__(self, rng: np.random.Generator, wobble: float = 0.02) -> None:
        self.rng = rng
        self.wobble = wobble

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def line(self, *points: Point) -> Stroke:
        """Straight pieces through the wobbled points."""
        path = np.array(points, dtype=np.float64)
        return path + self.rng.normal(0, self.wobble, path.shape)

    def curve(self, *points: Point) -> Stroke:
        """A Catmull-Rom spline through the wobbled points."""
        path = self.line(*points)
        path = np.vstack([2 * path[0] - path[1], path, 2 * path[-1] - path[-2]])
        knots = np.stack([path[i : len(path) - 3 + i] for i in range(4)])
        smooth = np.einsum("tk,ksd->std", _CATMULL_ROM, knots).reshape(-1, 2)
        return np.vstack([smooth, path[-2]])

    def arc(self, center: Point, radii: Point, start: float, stop: float) -> Stroke:
        """Part of an ellipse; degrees run clockwise from the top, backwards where stop < start."""
        angles = np.deg2rad(np.linspace(start, stop, max(4, int(abs(stop - start) / 12))))
        spread = 1 + self.rng.normal(0, self.wobble, 2)
        return np.array(center) + np.column_stack([np.sin(angles), -np.cos(angles)]) * radii * spread


@dataclass(frozen=True)
class Form:
    """A way to write a digit: how often, with which widest pen (in heights) and slants (degrees, right positive)."""

    weight: float
    strokes: Callable[[Hand], list[Stroke]]
    pen: float = 0.2
    slant: tuple[float, float] = (-25, 32)
    rotation: float = 10
    accept: Callable[[list[Stroke]], bool] | None = None  # asked of the slanted, turned strokes


_STEPS = np.arange(7)[:, None] / 7
_CATMULL_ROM = 0.5 * np.hstack([
    -_STEPS + 2 * _STEPS**2 - _STEPS**3,
    2 - 5 * _STEPS**2 + 3 * _STEPS**3,
    _STEPS + 4 * _STEPS**2 - 3 * _STEPS**3,
    -(_STEPS**2) + _STEPS**3,
])


# 0 ------------------------------------------------------------------------------------------------


def _ring(hand: Hand, narrow: float = 0.24, wide: float = 0.56) -> Stroke:
    start = hand.between(-50, 50)
    turn = hand.between(335, 400) * (-1 if hand.chance(0.75) else 1)
    return hand.arc((0.5, 0.5), (hand.between(narrow, wide), 0.5), start, start + turn)


def zero_round(hand: Hand) -> list[Stroke]:
    return [_ring(hand)]


def zero_wide(hand: Hand) -> list[Stroke]:
    """Wider than high, as when written in haste."""
    return [(ring - 0.5) * (1, hand.between(0.55, 0.85)) + 0.5 for ring in [_ring(hand, 0.48, 0.58)]]


def zero_retraced(hand: Hand) -> list[Stroke]:
    """Round more than once, each time a little further in or out."""
    sweep = -hand.between(420, 640)
    ring = hand.arc((0.5, 0.5), (hand.between(0.3, 0.56), 0.5), hand.between(-40, 40), sweep)
    shrink = np.linspace(1, hand.between(0.72, 0.92), len(ring))[:, None]
    return [0.5 + (ring - 0.5) * shrink]


def zero_open(hand: Hand) -> list[Stroke]:
    """Ends that do not meet at the top; one end may curl into the ring."""
    gap = hand.between(14, 34)
    radii = (hand.between(0.3, 0.46), 0.5)
    ring = hand.arc((0.5, 0.5), radii, -gap, -360 + gap * hand.between(-0.5, 1))
    if hand.chance(0.5):
        x, y = ring[0]
        ring = np.vstack([(x + hand.between(0.0, 0.15), y + hand.between(-0.06, 0.05)), ring])
    return [ring]


def zero_looped(hand: Hand) -> list[Stroke]:
    radii = (hand.between(0.3, 0.46), 0.5)
    ring = hand.arc((0.5, 0.5), radii, hand.between(-20, 20), -350)
    x, y = ring[-1]
    curl = hand.curve((x, y), (x - 0.1, y + 0.02), (x - 0.08, y + 0.12), (x + 0.05, y + 0.1), (x + 0.16, y - 0.02))
    return [np.vstack([ring, curl])]


def zero_slashed(hand: Hand) -> list[Stroke]:
    width = hand.between(0.33, 0.48)
    reach = hand.between(0.6, 0.98) if hand.chance(0.5) else hand.between(1.0, 1.3)
    angle = np.deg2rad(hand.between(20, 48))
    dx, dy = reach * width * np.sin(angle) * 1.15, reach * 0.5 * np.cos(angle) * 1.05
    if hand.chance(0.12):
        dx = -dx
    return [_ring(hand, width, width), hand.line((0.5 + dx, 0.5 - dy), (0.5 - dx, 0.5 + dy))]


def zero_dotted(hand: Hand) -> list[Stroke]:
    y = hand.between(0.45, 0.55)
    return [_ring(hand, 0.34, 0.46), hand.line((0.5, y - 0.02), (0.5, y + 0.03))]


# 1 ------------------------------------------------------------------------------------------------


def _stem(hand: Hand) -> Stroke:
    bend = hand.between(-0.04, 0.04)
    return hand.curve((0.5, 0), (0.5 + bend, 0.5), (0.5, 1))


def _base(hand: Hand) -> Stroke:
    left, right = hand.between(0.12, 0.32), hand.between(0.12, 0.32)
    tilt = hand.between(-0.03, 0.03)
    y = 1 + hand.between(-0.01, 0.02)
    return hand.line((0.5 - left, y + tilt), (0.5 + right, y - tilt))


def _flag(hand: Hand, low: float, high: float) -> Stroke:
    """The upstroke of a 1, from its lower left tip to just before the top of the stem."""
    drop = hand.between(low, high)
    away = min(drop * np.tan(np.deg2rad(hand.between(20, 54))), 0.45)
    bulge = hand.between(-0.04, 0.03)
    return hand.curve((0.5 - away, drop), (0.5 - away / 2 - bulge, drop / 2 - bulge), (0.5, 0))


def steep_flag(strokes: list[Stroke]) -> bool:
    """Whether the first stroke begins with a flag no bar of a 7 could be: steep, and close to the stem."""
    path = strokes[0]
    apex = int(path[:, 1].argmin())
    across, down = path[0] - path[apex]
    foot = strokes[-1][-1] if len(strokes[0]) == apex + 1 else path[-1]
    lean, fall = foot - path[apex]
    flag, stem = np.rad2deg(np.arctan2(-across, down)), np.rad2deg(np.arctan2(-lean, fall))
    return bool(flag < 58 and 12 < flag - stem < 60)


def one_bar(hand: Hand) -> list[Stroke]:
    return [_stem(hand)]


def one_hooked(hand: Hand) -> list[Stroke]:
    return [np.vstack([_flag(hand, 0.2, 0.68), _stem(hand)])]


def one_loose(hand: Hand) -> list[Stroke]:
    """Flag and stem as two strokes that need not meet exactly."""
    lift = hand.between(-0.06, 0.02)
    return [_flag(hand, 0.2, 0.5), _stem(hand) + np.array([0, lift])]


def one_based(hand: Hand) -> list[Stroke]:
    return [_stem(hand), _base(hand)]


def one_hooked_based(hand: Hand) -> list[Stroke]:
    return [np.vstack([_flag(hand, 0.15, 0.45), _stem(hand)]), _base(hand)]


# 2 ------------------------------------------------------------------------------------------------


def _crook(hand: Hand) -> list[Point]:
    """The head of a 2, from its left tip over the top to the right shoulder."""
    left, right, low = hand.between(0.05, 0.3), hand.between(0.65, 0.9), hand.between(0.22, 0.36)
    middle = (left + right) / 2
    return [(left, low * hand.between(0.6, 1.1)), (left + 0.1, 0.07), (middle, 0.0), (right - 0.04, low / 3), (right, low)]


def two_flat(hand: Hand) -> list[Stroke]:
    body = hand.curve(*_crook(hand), (0.68, 0.55), (0.36, 0.8), (0.05, 1.0))
    foot = hand.line((0.05, 1.0), (hand.between(0.65, 1.25), 1 + hand.between(-0.08, 0.05)))
    return [np.vstack([body, foot[1:]])]


def two_looped(hand: Hand) -> list[Stroke]:
    size = hand.between(0.06, 0.14)
    low = (0.3, 0.95)
    loop = [low, (0.12, 1.0), (0.04, 1 - size), (0.15, 1 - 1.7 * size), (0.4, 0.93), (0.65, 1.0), (hand.between(0.85, 1.2), 0.9)]
    return [hand.curve(*_crook(hand), (0.66, 0.58), (0.47, 0.8), *loop)]


def two_swan(hand: Hand) -> list[Stroke]:
    """A curl at the head, a wavy foot."""
    head = [(0.2, 0.3), (0.06, 0.24), (0.14, 0.09), (0.46, 0.0), (0.8, 0.1), (0.82, 0.32)]
    return [hand.curve(*head, (0.6, 0.62), (0.1, 0.97), (0.35, 0.88), (0.65, 0.99), (0.95, hand.between(0.85, 0.97)))]


def two_angular(hand: Hand) -> list[Stroke]:
    """Nearly a Z, but the right shoulder is round and the head hangs on the left."""
    head = hand.curve((0.04, hand.between(0.14, 0.22)), (0.3, 0.03), (0.62, 0.0), (0.84, 0.12), (0.78, 0.34))
    foot = hand.line((0.05, 1.0), (0.95, 1 + hand.between(-0.05, 0.03)))
    return [np.vstack([head, foot])]


# 3 ------------------------------------------------------------------------------------------------


def _belly(hand: Hand, y: float) -> list[Point]:
    """The lower bowl of a 3, after the waist at height y."""
    right = hand.between(0.7, 0.95)
    middle = (y + 1) / 2
    end = (hand.between(-0.08, 0.2), hand.between(0.78, 0.97))
    return [(right - 0.12, y + 0.06), (right, middle), (right - 0.15, 0.94), ((end[0] + right) / 2 - 0.05, 1.0), end]


def three_round(hand: Hand) -> list[Stroke]:
    tip, waist = hand.between(0.08, 0.22), hand.between(0.36, 0.52)
    right, pinch = hand.between(0.65, 0.85), hand.between(0.3, 0.5)
    head = hand.curve((0.08, tip), (0.4, 0.0), (right - 0.08, 0.06), (right, 0.23), (right - 0.15, 0.4), (pinch, waist))
    return [np.vstack([head, hand.curve((pinch, waist), *_belly(hand, waist))])]


def three_looped(hand: Hand) -> list[Stroke]:
    """A small loop at the waist, written without a stop."""
    head = [(0.1, 0.15), (0.42, 0.0), (0.78, 0.12), (0.72, 0.34), (0.42, 0.46)]
    loop = [(0.28, 0.5), (0.3, 0.42), (0.45, 0.43)]
    return [hand.curve(*head, *loop, *_belly(hand, 0.46))]


def three_flat(hand: Hand) -> list[Stroke]:
    """A flat top, as in Ʒ."""
    pinch = hand.between(0.3, 0.5)
    waist = hand.between(0.36, 0.46)
    top = hand.line((0.08, hand.between(0.0, 0.05)), (0.85, 0.0), (pinch, waist))
    return [np.vstack([top, hand.curve((pinch, waist), *_belly(hand, waist))])]


def three_angular(hand: Hand) -> list[Stroke]:
    pinch = hand.between(0.25, 0.45)
    top = [(0.1, 0.1), (0.4, 0.0), (0.82, 0.1), (pinch, 0.45)]
    return [hand.line(*top, (0.85, 0.6), (0.8, 0.85), (0.45, 1.0), (0.05, 0.9))]


# 4 ------------------------------------------------------------------------------------------------


def four_open(hand: Hand) -> list[Stroke]:
    bar, left = hand.between(0.5, 0.68), hand.between(0.0, 0.1)
    arm = hand.line((hand.between(0.2, 0.42), 0), (left, bar), (hand.between(0.85, 1.05), bar + hand.between(-0.05, 0.05)))
    stem = hand.line((hand.between(0.64, 0.76), hand.between(0.02, 0.3)), (hand.between(0.55, 0.7), 1))
    return [arm, stem]


def four_cup(hand: Hand) -> list[Stroke]:
    """An open 4 with a round left arm, like a u with a long right leg."""
    bar, right = hand.between(0.45, 0.6), hand.between(0.65, 0.75)
    top = hand.between(0.0, 0.15)
    arm = hand.curve((0.12, top), (0.05, bar - 0.15), (0.2, bar), (0.5, bar), (right + hand.between(0.05, 0.25), bar - 0.04))
    return [arm, hand.line((right, hand.between(0.0, 0.2)), (right - hand.between(0, 0.12), 1))]


def four_closed(hand: Hand) -> list[Stroke]:
    bar, right = hand.between(0.52, 0.7), hand.between(0.62, 0.74)
    arm = hand.line((right, 0), (0.0, bar), (hand.between(0.85, 1.1), bar + hand.between(-0.04, 0.04)))
    return [arm, hand.line((right, hand.between(-0.04, 0.1)), (right - hand.between(0, 0.08), 1))]


def four_lightning(hand: Hand) -> list[Stroke]:
    """Arm, bar and stem in one zigzag: the stem rises a little before it falls."""
    bar, right = hand.between(0.42, 0.58), hand.between(0.6, 0.75)
    rise = hand.between(0.18, 0.4)
    zigzag = hand.line((0.3, 0), (0.02, bar), (right, bar - 0.03), (right + 0.1, bar - rise))
    return [np.vstack([zigzag, hand.line((right - hand.between(0.1, 0.2), 1))])]


def four_single(hand: Hand) -> list[Stroke]:
    """One stroke: the bar turns back in a loop and crosses itself on the way down."""
    bar = hand.between(0.52, 0.64)
    start = hand.line((hand.between(0.3, 0.55), 0), (0.03, bar), (0.6, bar))
    loop = hand.curve((0.6, bar), (0.86, bar - 0.05), (0.86, bar - 0.2), (0.74, bar - 0.16), (0.6, 1.0))
    return [np.vstack([start, loop])]


# 5 ------------------------------------------------------------------------------------------------


def _bowl(hand: Hand, x: float, waist: float) -> Stroke:
    middle = (waist + 1) / 2 - 0.03
    right = hand.between(0.65, 0.95)
    end = [(right / 2 - 0.03, 1.0), (hand.between(-0.1, 0.15), hand.between(0.82, 0.99))]
    return hand.curve((x, waist), (right / 2 + 0.05, waist - 0.06), (right - 0.06, middle - 0.15), (right, middle + 0.04), (right - 0.14, 0.92), *end)


def five_loose(hand: Hand) -> list[Stroke]:
    """The top bar is a second stroke, often apart from the body."""
    waist, x = hand.between(0.32, 0.5), hand.between(0.1, 0.26)
    body = np.vstack([hand.line((x + hand.between(0, 0.1), 0.02)), _bowl(hand, x, waist)])
    left = x + hand.between(0.0, 0.18)
    height = hand.between(-0.08, 0.03)
    return [body, hand.line((left, height), (hand.between(0.75, 1.15), height + hand.between(-0.08, 0.04)))]


def five_corner(hand: Hand) -> list[Stroke]:
    """One stroke with corners, from the end of the bar."""
    waist, x = hand.between(0.34, 0.52), hand.between(0.08, 0.24)
    bar = hand.line((hand.between(0.72, 1.05), hand.between(-0.06, 0.03)), (x + hand.between(0.02, 0.14), 0.0))
    return [np.vstack([bar, _bowl(hand, x, waist)])]


def five_flowing(hand: Hand) -> list[Stroke]:
    """Nearly an S: but the top is flat and its left side is short and upright."""
    head = hand.curve((hand.between(0.85, 1.0), hand.between(-0.02, 0.05)), (0.55, 0.01), (0.28, 0.03))
    waist = hand.between(0.34, 0.46)
    return [np.vstack([head, _bowl(hand, hand.between(0.14, 0.26), waist)])]


# 6 ------------------------------------------------------------------------------------------------


def _lobe(hand: Hand, finish: float) -> list[Point]:
    """The ring of a 6 from its lower left round to `finish` (0: closed on the stem, 1: open)."""
    top, right = hand.between(0.4, 0.66), hand.between(0.55, 0.9)
    middle = (top + 1) / 2
    end = (0.1 + 0.22 * finish, middle - 0.02 + 0.06 * finish)
    return [(0.14, 0.92), (right / 2 + 0.04, 1.0), (right - 0.07, 0.91), (right, middle), (right - 0.12, top + 0.05), (right / 2, top), end]


def six_curved(hand: Hand) -> list[Stroke]:
    top = [(hand.between(0.55, 0.85), 0.0), (0.36, hand.between(0.14, 0.22)), (0.12, 0.46), (0.05, 0.72)]
    return [hand.curve(*top, *_lobe(hand, 0.0))]


def six_open(hand: Hand) -> list[Stroke]:
    top = [(hand.between(0.5, 0.8), 0.0), (0.32, 0.18), (0.1, 0.48), (0.05, 0.72)]
    return [hand.curve(*top, *_lobe(hand, hand.between(0.4, 1.0)))]


def six_straight(hand: Hand) -> list[Stroke]:
    start = hand.between(0.45, 0.7)
    top = [(start, 0.0), (start / 2 + 0.04, 0.34), (0.06, 0.68)]
    return [hand.curve(*top, *_lobe(hand, hand.between(0, 0.3)))]


def six_upright(hand: Hand) -> list[Stroke]:
    """Nearly a b: but the stem bends into the ring."""
    top = [(hand.between(0.22, 0.34), 0.0), (0.1, 0.3), (0.05, 0.62)]
    return [hand.curve(*top, *_lobe(hand, 0.0))]


def six_curled(hand: Hand) -> list[Stroke]:
    """The top hooks over."""
    top = [(0.85, hand.between(0.12, 0.2)), (0.7, 0.0), (0.4, 0.06), (0.13, 0.36), (0.05, 0.7)]
    return [hand.curve(*top, *_lobe(hand, hand.between(0, 0.2)))]


# 7 ------------------------------------------------------------------------------------------------


def _seven(hand: Hand) -> tuple[Stroke, Stroke]:
    """The top bar and the stem of a 7, which begins where the bar ends."""
    corner = hand.between(0.6, 0.98)
    foot = corner - hand.between(0.12, 0.7)
    tilt = hand.between(-0.04, 0.06)
    if hand.chance(0.35):
        dip = hand.between(0.03, 0.12)
        bar = hand.curve((0.02, tilt + dip), (corner * 0.25, tilt - 0.04), (corner * 0.65, dip), (corner, 0.0))
    else:
        bar = hand.line((0.02, tilt), (corner, 0.0))
    bend = hand.between(-0.1, 0.03) if hand.chance(0.5) else 0.0
    stem = [bar[-1], ((corner + foot) / 2 + bend, 0.5), (foot, 1.0)]
    if hand.chance(0.12):
        stem[-1:] = [(foot, 0.92), (foot + hand.between(-0.16, 0.05), 1.0)]
    return bar, hand.curve(*[(float(x), float(y)) for x, y in stem])


def _crossbar(hand: Hand, stem: Stroke) -> Stroke:
    height = hand.between(0.36, 0.66)
    x = float(np.interp(height, stem[:, 1], stem[:, 0]))
    left, right = hand.between(0.12, 0.36), hand.between(0.12, 0.4)
    rise = hand.between(-0.05, 0.08)
    ends = (x - left, height + rise), (x + right, height - rise)
    if hand.chance(0.25):
        return hand.curve(ends[0], (x - left / 3, height - 0.05), (x + right / 3, height + 0.05), ends[1])
    return hand.line(*ends)


def _serif(hand: Hand, bar: Stroke) -> Stroke:
    x, y = bar[0]
    return hand.line((x + hand.between(-0.05, 0.05), y + hand.between(0.12, 0.26)))


def level_bar(strokes: list[Stroke]) -> bool:
    """Whether the first stroke has a top bar no flag of a 1 could be: long, and near the horizontal."""
    path = strokes[0]
    corner = int((path[:, 0] - path[:, 1]).argmax())
    start = path[: corner + 1][path[: corner + 1].sum(axis=1).argmin()]
    across, down = path[corner] - start
    return bool(across > 0.22 and abs(down) < across * np.tan(np.deg2rad(22)))


def seven_plain(hand: Hand) -> list[Stroke]:
    return [np.vstack(_seven(hand))]


def seven_crossed(hand: Hand) -> list[Stroke]:
    bar, stem = _seven(hand)
    return [np.vstack([bar, stem]), _crossbar(hand, stem)]


def seven_serif(hand: Hand) -> list[Stroke]:
    bar, stem = _seven(hand)
    return [np.vstack([_serif(hand, bar), bar, stem])]


def seven_serif_crossed(hand: Hand) -> list[Stroke]:
    bar, stem = _seven(hand)
    return [np.vstack([_serif(hand, bar), bar, stem]), _crossbar(hand, stem)]


def seven_waved(hand: Hand) -> list[Stroke]:
    """A tick up to the left end of a sagging bar, a steep stem and a low cross bar, all lively."""
    corner, sag = hand.between(0.5, 0.85), hand.between(0.06, 0.18)
    peak = hand.between(0.08, 0.16)
    top = [(hand.between(-0.08, 0.04), hand.between(0.12, 0.3)), (peak, hand.between(0.0, 0.06))]
    bar = [((peak + corner) / 2 - 0.04, sag), (corner, 0.0)]
    head = hand.curve(*top, *bar) if hand.chance(0.5) else hand.line(*top, *bar)
    foot = corner - hand.between(0.0, 0.45)
    stem = hand.curve((corner, 0.0), ((corner + foot) / 2 + hand.between(-0.05, 0.03), 0.5), (foot, 1.0))
    strokes = [np.vstack([head, stem])]
    return [*strokes, _crossbar(hand, stem)] if hand.chance(0.8) else strokes


# 8 ------------------------------------------------------------------------------------------------


def eight_rings(hand: Hand) -> list[Stroke]:
    waist = hand.between(0.36, 0.54)
    top = (hand.between(0.2, 0.3), waist / 2 + 0.01)
    bottom = (hand.between(0.24, 0.36), (1 - waist) / 2 + 0.01)
    upper = hand.arc((0.5, waist / 2), top, 180, 180 - 360 - hand.between(-10, 20))
    return [upper, hand.arc((0.5, (1 + waist) / 2), bottom, 0, 350 + hand.between(-5, 20))]


def _figure(hand: Hand) -> list[Point]:
    """The one-stroke 8: from the top right, down the S, and back up across it."""
    waist, top, low = hand.between(0.36, 0.56), hand.between(0.16, 0.32), hand.between(0.2, 0.38)
    upper, lower = waist / 2, (1 + waist) / 2
    down = [(0.5 + top * 0.75, 0.08), (0.5, 0.0), (0.5 - top * 0.8, 0.07), (0.5 - top, upper), (0.5, waist)]
    right = [(0.5 + low, lower - 0.04), (0.5 + low * 0.8, 0.91), (0.5, 1.0)]
    left = [(0.5 - low * 0.8, 0.91), (0.5 - low, lower - 0.04), (0.5, waist)]
    return [*down, *right, *left, (0.5 + top, upper - 0.02)]


def eight_crossed(hand: Hand) -> list[Stroke]:
    points = _figure(hand)
    return [hand.curve(*points, points[0])]


def eight_open(hand: Hand) -> list[Stroke]:
    """A one-stroke 8 whose ends do not quite meet at the top right."""
    points = _figure(hand)
    x, y = points[-1]
    end = (x - hand.between(-0.03, 0.04), y - hand.between(0.04, 0.12))
    return [hand.curve(*points, end)]


def eight_tailed(hand: Hand) -> list[Stroke]:
    """A one-stroke 8 that comes in, goes out, or both, past the crossing at its top right."""
    points = _figure(hand)
    x, y = points[0]
    come = (x + hand.between(0.05, 0.25), y + hand.between(-0.1, 0.02))
    out = (x + hand.between(-0.06, 0.2), y - hand.between(0.02, 0.2))
    ends = hand.rng.random()
    return [hand.curve(*([come] if ends < 0.7 else []), *points, *([out] if ends > 0.4 else [points[0]]))]


# 9 ------------------------------------------------------------------------------------------------


def _head(hand: Hand) -> tuple[Stroke, float]:
    """The ring of a 9, from its upper right round to there again; and the x of its right side."""
    low, width = hand.between(0.3, 0.56), hand.between(0.2, 0.4)
    ring = hand.arc((0.42, low / 2), (width, low / 2), hand.between(40, 80), -265 - hand.between(0, 35))
    return ring, 0.42 + width


def nine_straight(hand: Hand) -> list[Stroke]:
    ring, right = _head(hand)
    lean = hand.between(0.0, 0.22)
    top = hand.between(0.05, 0.25)
    return [np.vstack([ring, hand.line((right + 0.01, top), (right - lean, 1.0))])]


def nine_hooked(hand: Hand) -> list[Stroke]:
    """The tail of a g, short or long."""
    ring, right = _head(hand)
    reach = hand.between(0.3, 0.95)
    tail = hand.curve((right, 0.15), (right + hand.between(-0.04, 0.04), 0.5), (right - 0.02, 0.82), (right - reach * 0.5, 1.0), (right - reach, hand.between(0.84, 0.97)))
    return [np.vstack([ring, tail])]


def nine_swept(hand: Hand) -> list[Stroke]:
    """The tail sweeps left in one bend."""
    ring, right = _head(hand)
    tail = hand.curve((right, 0.2), (right - 0.02, 0.5), (right - 0.15, 0.8), (right - hand.between(0.35, 0.6), 1.0))
    return [np.vstack([ring, tail])]


def nine_open(hand: Hand) -> list[Stroke]:
    """The ring stops short of the stem."""
    right, low = hand.between(0.68, 0.78), hand.between(0.4, 0.52)
    ring = hand.arc((0.42, low / 2), (0.36, low / 2), hand.between(15, 50), -hand.between(215, 250))
    stem = hand.line((right, hand.between(0.0, 0.08)), (right - hand.between(0, 0.15), 1.0))
    return [ring, stem]


FORMS: dict[int, tuple[Form, ...]] = {
    0: (
        Form(30, zero_round),
        Form(6, zero_wide, pen=0.14),
        Form(8, zero_retraced, pen=0.09),
        Form(12, zero_open, pen=0.14),
        Form(8, zero_looped, pen=0.1),
        Form(40, zero_slashed, pen=0.09),
        Form(4, zero_dotted, pen=0.09),
    ),
    1: (
        Form(22, one_bar),
        Form(40, one_hooked, slant=(-10, 30), rotation=7, accept=steep_flag),
        Form(10, one_loose, slant=(-10, 30), rotation=7, accept=steep_flag),
        Form(6, one_based, slant=(-10, 25), rotation=6),
        Form(22, one_hooked_based, pen=0.15, slant=(-8, 20), rotation=6, accept=steep_flag),
    ),
    2: (Form(35, two_flat), Form(25, two_looped, pen=0.12), Form(18, two_swan, pen=0.14), Form(22, two_angular)),
    3: (
        Form(45, three_round, pen=0.17),
        Form(12, three_looped, pen=0.1),
        Form(28, three_flat, pen=0.17),
        Form(15, three_angular, pen=0.17),
    ),
    4: (
        Form(30, four_open, pen=0.17, slant=(-15, 30)),
        Form(20, four_cup, pen=0.15, slant=(-12, 25)),
        Form(22, four_closed, pen=0.14),
        Form(14, four_lightning, pen=0.12, slant=(-8, 20)),
        Form(18, four_single, pen=0.12, slant=(-12, 25)),
    ),
    5: (Form(45, five_loose, pen=0.16), Form(35, five_corner, pen=0.17), Form(20, five_flowing, pen=0.16)),
    6: (
        Form(35, six_curved, pen=0.16),
        Form(15, six_open, pen=0.13),
        Form(25, six_straight, pen=0.15),
        Form(12, six_upright, pen=0.15),
        Form(13, six_curled, pen=0.14),
    ),
    7: (
        Form(22, seven_plain, slant=(-12, 20), rotation=6, accept=level_bar),
        Form(45, seven_crossed, pen=0.15, slant=(-12, 20), rotation=6, accept=level_bar),
        Form(13, seven_serif, pen=0.17, slant=(-12, 20), rotation=6, accept=level_bar),
        Form(20, seven_waved, pen=0.12, slant=(-12, 20), rotation=6, accept=level_bar),
        Form(20, seven_serif_crossed, pen=0.13, slant=(-12, 20), rotation=6, accept=level_bar),
    ),
    8: (Form(25, eight_rings, pen=0.14), Form(35, eight_crossed, pen=0.14), Form(20, eight_open, pen=0.12), Form(20, eight_tailed, pen=0.12)),
    9: (
        Form(30, nine_straight, pen=0.15),
        Form(40, nine_hooked, pen=0.14),
        Form(15, nine_swept, pen=0.15),
        Form(15, nine_open, pen=0.13),
    ),
}
