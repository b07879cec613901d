"""Digits with loops, curls, knots and open rings, as some schools teach them and haste leaves them."""

import numpy as np

from training.drawing.hand import Form, Hand
from training.drawing.pen import Stroke
from training.drawing.skeletons.zero_to_four import steep_flag

# 0 ------------------------------------------------------------------------------------------------


def zero_knotted(hand: Hand) -> list[Stroke]:
    """Write a ring whose two ends cross at its top in a small loop and go on a little."""
    wide, gap = hand.between(0.32, 0.6), hand.between(8, 22)
    ring = hand.arc((0.5, 0.5), (wide, 0.5), gap, -360 - gap)
    x, y = ring[0]
    come = (x - hand.between(0.06, 0.2), y - hand.between(0.02, 0.08))
    x, y = ring[-1]
    out = (x + hand.between(0.04, 0.2), y - hand.between(-0.04, 0.06))
    return [np.vstack([come, ring, out])]


def zero_begun(hand: Hand) -> list[Stroke]:
    """Write a ring that begins with a stroke from its upper right, and that closes at its top."""
    wide, start = hand.between(0.3, 0.52), hand.between(0, 40)
    ring = hand.arc((0.5, 0.5), (wide, 0.5), start, start - hand.between(345, 395))
    x, y = ring[0]
    return [np.vstack([(x + hand.between(0.08, 0.3), y - hand.between(0.0, 0.14)), ring])]


def zero_curled(hand: Hand) -> list[Stroke]:
    """Write a ring that ends in a curl inside it, short enough that the ring stays open."""
    wide, start = hand.between(0.36, 0.6), hand.between(-40, 40)
    ring = hand.arc((0.5, 0.5), (wide, 0.5), start, start - hand.between(335, 370))
    x, y = ring[-1]
    way = -1 if x > 0.5 else 1
    curl = [
        (x + way * 0.1, y + hand.between(0.04, 0.14)),
        (x + way * hand.between(0.14, 0.3), y + hand.between(0.1, 0.24)),
    ]
    return [np.vstack([ring, hand.curve((x, y), *curl)[1:]])]


def zero_footed(hand: Hand) -> list[Stroke]:
    """Write a ring that begins and ends at its foot, where its ends cross and run out to both sides."""
    wide, gap = hand.between(0.36, 0.56), hand.between(2, 16)
    ring = hand.arc((0.5, 0.5), (wide, 0.5), 180 - gap, 180 + gap + 360)
    level = 1 + hand.between(0.02, 0.1)
    come, out = 0.5 - hand.between(0.2, 0.55), 0.5 + hand.between(0.2, 0.55)
    ends = (come, level), (out, level + hand.between(-0.04, 0.04))
    return (
        [np.vstack([ends[0], ring, ends[1]])]
        if hand.chance(0.5)
        else [np.vstack([ends[1], ring[::-1], ends[0]])]
    )


# 1 ------------------------------------------------------------------------------------------------


def _flagged(hand: Hand) -> list[Stroke]:
    """Return flag and stem in one stroke: the flag half as long as the stem or more, straight or a wave."""
    lean, reach = hand.between(-0.04, 0.3), hand.between(0.3, 0.58)
    depth = reach * np.tan(np.deg2rad(hand.between(38, 64)))
    flag = [(lean - reach, depth), (lean - reach * 0.45, depth * hand.between(0.4, 0.58))]
    if hand.chance(0.3):  # it begins level
        flag[:1] = [(lean - reach - hand.between(0.06, 0.16), depth - 0.03), (lean - reach, depth)]
    return [
        hand.curve(*flag, (lean, 0)),
        hand.curve((lean, 0), (lean / 2 + hand.between(-0.03, 0.03), 0.5), (0, 1)),
    ]


def one_flagged(hand: Hand) -> list[Stroke]:
    """Write a 1 with a long flag; now and then its foot turns to the right."""
    flag, stem = _flagged(hand)
    foot = [(hand.between(0.08, 0.2), hand.between(0.92, 0.99))] if hand.chance(0.25) else []
    return [np.vstack([flag, stem, *foot])]


def one_flagged_based(hand: Hand) -> list[Stroke]:
    """Write a 1 with a long flag and a wide base."""
    base = hand.line((-hand.between(0.15, 0.45), 1), (hand.between(0.15, 0.5), 1 + hand.between(-0.04, 0.02)))
    return [np.vstack(_flagged(hand)), base]


