"""Drawn scenes that the model is tried in: digits that something makes hard, and what only looks like one.

Digits are written by our own skeletons, with another seed than training's. A scene is uint8 (h, w) or, where
color matters, (h, w, 3), as a client would send it.
"""

import io
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digits.images import MIN_SIDE
from digits.model import Model
from training.data.sets import LabelledSet
from training.drawing import letters, scenes, sheets, strokes, surroundings
from training.drawing.pen import Picture, draw
from training.drawing.skeletons.zero_to_four import FORMS, zero_crossed
from training.evaluation import scoring
from training.evaluation.scoring import Json, Tick

SEED = 20_260  # of all the scenes; no pool of training has it
EACH = 1_000  # scenes of each kind
PAPER, PEN = 235.0, 45.0  # grey levels of paper and ink
# Ink on paper of the same luminance (ITU-R BT.601), so that color alone tells them apart: red, green, blue.
PAIRS = (
    ((200, 30, 40), (40, 105, 160)),
    ((230, 110, 30), (140, 140, 140)),
    ((30, 150, 60), (215, 40, 205)),
    ((150, 60, 170), (90, 110, 60)),
    ((0, 130, 140), (190, 60, 50)),
    ((200, 170, 40), (160, 165, 215)),
)

Scene = Callable[[np.random.Generator], tuple[NDArray[np.uint8], int]]
Empty = Callable[[np.random.Generator], Picture]


def evaluate(model: Model, each: int, tick: Tick) -> Json:
    """Read so many scenes of each kind: "digits" that are there, "empty" where none is, and "letters"."""
    return {
        "digits": {name: _read_digits(model, name, scene, each, tick) for name, scene in DIGITS.items()},
        "empty": _read_empty(model, EMPTY, each, tick),
        "letters": _read_empty(model, LETTERS, each, tick),
    }


def drawn(name: str, scene: Scene, count: int) -> Iterator[tuple[bytes, int]]:
    """Yield so many scenes of a kind as PNG files, each with its digit."""
    rng = _generator(name)
    for _ in range(count):
        pixels, label = scene(rng)
        yield _png(pixels), label


def total(each: int) -> int:
    """Return how many scenes an evaluation reads."""
    return each * (len(DIGITS) + len(EMPTY) + len(LETTERS))


def _read_digits(model: Model, name: str, scene: Scene, each: int, tick: Tick) -> Json:
    files = list(drawn(name, scene, each))
    labels = [label for _, label in files]
    labelled = LabelledSet(name, list(map(str, labels)), lambda number: files[number][0])
    _, readings = scoring.read_set(model, labelled, tick)
    return scoring.score(list(readings.values()), labels)


def _read_empty(model: Model, kinds: dict[str, Empty], each: int, tick: Tick) -> Json:
    names = [name for name in kinds for _ in range(each)]
    pictures: list[Picture] = []
    for name, kind in kinds.items():
        rng = _generator(name)
        pictures += [kind(rng) for _ in range(each)]
    return scoring.count_refusals(scoring.read_images(model, pictures, "auto", tick), names, [])


def _generator(name: str) -> np.random.Generator:
    return np.random.default_rng([SEED, *name.encode()])


def _png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _digit(rng: np.random.Generator) -> tuple[Picture, int]:
    label = int(rng.integers(10))
    return strokes.render(label, rng), label


def _on_paper(ink: Picture, rng: np.random.Generator, margin: float = 0.2) -> Picture:
    """Return dark ink on light paper, with up to `margin` of the longer side around, 40 to 160 pixels."""
    room = rng.uniform(0, margin, 4) * max(ink.shape)
    top, bottom, left, right = room.astype(int).tolist()
    grey = PAPER + np.pad(ink, ((top, bottom), (left, right))).astype(np.float32) / 255 * (PEN - PAPER)
    scale = rng.uniform(40, 160) / max(grey.shape)
    size = max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale))
    return np.asarray(Image.fromarray(grey.astype(np.uint8)).resize(size, Image.Resampling.BILINEAR))


def _grained(grey: NDArray[np.float32], rng: np.random.Generator) -> Picture:
    """Return a picture with a sensor's noise."""
    return np.clip(grey + rng.normal(0, 2, grey.shape), 0, 255).astype(np.uint8)


