"""Shapes, lines and scribbles that are no digit, as strokes in about the unit square."""

from collections.abc import Callable

import numpy as np

from training.drawing.hand import Hand, Point
from training.drawing.pen import Stroke

Sketch = Callable[[Hand], list[Stroke]]


def polygon(hand: Hand, corners: list[Point]) -> list[Stroke]:
    """Return a closed outline through the corners."""
    path = hand.line(*corners)
    return [np.vstack([path, path[:1]])]


def level_line(hand: Hand) -> list[Stroke]:
    """Make one straight line at most 33° from the horizontal: no 1 lies that flat."""
    rise = np.tan(np.deg2rad(hand.between(-33, 33))) / 2
    return [hand.line((0, 0.5 + rise), (1, 0.5 - rise))]


def parallel_lines(hand: Hand) -> list[Stroke]:
    """Make two to five bars side by side, upright, level or oblique."""
    count = int(hand.rng.integers(2, 6))
    lean = hand.between(-0.3, 0.3)
    bars = [
        hand.line((place + lean, 0), (place, 1)) for place in np.linspace(0, hand.between(0.5, 1.2), count)
    ]
    return bars if hand.chance(0.5) else [bar[:, ::-1] for bar in bars]


def crossing_lines(hand: Hand) -> list[Stroke]:
    """Make four to eight lines from border to border."""
    ends = hand.rng.uniform(0, 1, (int(hand.rng.integers(4, 9)), 2))
    return [
        np.array([(a, 0.0), (b, 1.0)]) if hand.chance(0.5) else np.array([(0.0, a), (1.0, b)])
        for a, b in ends
    ]


def plus(hand: Hand) -> list[Stroke]:
    """Make a plus."""
    x, y = hand.between(0.4, 0.6), hand.between(0.35, 0.6)
    left, right = hand.between(0.0, 0.15), hand.between(0.85, 1.0)
    bow = hand.between(-0.05, 0.05)
    return [hand.curve((x, 0), (x + bow, y), (x, 1)), hand.curve((left, y), (x, y + bow), (right, y))]


def saltire(hand: Hand) -> list[Stroke]:
    """Make an X."""
    bow, width = hand.between(-0.12, 0.12), hand.between(0.6, 1.0)
    falling = hand.curve((0, 0), (width / 2 + bow, 0.5 - bow), (width, 1))
    return [falling, hand.curve((width, 0), (width / 2 + bow, 0.5 + bow), (0, 1))]


def star_cross(hand: Hand) -> list[Stroke]:
    """Make an asterisk."""
    return plus(hand) + [0.15 + 0.7 * stroke for stroke in saltire(hand)]


def double_u(hand: Hand) -> list[Stroke]:
    """Make a w, pointed or round."""
    middle, lift = hand.between(0.4, 0.6), hand.between(0.0, 0.5)
    feet = [(middle / 2, 1.0), (middle, lift), ((1 + middle) / 2, 1.0)]
    stroke = hand.line if hand.chance(0.5) else hand.curve
    return [stroke((0, 0), *feet, (1, hand.between(-0.1, 0.2)))]


def crossed_z(hand: Hand) -> list[Stroke]:
    """Make a z with a bar through it: the 7 has no foot, the 2 no bar."""
    foot = (hand.between(0.8, 1.1), 1 + hand.between(-0.04, 0.1))
    body = hand.line((0, hand.between(0.0, 0.12)), (hand.between(0.7, 0.9), 0), (0, 1), foot)
    return [
        body,
        hand.line((hand.between(0.05, 0.2), 0.52), (hand.between(0.65, 0.85), hand.between(0.42, 0.52))),
    ]


def arches(hand: Hand) -> list[Stroke]:
    """Make an m or a run of three to five arches."""
    count = int(hand.rng.integers(3, 6))
    places = np.linspace(0, hand.between(0.8, 1.4), 2 * count)
    heights = [float((k + 1) % 2) * hand.between(0.85, 1.0) for k in range(2 * count)]
    return [hand.curve(*zip(places.tolist(), heights, strict=True))]


def grid(hand: Hand) -> list[Stroke]:
    """Make ruled lines both ways, two to five each."""
    down, across = hand.rng.integers(2, 6, 2)
    columns = [hand.line((x, 0), (x, 1)) for x in np.linspace(0.05, 0.95, down)]
    return columns + [hand.line((0, y), (1, y)) for y in np.linspace(0.05, 0.95, across)]


