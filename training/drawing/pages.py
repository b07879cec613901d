"""Pictures of written numbers, the box of every digit known: amounts on cheques, rows, forms, pages.

Each is composed at the size that the detector works at: digits of LEAST to LARGEST pixels of height.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from training.drawing import glyphs, numbers, paper, pictures
from training.drawing.marks import Marks
from training.drawing.numbers import Line, Written

Grey = NDArray[np.uint8]
Maker = Callable[[Marks, np.random.Generator, int, int], "Composed"]
LEAST, LARGEST = 12.0, 54.0  # pixels: heights of the digits that are to be found
WHOLE = 0.7  # share of a digit that has to be within the picture for it to be known
TINY, HUGE = (4.0, 7.5), (68.0, 220.0)  # pixels: heights of digits that are left to a finer or coarser look
ZEROS = 0.25  # share of amounts that end in zeros, as round sums do
WORDS = (
    "total",
    "date",
    "sum",
    "no.",
    "amount",
    "page",
    "name",
    "phone",
    "code",
    "street",
    "item",
    "price",
    "ref",
    "due",
    "paid",
    "tax",
    "net",
    "account",
    "euro",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Composed:
    """A picture and what stands in it."""

    grey: Grey
    boxes: NDArray[np.float32]  # (n, 4): x, y, width, height of each digit's ink
    labels: NDArray[
        np.int64
    ]  # (n,): 0-9, or -1 where a digit is cut off by the border: neither sought nor wrong


@dataclass
class _Scene:
    """What is being drawn: the strokes of one pen, print and rules beside them, and what it is drawn of."""

    marks: Marks
    rng: np.random.Generator
    sheet: numbers.Sheet
    printed: Image.Image  # L: darkness of print
    written: Written


def amount(marks: Marks, rng: np.random.Generator, height: int, width: int) -> Composed:
    """Return one number that fills its picture, as cut out of a cheque, a form or a list.

    The picture is at most (height, width), and smaller where the number is short or low.
    """
    digit = float(np.clip(height * np.exp(rng.uniform(np.log(0.2), np.log(0.8))), LEAST, LARGEST))
    line = _line(rng, digit)
    line.slope = float(rng.normal(0, 0.03))
    fits = max(1, int(width / (digit * max(0.35, 0.62 + line.gap)) * 0.9))
    count = min(fits, int(rng.choice(np.arange(1, 13), p=_LENGTHS)))
    sheet = numbers.blank(3 * height, width)
    written = Written()
    bottom = 2.0 * height
    left = digit * float(rng.choice([rng.uniform(-0.02, 0.15), rng.uniform(0, 1.5)], p=[0.6, 0.4]))
    if rng.random() < 0.15:
        left = numbers.currency(sheet, left, bottom, line, rng) + digit * float(rng.uniform(0, 0.3))
    places = _choose(marks, rng, count)
    right = numbers.write_number(sheet, marks, places, left, bottom, line, rng, written, points=0.65)
    if rng.random() < 0.55:
        right = numbers.end_amount(sheet, right, bottom, line, rng)
    right += digit * float(rng.choice([rng.uniform(0, 0.2), rng.uniform(0, 2)], p=[0.6, 0.4]))
    wide = int(np.clip(right, 24, width))
    top, high = _cut(written, rng, digit, height)
    written.boxes = [(x, y - top, w, h) for x, y, w, h in written.boxes]
    part = sheet[top : top + high, :wide].copy()
    if rng.random() < 0.35:
        _neighbors(part, marks, rng, line)
    scene = _Scene(marks, rng, part, Image.new("L", (wide, high)), written)
    if rng.random() < 0.6:
        _frame(scene, bottom - top - digit, bottom - top, digit)
    kind = rng.choice(["security", "paper", "flat"], p=[0.6, 0.2, 0.2])
    return _finished(scene, line, str(kind))


def _neighbors(part: numbers.Sheet, marks: Marks, rng: np.random.Generator, line: Line) -> None:
    """Let a little of what is written above, below or beside reach into a cut."""
    height, width = part.shape
    for _ in range(int(rng.integers(1, 4))):
        mark = marks.fields[int(rng.choice(marks.of(-1)))]
        x, y = float(rng.uniform(0, width)), height + line.height * float(rng.uniform(0.75, 0.95))
        if rng.random() < 0.4:
            y = line.height * float(rng.uniform(0.05, 0.25))
        numbers.set_mark(part, mark, x, y, line.height, line, rng)


def _cut(written: Written, rng: np.random.Generator, digit: float, height: int) -> tuple[int, int]:
    """Return the upper border and the height of a cut around what is written, mostly a close one."""
    low = min((y for _, y, _, _ in written.boxes), default=height)
    high = max((y + h for _, y, _, h in written.boxes), default=2 * height)
    above, below = digit * rng.choice([rng.uniform(-0.04, 0.2), rng.uniform(0, 0.8)], 2, p=[0.7, 0.3])
    top = int(low - above)
    return top, int(np.clip(high + below - top, 16, height))


def page(marks: Marks, rng: np.random.Generator, height: int, width: int) -> Composed:
    """Return a part of a page: rows of numbers, words and signs, in boxes or combs, on lines, or free."""
    scene = _Scene(marks, rng, numbers.blank(height, width), Image.new("L", (width, height)), Written())
    digit = float(np.exp(rng.uniform(np.log(LEAST), np.log(LARGEST))))
    line = _line(rng, digit)
    crowded = rng.uniform(1.05, 1.8)
    bottom = digit * rng.uniform(0.3, 1.2)
    while bottom < height + 0.4 * digit:
        _row(scene, line, bottom, width)
        bottom += line.height * crowded * rng.uniform(0.95, 1.3)
    kind = rng.choice(["security", "paper", "flat"], p=[0.15, 0.5, 0.35])
    return _finished(scene, line, str(kind))


def nothing(marks: Marks, rng: np.random.Generator, height: int, width: int) -> Composed:
    """Return a picture without a digit to find: words, print, textures, digits too large or too small."""
    kinds = ["words", "print", "huge", "tiny", "picture", "ground"]
    kind = rng.choice(kinds, p=[0.28, 0.14, 0.3, 0.1, 0.1, 0.08])
    scene = _Scene(marks, rng, numbers.blank(height, width), Image.new("L", (width, height)), Written())
    digit = float(np.exp(rng.uniform(np.log(LEAST), np.log(LARGEST))))
    line = _line(rng, digit)
    if kind == "picture":
        return _picture(rng, height, width)
    if kind in {"words", "print"}:
        bottom = digit * rng.uniform(0.3, 1.2)
        while bottom < height + 0.4 * digit:
            x = float(rng.uniform(-0.5, 1)) * digit
            while x < width:
                x = _word(scene, line, x, bottom) if kind == "words" else _label(scene, digit, x, bottom)
                x += digit * float(rng.uniform(0.3, 1.5))
            bottom += digit * rng.uniform(1.1, 2)
    if kind in {"huge", "tiny"}:
        line = _line(rng, float(np.exp(rng.uniform(*np.log(HUGE if kind == "huge" else TINY)))))
        bottom = line.height * float(rng.uniform(0.3, 1.2))
        while bottom < height + line.height:
            places = _choose(marks, rng, 1 + int(width / line.height))
            left = line.height * float(rng.uniform(-0.6, 0.5))
            numbers.write_number(scene.sheet, marks, places, left, bottom, line, rng, Written(), points=0.3)
            bottom += line.height * float(rng.uniform(1.1, 2))
    ground = str(rng.choice(["security", "paper", "flat"], p=[0.4, 0.3, 0.3]))
    return _finished(scene, line, ground)


_LENGTHS = np.array([8, 8, 12, 17, 22, 14, 8, 4, 2, 2, 1, 2]) / 100


def _line(rng: np.random.Generator, digit: float) -> Line:
    """Return somebody's way to write: mostly digits apart, some that touch or overlap by up to 15 %."""
    wide = rng.random()
    if wide < 0.3:
        gap = rng.uniform(-0.12, 0.06)
    elif wide < 0.85:
        gap = rng.uniform(0.03, 0.3)
    else:
        gap = rng.uniform(0.3, 0.9)
    pen = digit * float(np.exp(np.clip(rng.normal(np.log(0.095), 0.38), np.log(0.03), np.log(0.22))))
    slant = float(np.clip(rng.normal(0.06, 0.11), -0.25, 0.45))
    return Line(
        digit, max(pen, 1.1), slant, float(gap), float(rng.normal(0, 0.02)), float(rng.uniform(0.02, 0.12))
    )


