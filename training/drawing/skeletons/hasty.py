"""Digits as people write them in haste and in a row, on cheques and forms.

Alone, some of these could be a letter or a sign; in a number they are what that digit often looks like.
"""

import numpy as np

from training.drawing.hand import Form, Hand
from training.drawing.pen import Stroke


def zero_crested(hand: Hand) -> list[Stroke]:
    """Write a wide 0 that begins or ends in a stroke across its top."""
    wide = hand.between(0.4, 0.72)
    start = hand.between(-30, 70)
    ring = hand.arc((0.5, 0.5), (wide, 0.5), start, start - hand.between(350, 420))
    x, y = ring[-1]
    reach = hand.between(0.2, 0.6)
    crest = hand.curve(
        (x, y), (x + reach / 2, y + hand.between(-0.05, 0.12)), (x + reach, y + hand.between(-0.2, 0.1))
    )
    return [np.vstack([ring, crest])]


def zero_wide(hand: Hand) -> list[Stroke]:
    """Write a flat 0, wider than high."""
    start = hand.between(-60, 60)
    return [hand.arc((0.5, 0.5), (hand.between(0.5, 1.3), 0.5), start, start - hand.between(330, 400))]


def one_slanted(hand: Hand) -> list[Stroke]:
    """Write a 1 as one slanted stroke, a little bent."""
    lean = hand.between(0.05, 0.5)
    bow = hand.between(-0.05, 0.05)
    return [hand.curve((lean, 0), (lean / 2 + bow, 0.5), (0, 1))]


def one_long_flag(hand: Hand) -> list[Stroke]:
    """Write a 1 whose flag comes from far below, as a narrow tent, now and then with a small foot."""
    lean = hand.between(0.0, 0.25)
    depth = hand.between(0.25, 0.75)
    low = hand.between(-0.08, 0.1)
    foot = [(low + hand.between(0.05, 0.18), hand.between(0.93, 1.0))] if hand.chance(0.25) else []
    return [hand.line((-hand.between(0.15, 0.5), depth), (lean, 0), (low, 1), *foot)]


def one_swung(hand: Hand) -> list[Stroke]:
    """Write a 1 whose flag is a wave that begins below its middle, its stem a little bowed."""
    depth, reach, lean = hand.between(0.4, 0.75), hand.between(0.3, 0.6), hand.between(0.05, 0.25)
    flag = hand.curve((-reach, depth - 0.06), (-reach * 0.75, depth), (-reach * 0.3, depth * 0.55), (lean, 0))
    stem = hand.curve((lean, 0), (lean / 2 + hand.between(-0.03, 0.06), 0.5), (hand.between(-0.08, 0.1), 1))
    return [np.vstack([flag, stem])]


def one_looped(hand: Hand) -> list[Stroke]:
    """Write a 1 whose flag and stem make a narrow closed loop at the top."""
    width, depth = hand.between(0.08, 0.2), hand.between(0.3, 0.6)
    return [
        hand.curve(
            (-width, depth),
            (-0.02, 0.1),
            (0.08, 0.02),
            (0.06, 0.3),
            (0.0, 0.7),
            (hand.between(-0.1, 0.12), 1),
        )
    ]


def two_swash(hand: Hand) -> list[Stroke]:
    """Write a 2 with a large loop at its foot and a long wave out of it."""
    reach = hand.between(0.75, 1.2)
    head = [
        (hand.between(0.0, 0.2), hand.between(0.15, 0.35)),
        (0.3, 0.0),
        (0.62, 0.12),
        (0.5, 0.5),
        (0.15, 0.95),
    ]
    foot = [(0.0, 0.92), (0.08, 0.8), (0.35, 0.92), (reach, hand.between(0.85, 1.05))]
    return [hand.curve(*head, *foot)]


def two_curled(hand: Hand) -> list[Stroke]:
    """Write a 2 whose head is a closed ring, its foot a wave or a short stroke."""
    size, wide = hand.between(0.16, 0.26), hand.between(0.16, 0.3)
    ring = hand.arc((0.3, size), (wide, size), hand.between(150, 260), hand.between(470, 520))
    low = hand.between(-0.05, 0.1)
    foot = [(0.42, 0.5), (low, 0.95), (low + 0.12, 0.88), (hand.between(0.5, 0.9), hand.between(0.9, 1.05))]
    return [np.vstack([ring, hand.curve(tuple(ring[-1]), *foot)])]