def dots(hand: Hand) -> list[Stroke]:
    """Make two to thirty dots anywhere."""
    places = hand.rng.uniform(0, 1, (int(np.exp(hand.between(np.log(2), np.log(30)))), 2))
    return [np.array([place, place + 0.005]) for place in places]


def arc(hand: Hand) -> list[Stroke]:
    """Make an open bow, up, down or as a c turned any way but upright."""
    start = hand.between(-75, -45) + (180 if hand.chance(0.5) else 0)
    bow = hand.arc((0.5, 0.5), (0.5, hand.between(0.25, 0.5)), start, start + hand.between(100, 140))
    return [bow]


def wave(hand: Hand) -> list[Stroke]:
    """Make a level wave of three to six swings."""
    count = int(hand.rng.integers(4, 8))
    return [hand.curve(*[(x, 0.5 + (-1) ** k * 0.2) for k, x in enumerate(np.linspace(0, 1, count))])]


def zigzag(hand: Hand) -> list[Stroke]:
    """Make a zigzag of seven to eleven legs, level or falling."""
    places = np.linspace(0, 1, int(hand.rng.integers(8, 13)))
    path = hand.line(*[(x, float(k % 2) * hand.between(0.4, 1)) for k, x in enumerate(places)])
    return [path if hand.chance(0.6) else path[:, ::-1]]


def scribble(hand: Hand) -> list[Stroke]:
    """Make a long random smooth curve that runs over itself."""
    points = hand.rng.uniform(0, 1, (int(hand.rng.integers(9, 24)), 2))
    return [hand.curve(*[(x, y) for x, y in points.tolist()])]


def coils(hand: Hand) -> list[Stroke]:
    """Make a row of loops, as when trying a pen."""
    turns = int(hand.rng.integers(3, 7))
    angle = np.linspace(0, 2 * np.pi * turns, 16 * turns)
    path = np.column_stack([angle / angle[-1] + 0.15 * np.sin(angle), 0.5 - 0.3 * np.cos(angle)])
    return [path if hand.chance(0.6) else path[:, ::-1]]


def hatching(hand: Hand) -> list[Stroke]:
    """Make close oblique lines that fill a patch, once or crosswise."""
    places = np.linspace(-0.4, 1, int(hand.rng.integers(6, 14)))
    lines = [hand.line((x, 1), (x + 0.4, 0)) for x in places]
    return lines + [hand.line((x, 0), (x + 0.4, 1)) for x in places] if hand.chance(0.4) else lines


def spiral(hand: Hand) -> list[Stroke]:
    """Make a spiral of two and a half to five turns: fewer could be a 6, a 9 or a 0."""
    turn = np.linspace(0.3, 2 * np.pi * hand.between(2.5, 5), 90)
    return [0.5 + 0.5 * (turn / turn[-1])[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])]


def triangle(hand: Hand) -> list[Stroke]:
    """Make a triangle, on its base or on its tip."""
    tip = hand.between(0.3, 0.7)
    outline = polygon(hand, [(tip, 0), (1, 0.9), (0, 0.9)])
    return outline if hand.chance(0.6) else [1 - outline[0]]


def square(hand: Hand) -> list[Stroke]:
    """Make a square or a broad rectangle."""
    height = hand.between(0.5, 1)
    return polygon(hand, [(0, 0), (1, 0), (1, height), (0, height)])


def diamond(hand: Hand) -> list[Stroke]:
    """Make a diamond."""
    return polygon(hand, [(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)])


def star(hand: Hand) -> list[Stroke]:
    """Make a star of five to seven points."""
    count = int(hand.rng.integers(5, 8))
    angle = np.pi * np.arange(2 * count) / count
    radius = np.where(np.arange(2 * count) % 2, hand.between(0.18, 0.28), 0.5)
    outline = [(0.5 + r * np.sin(a), 0.5 - r * np.cos(a)) for a, r in zip(angle, radius, strict=True)]
    return polygon(hand, outline)


def pentagram(hand: Hand) -> list[Stroke]:
    """Make a star in one go, its lines crossing."""
    angle = 4 * np.pi * np.arange(5) / 5
    return polygon(hand, [(0.5 + 0.5 * np.sin(a), 0.5 - 0.5 * np.cos(a)) for a in angle])


def heart(hand: Hand) -> list[Stroke]:
    """Make a heart."""
    left = [(0.5, 0.25), (0.3, 0.02), (0.05, 0.15), (0.05, 0.45), (0.5, 1.0)]
    return [np.vstack([hand.curve(*left), hand.curve(*[(1 - x, y) for x, y in left[::-1]])])]


