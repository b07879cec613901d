"""Skeletons of the digits 0 to 4, as people write them."""

import numpy as np

from training.drawing.hand import Form, Hand, Point
from training.drawing.pen import Stroke

# 0 ------------------------------------------------------------------------------------------------


def _ring(hand: Hand, narrow: float = 0.24, wide: float = 0.56) -> Stroke:
    start = hand.between(-50, 50)
    turn = hand.between(335, 400) * (-1 if hand.chance(0.75) else 1)
    return hand.arc((0.5, 0.5), (hand.between(narrow, wide), 0.5), start, start + turn)


def zero_round(hand: Hand) -> list[Stroke]:
    """Write a 0 as a plain ring."""
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
    """Write a ring that does not close at the top; one end may reach over the gap."""
    gap = hand.between(14, 34)
    radii = (hand.between(0.3, 0.46), 0.5)
    ring = hand.arc((0.5, 0.5), radii, -gap, -360 + gap * hand.between(-0.5, 1))
    if hand.chance(0.5):
        x, y = ring[0]
        ring = np.vstack([(x + hand.between(0.0, 0.15), y + hand.between(-0.06, 0.05)), ring])
    return [ring]


def zero_looped(hand: Hand) -> list[Stroke]:
    """Write a ring that ends in a small loop at its top."""
    radii = (hand.between(0.3, 0.46), 0.5)
    ring = hand.arc((0.5, 0.5), radii, hand.between(-20, 20), -350)
    x, y = ring[-1]
    curl = hand.curve(
        (x, y), (x - 0.1, y + 0.02), (x - 0.08, y + 0.12), (x + 0.05, y + 0.1), (x + 0.16, y - 0.02)
    )
    return [np.vstack([ring, curl])]


def _slashed(hand: Hand, reach: float) -> list[Stroke]:
    """Return a ring and a slash that reaches so many times as far as the ring, now and then a backslash."""
    width = hand.between(0.3, 0.5)
    angle = np.deg2rad(hand.between(18, 55))
    dx, dy = reach * width * np.sin(angle) * 1.15, reach * 0.5 * np.cos(angle) * 1.05
    if hand.chance(0.15):
        dx = -dx
    x, y = 0.5 + hand.between(-0.05, 0.05), 0.5 + hand.between(-0.05, 0.05)
    bow = hand.between(-0.05, 0.05)
    slash = hand.curve((x + dx, y - dy), (x + bow, y + bow), (x - dx, y + dy))
    return [_ring(hand, width, width), slash]


def zero_slashed(hand: Hand) -> list[Stroke]:
    """Write a ring with a slash inside it."""
    return _slashed(hand, hand.between(0.6, 0.98))


def zero_crossed(hand: Hand) -> list[Stroke]:
    """Write a ring with a slash that overshoots it at both ends."""
    return _slashed(hand, hand.between(1.0, 1.65))


def zero_flat(hand: Hand) -> list[Stroke]:
    """Write a ring two to three times as wide as high, as at the end of an amount."""
    ring = hand.arc(
        (0.5, 0.5), (0.5, hand.between(0.16, 0.3)), hand.between(-60, 60), -hand.between(340, 410)
    )
    return [ring]


def zero_tied(hand: Hand) -> list[Stroke]:
    """Write a ring with a short tie to the digit before or behind it, at its top."""
    ring = hand.arc(
        (0.5, 0.5), (hand.between(0.34, 0.7), 0.5), hand.between(-20, 30), -hand.between(350, 400)
    )
    out = hand.between(0.12, 0.4) * (1 if hand.chance(0.6) else -1)
    x, y = ring[-1]
    tie = hand.curve(
        (x, y), (x + out / 2, y + hand.between(-0.04, 0.1)), (x + out, y + hand.between(-0.12, 0.1))
    )
    return [np.vstack([ring, tie[1:]])]


def zero_dotted(hand: Hand) -> list[Stroke]:
    """Write a ring with a dot in its middle."""
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
    """Return the upstroke of a 1, from its lower left tip to just before the top of the stem."""
    drop = hand.between(low, high)
    away = min(drop * np.tan(np.deg2rad(hand.between(20, 54))), 0.45)
    bulge = hand.between(-0.04, 0.03)
    return hand.curve((0.5 - away, drop), (0.5 - away / 2 - bulge, drop / 2 - bulge), (0.5, 0))


