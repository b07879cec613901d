"""Sheets on which no digit is written: print, handwriting, lines, symbols, textures.

A sheet is uint8 (height, width), ink dark on light.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from HersheyFonts import HersheyFonts  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.drawing import nondigits, pictures
from training.drawing.glyphs import FONTS, HELD_OUT_FONTS, HELD_OUT_HERSHEY
from training.evaluation.camera import Sheet, photograph

# Every letter is in them, those that resemble digits too.
SENTENCES = (
    "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich. The five boxing wizards jump quickly.",
    "Portez ce vieux whisky au juge blond qui fume. El veloz murciélago hindú comía feliz cardillo y kiwi.",
    "Pay to the order of. Signature of the account holder. Please fill in block letters.",
)
TEXT = [word for sentence in SENTENCES for word in sentence.split()]
FACES = [*HELD_OUT_HERSHEY, "scripts", "cursive"]  # of handwriting
FOLDER = Path(mpl.get_data_path()) / "fonts" / "ttf"
SKETCHES = ("lines", "scrawl", "dots", "scribble", "shape")
SIDES = 300, 1_100  # pixels of a sheet
Symbols = NDArray[np.uint8]


def draw(kind: str, rng: np.random.Generator, symbols: Symbols) -> Sheet:
    """Return a photographed sheet of one of KINDS; `symbols` (n, 28, 28), dark on light, are no digits."""
    height, width = (int(side) for side in rng.integers(*SIDES, 2))
    sheet = KINDS[kind](height, width, rng, symbols)
    if rng.random() < 0.15:  # light on dark
        sheet = 255 - sheet
    picture, _ = photograph(sheet, rng, tilt=0.03 if rng.random() < 0.5 else 0.0)
    return picture


def _paper(height: int, width: int, rng: np.random.Generator) -> Image.Image:
    return Image.new("L", (width, height), int(rng.integers(200, 256)))


def _print(height: int, width: int, rng: np.random.Generator, _: Symbols) -> Sheet:
    """Return lines of words in one font."""
    page = _paper(height, width, rng)
    brush, names = ImageDraw.Draw(page), [*FONTS, *HELD_OUT_FONTS]
    name = f"{names[int(rng.integers(len(names)))]}.ttf"
    font = ImageFont.truetype(FOLDER / name, int(rng.integers(10, 48)))
    ink, y = int(rng.integers(0, 100)), 8
    while y < height:
        line = " ".join(rng.choice(TEXT, int(rng.integers(2, 9))))
        if name.startswith("cm"):  # which has no accents
            line = _plain(line)
        brush.text((int(rng.integers(2, 30)), y), line, ink, font)
        y += round(font.size * rng.uniform(1.1, 2.0))
    return np.asarray(page)


def _handwriting(height: int, width: int, rng: np.random.Generator, _: Symbols) -> Sheet:
    """Return lines of words drawn with a pen."""
    page = _paper(height, width, rng)
    font = HersheyFonts()
    font.load_default_font(FACES[int(rng.integers(len(FACES)))])
    size, slant = int(rng.integers(16, 70)), rng.uniform(-0.1, 0.4)
    font.normalize_rendering(size)
    y = float(1.5 * size)
    while y < height:
        words = _plain(" ".join(rng.choice(TEXT, int(rng.integers(1, 6)))))
        _write(ImageDraw.Draw(page), font, words, (10.0, y), slant, rng)
        y += size * rng.uniform(1.5, 2.5)
    return np.asarray(page)


def _write(  # noqa: PLR0913, PLR0917 - where and how words are written
    brush: ImageDraw.ImageDraw,
    font: HersheyFonts,
    words: str,
    start: tuple[float, float],
    slant: float,
    rng: np.random.Generator,
) -> None:
    width, ink = int(rng.integers(1, 6)), int(rng.integers(0, 100))
    for stroke in font.strokes_for_text(words):
        points = np.array([*stroke])
        points = points * np.array([1.0, -1.0]) + np.outer(points[:, 1], (slant, 0.0))
        shaken = points + start + rng.normal(0, 0.5, points.shape)
        brush.line([*map(tuple, shaken)], ink, width, joint="curve")


def _lines(height: int, width: int, rng: np.random.Generator, _: Symbols) -> Sheet:
    """Return rules, tables, empty combs and sketches of shapes."""
    page = _paper(height, width, rng)
    brush, ink, pen = ImageDraw.Draw(page), int(rng.integers(0, 150)), int(rng.integers(1, 4))
    step = int(rng.integers(20, 90))
    if rng.random() < 0.7:
        for y in range(step, height, step):
            brush.line((0, y, width, y), ink, pen)
    if rng.random() < 0.5:
        for x in range(step, width, int(step * rng.uniform(0.6, 4))):
            brush.line((x, 0, x, height), ink, pen)
    for name in rng.choice(SKETCHES, 4):
        sketch = nondigits.KINDS[str(name)][1](rng, int(rng.integers(40, 160)))
        _paste(page, np.invert(sketch), rng)
    return np.asarray(page)


def _symbols(height: int, width: int, rng: np.random.Generator, symbols: Symbols) -> Sheet:
    """Return letters and signs by real hands."""
    page = Image.new("L", (width, height), 255)
    side = int(rng.integers(20, 90))
    for y in range(8, height - side - 8, round(1.6 * side)):
        for x in range(8, width - side - 8, round(side * rng.uniform(1.3, 3))):
            sign = Image.fromarray(symbols[int(rng.integers(len(symbols)))])
            page.paste(sign.resize((side, side), Image.Resampling.BICUBIC), (x, y))
    return np.asarray(page)


def _textures(height: int, width: int, rng: np.random.Generator, _: Symbols) -> Sheet:
    """Return noise, cloth, rings, moiré or slopes."""
    kinds = (pictures.blank, pictures.noise, pictures.pink, pictures.texture)
    square = kinds[int(rng.integers(len(kinds)))](rng, max(height, width))
    return 255 - square[:height, :width]


def _plain(text: str) -> str:
    """Return the text without the letters that ASCII lacks."""
    return text.encode("ascii", "ignore").decode()


def _paste(page: Image.Image, sketch: Sheet, rng: np.random.Generator) -> None:
    """Lay a sketch onto the page; the darker of both shows."""
    room = page.width - sketch.shape[1], page.height - sketch.shape[0]
    x, y = (int(rng.integers(0, max(1, space))) for space in room)
    box = (x, y, x + sketch.shape[1], y + sketch.shape[0])
    page.paste(Image.fromarray(np.minimum(np.asarray(page.crop(box)), sketch)), box)


KINDS: dict[str, Callable[[int, int, np.random.Generator, Symbols], Sheet]] = {
    "print": _print,
    "handwriting": _handwriting,
    "lines": _lines,
    "symbols": _symbols,
    "textures": _textures,
}


def load_symbols(archive: Path) -> Symbols:
    """Return the pictures (n, h, w) in a NumPy archive of `x`."""
    with np.load(archive) as file:
        symbols: Symbols = file["x"]
    return symbols