def one_raked(hand: Hand) -> list[Stroke]:
    """Write a 1 as one stroke that leans far to the right."""
    lean = hand.between(0.45, 1.1)
    return [hand.curve((lean, 0), (lean / 2 + hand.between(-0.06, 0.06), 0.5), (0, 1))]


def one_apart(hand: Hand) -> list[Stroke]:
    """Write a 1 whose flag is a tick that does not meet the leaning stem."""
    lean, gap, size = hand.between(0.15, 0.5), hand.between(0.1, 0.26), hand.between(0.1, 0.24)
    top = hand.between(-0.02, 0.14)
    end = (lean - gap - 0.06, top)
    tick = hand.line((end[0] - size * hand.between(0.2, 0.8), top + size), end)
    return [tick, hand.curve((lean, 0), (lean / 2 + hand.between(-0.03, 0.03), 0.5), (0, 1))]


# 2 ------------------------------------------------------------------------------------------------


def two_closed(hand: Hand) -> list[Stroke]:
    """Write a 2 whose head is a large closed ring that stands on a short foot, level or a wave."""
    low, right = hand.between(0.5, 0.72), hand.between(0.55, 0.85)
    ring = [(hand.between(0.3, 0.5), low), (0.04, low * 0.62), (right * 0.4, 0.0), (right, low * 0.4)]
    fall = [(0.36, low + 0.06), (0.1, hand.between(0.92, 1.0))]
    if hand.chance(0.5):
        fall += [(0.0, 0.93), (0.16, hand.between(0.84, 0.9)), (0.4, 0.96)]
    foot = hand.line(fall[-1], (hand.between(0.6, 1.0), hand.between(0.9, 1.04)))
    return [np.vstack([hand.curve(*ring, *fall), foot[1:]])]


def two_wound(hand: Hand) -> list[Stroke]:
    """Write a 2 whose head winds in from inside and whose foot is a great loop."""
    head = [
        (0.34, hand.between(0.22, 0.34)),
        (0.14, 0.3),
        (0.08, 0.12),
        (0.36, 0.0),
        (hand.between(0.6, 0.75), 0.2),
    ]
    size = hand.between(0.16, 0.34)
    loop = [(0.36, 0.72), (0.08, 1.0), (-0.06, 1 - size / 2), (0.1, 1 - size), (0.42, 0.92)]
    return [hand.curve(*head, *loop, (hand.between(0.75, 1.2), hand.between(0.84, 1.02)))]


# 3 ------------------------------------------------------------------------------------------------


def three_curled(hand: Hand) -> list[Stroke]:
    """Write a 3 that begins with a curl, its waist a loop or a sharp turn far to the left."""
    waist, right = hand.between(0.38, 0.52), hand.between(0.62, 0.8)
    curl = [(hand.between(0.1, 0.2), hand.between(0.14, 0.2)), (0.02, 0.17), (0.06, 0.05)]
    head = [(0.4, 0.0), (right, 0.14), (right - 0.14, waist - 0.08), (hand.between(0.16, 0.36), waist)]
    turn = [(0.2, waist - 0.1), (0.38, waist - 0.06)] if hand.chance(0.4) else []
    belly = [(right + 0.05, hand.between(0.62, 0.72)), (0.52, 0.98), (hand.between(-0.1, 0.15), 0.9)]
    return [hand.curve(*curl, *head, *turn, *belly)]


def three_rolled(hand: Hand) -> list[Stroke]:
    """Write a 3 whose lower bow ends in a curl inside it."""
    waist, right = hand.between(0.34, 0.46), hand.between(0.65, 0.85)
    head = hand.curve((0.08, hand.between(0.04, 0.18)), (0.42, 0.0), (right - 0.04, 0.18), (0.36, waist))
    bow = [(0.36, waist), (right, waist + 0.14), (right - 0.08, 0.9), (0.36, 1.0), (0.06, 0.88)]
    end = [(0.08, hand.between(0.74, 0.8)), (hand.between(0.18, 0.3), hand.between(0.74, 0.82))]
    return [np.vstack([head, hand.curve(*bow, *end)])]


# 4 ------------------------------------------------------------------------------------------------


