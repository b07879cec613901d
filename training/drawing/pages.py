"""Pictures of written numbers, the box of every digit known: amounts on cheques, rows, forms, pages.

Each is composed at the size that the detector works at: digits of LEAST to LARGEST pixels of height.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.drawing import glyphs, numbers, paper, pictures, words
from training.drawing.marks import Marks
from training.drawing.numbers import Line, Written

Grey = NDArray[np.uint8]
Maker = Callable[[Marks, np.random.Generator, int, int], "Composed"]
LEAST, LARGEST = 12.0, 54.0  # pixels: heights of the digits that are to be found
WHOLE = 0.7  # share of a digit that has to be within the picture for it to be known
TINY, HUGE = (4.0, 7.5), (68.0, 220.0)  # pixels: heights of digits that are left to a finer or coarser look
ZEROS = 0.25  # share of amounts that end in zeros, as round sums do
REPEATED = 0.1  # share of the digits that are the one before once more
ALIKE = 0.3  # share of the hands whose equal digits are of one form
STEEP = 0.15  # share of the hands that slant as much as 14 to 37 degrees


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
    """Return a picture without a digit to find: words, print, signs, rules, digits too large or too small."""
    kind = rng.choice(list(_NOTHING), p=[share for share, _ in _NOTHING.values()])
    if kind == "picture":
        return _picture(rng, height, width)
    scene = _Scene(marks, rng, numbers.blank(height, width), Image.new("L", (width, height)), Written())
    line = _line(rng, float(np.exp(rng.uniform(np.log(LEAST), np.log(LARGEST)))))
    fill = _NOTHING[str(kind)][1]
    if fill is not None:
        fill(scene, line)
    ground = str(rng.choice(["security", "paper", "flat"], p=[0.35, 0.3, 0.35]))
    return _finished(scene, line, ground)


def _written(scene: _Scene, line: Line) -> None:
    """Fill the picture with written words."""
    height, width = scene.sheet.shape
    rng = scene.rng
    bottom = line.height * rng.uniform(0.3, 1.2)
    while bottom < height + 0.4 * line.height:
        x = float(rng.uniform(-0.5, 1)) * line.height
        while x < width:
            x = _word(scene, line, x, bottom) + line.height * float(rng.uniform(0.3, 1.5))
        bottom += line.height * rng.uniform(1.1, 2)


def _printed(scene: _Scene, line: Line) -> None:
    """Fill the picture with text in one face and size."""
    height, width = scene.sheet.shape
    rng = scene.rng
    font, shade = _font(rng, line.height * float(rng.uniform(0.6, 1.4))), int(rng.integers(130, 256))
    bottom = font.size * rng.uniform(0.3, 1.2)
    while bottom < height + font.size:
        x = float(rng.uniform(-1, 1)) * font.size
        while x < width:
            x = _print(scene, words.spelled(rng), font, shade, x, bottom) + 0.3 * font.size
        bottom += font.size * rng.uniform(1.0, 1.7)


def _signs(scene: _Scene, line: Line) -> None:
    """Fill the picture with letters, signs and scrawls that stand alone."""
    height, width = scene.sheet.shape
    rng = scene.rng
    bottom = line.height * float(rng.uniform(0.6, 1.3))
    while bottom < height + 0.4 * line.height:
        x = float(rng.uniform(-0.3, 1)) * line.height
        while x < width:
            place = int(rng.choice(scene.marks.of(-1)))
            size = line.height * float(rng.uniform(0.45, 1.2))
            numbers.set_mark(scene.sheet, scene.marks.fields[place], x, bottom, size, line, rng)
            x += line.height * float(rng.uniform(1.0, 2.5))
        bottom += line.height * float(rng.uniform(1.2, 2))


def _ruled(scene: _Scene, line: Line) -> None:
    """Rule a form without an entry: lines, columns, empty combs and boxes, at times a cross or a tick."""
    height, width = scene.sheet.shape
    rng = scene.rng
    brush, shade = ImageDraw.Draw(scene.printed), int(rng.integers(80, 256))
    thick = int(rng.integers(1, 4))
    bottom = line.height * float(rng.uniform(0.3, 1.5))
    while bottom < height + line.height:
        if rng.random() < 0.6:
            brush.line((0, bottom, width, bottom + rng.normal(0, 2)), fill=shade, width=thick)
        else:
            _comb(scene, line, float(rng.uniform(-2, 4)) * line.height, bottom, filled=0.0)
        bottom += line.height * float(rng.uniform(1, 2.2))
    if rng.random() < 0.5:
        step = line.height * float(rng.uniform(0.5, 4))
        for x in np.arange(rng.uniform(0, step), width, step):
            brush.line((x, 0, x + rng.normal(0, 2), height), fill=shade, width=thick)
    for _ in range(int(rng.integers(0, 4))):
        place = int(rng.choice(scene.marks.of(-1)))
        x, y = float(rng.uniform(0, width)), float(rng.uniform(0.3, 1)) * height
        numbers.set_mark(scene.sheet, scene.marks.fields[place], x, y, line.height, line, rng)


def _out_of_sight(scene: _Scene, line: Line, heights: tuple[float, float]) -> None:
    """Write digits so large or so small that another look has to find them."""
    height, width = scene.sheet.shape
    rng = scene.rng
    line = _line(rng, float(np.exp(rng.uniform(*np.log(heights)))))
    bottom = line.height * float(rng.uniform(0.3, 1.2))
    while bottom < height + line.height:
        places = _choose(scene.marks, rng, 1 + int(width / line.height))
        left = line.height * float(rng.uniform(-0.6, 0.5))
        numbers.write_number(scene.sheet, scene.marks, places, left, bottom, line, rng, Written(), points=0.3)
        bottom += line.height * float(rng.uniform(1.1, 2))


# What a picture without a digit shows: how often, and who draws it.
_NOTHING: dict[str, tuple[float, Callable[[_Scene, Line], None] | None]] = {
    "words": (0.28, _written),
    "print": (0.16, _printed),
    "signs": (0.16, _signs),
    "rules": (0.1, _ruled),
    "huge": (0.12, lambda scene, line: _out_of_sight(scene, line, HUGE)),
    "tiny": (0.05, lambda scene, line: _out_of_sight(scene, line, TINY)),
    "picture": (0.08, None),
    "ground": (0.05, None),
}


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
    if rng.random() < STEEP:
        slant = float(rng.uniform(0.25, 0.75))
    nested = bool(rng.random() < 0.5)
    return Line(
        height=digit,
        pen=max(pen, 1.1),
        slant=slant,
        gap=float(max(gap, -0.05) if nested else gap),  # strokes that overlap by more hide each other
        slope=float(rng.normal(0, 0.02)),
        unsteady=float(rng.uniform(0.02, 0.12)),
        nested=nested,
        taller=_habits(rng, {1: (0.9, 1.5), 4: (0.9, 1.3), 6: (1.0, 1.4), 7: (0.9, 1.5), 9: (1.0, 1.4)}),
        deeper=_habits(rng, {1: (0.0, 0.3), 4: (0.0, 0.2), 7: (0.0, 0.4), 9: (0.0, 0.45)}),
    )


def _habits(rng: np.random.Generator, bounds: dict[int, tuple[float, float]]) -> dict[int, float]:
    """Return the measures of a third of the digits that have any, drawn within their bounds."""
    return {digit: float(rng.uniform(*within)) for digit, within in bounds.items() if rng.random() < 1 / 3}


def _choose(marks: Marks, rng: np.random.Generator, count: int) -> list[int]:
    """Choose digits for a number; round sums end in zeros. Some hands write equal digits alike."""
    labels = rng.integers(0, 10, count)
    if count > 2 and rng.random() < ZEROS:
        labels[-int(rng.integers(1, min(count, 5))) :] = 0
    if count > 1 and rng.random() < 0.05:
        labels[:] = labels[0]
    for place in np.flatnonzero(rng.random(count - 1) < REPEATED).tolist():
        labels[place + 1] = labels[place]
    places = {int(label): int(rng.choice(marks.of(int(label)))) for label in labels}
    if rng.random() < ALIKE:
        return [places[int(label)] for label in labels]
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
    """Write a word or a signature: letters in a row, apart or joined."""
    rng = scene.rng
    begin = x
    if rng.random() < 0.25:
        places = [int(place) for place in rng.choice(scene.marks.of(-1), int(rng.integers(2, 9)))]
        line = Line(line.height * float(rng.uniform(0.6, 1.2)), line.pen, line.slant, line.gap, unsteady=0.15)
        x = numbers.write_number(scene.sheet, scene.marks, places, x, bottom, line, rng, Written())
    else:
        high = line.height * float(rng.uniform(0.6, 1.4))
        strokes = [(stroke - (0, 1)) * high for stroke in words.written(rng)]
        strokes = [stroke - np.outer(stroke[:, 1], (line.slant, 0)) + (x, bottom) for stroke in strokes]
        numbers.set_strokes(scene.sheet, strokes)
        x = float(max(stroke[:, 0].max() for stroke in strokes))
    if rng.random() < 0.3:  # joined, or underlined
        y = bottom - line.height * float(rng.choice([0.05, 0.3, -0.15]))
        numbers.set_segment(scene.sheet, (begin, y), (x, y))
    return x


def _comb(scene: _Scene, line: Line, x: float, bottom: float, filled: float = 0.85) -> float:
    """Write a digit into a share of the cells of a comb or of a row of boxes."""
    marks, rng = scene.marks, scene.rng
    cell = line.height * float(rng.uniform(0.85, 1.5))
    count = int(rng.integers(2, 10))
    top, base = (
        bottom - line.height * float(rng.uniform(1.05, 1.4)),
        bottom + line.height * float(rng.uniform(0.05, 0.25)),
    )
    brush = ImageDraw.Draw(scene.printed)
    shade = int(rng.integers(60, 256))
    boxed, thick = rng.random() < 0.7, int(rng.integers(1, 3))
    teeth = top if boxed and rng.random() < 0.45 else base - (base - top) * float(rng.uniform(0.2, 0.75))
    for number in range(count + 1):
        at, high = x + number * cell, top if boxed and number in {0, count} else teeth
        brush.line((at, high, at, base), fill=shade, width=thick)
    brush.line((x, base, x + count * cell, base), fill=shade, width=thick)
    if boxed:
        brush.line((x, top, x + count * cell, top), fill=shade, width=thick)
    inside = Line(line.height * 0.92, line.pen, line.slant, 0.0, unsteady=line.unsteady)
    for number, place in enumerate(_choose(marks, rng, count)):
        if rng.random() < filled:
            left = x + number * cell + cell * float(rng.uniform(0.05, 0.35))
            numbers.write_number(scene.sheet, marks, [place], left, bottom, inside, rng, scene.written)
    return x + count * cell


def _label(scene: _Scene, digit: float, x: float, bottom: float) -> float:
    """Print a word, small or as high as the digits."""
    rng = scene.rng
    font = _font(rng, digit * float(rng.uniform(0.35, 1.3)))
    return _print(scene, words.spelled(rng), font, int(rng.integers(90, 256)), x, bottom)


def _font(rng: np.random.Generator, size: float) -> ImageFont.FreeTypeFont:
    face = list(glyphs.FONTS)[int(rng.integers(len(glyphs.FONTS)))]
    return glyphs.outline(face, max(8, int(size)))


def _print(  # noqa: PLR0913, PLR0917 - what is printed and where
    scene: _Scene, text: str, font: ImageFont.FreeTypeFont, shade: int, x: float, bottom: float
) -> float:
    ImageDraw.Draw(scene.printed).text((x, bottom), text, fill=shade, font=font, anchor="ls")
    return x + float(font.getlength(text))


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
