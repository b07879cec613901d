"""Skeletons of the digits 5 to 9, as people write them."""

import numpy as np

from training.drawing.hand import Form, Hand, Point
from training.drawing.pen import Stroke

# 5 ------------------------------------------------------------------------------------------------


def _bowl(hand: Hand, x: float, waist: float) -> Stroke:
    middle = (waist + 1) / 2 - 0.03
    right = hand.between(0.65, 0.95)
    end = [(right / 2 - 0.03, 1.0), (hand.between(-0.1, 0.15), hand.between(0.82, 0.99))]
    return hand.curve(
        (x, waist),
        (right / 2 + 0.05, waist - 0.06),
        (right - 0.06, middle - 0.15),
        (right, middle + 0.04),
        (right - 0.14, 0.92),
        *end,
    )


def five_loose(hand: Hand) -> list[Stroke]:
    """Write a 5 whose top bar is a second stroke, often apart from the body."""
    waist, x = hand.between(0.32, 0.5), hand.between(0.1, 0.26)
    body = np.vstack([hand.line((x + hand.between(0, 0.1), 0.02)), _bowl(hand, x, waist)])
    left = x + hand.between(0.0, 0.18)
    height = hand.between(-0.08, 0.03)
    return [body, hand.line((left, height), (hand.between(0.75, 1.15), height + hand.between(-0.08, 0.04)))]


def five_corner(hand: Hand) -> list[Stroke]:
    """One stroke with corners, from the end of the bar."""
    waist, x = hand.between(0.34, 0.52), hand.between(0.08, 0.24)
    bar = hand.line(
        (hand.between(0.72, 1.05), hand.between(-0.06, 0.03)), (x + hand.between(0.02, 0.14), 0.0)
    )
    return [np.vstack([bar, _bowl(hand, x, waist)])]


def five_flowing(hand: Hand) -> list[Stroke]:
    """Nearly an S: but the top is flat and its left side is short and upright."""
    head = hand.curve((hand.between(0.85, 1.0), hand.between(-0.02, 0.05)), (0.55, 0.01), (0.28, 0.03))
    waist = hand.between(0.34, 0.46)
    return [np.vstack([head, _bowl(hand, hand.between(0.14, 0.26), waist)])]


def five_snake(hand: Hand) -> list[Stroke]:
    """Write a 5 in one stroke like an S, its head flatter and its belly larger."""
    head, waist = hand.between(0.8, 1.1), hand.between(0.3, 0.46)
    left = hand.between(0.1, 0.3)
    top = [(head, hand.between(-0.06, 0.1)), (left + 0.25, 0.02), (left, waist * 0.55)]
    right, end = hand.between(0.7, 0.95), (hand.between(-0.1, 0.15), hand.between(0.86, 1.0))
    return [hand.curve(*top, (left + 0.25, waist), (right, 0.66), (right - 0.2, 0.95), end)]


def five_apart(hand: Hand) -> list[Stroke]:
    """Write a 5 whose bar stands clear of the body, level, slanting or a mere tick."""
    waist, x = hand.between(0.3, 0.48), hand.between(0.05, 0.24)
    body = np.vstack([hand.line((x + hand.between(0, 0.1), 0.04)), _bowl(hand, x, waist)])
    left, height = x + hand.between(0.1, 0.36), hand.between(-0.16, 0.02)
    right = left + hand.between(0.28, 0.8)
    return [body, hand.line((left, height), (right, height - hand.between(-0.04, 0.26)))]


# 6 ------------------------------------------------------------------------------------------------


def _lobe(hand: Hand, finish: float) -> list[Point]:
    """Return the ring of a 6 from its lower left round to `finish` (0: closed on the stem, 1: open)."""
    top, right = hand.between(0.4, 0.66), hand.between(0.55, 0.9)
    middle = (top + 1) / 2
    end = (0.1 + 0.22 * finish, middle - 0.02 + 0.06 * finish)
    return [
        (0.14, 0.92),
        (right / 2 + 0.04, 1.0),
        (right - 0.07, 0.91),
        (right, middle),
        (right - 0.12, top + 0.05),
        (right / 2, top),
        end,
    ]