def _choose(marks: Marks, rng: np.random.Generator, count: int) -> list[int]:
    """Choose digits for a number; round sums end in zeros."""
    labels = rng.integers(0, 10, count)
    if count > 2 and rng.random() < ZEROS:
        labels[-int(rng.integers(1, min(count, 5))) :] = 0
    if count > 1 and rng.random() < 0.05:
        labels[:] = labels[0]
    return [int(rng.choice(marks.of(int(label)))) for label in labels]


def _row(scene: _Scene, line: Line, bottom: float, width: int) -> None:
    """Fill a row with numbers, words, print and signs."""
    marks, rng = scene.marks, scene.rng
    x = float(rng.uniform(-0.5, 2)) * line.height
    while x < width:
        kind = rng.choice(
            ["number", "word", "print", "comb", "mark", "room"], p=[0.42, 0.17, 0.12, 0.14, 0.05, 0.1]
        )
        if kind == "number":
            places = _choose(marks, rng, int(rng.integers(1, 8)))
            if rng.random() < 0.1:
                x = numbers.currency(scene.sheet, x, bottom, line, rng)
            start = x
            x = numbers.write_number(
                scene.sheet, marks, places, x, bottom, line, rng, scene.written, points=0.2
            )
            if rng.random() < 0.15:
                x = numbers.end_amount(scene.sheet, x, bottom, line, rng)
            if rng.random() < 0.25:
                _box(scene, start, bottom - line.height, x, bottom)
        elif kind == "word":
            x = _word(scene, line, x, bottom)
        elif kind == "print":
            x = _label(scene, line.height, x, bottom)
        elif kind == "comb":
            x = _comb(scene, line, x, bottom)
        elif kind == "mark":
            place = int(rng.choice(marks.of(-1)))
            box = numbers.set_mark(scene.sheet, marks.fields[place], x, bottom, line.height * 1.3, line, rng)
            x = box[0] + box[2] if box else x + line.height
        x += line.height * float(rng.uniform(0.6, 2.5))