def four_bowl(hand: Hand) -> list[Stroke]:
    """Write a 4 whose arm is a bow from its upper middle; the stem stands clear of its beginning."""
    bar, right = hand.between(0.42, 0.6), hand.between(0.6, 0.8)
    start = (hand.between(0.2, 0.38), hand.between(-0.04, 0.04))
    arm = hand.curve(
        start, (0.04, bar * 0.6), (0.06, bar), (0.3, bar + 0.03), (right, bar - hand.between(0.02, 0.12))
    )
    top = hand.between(0.02, 0.3)
    stem = hand.line((right + hand.between(0.0, 0.1), top), (right - hand.between(-0.02, 0.16), 1.0))
    return [arm, stem] if hand.chance(0.5) else [np.vstack([arm, stem])]


def four_stepped(hand: Hand) -> list[Stroke]:
    """Write a narrow 4 in one stroke: down to the left, a short step to the right, and straight down."""
    bar, wide = hand.between(0.36, 0.58), hand.between(0.24, 0.46)
    start = (hand.between(0.1, 0.3), 0.0)
    path = [
        start,
        (0.0, bar),
        (wide, bar + hand.between(-0.08, 0.05)),
        (wide + hand.between(-0.1, 0.06), 1.0),
    ]
    return [hand.line(*path)]


def four_arched(hand: Hand) -> list[Stroke]:
    """Write a 4 like an h whose arch is low and narrow: a long arm, a turn, and a short stem."""
    bar, lean = hand.between(0.56, 0.72), hand.between(0.2, 0.46)
    arch = [
        (lean * 0.5 + 0.12, bar - hand.between(0.02, 0.1)),
        (lean * 0.5 + hand.between(0.2, 0.36), bar - 0.02),
    ]
    arm = hand.line((lean, 0.0), (0.0, bar))
    foot = (arch[-1][0] - hand.between(0.05, 0.16), 1.0)
    return [np.vstack([arm, hand.curve((0.0, bar), *arch, foot)])]


def four_slim(hand: Hand) -> list[Stroke]:
    """Write a slim 4: a narrow bow and a long stem, which leave a small gap at the top."""
    bar, right = hand.between(0.36, 0.54), hand.between(0.28, 0.42)
    start = (right - hand.between(0.06, 0.16), hand.between(-0.03, 0.06))
    bow = hand.curve(
        start,
        (0.03, bar * 0.6),
        (0.04, bar),
        (right * 0.6, bar + 0.02),
        (right, bar - hand.between(0.0, 0.1)),
    )
    top = (right + hand.between(0.02, 0.1), hand.between(0.08, 0.26))
    stem = hand.line(top, (right - hand.between(-0.04, 0.1), 1.0))
    return [bow, stem] if hand.chance(0.4) else [np.vstack([bow, stem])]


def four_crossed(hand: Hand) -> list[Stroke]:
    """Write a 4 whose arm is a narrow v; the bar crosses the long stem and ends well behind it."""
    bar, right = hand.between(0.48, 0.66), hand.between(0.46, 0.62)
    arm = hand.line((hand.between(0.1, 0.36), hand.between(-0.05, 0.15)), (0.0, bar))
    across = hand.line((0.0, bar), (hand.between(0.85, 1.15), bar - hand.between(-0.06, 0.12)))
    stem = hand.line(
        (right + hand.between(-0.02, 0.14), hand.between(-0.04, 0.2)), (right - hand.between(0, 0.12), 1.0)
    )
    return [np.vstack([arm, across]), stem]


# 5 ------------------------------------------------------------------------------------------------


def five_looped(hand: Hand) -> list[Stroke]:
    """Write a 5 like an S whose lower bow curls in until it nearly closes; the head is a flat bow."""
    waist, right = hand.between(0.34, 0.48), hand.between(0.6, 0.85)
    head = [(hand.between(0.75, 1.1), hand.between(-0.06, 0.08)), (0.4, 0.0), (0.14, waist * 0.6)]
    bow = [(0.36, waist), (right, hand.between(0.62, 0.72)), (right * 0.6, 1.0), (0.1, 0.92)]
    end = (hand.between(0.14, 0.3), hand.between(0.6, 0.72))
    return [hand.curve(*head, *bow, (0.04, 0.78), end)]