def steep_flag(strokes: list[Stroke]) -> bool:
    """Return whether the first stroke begins with a flag, not a 7's bar: steep and close to the stem."""
    path = strokes[0]
    apex = int(path[:, 1].argmin())
    across, down = path[0] - path[apex]
    foot = strokes[-1][-1] if len(strokes[0]) == apex + 1 else path[-1]
    lean, fall = foot - path[apex]
    flag, stem = np.rad2deg(np.arctan2(-across, down)), np.rad2deg(np.arctan2(-lean, fall))
    return bool(flag < 58 and 12 < flag - stem < 60)


def one_bar(hand: Hand) -> list[Stroke]:
    """Write a 1 as a bare bar."""
    return [_stem(hand)]


def one_hooked(hand: Hand) -> list[Stroke]:
    """Write flag and stem in one stroke, as taught in Europe."""
    return [np.vstack([_flag(hand, 0.2, 0.68), _stem(hand)])]


def one_loose(hand: Hand) -> list[Stroke]:
    """Flag and stem as two strokes that need not meet exactly."""
    lift = hand.between(-0.06, 0.02)
    return [_flag(hand, 0.2, 0.5), _stem(hand) + np.array([0, lift])]


def one_based(hand: Hand) -> list[Stroke]:
    """Write a stem on a base."""
    return [_stem(hand), _base(hand)]


def one_hooked_based(hand: Hand) -> list[Stroke]:
    """Write flag, stem and base."""
    return [np.vstack([_flag(hand, 0.15, 0.45), _stem(hand)]), _base(hand)]


def one_tall(hand: Hand) -> list[Stroke]:
    """Write a 1 whose upstroke starts near the line, a steep roof with one side bent in, often on a base."""
    drop = hand.between(0.6, 0.98)
    away = drop * np.tan(np.deg2rad(hand.between(14, 32)))
    up = hand.curve((0.5 - away, drop), (0.5 - away * hand.between(0.3, 0.5), drop * 0.45), (0.5, 0))
    strokes = [np.vstack([up, _stem(hand)])]
    return [*strokes, _base(hand)] if hand.chance(0.5) else strokes


def one_roof(hand: Hand) -> list[Stroke]:
    """Write a 1 whose upstroke starts at the line: a narrow or wide roof, its right side upright."""
    away = np.tan(np.deg2rad(hand.between(4, 38))) * (drop := hand.between(0.8, 1.02))
    peak = hand.chance(0.5)
    up = [(0.5 - away, drop), (0.5 - away * hand.between(0.35, 0.6), drop * 0.45)]
    if peak:
        return [hand.curve(*up, (0.5, 0.0), (0.5 + hand.between(0.0, 0.06), 0.5), (0.5, 1.0))]
    return [np.vstack([hand.curve(*up, (0.5, 0.0)), _stem(hand)])]


def one_bowed(hand: Hand) -> list[Stroke]:
    """Write a 1 as one bow, its foot or its head bent a little."""
    foot, head = hand.between(-0.02, 0.12), hand.between(-0.12, 0.02)
    return [
        hand.curve((0.5 + head, 0.03), (0.5, 0.12), (0.5 + hand.between(-0.05, 0.05), 0.6), (0.5 + foot, 1.0))
    ]


# 2 ------------------------------------------------------------------------------------------------


def _crook(hand: Hand) -> list[Point]:
    """Return the head of a 2, from its left tip over the top to the right shoulder."""
    left, right, low = hand.between(0.05, 0.3), hand.between(0.65, 0.9), hand.between(0.22, 0.36)
    middle = (left + right) / 2
    return [
        (left, low * hand.between(0.6, 1.1)),
        (left + 0.1, 0.07),
        (middle, 0.0),
        (right - 0.04, low / 3),
        (right, low),
    ]


def two_flat(hand: Hand) -> list[Stroke]:
    """Write a 2 with a straight foot."""
    body = hand.curve(*_crook(hand), (0.68, 0.55), (0.36, 0.8), (0.05, 1.0))
    foot = hand.line((0.05, 1.0), (hand.between(0.65, 1.25), 1 + hand.between(-0.08, 0.05)))
    return [np.vstack([body, foot[1:]])]


def two_looped(hand: Hand) -> list[Stroke]:
    """Write a 2 with a loop at its base."""
    size = hand.between(0.06, 0.14)
    low = (0.3, 0.95)
    loop = [
        low,
        (0.12, 1.0),
        (0.04, 1 - size),
        (0.15, 1 - 1.7 * size),
        (0.4, 0.93),
        (0.65, 1.0),
        (hand.between(0.85, 1.2), 0.9),
    ]
    return [hand.curve(*_crook(hand), (0.66, 0.58), (0.47, 0.8), *loop)]