def arrow(hand: Hand) -> list[Stroke]:
    """Make an arrow to the left, right or down."""
    barb = hand.between(0.15, 0.35)
    parts = [
        hand.line((0, 0.5), (1, 0.5)),
        hand.line((1 - barb, 0.5 - barb), (1, 0.5), (1 - barb, 0.5 + barb)),
    ]
    way = hand.rng.random()
    if way < 0.4:
        return parts
    return [1 - part for part in parts] if way < 0.8 else [part[:, ::-1] for part in parts]


def check(hand: Hand) -> list[Stroke]:
    """Make a check mark, its long leg to the right."""
    return [hand.line((0, hand.between(0.5, 0.7)), (hand.between(0.3, 0.42), 1), (1, hand.between(0.1, 0.3)))]


def house(hand: Hand) -> list[Stroke]:
    """Make a house with a door."""
    walls = polygon(hand, [(0.1, 0.45), (0.5, 0), (0.9, 0.45), (0.9, 1), (0.1, 1)])
    return [
        *walls,
        hand.line((0.4, 1), (0.4, 0.7), (0.6, 0.7), (0.6, 1)),
        hand.line((0.1, 0.45), (0.9, 0.45)),
    ]


def face(hand: Hand) -> list[Stroke]:
    """Make a face: a ring, two eyes and a mouth."""
    smile = hand.between(-0.12, 0.15)
    mouth = hand.curve((0.3, 0.7), (0.5, 0.7 + smile), (0.7, 0.7))
    eyes = [hand.arc((x, 0.38), (0.04, 0.06), 0, 360) for x in (0.33, 0.67)]
    return [hand.arc((0.5, 0.5), (0.5, 0.5), 0, 360), *eyes, mouth]


def stick_figure(hand: Hand) -> list[Stroke]:
    """Make a person: head, body, arms and legs."""
    limbs = [hand.line((0.15, hand.between(0.3, 0.5)), (0.5, 0.42), (0.85, hand.between(0.3, 0.5)))]
    limbs.append(hand.line((0.2, 1), (0.5, 0.68), (0.8, 1)))
    return [hand.arc((0.5, 0.13), (0.13, 0.13), 0, 360), hand.line((0.5, 0.27), (0.5, 0.68)), *limbs]


def flower(hand: Hand) -> list[Stroke]:
    """Make a flower of five to eight petals."""
    count = int(hand.rng.integers(5, 9))
    angle = np.linspace(0, 2 * np.pi, 100)
    radius = 0.35 + 0.15 * np.cos(count * angle)
    center = hand.arc((0.5, 0.5), (0.1, 0.1), 0, 360)
    return [0.5 + radius[:, None] * np.column_stack([np.sin(angle), np.cos(angle)]), center]


def moon(hand: Hand) -> list[Stroke]:
    """Make a crescent."""
    outer = hand.arc((0.5, 0.5), (0.5, 0.5), 20, -200)
    inner = hand.arc((0.68, 0.5), (0.36, 0.38), -160, -20)
    return [np.vstack([outer, inner, outer[:1]])]


def envelope(hand: Hand) -> list[Stroke]:
    """Make an envelope."""
    return [
        *polygon(hand, [(0, 0.1), (1, 0.1), (1, 0.8), (0, 0.8)]),
        hand.line((0, 0.1), (0.5, 0.5), (1, 0.1)),
    ]


def stairs(hand: Hand) -> list[Stroke]:
    """Make four or five steps."""
    count = int(hand.rng.integers(4, 6))
    corners = [(k / count, 1 - (k + rise) / count) for k in range(count) for rise in (0, 1)]
    return [hand.line(*corners, (1, 0))]


LINES: tuple[Sketch, ...] = (level_line, parallel_lines, crossing_lines, plus, saltire, star_cross, grid, arc)
SCRAWLS: tuple[Sketch, ...] = (plus, saltire, double_u, crossed_z, arches)
SCRIBBLES: tuple[Sketch, ...] = (scribble, scribble, zigzag, wave, coils, hatching)
SHAPES: tuple[Sketch, ...] = (
    triangle, square, diamond, star, arrow, check, spiral, heart, face, stick_figure, flower, stairs,
)  # fmt: skip
HELD_OUT_SHAPES: tuple[Sketch, ...] = (house, pentagram, moon, envelope)