def five_flagged(hand: Hand) -> list[Stroke]:
    """Write a 5 whose body falls and bows like a hook; the bar is a long flag clear of it."""
    waist, x = hand.between(0.3, 0.46), hand.between(0.02, 0.2)
    fall = [
        (x + hand.between(0.0, 0.12), hand.between(0.02, 0.12)),
        (x, waist),
        (0.34, waist - hand.between(-0.02, 0.06)),
    ]
    bow = [(hand.between(0.52, 0.8), hand.between(0.6, 0.72)), (0.38, 0.98), (hand.between(-0.14, 0.1), 0.88)]
    left, height = x + hand.between(0.12, 0.4), hand.between(-0.12, 0.02)
    flag = hand.curve(
        (left, height), (left + 0.3, height + hand.between(-0.06, 0.04)), (hand.between(0.85, 1.3), height)
    )
    return [hand.curve(*fall, *bow), flag]


# 6 ------------------------------------------------------------------------------------------------


def six_full(hand: Hand) -> list[Stroke]:
    """Write a 6 that is nearly all ring: the ring ends inside, well below the short hooked top."""
    top, right = hand.between(0.32, 0.44), hand.between(0.6, 0.85)
    start = [(hand.between(0.5, 0.85), hand.between(-0.06, 0.06)), (0.3, 0.08), (0.03, 0.48), (0.14, 0.9)]
    ring = [
        (0.42, 1.0),
        (right, 0.66),
        (right * 0.75, top + 0.04),
        (0.36, top),
        (0.1, hand.between(0.5, 0.62)),
    ]
    return [hand.curve(*start, *ring)]


def six_inner(hand: Hand) -> list[Stroke]:
    """Write a 6 as a wide bow with a round ring that lies in it, clear of its left side or touching it."""
    size = hand.between(0.24, 0.34)
    center = (hand.between(0.46, 0.58), 1 - size)
    bow = hand.curve(
        (hand.between(0.55, 0.85), 0.0), (0.26, 0.12), (0.04, 0.5), (0.14, 0.88), (center[0], 1.0)
    )
    ring = hand.arc(center, (size * hand.between(0.9, 1.2), size), 180, 180 - hand.between(300, 390))
    return [np.vstack([bow, ring])]


# 7 ------------------------------------------------------------------------------------------------


def _bar(hand: Hand, stem: Stroke, height: float, left: float, right: float) -> Stroke:
    """Return a bar across the stem at a height, reaching so far to its left and right."""
    x = float(np.interp(height, stem[:, 1], stem[:, 0]))
    rise = hand.between(-0.06, 0.06)
    return hand.line((x - left, height + rise), (x + right, height - rise))


def seven_sickle(hand: Hand) -> list[Stroke]:
    """Write a 7 as a sickle: a round head, and a stem that bends away to the left, crossed low."""
    right, foot = hand.between(0.6, 0.85), hand.between(0.05, 0.4)
    head = [
        (hand.between(-0.02, 0.12), hand.between(0.02, 0.24)),
        (right * 0.5, 0.0),
        (right, hand.between(0.14, 0.28)),
    ]
    path = hand.curve(*head, ((right + foot) / 2 + hand.between(0.0, 0.12), 0.62), (foot, 1.0))
    stem = path[path[:, 1] > 0.35]
    return [
        path,
        _bar(hand, stem, hand.between(0.48, 0.72), hand.between(0.2, 0.42), hand.between(0.16, 0.42)),
    ]


def seven_hooked(hand: Hand) -> list[Stroke]:
    """Write a crossed 7 whose foot hooks to the left or bends a little to the right."""
    corner, foot = hand.between(0.6, 0.9), hand.between(0.2, 0.55)
    head = [(0.0, hand.between(0.02, 0.16)), (corner * 0.5, hand.between(0.0, 0.08)), (corner, 0.0)]
    end = (
        foot + (hand.between(0.06, 0.2) if hand.chance(0.4) else -hand.between(0.1, 0.32)),
        hand.between(0.94, 1.0),
    )
    stem = hand.curve(head[-1], ((corner + foot) / 2 + hand.between(-0.04, 0.08), 0.5), (foot, 0.93), end)
    bar = _bar(hand, stem[:10], hand.between(0.4, 0.56), hand.between(0.2, 0.36), hand.between(0.2, 0.4))
    return [np.vstack([hand.curve(*head), stem]), bar]