def two_swan(hand: Hand) -> list[Stroke]:
    """Write a 2 with a curl at the head and a wavy foot."""
    head = [(0.2, 0.3), (0.06, 0.24), (0.14, 0.09), (0.46, 0.0), (0.8, 0.1), (0.82, 0.32)]
    return [
        hand.curve(
            *head, (0.6, 0.62), (0.1, 0.97), (0.35, 0.88), (0.65, 0.99), (0.95, hand.between(0.85, 0.97))
        )
    ]


def two_angular(hand: Hand) -> list[Stroke]:
    """Nearly a Z, but the right shoulder is round and the head hangs on the left."""
    head = hand.curve((0.04, hand.between(0.14, 0.22)), (0.3, 0.03), (0.62, 0.0), (0.84, 0.12), (0.78, 0.34))
    foot = hand.line((0.05, 1.0), (0.95, 1 + hand.between(-0.05, 0.03)))
    return [np.vstack([head, foot])]


def two_rolled(hand: Hand) -> list[Stroke]:
    """Write a 2 with a big round head that begins low, and a foot that is a wide loop or a wave."""
    start = hand.between(0.2, 0.5)
    head = [(hand.between(0.0, 0.15), start), (0.08, start * 0.45), (0.4, 0.0), (0.8, 0.12), (0.86, 0.42)]
    size = hand.between(0.1, 0.28)
    loop = [(0.5, 0.84), (0.2, 0.99), (0.02, 1 - size * 0.6), (0.14, 1 - size), (0.45, 0.95)]
    return [hand.curve(*head, *loop, (hand.between(0.75, 1.25), hand.between(0.84, 1.04)))]


# 3 ------------------------------------------------------------------------------------------------


def _belly(hand: Hand, y: float) -> list[Point]:
    """Return the lower bowl of a 3, after the waist at height y."""
    right = hand.between(0.7, 0.95)
    middle = (y + 1) / 2
    end = (hand.between(-0.08, 0.2), hand.between(0.78, 0.97))
    return [
        (right - 0.12, y + 0.06),
        (right, middle),
        (right - 0.15, 0.94),
        ((end[0] + right) / 2 - 0.05, 1.0),
        end,
    ]


def three_round(hand: Hand) -> list[Stroke]:
    """Write a 3 of two bowls."""
    tip, waist = hand.between(0.08, 0.22), hand.between(0.36, 0.52)
    right, pinch = hand.between(0.65, 0.85), hand.between(0.3, 0.5)
    head = hand.curve(
        (0.08, tip), (0.4, 0.0), (right - 0.08, 0.06), (right, 0.23), (right - 0.15, 0.4), (pinch, waist)
    )
    return [np.vstack([head, hand.curve((pinch, waist), *_belly(hand, waist))])]


def three_looped(hand: Hand) -> list[Stroke]:
    """Write a 3 with a small loop at the waist."""
    head = [(0.1, 0.15), (0.42, 0.0), (0.78, 0.12), (0.72, 0.34), (0.42, 0.46)]
    loop = [(0.28, 0.5), (0.3, 0.42), (0.45, 0.43)]
    return [hand.curve(*head, *loop, *_belly(hand, 0.46))]


def three_flat(hand: Hand) -> list[Stroke]:
    """Write a 3 with a flat top, as in Ʒ."""
    pinch = hand.between(0.3, 0.5)
    waist = hand.between(0.36, 0.46)
    top = hand.line((0.08, hand.between(0.0, 0.05)), (0.85, 0.0), (pinch, waist))
    return [np.vstack([top, hand.curve((pinch, waist), *_belly(hand, waist))])]


def three_angular(hand: Hand) -> list[Stroke]:
    """Write a 3 of straight pieces."""
    pinch = hand.between(0.25, 0.45)
    top = [(0.1, 0.1), (0.4, 0.0), (0.82, 0.1), (pinch, 0.45)]
    return [hand.line(*top, (0.85, 0.6), (0.8, 0.85), (0.45, 1.0), (0.05, 0.9))]


# 4 ------------------------------------------------------------------------------------------------


def four_open(hand: Hand) -> list[Stroke]:
    """Write an open 4 of straight pieces."""
    bar, left = hand.between(0.5, 0.68), hand.between(0.0, 0.1)
    arm = hand.line(
        (hand.between(0.2, 0.42), 0), (left, bar), (hand.between(0.85, 1.05), bar + hand.between(-0.05, 0.05))
    )
    stem = hand.line((hand.between(0.64, 0.76), hand.between(0.02, 0.3)), (hand.between(0.55, 0.7), 1))
    return [arm, stem]