def two_hooked(hand: Hand) -> list[Stroke]:
    """Write a 2 whose head is a hook curled far in, nearly a ring, its foot short, with or without a loop."""
    inner = [(hand.between(0.18, 0.4), hand.between(0.22, 0.4)), (0.06, hand.between(0.28, 0.4))]
    head = [(0.0, 0.14), (hand.between(0.24, 0.34), 0.0), (hand.between(0.5, 0.66), 0.16)]
    fall = [(hand.between(0.4, 0.54), 0.48), (hand.between(0.12, 0.24), 0.86)]
    foot = [(0.0, 0.97), (0.04, 0.86)] if hand.chance(0.6) else [(0.02, 0.99)]
    foot += [(0.28, hand.between(0.86, 0.96)), (hand.between(0.45, 0.9), hand.between(0.9, 1.06))]
    return [hand.curve(*inner, *head, *fall, *foot)]


def two_ringed(hand: Hand) -> list[Stroke]:
    """Write a 2 as one large ring, begun inside or at its left, with a loop or a sharp turn at its foot."""
    begin = [(hand.between(0.2, 0.45), hand.between(0.4, 0.62)), (0.04, hand.between(0.38, 0.55))]
    top = [(0.0, 0.2), (hand.between(0.26, 0.4), 0.0), (hand.between(0.62, 0.85), 0.2)]
    fall = [(hand.between(0.55, 0.78), 0.55), (hand.between(0.2, 0.36), hand.between(0.84, 0.93))]
    loop = [(0.08, 1.0), (0.04, 0.9), (0.24, 0.84)] if hand.chance(0.5) else [(0.06, 0.98)]
    foot = [
        (hand.between(0.4, 0.6), hand.between(0.9, 1.02)),
        (hand.between(0.7, 1.1), hand.between(0.85, 1.02)),
    ]
    return [hand.curve(*begin[hand.chance(0.4) :], *top, *fall, *loop, *foot)]


def two_pointed(hand: Hand) -> list[Stroke]:
    """Write a 2 like a Z, its corners sharp."""
    top = hand.curve(
        (0, hand.between(0.0, 0.15)), (0.3, 0.0), (hand.between(0.55, 0.85), hand.between(0.02, 0.15))
    )
    rest = hand.line((0, 1), (hand.between(0.6, 1.1), hand.between(0.88, 1.05)))
    return [np.vstack([top, rest])]


def four_raised(hand: Hand) -> list[Stroke]:
    """Write a 4 as an open cup whose right side is a long stem, like an upside-down h."""
    waist, right = hand.between(0.45, 0.68), hand.between(0.4, 0.62)
    cup = hand.curve(
        (hand.between(0.0, 0.12), hand.between(-0.05, 0.2)),
        (0.0, waist),
        (0.2, waist + 0.04),
        (right, waist - 0.12),
    )
    stem = hand.line(
        (right + hand.between(-0.02, 0.08), hand.between(0.0, 0.3)), (right + hand.between(-0.12, 0.05), 1)
    )
    return [cup, stem] if hand.chance(0.5) else [np.vstack([cup, stem])]


def four_hooked(hand: Hand) -> list[Stroke]:
    """Write a 4 in one stroke: down, a sharp turn to the right, up and down the stem."""
    waist, right = hand.between(0.5, 0.75), hand.between(0.4, 0.7)
    top = hand.between(0.0, 0.45)
    return [
        hand.line(
            (hand.between(0.1, 0.35), 0),
            (0, waist),
            (right, waist - hand.between(-0.04, 0.1)),
            (right + 0.04, top),
            (right - hand.between(0.0, 0.12), 1),
        )
    ]