def _word(scene: _Scene, line: Line, x: float, bottom: float) -> float:
    """Write letters in a row, apart or joined, as a word or a signature."""
    marks, rng = scene.marks, scene.rng
    others = marks.of(-1)
    places = [int(place) for place in rng.choice(others, int(rng.integers(2, 9)))]
    begin = x
    line = Line(line.height * float(rng.uniform(0.6, 1.2)), line.pen, line.slant, line.gap, unsteady=0.15)
    x = numbers.write_number(scene.sheet, marks, places, x, bottom, line, rng, Written())
    if rng.random() < 0.4:  # joined, or underlined
        y = bottom - line.height * float(rng.choice([0.05, 0.3, -0.15]))
        numbers.set_segment(scene.sheet, (begin, y), (x, y))
    return x


def _comb(scene: _Scene, line: Line, x: float, bottom: float) -> float:
    """Write one digit into each cell of a comb or a row of boxes; some cells stay empty."""
    marks, rng = scene.marks, scene.rng
    cell = line.height * float(rng.uniform(0.85, 1.5))
    count = int(rng.integers(2, 10))
    top, base = (
        bottom - line.height * float(rng.uniform(1.05, 1.4)),
        bottom + line.height * float(rng.uniform(0.05, 0.25)),
    )
    brush = ImageDraw.Draw(scene.printed)
    shade = int(rng.integers(60, 256))
    teeth = top if rng.random() < 0.65 else base - line.height * float(rng.uniform(0.2, 0.5))
    for number in range(count + 1):
        at = x + number * cell
        brush.line((at, teeth, at, base), fill=shade, width=int(rng.integers(1, 3)) if number == 0 else 1)
    brush.line((x, base, x + count * cell, base), fill=shade)
    if teeth == top:
        brush.line((x, top, x + count * cell, top), fill=shade)
    inside = Line(line.height * 0.92, line.pen, line.slant, 0.0, unsteady=line.unsteady)
    for number, place in enumerate(_choose(marks, rng, count)):
        if rng.random() < 0.85:
            left = x + number * cell + cell * float(rng.uniform(0.05, 0.35))
            numbers.write_number(scene.sheet, marks, [place], left, bottom, inside, rng, scene.written)
    return x + count * cell