def four_cup(hand: Hand) -> list[Stroke]:
    """Write an open 4 with a round left arm, like a u with a long right leg."""
    bar, right = hand.between(0.45, 0.6), hand.between(0.65, 0.75)
    top = hand.between(0.0, 0.15)
    arm = hand.curve(
        (0.12, top),
        (0.05, bar - 0.15),
        (0.2, bar),
        (0.5, bar),
        (right + hand.between(0.05, 0.25), bar - 0.04),
    )
    return [arm, hand.line((right, hand.between(0.0, 0.2)), (right - hand.between(0, 0.12), 1))]


def four_closed(hand: Hand) -> list[Stroke]:
    """Write a 4 whose arm starts at the top of the stem."""
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


def four_zigzag(hand: Hand) -> list[Stroke]:
    """Arm, bar and stem in one stroke that turns straight down where the bar ends."""
    bar, right = hand.between(0.32, 0.55), hand.between(0.62, 0.85)
    start = (hand.between(0.15, 0.42), hand.between(0.0, 0.08))
    corner = (hand.between(0.0, 0.12), bar)
    turn, foot = (right, bar - hand.between(0.0, 0.08)), (right - hand.between(0.0, 0.15), 1.0)
    arm = hand.curve if hand.chance(0.4) else hand.line
    return [np.vstack([arm(start, corner), hand.line(turn, foot)])]


def four_narrow(hand: Hand) -> list[Stroke]:
    """Write a slim 4: a low arm that just reaches the long stem."""
    bar, left = hand.between(0.5, 0.74), hand.between(0.22, 0.36)
    arm = hand.line((hand.between(0.4, 0.5), hand.between(0.0, 0.3)), (left, bar), (0.62, bar - 0.02))
    return [arm, hand.line((0.56, hand.between(0.1, 0.42)), (0.5, 1.0))]


def four_tipped(hand: Hand) -> list[Stroke]:
    """Write a 4 in one stroke like a flash of lightning, its last leg long, with or without a bar."""
    bar, right = hand.between(0.36, 0.56), hand.between(0.5, 0.75)
    top = (hand.between(0.3, 0.6), 0.0)
    flash = hand.line(top, (0.0, bar), (right, bar - hand.between(0.02, 0.16)))
    foot = hand.curve(
        tuple(flash[-1]), (right - 0.05, (1 + bar) / 2), (right - hand.between(0.05, 0.35), 1.0)
    )
    if hand.chance(0.5):
        return [np.vstack([flash, foot])]
    return [
        flash,
        hand.line((right + hand.between(0.05, 0.3), bar - hand.between(0.1, 0.4)), tuple(foot[-1])),
    ]


FORMS: dict[int, tuple[Form, ...]] = {
    0: (
        Form(30, zero_round),
        Form(6, zero_wide, pen=0.14),
        Form(8, zero_retraced, pen=0.09),
        Form(12, zero_open, pen=0.14),
        Form(8, zero_looped, pen=0.1),
        Form(16, zero_slashed, pen=0.09),
        Form(24, zero_crossed, pen=0.09),
        Form(6, zero_dotted, pen=0.09),
        Form(10, zero_flat, pen=0.1),
        Form(12, zero_tied, pen=0.12),
    ),
    1: (
        Form(22, one_bar),
        Form(40, one_hooked, slant=(-10, 30), rotation=7, accept=steep_flag),
        Form(10, one_loose, slant=(-10, 30), rotation=7, accept=steep_flag),
        Form(6, one_based, slant=(-10, 25), rotation=6),
        Form(22, one_hooked_based, pen=0.15, slant=(-8, 20), rotation=6, accept=steep_flag),
        Form(22, one_tall, pen=0.13, slant=(-4, 22), rotation=6, accept=steep_flag),
        Form(20, one_roof, pen=0.12, slant=(0, 30), rotation=6),
        Form(8, one_bowed, slant=(-8, 35)),
    ),
    2: (
        Form(35, two_flat),
        Form(25, two_looped, pen=0.12),
        Form(18, two_swan, pen=0.14),
        Form(22, two_angular),
        Form(20, two_rolled, pen=0.12),
    ),
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
        Form(12, four_tipped, pen=0.13, slant=(-8, 25)),
        Form(8, four_zigzag, pen=0.13, slant=(-8, 10)),
        Form(8, four_narrow, pen=0.1, slant=(-12, 25)),
    ),
}