def five_s(hand: Hand) -> list[Stroke]:
    """Write a 5 as an S, its top a short bow; as wide as high, now and then wider."""
    bend, wide = hand.between(0.36, 0.5), hand.between(1.0, 1.7)
    path = hand.curve(
        (hand.between(0.7, 1.05), hand.between(0.0, 0.12)),
        (0.42, hand.between(-0.02, 0.06)),
        (0.16, bend * 0.55),
        (0.36, bend),
        (0.72, hand.between(0.6, 0.75)),
        (0.5, 0.97),
        (hand.between(-0.1, 0.15), hand.between(0.82, 1.0)),
    )
    return [path * (wide, 1.0)]


def five_tick(hand: Hand) -> list[Stroke]:
    """Write a 5 like a root sign: a short fall, a narrow bowl, and a bar that rises far to the right."""
    low, x = hand.between(0.85, 1.0), hand.between(0.05, 0.25)
    body = hand.curve(
        (x, 0.08), (x, 0.45), (0.3, hand.between(0.5, 0.62)), (0.3, 0.85), (0.12, low), (0, low - 0.08)
    )
    bar = hand.line((x, 0.08), (hand.between(0.5, 1.1), hand.between(-0.08, 0.05)))
    return [np.vstack([bar[::-1], body])] if hand.chance(0.6) else [body, bar]


def five_straight(hand: Hand) -> list[Stroke]:
    """Write a 5 of straight pieces: bar, fall, and a slanted stroke with hardly a bowl."""
    bar = [(hand.between(0.7, 1.1), hand.between(-0.03, 0.1)), (hand.between(0.15, 0.35), 0.03)]
    return [
        hand.line(*bar, (0.1, 0.45), (hand.between(0.4, 0.6), 0.5), (hand.between(0.3, 0.5), 0.9), (0, 1))
    ]


def six_tall(hand: Hand) -> list[Stroke]:
    """Write a 6 as a long bow with a small ring at its foot."""
    top, right = hand.between(0.55, 0.72), hand.between(0.4, 0.6)
    return [
        hand.curve(
            (hand.between(0.35, 0.7), 0),
            (0.1, 0.4),
            (0.02, 0.82),
            (0.22, 1.0),
            (right, 0.85),
            (right * 0.8, top),
            (0.1, top + 0.12),
        )
    ]


def six_bent(hand: Hand) -> list[Stroke]:
    """Write a 6 like a b or a long s: a nearly straight fall, and a small ring that may stay open."""
    top, right = hand.between(0.5, 0.75), hand.between(0.3, 0.6)
    fall = [(hand.between(0.2, 0.75), 0), (hand.between(0.04, 0.25), 0.5), (0.02, 0.85)]
    ring = [(right * 0.5, 1.0), (right, 0.5 + top / 2), (right * 0.55, top)]
    end = [(hand.between(0.0, 0.2), hand.between(top, 0.95))] if hand.chance(0.7) else []
    return [hand.curve(*fall, *ring, *end)]


def seven_bowed(hand: Hand) -> list[Stroke]:
    """Write a 7 whose bar is a wave and whose stem is bowed, crossed at its middle."""
    wave = hand.curve(
        (0, hand.between(0.05, 0.25)),
        (0.15, 0.02),
        (0.4, 0.1),
        (hand.between(0.6, 0.8), hand.between(0.0, 0.06)),
    )
    stem = hand.curve(tuple(wave[-1]), (0.45, 0.45), (hand.between(0.2, 0.4), 1))
    height = hand.between(0.42, 0.6)
    cross = hand.line(
        (hand.between(0.05, 0.25), height + hand.between(-0.05, 0.05)),
        (hand.between(0.65, 1.0), height + hand.between(-0.08, 0.08)),
    )
    return [np.vstack([wave, stem]), cross]


def seven_curled(hand: Hand) -> list[Stroke]:
    """Write a 7 whose bar begins with a curl, and whose stem is crossed, low or high."""
    curl = [(hand.between(0.05, 0.2), hand.between(0.2, 0.35)), (0.0, 0.12), (0.14, 0.02), (0.4, 0.12)]
    corner = (hand.between(0.6, 0.85), hand.between(0.0, 0.08))
    stem = [(hand.between(0.36, 0.55), 0.5), (hand.between(0.1, 0.4), 1)]
    height = hand.between(0.4, 0.68)
    cross = hand.line(
        (hand.between(0.0, 0.2), height), (hand.between(0.65, 1.0), height + hand.between(-0.1, 0.05))
    )
    return [hand.curve(*curl, corner, *stem), cross][: 2 if hand.chance(0.75) else 1]