def six_curved(hand: Hand) -> list[Stroke]:
    """Write a 6 with a bent top."""
    top = [(hand.between(0.55, 0.85), 0.0), (0.36, hand.between(0.14, 0.22)), (0.12, 0.46), (0.05, 0.72)]
    return [hand.curve(*top, *_lobe(hand, 0.0))]


def six_open(hand: Hand) -> list[Stroke]:
    """Write a 6 whose ring does not close."""
    top = [(hand.between(0.5, 0.8), 0.0), (0.32, 0.18), (0.1, 0.48), (0.05, 0.72)]
    return [hand.curve(*top, *_lobe(hand, hand.between(0.4, 1.0)))]


def six_straight(hand: Hand) -> list[Stroke]:
    """Write a 6 with a straight top."""
    start = hand.between(0.45, 0.7)
    top = [(start, 0.0), (start / 2 + 0.04, 0.34), (0.06, 0.68)]
    return [hand.curve(*top, *_lobe(hand, hand.between(0, 0.3)))]


def six_upright(hand: Hand) -> list[Stroke]:
    """Nearly a b: but the stem bends into the ring."""
    top = [(hand.between(0.22, 0.34), 0.0), (0.1, 0.3), (0.05, 0.62)]
    return [hand.curve(*top, *_lobe(hand, 0.0))]


def six_curled(hand: Hand) -> list[Stroke]:
    """Write a 6 whose top hooks over."""
    top = [(0.85, hand.between(0.12, 0.2)), (0.7, 0.0), (0.4, 0.06), (0.13, 0.36), (0.05, 0.7)]
    return [hand.curve(*top, *_lobe(hand, hand.between(0, 0.2)))]


def six_spiral(hand: Hand) -> list[Stroke]:
    """Write a 6 as a single spiral that winds in from its top right."""
    turn = np.linspace(0, 1, 60)
    angle = np.deg2rad(hand.between(10, 50) - turn * hand.between(560, 680))
    radius = 1 - turn * hand.between(0.6, 0.85)
    sink = hand.between(0.2, 0.36) * turn
    width = hand.between(0.32, 0.48)
    return [
        np.column_stack([0.5 + width * radius * np.sin(angle), 0.5 + sink - 0.5 * radius * np.cos(angle)])
    ]


# 7 ------------------------------------------------------------------------------------------------


def _seven(hand: Hand) -> tuple[Stroke, Stroke]:
    """Return the top bar and the stem of a 7, which begins where the bar ends."""
    corner = hand.between(0.6, 0.98)
    foot = corner - hand.between(0.12, 0.7)
    tilt = hand.between(-0.04, 0.06)
    if hand.chance(0.35):
        dip = hand.between(0.03, 0.12)
        bar = hand.curve(
            (0.02, tilt + dip), (corner * 0.25, tilt - 0.04), (corner * 0.65, dip), (corner, 0.0)
        )
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
    """Return whether the first stroke has a top bar, not a 1's flag: long and near the horizontal."""
    path = strokes[0]
    corner = int((path[:, 0] - path[:, 1]).argmax())
    start = path[: corner + 1][path[: corner + 1].sum(axis=1).argmin()]
    across, down = path[corner] - start
    return bool(across > 0.22 and abs(down) < across * np.tan(np.deg2rad(22)))


def seven_plain(hand: Hand) -> list[Stroke]:
    """Write a 7 of bar and stem."""
    return [np.vstack(_seven(hand))]


def seven_crossed(hand: Hand) -> list[Stroke]:
    """Write a 7 with a cross bar, as taught in Europe."""
    bar, stem = _seven(hand)
    return [np.vstack([bar, stem]), _crossbar(hand, stem)]


def seven_serif(hand: Hand) -> list[Stroke]:
    """Write a 7 with a tick at the left of its bar."""
    bar, stem = _seven(hand)
    return [np.vstack([_serif(hand, bar), bar, stem])]


