"""Letters and symbols that no careful reader takes for a digit, from stroke and outline fonts.

Left out everywhere: look-alikes such as O o Q θ φ Ф (0), l i ! I | / ( [ Λ (1), Z z (2), З з э } (3), Ч (4),
S s (5), b Б (6), > (7), B β (8), g q and the y of scripts (9).
"""

from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from HersheyFonts import HersheyFonts  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.drawing.pen import Picture, Stroke, along, draw
from training.drawing.strokes import bend, fit, lean, pen_width, taper

ROMAN = "ACDEFGHJKLMNPRTUVWXYacdefhjkmnprtuvwxy#%*+=?@~<"
GOTHIC = "ACDEFGHKMNPRTUVWXYacefhkmnpruvwx"
SCRIPT = "ACDHKMNRUVWXacdehkmnprtuvwx"
GREEK = "ACDEGHKMNPRSTUWXYaehjklmnprtuvwy"  # Α Χ Δ Ε Γ … α ε η × κ λ …
CYRILLIC_1 = "ADEFGIJKLMNPQRSVWYZadegijklmnpqsvwyz"  # А Г Д Е Ж И Й К Л М Н П Р С Т Х Ц Ш Щ
CYRILLIC = "ADEGHIKLMNPQRSTUWXdeghiklmnpqrtuwx"  # А Д И Г Ж … Ш … Ю … Щ Х
KANA = "ADEFGIMNPUVWXZ^_`abcd"  # あ え お か き け す せ た な に ぬ ね …
MATHEMATICS = '!"#%&:;'

HERSHEY = {
    "futural": ROMAN,
    "futuram": ROMAN,
    "rowmans": ROMAN,
    "rowmant": ROMAN,
    "timesr": ROMAN,
    "scripts": SCRIPT,
    "cursive": SCRIPT,
    "gothiceng": GOTHIC,
    "greek": GREEK,
    "cyrillic": CYRILLIC,
    "japanese": KANA,
    "mathupp": MATHEMATICS,
}
HELD_OUT_HERSHEY = {
    "rowmand": ROMAN,
    "timesi": ROMAN,
    "scriptc": SCRIPT,
    "gothitt": GOTHIC,
    "cyrilc_1": CYRILLIC_1,
}

PRINT = "ACDEFGHJKLMNPRTUVWXYacdefhjkmnprtuvwxy#%&*+=?@^~<"
WIDE = PRINT + "ΓΔΞΠΣΨΩαεηκλμπψωДЖИЛМПШЩЫЮЯджишщюя→←±×÷≈≠≤≥√♠♣♥♦♪♫✓✗☂☎"
FONTS = {
    "DejaVuSans": WIDE,
    "DejaVuSans-Bold": WIDE,
    "DejaVuSans-Oblique": PRINT,
    "DejaVuSansMono": PRINT,
    "DejaVuSerif": PRINT,
    "DejaVuSerif-Bold": PRINT,
    "STIXGeneral": PRINT,
    "STIXGeneralItalic": PRINT.replace("y", ""),
    "cmr10": "ACDEFGHJKLMNPRTUVWXYacdefhjkmnprtuvwxy#%*+=?@",
    "cmss10": "ACDEFGHJKLMNPRTUVWXYacdefhjkmnprtuvwxy#%*+=?@",
    "cmtt10": PRINT,
}
HELD_OUT_FONTS = {
    "DejaVuSerif-Italic": PRINT.replace("y", ""),
    "DejaVuSansMono-BoldOblique": PRINT,
    "STIXGeneralBol": PRINT,
    "cmb10": "ACDEFGHJKLMNPRTUVWXYacdefhjkmnprtuvwxy#%*+=?@",
    "cmti10": "ACDEFGHJKMNPRTUVWXYacdehkmnprtuvwx#%+=?@",
}
HELD_OUT_GLYPHS = frozenset("RKFk&%")  # of no face and no font in training


def written(rng: np.random.Generator, size: int, *, held_out: bool = False) -> Picture:
    """Return a glyph of a stroke font, drawn with the pens and slants of the digits."""
    strokes = handwritten(rng, held_out=held_out)
    return draw(strokes, rng, size, pen_width(strokes, rng, 0.13))


def handwritten(rng: np.random.Generator, *, held_out: bool = False) -> list[Stroke]:
    """Return the strokes of a glyph of a stroke font, as a hand might write it, inside the unit square."""
    face, glyph = _pick(rng, HERSHEY, HELD_OUT_HERSHEY, held_out=held_out)
    strokes = [along(stroke, 0.05) for stroke in fit(_hershey(face)[glyph])]
    strokes = bend(taper(strokes, rng), rng, rng.uniform(0, 0.03))
    return fit(lean(strokes, rng, (-20, 28), 8))


def printed(rng: np.random.Generator, size: int, *, held_out: bool = False) -> Picture:
    """Return a glyph of an outline font, slanted, turned and thickened a little, its edges soft or hard."""
    name, glyph = _pick(rng, FONTS, HELD_OUT_FONTS, held_out=held_out)
    canvas = Image.new("L", (size, size))
    height = round(size * rng.uniform(0.6, 0.8))
    weight = int(rng.integers(0, 3)) if rng.random() < 0.4 else 0
    ImageDraw.Draw(canvas).text(
        (size / 2, size / 2), glyph, fill=255, font=outline(name, height), anchor="mm", stroke_width=weight
    )
    matrix = lean([np.eye(2)], rng, (-20, 28), 8)[
        0
    ].T  # picture coordinates of the result to those of the glyph
    inverse = np.linalg.inv(matrix)
    offset = size / 2 - inverse @ (size / 2, size / 2)
    rows = np.column_stack([inverse, offset]).ravel().tolist()
    canvas = canvas.transform((size, size), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR)
    if rng.random() < 0.3:
        canvas = canvas.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 2.0))))
    ink = np.asarray(canvas)
    return np.where(ink > 110, 255, 0).astype(np.uint8) if rng.random() < 0.3 else ink.copy()


def _pick(
    rng: np.random.Generator, seen: dict[str, str], unseen: dict[str, str], *, held_out: bool
) -> tuple[str, str]:
    """Return a face and a glyph of it; where held out, an unseen face or an unseen glyph of a seen face."""
    if not held_out:
        names, fresh = seen, False
    else:
        fresh = rng.random() < 0.3
        names = {k: v for k, v in seen.items() if HELD_OUT_GLYPHS & set(v)} if fresh else unseen
    name = list(names)[int(rng.integers(len(names)))]
    allowed = [glyph for glyph in names[name] if (glyph in HELD_OUT_GLYPHS) == fresh]
    return name, allowed[int(rng.integers(len(allowed)))]


@cache
def _hershey(face: str) -> dict[str, list[Stroke]]:
    """Return the strokes of a Hershey face by character, in its own units."""
    font = HersheyFonts()
    font.load_default_font(face)
    glyphs = {}
    for character in font.all_glyphs:
        strokes = [np.array(list(stroke), dtype=np.float64) for stroke in font.strokes_for_text(character)]
        glyphs[character] = [stroke for stroke in strokes if len(stroke) > 1]
    return glyphs


@cache
def outline(name: str, height: int) -> ImageFont.FreeTypeFont:
    """Return one of matplotlib's outline fonts, `height` pixels to the em."""
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf", height)