def eight_wide(hand: Hand) -> list[Stroke]:
    """Write an 8 in one line from the upper right, its two rings wide, its ends crossing."""
    wide, low = hand.between(0.3, 0.5), hand.between(0.35, 0.6)
    path = [
        (0.5 + wide * hand.between(0.5, 1.2), hand.between(0.0, 0.18)),
        (0.45, 0.0),
        (0.5 - wide, 0.22),
        (0.5, 0.48),
        (0.5 + low, 0.76),
        (0.5, 1.0),
        (0.5 - low, 0.76),
        (0.5, 0.48),
        (0.5 + wide, 0.22),
        (hand.between(0.45, 0.65), hand.between(-0.05, 0.1)),
    ]
    return [hand.curve(*path)]


def eight_ribbon(hand: Hand) -> list[Stroke]:
    """Write an 8 that stays open at its top, as a ribbon is laid."""
    wide, low = hand.between(0.28, 0.5), hand.between(0.14, 0.3)
    top = hand.between(0.0, 0.15)
    path = [
        (0.5 - wide, top),
        (0.45, 0.45),
        (0.5 + low, 0.8),
        (0.5, 1.0),
        (0.5 - low, 0.8),
        (0.55, 0.45),
        (0.5 + wide, 0.0),
    ]
    return [hand.curve(*(path if hand.chance(0.5) else path[::-1]))]


def nine_stemmed(hand: Hand) -> list[Stroke]:
    """Write a 9 like a P: the ring is closed on the stem's left or crosses it, and the stem is straight."""
    size, wide = hand.between(0.18, 0.3), hand.between(0.2, 0.36)
    start = hand.between(60, 150)
    ring = hand.arc((0.35, size), (wide, size), start, start - hand.between(330, 400))
    foot = (hand.between(0.05, 0.45), 1)
    knee = (hand.between(0.2, 0.5), 0.55)
    return [np.vstack([ring, hand.curve(tuple(ring[-1]), knee, foot)])]


def nine_crossed(hand: Hand) -> list[Stroke]:
    """Write a 9 whose ring begins at the right of its top and ends crossing into the stem."""
    size, wide = hand.between(0.16, 0.28), hand.between(0.16, 0.3)
    first = (0.36 + wide * hand.between(0.6, 1.3), hand.between(-0.04, 0.14))
    ring = hand.arc((0.36, size + 0.02), (wide, size), -20, -hand.between(230, 300))
    foot = hand.curve(
        (hand.between(0.4, 0.5), 2 * size * 0.9), (hand.between(0.3, 0.5), 0.6), (hand.between(0.05, 0.42), 1)
    )
    return [np.vstack([first, ring, foot])]


def nine_gapped(hand: Hand) -> list[Stroke]:
    """Write a 9 whose ring is an open hook at the left of a straight stem."""
    size = hand.between(0.18, 0.28)
    ring = hand.arc((0.35, size), (0.32, size), hand.between(20, 80), -hand.between(210, 300))
    return [ring, hand.line((0.66, hand.between(-0.05, 0.12)), (hand.between(0.3, 0.66), 1))]


def nine_pinched(hand: Hand) -> list[Stroke]:
    """Write a 9 whose ring closes on its left; the tail leaves there, swings out right and hooks back."""
    size, wide = hand.between(0.17, 0.27), hand.between(0.16, 0.34)
    start = hand.between(200, 300)
    ring = hand.arc((0.4, size), (wide, size), start, start + hand.between(320, 390))
    waist = 2 * size + hand.between(0.0, 0.08)
    out = 0.4 + hand.between(0.1, 0.34)
    tail = [(0.4 + wide * hand.between(0.2, 0.6), waist), (out, 0.74), (out - 0.14, 0.98)]
    return [np.vstack([ring, hand.curve(*tail, (out - hand.between(0.2, 0.6), hand.between(0.82, 0.97)))])]


