"""Digits as seven-segment displays show them: bars with gaps, upright or slanted."""

import numpy as np

from training.drawing.hand import Form, Hand, Point
from training.drawing.pen import Stroke

HALF = 0.5  # the digit's half height: where the middle bar lies
# Each bar from its start to its end, in widths and heights of the digit.
BARS: dict[str, tuple[Point, Point]] = {
    "top": ((0, 0), (1, 0)),
    "upper left": ((0, 0), (0, HALF)),
    "upper right": ((1, 0), (1, HALF)),
    "middle": ((0, HALF), (1, HALF)),
    "lower left": ((0, HALF), (0, 1)),
    "lower right": ((1, HALF), (1, 1)),
    "bottom": ((0, 1), (1, 1)),
}
LEFT, RIGHT = ("upper left", "lower left"), ("upper right", "lower right")
LIT: dict[int, tuple[str, ...]] = {
    0: ("top", *LEFT, *RIGHT, "bottom"),
    1: RIGHT,
    2: ("top", "upper right", "middle", "lower left", "bottom"),
    3: ("top", *RIGHT, "middle", "bottom"),
    4: ("upper left", *RIGHT, "middle"),
    5: ("top", "upper left", "middle", "lower right", "bottom"),
    6: ("top", *LEFT, "middle", "lower right", "bottom"),
    7: ("top", *RIGHT),
    8: tuple(BARS),
    9: ("top", "upper left", *RIGHT, "middle", "bottom"),
}
SHARE = 0.05  # of a digit's forms: displays are rarer than hands


def shown(label: int, hand: Hand) -> list[Stroke]:
    """Return the bars of a digit: a third to two thirds as wide as high, with gaps of up to a tenth."""
    width, gap = hand.between(0.32, 0.7), hand.between(0.0, 0.1)
    names = list(LIT[label])
    if label == 7 and hand.chance(0.25):  # as some clocks show it
        names.append("upper left")
    return [_shortened(*BARS[name], width, gap) for name in names]


def _shortened(start: Point, end: Point, width: float, gap: float) -> Stroke:
    bar = np.array([start, end]) * (width, 1.0)
    along = (bar[1] - bar[0]) / np.hypot(*(bar[1] - bar[0]))
    return np.array([bar[0] + gap * along, bar[1] - gap * along])


def form(label: int, others: float) -> Form:
    """Return the digit's form on a display, weighed against the `others` together."""

    def displayed(hand: Hand) -> list[Stroke]:
        return shown(label, hand)

    return Form(SHARE * others / (1 - SHARE), displayed, pen=0.13, slant=(-2, 14), rotation=3)