def _surrounded(surrounding: surroundings.Surrounding) -> Scene:
    """Make the scenes of a digit with these lines about it."""

    def scene(rng: np.random.Generator) -> tuple[Picture, int]:
        drawing, label = _digit(rng)
        return _on_paper(surroundings.draw(drawing, surrounding, rng), rng), label

    return scene


def _two_tone(rng: np.random.Generator) -> tuple[Picture, int]:
    """Return a bitmap of 16×16 in two tones, which the digit fills."""
    drawing, label = _digit(rng)
    ink = drawing[np.ix_(drawing.max(axis=1) > 64, drawing.max(axis=0) > 64)]
    scale = 16 / max(ink.shape)
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
    level = min(96, 0.6 * float(small.max()))
    bitmap = np.zeros((16, 16), np.uint8)
    top, left = (16 - size[1]) // 2, (16 - size[0]) // 2
    bitmap[top : top + size[1], left : left + size[0]] = np.where(small > level, 255, 0)
    return 255 - bitmap, label


def _pencil(rng: np.random.Generator) -> tuple[Picture, int]:
    """Return a digit in pencil, whose pressure swings between a tenth and all of it, on grained paper."""
    drawing, label = _digit(rng)
    y, x = np.mgrid[0 : 1 : complex(drawing.shape[0]), 0 : 1 : complex(drawing.shape[1])]
    angle, least = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 1)
    swing = 0.5 + 0.5 * np.sin(3 * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 6))
    ink = drawing * (least + (1 - least) * swing)
    grey = _on_paper(ink.astype(np.uint8), rng).astype(np.float32)
    return _grained(grey, rng), label


def _colored(rng: np.random.Generator) -> tuple[NDArray[np.uint8], int]:
    """Return a digit in ink as bright as its paper, of another color."""
    drawing, label = _digit(rng)
    pen, paper = (np.array(color, np.float32) for color in PAIRS[int(rng.integers(len(PAIRS)))])
    luminance = np.array([0.299, 0.587, 0.114], np.float32)
    paper *= float(luminance @ pen) / float(luminance @ paper)
    grey = _on_paper(drawing, rng).astype(np.float32)
    share = np.clip((PAPER - grey) / (PAPER - PEN), 0, 1)[..., np.newaxis]
    mixed = paper + share * (pen - paper) + rng.normal(0, 1, grey.shape)[..., np.newaxis]
    return np.clip(mixed, 0, 255).astype(np.uint8), label


def _crossed_zero(rng: np.random.Generator) -> tuple[Picture, int]:
    """Return a 0 with a slash that overshoots it."""
    form = next(form for form in FORMS[0] if form.strokes is zero_crossed)
    written = strokes.written(form, rng)
    return _on_paper(draw(written, rng, 84, strokes.pen_width(written, rng, form.pen)), rng, 0.4), 0


def _beside_shadow(rng: np.random.Generator) -> tuple[Picture, int]:
    """Return a digit beside the hard edge of a shadow, which covers one side of the picture."""
    drawing, label = _digit(rng)
    turns = int(rng.integers(4))  # of the digit, until the shadow lies on its right
    room = int(max(drawing.shape) * rng.uniform(0.3, 0.8))
    lit = _on_paper(np.pad(np.rot90(drawing, turns), ((0, 0), (0, room))), rng)
    (inked,) = (lit.min(axis=0) < (PAPER + PEN) / 2).nonzero()
    right, width = int(inked.max(initial=0)) + 1, lit.shape[1]
    edge = right + rng.uniform(0.25, 0.75) * (width - right)
    slope = rng.uniform(-0.2, 0.2) * (width - right) / lit.shape[0]
    y, x = np.mgrid[: lit.shape[0], :width]
    share = np.clip(x - edge - slope * (y - lit.shape[0] / 2), 0, 1)
    dark = lit * (1 - share * rng.uniform(0.2, 0.7))
    return np.rot90(dark, -turns).astype(np.uint8), label


def _on_print(rng: np.random.Generator) -> tuple[Picture, int]:
    """Return a digit cut out of a cheque, at least as many pixels a side as a client may send."""
    drawing, label = _digit(rng)
    picture = scenes.security(drawing, rng)
    lacking = np.maximum(0, MIN_SIDE - np.array(picture.shape))
    return np.pad(picture, [(0, int(lacking[0])), (0, int(lacking[1]))], "edge"), label