def seven_serif_crossed(hand: Hand) -> list[Stroke]:
    """Write a 7 with tick and cross bar."""
    bar, stem = _seven(hand)
    return [np.vstack([_serif(hand, bar), bar, stem]), _crossbar(hand, stem)]


def seven_waved(hand: Hand) -> list[Stroke]:
    """Write a tick up to the left end of a sagging bar, a steep stem and a low cross bar, all lively."""
    corner, sag = hand.between(0.5, 0.85), hand.between(0.06, 0.18)
    peak = hand.between(0.08, 0.16)
    top = [(hand.between(-0.08, 0.04), hand.between(0.12, 0.3)), (peak, hand.between(0.0, 0.06))]
    bar = [((peak + corner) / 2 - 0.04, sag), (corner, 0.0)]
    head = hand.curve(*top, *bar) if hand.chance(0.5) else hand.line(*top, *bar)
    foot = corner - hand.between(0.0, 0.45)
    stem = hand.curve((corner, 0.0), ((corner + foot) / 2 + hand.between(-0.05, 0.03), 0.5), (foot, 1.0))
    strokes = [np.vstack([head, stem])]
    return [*strokes, _crossbar(hand, stem)] if hand.chance(0.8) else strokes


def seven_zigzag(hand: Hand) -> list[Stroke]:
    """Write the head of a 7 as a steep tick and a deep sag, like half an M, and always a cross bar."""
    corner, sag = hand.between(0.55, 0.85), hand.between(0.18, 0.4)
    tip, peak = (hand.between(-0.1, 0.06), hand.between(0.2, 0.45)), (hand.between(0.12, 0.26), 0.0)
    valley = ((peak[0] + corner) / 2 + hand.between(-0.06, 0.1), sag)
    head = (hand.curve if hand.chance(0.4) else hand.line)(
        tip, peak, valley, (corner, hand.between(-0.12, 0.1))
    )
    foot = corner - hand.between(-0.05, 0.3)
    stem = hand.line(tuple(head[-1]), ((corner + foot) / 2, 0.5), (foot, 1.0))
    return [np.vstack([head, stem]), _crossbar(hand, stem)]


def seven_rounded(hand: Hand) -> list[Stroke]:
    """Write a 7 with a round shoulder and a steep stem, crossed low, so that it is no 2."""
    right, height = hand.between(0.6, 0.85), hand.between(0.5, 0.72)
    head = [
        (0.05, hand.between(0.06, 0.26)),
        (0.2, 0.02),
        (right * 0.7, 0.0),
        (right, hand.between(0.1, 0.22)),
    ]
    foot = right - hand.between(0.05, 0.28)
    path = hand.curve(*head, ((right + foot) / 2 + 0.03, 0.55), (foot, 1.0))
    x = float(np.interp(height, path[-12:, 1], path[-12:, 0]))
    tilt = hand.between(-0.04, 0.06)
    bar = hand.line(
        (x - hand.between(0.15, 0.4), height + tilt), (x + hand.between(0.15, 0.4), height - tilt)
    )
    return [path, bar]


def seven_curled(hand: Hand) -> list[Stroke]:
    """Write a 7 whose bar begins with a curl and may turn into the stem by a loop."""
    corner, foot = hand.between(0.7, 1.0), hand.between(0.1, 0.6)
    curl = [
        (hand.between(0.08, 0.2), 0.2),
        (0.0, 0.14),
        (0.05, 0.0),
        (0.3, 0.07),
        (corner, hand.between(-0.02, 0.04)),
    ]
    turn = [(corner + 0.1, -0.1), (corner - 0.03, -0.12)] if hand.chance(0.5) else []
    stem = [((corner + foot) / 2 + hand.between(-0.08, 0.05), 0.5), (foot, 1.0)]
    path = hand.curve(*curl, *turn, *stem)
    return [path, _crossbar(hand, path[-12:])] if hand.chance(0.35) else [path]


