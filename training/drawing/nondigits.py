"""Non-digits as users send them: blanks, noise, lines, scribbles, shapes, pictures, letters, numbers.

Every renderer takes (rng, size) and returns (size, size) uint8, bright ink on dark.
"""

from collections.abc import Callable, Sequence

import numpy as np

from training.drawing import glyphs, letters, pictures, shapes, strokes
from training.drawing.hand import Hand
from training.drawing.pen import Picture, Stroke, along, draw

Renderer = Callable[[np.random.Generator, int], Picture]

# Pairs that, drawn over each other, are neither of the two: no 1 (slashes), no 5 with a second bar.
OVERLAPS = ((2, 4), (2, 6), (3, 4), (3, 6), (4, 8), (6, 7), (2, 9), (4, 6))


def render(rng: np.random.Generator) -> Picture:
    """Return a non-digit of any kind used in training; square, 64 to 96 pixels a side."""
    weights = np.array([weight for weight, _ in KINDS.values()])
    name = list(KINDS)[int(rng.choice(len(KINDS), p=weights / weights.sum()))]
    return KINDS[name][1](rng, int(rng.integers(64, 97)))


def _sketched(sketches: Sequence[shapes.Sketch], *, slanted: bool = False) -> Renderer:
    """Make a renderer that draws one of the sketches with a pen, slanted as handwriting where told."""

    def sketch(rng: np.random.Generator, size: int) -> Picture:
        shape = sketches[int(rng.integers(len(sketches)))]
        drawn = shape(Hand(rng, wobble=rng.uniform(0, 0.03)))
        if slanted:
            drawn = strokes.lean([along(stroke, 0.05) for stroke in drawn], rng, (-12, 22), 8)
        drawn = strokes.fit(strokes.bend(drawn, rng, rng.uniform(0, 0.02)))
        return draw(drawn, rng, size, float(np.exp(rng.uniform(np.log(0.02), np.log(0.12)))))

    return sketch


def _number(rng: np.random.Generator, size: int) -> Picture:
    """Draw two or three digits side by side, as if a whole number had been squeezed into one box."""
    count = 2 if rng.random() < 0.7 else 3
    written: list[Stroke] = []
    right = 0.0
    for label in rng.integers(0, 10, count):
        digit = strokes.digit(int(label), rng)
        points = np.vstack(digit)
        shift = np.array([right - points[:, 0].min(), 0.0])
        written += [stroke + shift for stroke in digit]
        right += float(np.ptp(points[:, 0])) + rng.uniform(-0.08, 0.35)
    squeeze = np.array([rng.uniform(0.5, 1.0), 1.0])
    return draw(strokes.fit([s * squeeze for s in written]), rng, size, rng.uniform(0.02, 0.2 / (1 + count)))


def _overlap(rng: np.random.Generator, size: int) -> Picture:
    """Draw two digits over each other."""
    first, second = (strokes.digit(label, rng) for label in OVERLAPS[int(rng.integers(len(OVERLAPS)))])
    offset = np.array([rng.choice([-1, 1]) * rng.uniform(0.25, 0.4), rng.uniform(-0.2, 0.2)])
    return draw(strokes.fit(first + [s + offset for s in second]), rng, size, rng.uniform(0.02, 0.08))


def _turned(rng: np.random.Generator, size: int) -> Picture:
    """Draw a 3 on its side or mirrored: of the ten digits, it alone then looks like none of the others."""
    digit = [stroke - 0.5 for stroke in strokes.digit(3, rng)]
    turn = (
        np.array([[0.0, 1.0], [-1.0, 0.0]]) * rng.choice([-1, 1]) if rng.random() < 0.6 else np.diag([-1, 1])
    )
    return draw([stroke @ turn + 0.5 for stroke in digit], rng, size, rng.uniform(0.02, 0.1))


def _upside_down(rng: np.random.Generator, size: int) -> Picture:
    """Draw a 4, 5 or 7 on its head: turned so, they look like none of the ten."""
    digit = strokes.digit(int(rng.choice([4, 5, 5, 7])), rng)
    return draw([1 - stroke for stroke in digit], rng, size, rng.uniform(0.02, 0.1))


def _squeezed(rng: np.random.Generator, size: int) -> Picture:
    """Draw a 2, 3, 5, 6 or 9 five to nine times as high as wide: it could be any of them, or a 1."""
    digit = strokes.digit(int(rng.choice([2, 3, 5, 6, 9])), rng)
    wide = float(np.ptp(np.vstack(digit)[:, 0]))
    squeeze = np.array([rng.uniform(0.11, 0.2) / max(wide, 0.1), 1.0])
    return draw(strokes.fit([stroke * squeeze for stroke in digit]), rng, size, rng.uniform(0.015, 0.035))


def _lettered_unseen(rng: np.random.Generator, size: int) -> Picture:
    return letters.written(rng, size, held_out=True)


def _signed_unseen(rng: np.random.Generator, size: int) -> Picture:
    return letters.signed(rng, size, held_out=True)


def _written_unseen(rng: np.random.Generator, size: int) -> Picture:
    return glyphs.written(rng, size, held_out=True)


def _printed_unseen(rng: np.random.Generator, size: int) -> Picture:
    return glyphs.printed(rng, size, held_out=True)


KINDS: dict[str, tuple[float, Renderer]] = {
    "blank": (4, pictures.blank),
    "noise": (5, pictures.noise),
    "pink": (5, pictures.pink),
    "texture": (5, pictures.texture),
    "blob": (6, pictures.blob),
    "scene": (4, pictures.scene),
    "lines": (8, _sketched(shapes.LINES)),
    "scrawl": (8, _sketched(shapes.SCRAWLS, slanted=True)),
    "dots": (3, _sketched((shapes.dots,))),
    "scribble": (8, _sketched(shapes.SCRIBBLES)),
    "shape": (8, _sketched(shapes.SHAPES)),
    "letter": (26, glyphs.written),
    "print": (12, glyphs.printed),
    "hand": (30, letters.written),
    "sign": (18, letters.signed),
    "signature": (3, letters.signature),
    "number": (7, _number),
    "overlap": (1, _overlap),
    "turned": (1, _turned),
    "upside down": (2, _upside_down),
    "squeezed": (1, _squeezed),
}
HELD_OUT_KINDS: dict[str, tuple[float, Renderer]] = {
    "shape": (1, _sketched(shapes.HELD_OUT_SHAPES)),
    "letter": (2, _written_unseen),
    "print": (1, _printed_unseen),
    "hand": (2, _lettered_unseen),
    "sign": (1, _signed_unseen),
}