def _on_squares(rng: np.random.Generator) -> tuple[Picture, int]:
    """Return a digit on squared paper, six to sixteen squares across."""
    drawing, label = _digit(rng)
    grey = _on_paper(drawing, rng, 0.5).astype(np.float32)
    step = max(3, round(max(grey.shape) / rng.uniform(6, 16)))
    first, tone = int(rng.integers(step)), rng.uniform(15, 70)
    grid = np.zeros_like(grey)
    grid[first::step] = grid[:, first::step] = tone
    return _grained(np.minimum(grey, PAPER - grid), rng), label


def _on_a_note(rng: np.random.Generator) -> tuple[Picture, int]:
    """Return a digit on a note that takes a fifth to a half of the picture, on a desk with a grain."""
    drawing, label = _digit(rng)
    note = _on_paper(np.pad(drawing, max(drawing.shape) // 5), rng, 0.3)
    height, width = (round(side * rng.uniform(1.4, 2.2)) for side in note.shape)
    grain = Image.fromarray(rng.integers(0, 40, (15, 15), np.uint8))
    desk = rng.uniform(30, 130) + np.asarray(
        grain.resize((width, height), Image.Resampling.BICUBIC), np.float32
    )
    top, left = (
        int(rng.integers(whole - part + 1)) for whole, part in zip(desk.shape, note.shape, strict=True)
    )
    desk[top : top + note.shape[0], left : left + note.shape[1]] = note
    return _grained(desk, rng), label


def _over_another(rng: np.random.Generator) -> tuple[Picture, int]:
    """Return a digit over another that shines through from the back of the sheet."""
    drawing, label = _digit(rng)
    back = np.asarray(Image.fromarray(_digit(rng)[0][:, ::-1]).resize(drawing.shape[::-1]))
    shift = tuple((rng.uniform(-0.4, 0.4, 2) * drawing.shape).astype(int).tolist())
    through = np.roll(back, shift, (0, 1)) * rng.uniform(0.05, 0.25)
    return _on_paper(np.maximum(drawing, through.astype(np.uint8)), rng), label


def _outline(*, round_: bool) -> Empty:
    """Make a box or a ring with nothing in it, drawn with a ruler or compasses."""

    def empty(rng: np.random.Generator) -> Picture:
        side = int(rng.integers(40, 160))
        canvas = Image.new("L", (side, side), int(PAPER))
        brush = ImageDraw.Draw(canvas)
        margin = side * rng.uniform(0.02, 0.3)
        flat = 0.0 if round_ else rng.uniform(0, 0.25) * (side - 2 * margin)
        frame = (margin, margin + flat, side - margin, side - margin - flat)
        width = max(1, round(side * rng.uniform(0.01, 0.04)))
        shape = brush.ellipse if round_ else brush.rectangle
        shape(frame, outline=int(PEN), width=width)
        return np.asarray(canvas)

    return empty


def _sheet(maker: sheets.Maker) -> Empty:
    return lambda rng: sheets.render(maker, rng)


def _unseen(render: Callable[..., Picture]) -> Empty:
    """Make letters or signs on paper in hands that training has not drawn."""
    return lambda rng: _on_paper(render(rng, int(rng.integers(64, 97)), held_out=True), rng, 0.4)


DIGITS: dict[str, Scene] = {
    "in a box": _surrounded(surroundings.clear_box),
    "in a corner": _surrounded(surroundings.corner),
    "in a comb": _surrounded(surroundings.comb),
    "past its box": _surrounded(surroundings.tight_box),
    "on dark rules": _surrounded(surroundings.rules),
    "in a ring": _surrounded(surroundings.ring),
    "beside another": _surrounded(surroundings.neighbor),
    "beside a shadow": _beside_shadow,
    "on security print": _on_print,
    "on squared paper": _on_squares,
    "on a note": _on_a_note,
    "over another": _over_another,
    "16×16, two tones": _two_tone,
    "in pencil": _pencil,
    "equal luminance": _colored,
    "crossed 0": _crossed_zero,
}
EMPTY: dict[str, Empty] = {name: _sheet(maker) for name, maker in sheets.KINDS.items()} | {
    "box": _outline(round_=False),
    "ring": _outline(round_=True),
}
LETTERS: dict[str, Empty] = {"letters": _unseen(letters.written), "signs": _unseen(letters.signed)}