def seven_dagger(hand: Hand) -> list[Stroke]:
    """Write a 7 with a small hooked head, a long stem and a wide cross bar, near a dagger."""
    head = hand.between(0.25, 0.5)
    top = [(0.5 - head, hand.between(0.08, 0.24)), (0.5 - head * 0.55, hand.between(0.0, 0.06)), (0.5, 0.02)]
    foot = 0.5 - hand.between(-0.06, 0.25)
    stem = hand.curve((0.5, 0.02), ((0.5 + foot) / 2 + hand.between(-0.03, 0.05), 0.5), (foot, 1.0))
    return [np.vstack([hand.curve(*top), stem]), _crossbar(hand, stem)]


# 8 ------------------------------------------------------------------------------------------------


def eight_rings(hand: Hand) -> list[Stroke]:
    """Write an 8 of one ring on another."""
    waist = hand.between(0.36, 0.54)
    top = (hand.between(0.2, 0.3), waist / 2 + 0.01)
    bottom = (hand.between(0.24, 0.36), (1 - waist) / 2 + 0.01)
    upper = hand.arc((0.5, waist / 2), top, 180, 180 - 360 - hand.between(-10, 20))
    return [upper, hand.arc((0.5, (1 + waist) / 2), bottom, 0, 350 + hand.between(-5, 20))]


def _figure(hand: Hand) -> list[Point]:
    """Return the one-stroke 8: from the top right, down the S, and back up across it."""
    waist, top, low = hand.between(0.36, 0.56), hand.between(0.16, 0.32), hand.between(0.2, 0.38)
    upper, lower = waist / 2, (1 + waist) / 2
    down = [(0.5 + top * 0.75, 0.08), (0.5, 0.0), (0.5 - top * 0.8, 0.07), (0.5 - top, upper), (0.5, waist)]
    right = [(0.5 + low, lower - 0.04), (0.5 + low * 0.8, 0.91), (0.5, 1.0)]
    left = [(0.5 - low * 0.8, 0.91), (0.5 - low, lower - 0.04), (0.5, waist)]
    return [*down, *right, *left, (0.5 + top, upper - 0.02)]


def eight_crossed(hand: Hand) -> list[Stroke]:
    """Write an 8 in one stroke that crosses itself and closes."""
    points = _figure(hand)
    return [hand.curve(*points, points[0])]


def eight_open(hand: Hand) -> list[Stroke]:
    """Write a one-stroke 8 whose ends do not quite meet at the top right."""
    points = _figure(hand)
    x, y = points[-1]
    end = (x - hand.between(-0.03, 0.04), y - hand.between(0.04, 0.12))
    return [hand.curve(*points, end)]


def eight_tailed(hand: Hand) -> list[Stroke]:
    """Write a one-stroke 8 that comes in, goes out, or both, past the crossing at its top right."""
    points = _figure(hand)
    x, y = points[0]
    come = (x + hand.between(0.05, 0.25), y + hand.between(-0.1, 0.02))
    out = (x + hand.between(-0.06, 0.2), y - hand.between(0.02, 0.2))
    ends = hand.rng.random()
    return [hand.curve(*([come] if ends < 0.7 else []), *points, *([out] if ends > 0.4 else [points[0]]))]


def eight_small_head(hand: Hand) -> list[Stroke]:
    """Write an 8 with a head so small that it may be open or nearly filled."""
    waist, width = hand.between(0.2, 0.34), hand.between(0.1, 0.2)
    head = [(0.5 + width, waist * 0.2), (0.5, 0.0), (0.5 - width, waist * 0.45), (0.5, waist)]
    belly = [
        (0.76, (1 + waist) / 2),
        (0.5, 1.0),
        (0.24, (1 + waist) / 2),
        (0.5, waist),
        (0.5 + width, waist * 0.5),
    ]
    tail = [(0.5 + width * 0.9, hand.between(0.0, 0.1))]
    return [hand.curve(*head, *belly, *tail)]