def _label(scene: _Scene, digit: float, x: float, bottom: float) -> float:
    """Print a word or a few letters, small or as high as the digits."""
    rng = scene.rng
    size = max(8, int(digit * rng.uniform(0.35, 1.1)))
    word = WORDS[int(rng.integers(len(WORDS)))]
    word = word.upper() if rng.random() < 0.3 else word.capitalize() if rng.random() < 0.5 else word
    word = word.translate(_LOOKALIKES) + (":" if rng.random() < 0.3 else "")
    face = list(glyphs.FONTS)[int(rng.integers(len(glyphs.FONTS)))]
    font = glyphs.outline(face, size)
    ImageDraw.Draw(scene.printed).text(
        (x, bottom), word, fill=int(rng.integers(90, 256)), font=font, anchor="ls"
    )
    return x + float(font.getlength(word))


_LOOKALIKES = str.maketrans("", "", "loIOSZ")  # printed alone, these could be digits


def _box(scene: _Scene, left: float, top: float, right: float, bottom: float) -> None:
    """Rule a box around a number, or a solid or dotted line beneath it."""
    rng = scene.rng
    brush = ImageDraw.Draw(scene.printed)
    shade, thick = int(rng.integers(80, 256)), int(rng.integers(1, 3))
    pad = (bottom - top) * float(rng.uniform(0.05, 0.4))
    kind = rng.random()
    if kind < 0.45:
        brush.rectangle((left - pad, top - pad, right + pad, bottom + pad), outline=shade, width=thick)
    elif kind < 0.75:
        brush.line((left - pad, bottom + pad / 2, right + pad, bottom + pad / 2), fill=shade, width=thick)
    else:
        for x in np.arange(left - pad, right + pad, rng.uniform(3, 6)):
            brush.ellipse((x, bottom + pad / 2, x + thick, bottom + pad / 2 + thick), fill=shade)


def _frame(scene: _Scene, top: float, bottom: float, digit: float) -> None:
    """Rule what a cut-out amount has left of its field: lines above, below, at a side."""
    rng = scene.rng
    brush = ImageDraw.Draw(scene.printed)
    width, height = scene.printed.size
    shade = int(rng.integers(90, 256))
    tilt = float(rng.normal(0, 1.5))
    for y, chance in (
        (bottom + digit * rng.uniform(-0.12, 0.2), 0.7),
        (top - digit * rng.uniform(-0.12, 0.2), 0.4),
    ):
        if rng.random() < chance:
            at = float(np.clip(y, 0, height - 1))
            brush.line((0, at, width, at + tilt), fill=shade, width=int(rng.integers(1, 4)))
    for x in (rng.uniform(0, 4), width - rng.uniform(1, 5)):
        if rng.random() < 0.15:
            brush.line((x, 0, x + tilt, height), fill=shade, width=int(rng.integers(1, 4)))