def seven_inner(hand: Hand) -> list[Stroke]:
    """Write a 7 with a steep stem, rounded or sharp at its corner, and a bar that ends at the stem."""
    corner, foot = hand.between(0.55, 0.8), hand.between(0.3, 0.6)
    head = [(0.0, hand.between(-0.02, 0.12)), (corner * 0.6, 0.0), (corner, hand.between(0.02, 0.16))]
    path = hand.curve(*head, ((corner + foot) / 2 + 0.03, 0.55), (foot, 1.0))
    stem = path[path[:, 1] > 0.3]
    return [path, _bar(hand, stem, hand.between(0.42, 0.58), hand.between(0.3, 0.5), hand.between(0.0, 0.12))]


def seven_looped(hand: Hand) -> list[Stroke]:
    """Write a crossed 7 that begins with a small closed loop and turns its corner round or in a loop."""
    size, corner, foot = hand.between(0.06, 0.13), hand.between(0.6, 0.9), hand.between(0.1, 0.5)
    loop = hand.arc((size, size + 0.04), (size, size), 90, 90 - hand.between(300, 400))
    turn = [(corner + 0.1, -0.08), (corner - 0.02, -0.1)] if hand.chance(0.3) else []
    rest = [(corner * 0.5, hand.between(0.06, 0.16)), (corner, 0.02), *turn]
    path = hand.curve(tuple(loop[-1]), *rest, ((corner + foot) / 2, 0.5), (foot, 1.0))
    stem = path[path[:, 1] > 0.3]
    return [np.vstack([loop, path]), _bar(hand, stem, hand.between(0.44, 0.6), 0.3, hand.between(0.2, 0.36))]


def seven_roofed(hand: Hand) -> list[Stroke]:
    """Write a 7 like a cross with a roof: a short head, a long straight stem and a wide bar."""
    head, lean = hand.between(0.14, 0.42), hand.between(0.0, 0.3)
    roof = [(lean + 0.3 - head, hand.between(0.0, 0.14)), (lean + 0.3, hand.between(-0.02, 0.04))]
    stem = hand.line(roof[-1], (lean * 0.5 + 0.3, 0.5), (0.3, 1.0))
    bar = _bar(hand, stem, hand.between(0.36, 0.58), hand.between(0.3, 0.5), hand.between(0.3, 0.5))
    return [np.vstack([hand.line(*roof), stem]), bar]


def seven_forked(hand: Hand) -> list[Stroke]:
    """Write a 7 whose head is a deep fork, its tip nearly as high as its corner; the bar lies well below."""
    corner, valley = hand.between(0.5, 0.75), hand.between(0.2, 0.5)
    tip = (hand.between(-0.06, 0.08), hand.between(0.0, 0.2))
    lead = [(tip[0] - hand.between(0.06, 0.14), tip[1] + hand.between(0.08, 0.2))] if hand.chance(0.4) else []
    low = (corner * hand.between(0.2, 0.5), valley)
    draw = hand.curve if hand.chance(0.6) else hand.line
    head = draw(*lead, tip, low, (corner * 0.75, valley * 0.75), (corner, hand.between(-0.06, 0.06)))
    stem = hand.line(
        tuple(head[-1]), (corner - hand.between(0.0, 0.14), 0.5), (corner - hand.between(0.0, 0.3), 1.0)
    )
    height = hand.between(max(0.52, valley + 0.14), 0.8)
    return [
        np.vstack([head, stem]),
        _bar(hand, stem, height, hand.between(0.12, 0.34), hand.between(0.2, 0.42)),
    ]


# 8 ------------------------------------------------------------------------------------------------


def eight_gaping(hand: Hand) -> list[Stroke]:
    """Write an 8 from its upper right like an S; the lower ring closes, the upper one gapes at its right."""
    wide, low = hand.between(0.26, 0.4), hand.between(0.3, 0.44)
    start = (0.5 + wide * hand.between(0.7, 1.1), hand.between(0.04, 0.14))
    path = [
        start,
        (0.5, 0.0),
        (0.5 - wide, 0.22),
        (0.5, 0.46),
        (0.5 + low, 0.74),
        (0.5, 1.0),
        (0.5 - low, 0.76),
    ]
    return [hand.curve(*path, (0.54, 0.48), (0.5 + wide * 0.8, hand.between(0.3, 0.4)))]


# 9 ------------------------------------------------------------------------------------------------