def eight_ribbon(hand: Hand) -> list[Stroke]:
    """Write an 8 whose two strands bend towards each other at the top and stay apart."""
    waist, top, low = hand.between(0.36, 0.52), hand.between(0.16, 0.28), hand.between(0.2, 0.36)
    gap, lower = hand.between(0.04, 0.14), (1 + waist) / 2
    down = [(0.5 + gap, hand.between(0.0, 0.06)), (0.5 + top, waist * 0.45), (0.5, waist), (0.5 - low, lower)]
    up = [(0.5, 1.0), (0.5 + low, lower), (0.5, waist), (0.5 - top, waist * 0.45)]
    return [hand.curve(*down, *up, (0.5 - gap, hand.between(0.0, 0.12)))]


# 9 ------------------------------------------------------------------------------------------------


def _head(hand: Hand) -> tuple[Stroke, float]:
    """Return the ring of a 9, from its upper right round to there again; and the x of its right side."""
    low, width = hand.between(0.3, 0.56), hand.between(0.2, 0.4)
    ring = hand.arc((0.42, low / 2), (width, low / 2), hand.between(40, 80), -265 - hand.between(0, 35))
    return ring, 0.42 + width


def nine_straight(hand: Hand) -> list[Stroke]:
    """Write a 9 with a straight tail."""
    ring, right = _head(hand)
    lean = hand.between(0.0, 0.22)
    top = hand.between(0.05, 0.25)
    return [np.vstack([ring, hand.line((right + 0.01, top), (right - lean, 1.0))])]


def nine_hooked(hand: Hand) -> list[Stroke]:
    """Write a 9 with the tail of a g, short or long."""
    ring, right = _head(hand)
    reach = hand.between(0.3, 0.95)
    tail = hand.curve(
        (right, 0.15),
        (right + hand.between(-0.04, 0.04), 0.5),
        (right - 0.02, 0.82),
        (right - reach * 0.5, 1.0),
        (right - reach, hand.between(0.84, 0.97)),
    )
    return [np.vstack([ring, tail])]


def nine_swept(hand: Hand) -> list[Stroke]:
    """Write a 9 whose tail sweeps left in one bend."""
    ring, right = _head(hand)
    tail = hand.curve(
        (right, 0.2), (right - 0.02, 0.5), (right - 0.15, 0.8), (right - hand.between(0.35, 0.6), 1.0)
    )
    return [np.vstack([ring, tail])]


def nine_open(hand: Hand) -> list[Stroke]:
    """Write a 9 whose ring stops short of the stem."""
    right, low = hand.between(0.68, 0.78), hand.between(0.4, 0.52)
    ring = hand.arc((0.42, low / 2), (0.36, low / 2), hand.between(15, 50), -hand.between(215, 250))
    stem = hand.line((right, hand.between(0.0, 0.08)), (right - hand.between(0, 0.15), 1.0))
    return [ring, stem]


def nine_small(hand: Hand) -> list[Stroke]:
    """Write a 9 with a small ring, whose tail swings out to the right before it comes back."""
    size, x = hand.between(0.1, 0.17), hand.between(0.4, 0.55)
    ring = hand.arc((x, size), (size * hand.between(0.9, 1.3), size), 90, -290)
    out = x + hand.between(0.15, 0.35)
    tail = [(x + 0.1, 2 * size + 0.06), (out, 0.58), (out - 0.12, 0.88), (x - hand.between(0.2, 0.5), 0.95)]
    return [np.vstack([ring, hand.curve(tuple(ring[-1]), *tail)])]


def nine_swirled(hand: Hand) -> list[Stroke]:
    """Write the ring of a 9 from outside in, beginning with a curl on the left, then the tail of a g."""
    head = [(0.0, hand.between(0.12, 0.3)), (0.3, 0.0), (0.66, 0.06), (0.72, 0.26), (0.5, 0.42)]
    inner = [(0.26, 0.36), (0.3, 0.2), (0.56, 0.18), (0.74, 0.34)]
    tail = [(hand.between(0.72, 0.84), 0.65), (0.6, 0.95), (hand.between(0.05, 0.3), hand.between(0.86, 1.0))]
    return [hand.curve(*head, *inner, *tail)]