def _picture(rng: np.random.Generator, height: int, width: int) -> Composed:
    """Return noise, a texture, blobs or a scene of things."""
    makers = (pictures.noise, pictures.pink, pictures.texture, pictures.blob, pictures.scene, pictures.blank)
    square = makers[int(rng.integers(len(makers)))](rng, max(height, width) // 2)
    grey = np.asarray(Image.fromarray(square).resize((max(height, width),) * 2))[:height, :width]
    return _composed(grey.copy(), Written())


def _finished(scene: _Scene, line: Line, ground: str) -> Composed:
    """Lay strokes and print on their ground, in the light, and take the picture."""
    rng = scene.rng
    height, width = scene.sheet.shape
    pen = line.pen * (1 + _unevenness(rng, height, width)) if rng.random() < 0.5 else line.pen
    ink = numbers.ink(scene.sheet, pen, float(rng.uniform(0.8, 1.6)))
    if rng.random() < 0.3:  # a pen that skips, pencil on rough paper
        ink = ink * (1 - np.float32(rng.uniform(0.1, 0.6)) * paper.grain(rng, height, width))
    printed = np.asarray(scene.printed, np.float32) / 255
    dark = np.zeros((height, width), np.float32)
    depth = 0.0
    if ground == "security":
        depth = float(rng.uniform(0.05, 0.45))
        dark = paper.security(rng, height, width)
    elif ground == "paper":
        depth = float(rng.uniform(0.03, 0.4))
        dark = paper.paper(rng, height, width)
    # A stroke is darker than the print it runs over: else no reader would tell them apart.
    strength = (
        float(rng.uniform(max(0.25, 1.1 * depth), max(0.95, 1.2 * depth)))
        if ground != "flat"
        else float(rng.uniform(0.2, 1))
    )
    bright = float(rng.uniform(110, 255)) if ground != "flat" else float(rng.uniform(200, 255))
    light = bright * (1 - depth * dark)
    light *= 1 - printed * np.float32(rng.uniform(0.2, 0.95))
    light *= 1 - np.minimum(strength, 1) * ink
    return _composed(_taken(light, rng, clean=ground == "flat" and rng.random() < 0.6), scene.written)


def _unevenness(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    return (paper.clouds(rng, height, width) - np.float32(0.5)) * np.float32(rng.uniform(0, 0.8))


def _taken(light: NDArray[np.float32], rng: np.random.Generator, *, clean: bool) -> Grey:
    """Return the picture as a scanner, a camera or a drawing program gives it, in either polarity."""
    if not clean:
        light = _shaded(light, rng)
        if rng.random() < 0.8:
            light = _blurred(light, rng)
        light = light + rng.standard_normal(light.shape, np.float32) * np.float32(8 * rng.random() ** 2)
    grey = np.clip(light, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        buffer = io.BytesIO()
        Image.fromarray(grey).save(buffer, "JPEG", quality=int(rng.integers(30, 95)))
        grey = np.asarray(Image.open(buffer))
    return 255 - grey if rng.random() < 0.15 else grey


def _shaded(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the picture in uneven light, now and then with the edge of a shadow."""
    height, width = light.shape
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    light = light * (1 + np.float32(rng.uniform(-0.3, 0.3)) * x + np.float32(rng.uniform(-0.2, 0.2)) * y)
    if rng.random() < 0.12:
        edge = (
            x * np.float32(rng.uniform(-3, 3))
            + y * np.float32(rng.uniform(-1, 1))
            + np.float32(rng.uniform(-0.8, 0.8))
        )
        light = light * (
            1
            - np.float32(rng.uniform(0.1, 0.5))
            / (1 + np.exp(np.clip(-edge / np.float32(rng.uniform(0.02, 0.2)), -30, 30)))
        )
    return light


def _blurred(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the picture out of focus, or as of fewer pixels."""
    picture = Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))
    if rng.random() < 0.3:
        shrink = rng.uniform(1.1, 1.9)
        small = picture.resize(
            (max(8, int(picture.width / shrink)), max(8, int(picture.height / shrink))), Image.Resampling.BOX
        )
        picture = small.resize(picture.size, Image.Resampling.BICUBIC)
    else:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.5))))
    return np.asarray(picture, np.float32)


def _composed(grey: Grey, written: Written) -> Composed:
    """Return the picture with its boxes cut to it."""
    boxes, labels = np.array(written.boxes, np.float32).reshape(-1, 4), np.array(written.labels, np.int64)
    return Composed(grey, *cut_to(boxes, labels, *grey.shape))


def cut_to(
    boxes: NDArray[np.float32], labels: NDArray[np.int64], height: int, width: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return boxes (n, 4) cut to a picture, and labels: -1 where less than WHOLE of a digit is left."""
    low = np.clip(boxes[:, :2], 0, (width, height))
    high = np.clip(boxes[:, :2] + boxes[:, 2:], 0, (width, height))
    size = high - low
    left = size.prod(axis=1) >= WHOLE * boxes[:, 2:].prod(axis=1)
    there = (size >= 1).all(axis=1)
    cut = np.concatenate([low, size], axis=1)[there].astype(np.float32)
    return cut, np.where(left, labels, -1)[there]