def nine_scrolled(hand: Hand) -> list[Stroke]:
    """Write a 9 from the left of its waist, up right round the ring, and down across its own beginning."""
    start = (hand.between(-0.05, 0.3), hand.between(0.42, 0.62))
    ring = [(hand.between(0.5, 0.62), hand.between(0.34, 0.46)), (hand.between(0.68, 0.82), 0.18)]
    ring += [(hand.between(0.42, 0.58), 0.0), (hand.between(0.14, 0.28), 0.2)]
    foot = (hand.between(0.05, 0.75), 1)
    knee = (0.2 + 0.4 * (foot[0] - 0.2) + hand.between(-0.04, 0.08), hand.between(0.55, 0.65))
    return [hand.curve(start, *ring, knee, foot)]


def nine_swung(hand: Hand) -> list[Stroke]:
    """Write a 9 from its upper right: a flat ring, crossed, and a leg that swings out and ends in a hook."""
    flat, low = hand.between(0.36, 0.5), hand.between(0.6, 0.78)
    first = (hand.between(0.5, 0.8), hand.between(-0.02, 0.1))
    ring = [(0.36, 0.0), (0.04, flat * 0.55), (0.26, flat), (hand.between(0.5, 0.64), flat * 0.6)]
    close = (hand.between(0.52, 0.66), hand.between(0.02, 0.2))
    leg = [(hand.between(0.5, 0.62), flat * 1.1), (hand.between(0.5, 0.85), low)]
    hook = [(hand.between(0.3, 0.5), 0.98), (hand.between(-0.1, 0.2), hand.between(0.84, 1.02))]
    return [hand.curve(first, *ring, close, *leg, *hook)]


def nine_kneed(hand: Hand) -> list[Stroke]:
    """Write a 9 whose ring closes at its left, where the leg begins: like a P or an 8 that stays open."""
    size, wide = hand.between(0.2, 0.36), hand.between(0.28, 0.46)
    ring = hand.arc((0.4, size), (wide, size), 250, 250 - hand.between(330, 420))
    knee = (hand.between(0.25, 0.7), hand.between(0.6, 0.75))
    return [np.vstack([ring, hand.curve(tuple(ring[-1]), knee, (hand.between(-0.05, 0.35), 1))])]


_SLANT = (-12, 38)
FORMS: dict[int, tuple[Form, ...]] = {
    0: (Form(30, zero_crested, slant=_SLANT), Form(30, zero_wide, slant=_SLANT)),
    1: (
        Form(25, one_slanted, slant=(-5, 30)),
        Form(35, one_long_flag, slant=(-5, 30)),
        Form(30, one_swung, slant=(-5, 28)),
        Form(8, one_looped, slant=(-5, 30)),
    ),
    2: (
        Form(25, two_swash, slant=_SLANT),
        Form(20, two_pointed, slant=_SLANT),
        Form(16, two_curled, slant=_SLANT),
        Form(40, two_hooked, slant=_SLANT),
        Form(30, two_ringed, slant=_SLANT),
    ),
    3: (),
    4: (Form(30, four_raised, slant=_SLANT), Form(30, four_hooked, slant=_SLANT)),
    5: (
        Form(35, five_s, slant=_SLANT),
        Form(28, five_tick, slant=(-5, 35)),
        Form(14, five_straight, slant=_SLANT),
    ),
    6: (Form(25, six_tall, slant=_SLANT), Form(25, six_bent, slant=_SLANT)),
    7: (
        Form(50, seven_bowed, slant=(-5, 30)),
        Form(35, seven_curled, slant=(-5, 30)),
    ),
    8: (Form(40, eight_wide, slant=_SLANT), Form(12, eight_ribbon, slant=_SLANT)),
    9: (
        Form(35, nine_stemmed, slant=(-5, 35)),
        Form(15, nine_gapped, slant=(-5, 35)),
        Form(22, nine_crossed, slant=(-5, 35)),
        Form(35, nine_pinched, pen=0.12, slant=(-12, 28)),
        Form(30, nine_scrolled, pen=0.14, slant=(-5, 30)),
        Form(45, nine_swung, slant=(-5, 35)),
        Form(25, nine_kneed, slant=(-5, 35)),
    ),
}