def nine_knotted(hand: Hand) -> list[Stroke]:
    """Write a 9 whose ring begins and closes in a knot at its left; the tail bows out and hooks back."""
    waist, wide, left = hand.between(0.36, 0.5), hand.between(0.46, 0.68), hand.between(0.0, 0.14)
    begin = [
        (left + hand.between(0.08, 0.2), waist + hand.between(0.04, 0.14)),
        (left, waist - hand.between(0.02, 0.1)),
    ]
    ring = [(left + 0.04, waist * 0.4), (wide * 0.55, 0.0), (wide, waist * 0.42), (wide * 0.62, waist - 0.03)]
    knot = (left + hand.between(-0.04, 0.06), waist + hand.between(-0.01, 0.05))
    out = hand.between(0.44, 0.72)
    tail = [(wide * 0.62, waist + hand.between(0.05, 0.14)), (out, 0.7), (out * 0.66, 0.98)]
    return [hand.curve(*begin, *ring, knot, *tail, (hand.between(-0.1, 0.22), hand.between(0.84, 0.98)))]


def nine_sealed(hand: Hand) -> list[Stroke]:
    """Write a 9 from its upper right like an S, then close its ring upwards; a loop ties ring and tail."""
    waist, right = hand.between(0.36, 0.48), hand.between(0.5, 0.7)
    ring = [(right, hand.between(0.1, 0.2)), (right * 0.55, 0.0), (0.06, waist * 0.5), (0.24, waist)]
    close = [(right * 0.9, waist * 0.7), (right * 0.96, hand.between(0.1, 0.2)), (right * 0.7, waist * 0.72)]
    knot = [(hand.between(0.0, 0.16), waist + 0.02), (0.16, waist + hand.between(0.05, 0.1))]
    out = hand.between(0.52, 0.85)
    tail = [(out, 0.7), (out * 0.64, 0.98), (hand.between(-0.06, 0.2), hand.between(0.84, 0.96))]
    return [hand.curve(*ring, *close, *knot, *tail)]


def nine_flowing(hand: Hand) -> list[Stroke]:
    """Write a 9 as a flat ring on a stem like the lower half of an S, its shoulder out to the right."""
    flat, right = hand.between(0.3, 0.44), hand.between(0.5, 0.72)
    ring = [
        (right, hand.between(0.02, 0.12)),
        (right * 0.5, 0.0),
        (0.0, flat * 0.5),
        (right * 0.4, flat),
        (right, flat * 0.5),
    ]
    neck = [
        (right * hand.between(0.8, 0.98), hand.between(0.04, 0.12)),
        (right * hand.between(0.6, 0.85), flat + 0.06),
    ]
    out = right + hand.between(0.06, 0.2)
    tail = [
        (out, hand.between(0.62, 0.74)),
        (out * 0.66, 0.98),
        (hand.between(-0.1, 0.2), hand.between(0.84, 0.98)),
    ]
    return [hand.curve(*ring, *neck, *tail)]


def nine_ribbon(hand: Hand) -> list[Stroke]:
    """Write a 9 as a ribbon: from the left up round the ring, across the beginning, and down to the right."""
    waist = hand.between(0.38, 0.56)
    start = (hand.between(-0.02, 0.14), waist + hand.between(-0.02, 0.12))
    ring = [(0.44, waist - hand.between(0.02, 0.08)), (hand.between(0.62, 0.76), waist * 0.44)]
    ring += [(0.42, 0.0), (hand.between(0.04, 0.16), waist * 0.42)]
    foot = hand.between(0.3, 0.75)
    return [hand.curve(start, *ring, (0.2 + foot * 0.2, waist + hand.between(0.06, 0.14)), (foot, 1.0))]


def nine_round(hand: Hand) -> list[Stroke]:
    """Write a 9 from its middle: up round the ring, and down its left side."""
    waist, left = hand.between(0.36, 0.54), hand.between(0.0, 0.1)
    ring = [
        (left + hand.between(0.0, 0.12), waist),
        (0.5, waist - hand.between(0.04, 0.12)),
        (0.64, waist * 0.4),
    ]
    ring += [(0.42, 0.0), (left + 0.08, waist * 0.46), (left, hand.between(0.62, 0.7))]
    return [hand.curve(*ring, (hand.between(0.04, 0.3), 1.0))]