def nine_stemmed(hand: Hand) -> list[Stroke]:
    """Write a 9 as a ring on a stem that leaves its bottom, near a p, straight or bowed."""
    low, width = hand.between(0.34, 0.52), hand.between(0.22, 0.38)
    ring = hand.arc(
        (0.5, low / 2), (width, low / 2), (start := hand.between(170, 250)), start - hand.between(350, 400)
    )
    x, y = ring[-1]
    foot = x + hand.between(-0.12, 0.2)
    return [
        np.vstack([ring, hand.curve((x, y), ((x + foot) / 2 + hand.between(-0.06, 0.06), 0.75), (foot, 1.0))])
    ]


def nine_looped(hand: Hand) -> list[Stroke]:
    """Write a 9 as a g in script: the tail swings left and comes back up through the stem."""
    ring, right = _head(hand)
    size = hand.between(0.2, 0.55)
    tail = [(right, 0.2), (right - 0.01, 0.6), (right - 0.06, 0.9), (right - size * 0.6, 1.0)]
    back = [
        (right - size, 0.9),
        (right - size * 0.5, 0.76),
        (right + hand.between(0.05, 0.3), hand.between(0.55, 0.7)),
    ]
    return [np.vstack([ring, hand.curve(*tail, *back)])]


FORMS: dict[int, tuple[Form, ...]] = {
    5: (
        Form(40, five_loose, pen=0.16),
        Form(30, five_corner, pen=0.17),
        Form(18, five_flowing, pen=0.16),
        Form(14, five_snake, pen=0.15),
        Form(16, five_apart, pen=0.13),
    ),
    6: (
        Form(35, six_curved, pen=0.16),
        Form(15, six_open, pen=0.13),
        Form(25, six_straight, pen=0.15),
        Form(12, six_upright, pen=0.15),
        Form(13, six_curled, pen=0.14),
        Form(14, six_spiral, pen=0.09),
    ),
    7: (
        Form(22, seven_plain, slant=(-12, 20), rotation=6, accept=level_bar),
        Form(45, seven_crossed, pen=0.15, slant=(-12, 20), rotation=6, accept=level_bar),
        Form(13, seven_serif, pen=0.17, slant=(-12, 20), rotation=6, accept=level_bar),
        Form(20, seven_waved, pen=0.12, slant=(-12, 20), rotation=6, accept=level_bar),
        Form(20, seven_serif_crossed, pen=0.13, slant=(-12, 20), rotation=6, accept=level_bar),
        Form(20, seven_zigzag, pen=0.1, slant=(-10, 18), rotation=6),
        Form(25, seven_rounded, pen=0.13, slant=(-5, 22), rotation=6),
        Form(16, seven_curled, pen=0.12, slant=(-10, 24), rotation=6),
        Form(14, seven_dagger, pen=0.12, slant=(-4, 28), rotation=6),
    ),
    8: (
        Form(25, eight_rings, pen=0.14),
        Form(35, eight_crossed, pen=0.14),
        Form(20, eight_open, pen=0.12),
        Form(20, eight_tailed, pen=0.12),
        Form(10, eight_small_head, pen=0.09),
        Form(16, eight_ribbon, pen=0.1),
    ),
    9: (
        Form(30, nine_straight, pen=0.15),
        Form(40, nine_hooked, pen=0.14),
        Form(15, nine_swept, pen=0.15),
        Form(15, nine_open, pen=0.13),
        Form(12, nine_small, pen=0.1, slant=(-12, 25)),
        Form(10, nine_swirled, pen=0.09, slant=(-12, 25)),
        Form(18, nine_stemmed, pen=0.12, slant=(-5, 30)),
        Form(14, nine_looped, pen=0.1, slant=(-5, 25)),
    ),
}