def nine_rho(hand: Hand) -> list[Stroke]:
    """Write a 9 as a ring on a straight stem at its left, or from the stem's foot up round the ring."""
    size, wide = hand.between(0.19, 0.3), hand.between(0.2, 0.34)
    ring = hand.arc((wide, size), (wide, size), 270, 270 + hand.between(345, 390))
    foot = (hand.between(-0.2, 0.14), 1.0)
    knee = (foot[0] * 0.5 + hand.between(-0.02, 0.06), hand.between(0.62, 0.72))
    if hand.chance(0.5):
        return [np.vstack([hand.curve(foot, knee, tuple(ring[0])), ring])]
    back = ring[::-1]
    return [np.vstack([back, hand.curve(tuple(back[-1]), knee, foot)])]


def nine_undone(hand: Hand) -> list[Stroke]:
    """Write a 9 whose ring stops short of the stem, which bows down to the left."""
    low, right = hand.between(0.32, 0.46), hand.between(0.5, 0.72)
    begin = (right * hand.between(0.4, 0.7), low * hand.between(0.8, 1.1))
    ring = [begin, (0.08, low * 0.86), (0.0, low * 0.4), (right * 0.5, 0.0), (right, low * 0.4)]
    foot = hand.between(-0.05, 0.4)
    return [hand.curve(*ring, (right - hand.between(0.02, 0.12), 0.62), (foot, 1.0))]


FORMS: dict[int, tuple[Form, ...]] = {
    0: (
        Form(8, zero_knotted, pen=0.1),
        Form(10, zero_begun, pen=0.12),
        Form(8, zero_curled, pen=0.09),
        Form(8, zero_footed, pen=0.09),
    ),
    1: (
        Form(32, one_flagged, pen=0.16, slant=(-4, 22), rotation=6, accept=steep_flag),
        Form(12, one_flagged_based, pen=0.13, slant=(-4, 18), rotation=6, accept=steep_flag),
        Form(14, one_raked, slant=(-4, 12), rotation=5),
        Form(8, one_apart, pen=0.12, slant=(-4, 18), rotation=5),
    ),
    2: (
        Form(30, two_closed, pen=0.1, slant=(-10, 28)),
        Form(14, two_wound, pen=0.1, slant=(-10, 28)),
    ),
    3: (Form(5, three_curled, pen=0.1), Form(8, three_rolled, pen=0.1)),
    4: (
        Form(18, four_slim, pen=0.11, slant=(-8, 25)),
        Form(20, four_bowl, pen=0.12, slant=(-10, 25)),
        Form(14, four_stepped, pen=0.13, slant=(-5, 22)),
        Form(10, four_arched, pen=0.1, slant=(-5, 22)),
        Form(6, four_crossed, pen=0.12, slant=(-8, 22)),
    ),
    5: (Form(18, five_looped, pen=0.1, slant=(-10, 28)), Form(20, five_flagged, pen=0.12, slant=(-10, 28))),
    6: (Form(9, six_full, pen=0.1, slant=(-10, 28)), Form(14, six_inner, pen=0.09, slant=(-10, 28))),
    7: (
        Form(38, seven_forked, pen=0.11, slant=(-8, 22), rotation=6),
        Form(30, seven_sickle, pen=0.12, slant=(-5, 24), rotation=6),
        Form(22, seven_hooked, pen=0.12, slant=(-5, 22), rotation=6),
        Form(14, seven_inner, pen=0.12, slant=(-5, 22), rotation=6),
        Form(12, seven_looped, pen=0.1, slant=(-5, 24), rotation=6),
        Form(28, seven_roofed, pen=0.12, slant=(-4, 20), rotation=6),
    ),
    8: (Form(12, eight_gaping, pen=0.11, slant=(-10, 28)),),
    9: (
        Form(60, nine_knotted, pen=0.11, slant=(-12, 28)),
        Form(20, nine_sealed, pen=0.1, slant=(-12, 28)),
        Form(16, nine_flowing, pen=0.11, slant=(-12, 28)),
        Form(24, nine_ribbon, pen=0.12, slant=(-5, 28)),
        Form(10, nine_round, pen=0.11, slant=(-5, 28)),
        Form(20, nine_rho, pen=0.12, slant=(-5, 28)),
        Form(10, nine_undone, pen=0.12, slant=(-5, 28)),
    ),
}
