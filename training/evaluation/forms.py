"""Filled-in forms, photographed: six fields on ruled, boxed or combed paper, a printed label before each.

A sheet is uint8 (height, width), ink dark on light.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digits.page import Field
from training.evaluation.camera import Sheet, photograph, seen_box
from training.evaluation.composed import Hands, Picture, scaled

FIELDS = 6  # of a form
PAPERS = ("ruled", "boxed", "combed")
LABELS = ("Amount", "Account", "Date of birth", "Customer", "Postal code", "Meter", "Invoice", "Telephone")
FONT = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
LEFT = 260  # pixels: where the fields begin, after their labels
LENGTHS = 3, 8  # digits in a field: so many at least, and fewer than so many
HEIGHTS = 26.0, 52.0  # pixels of the digits


@dataclass(frozen=True, eq=False)
class Form:
    """A photographed form: what its fields are, and what is written in each."""

    picture: Sheet
    paper: str
    fields: list[Field]  # their boxes in the picture; lengths unknown
    texts: list[str]


def draw(hands: Hands, paper: str, rng: np.random.Generator) -> Form:
    """Return a form on this paper, filled in by one of the hands."""
    texts = ["".join(map(str, rng.integers(0, 10, int(rng.integers(*LENGTHS))))) for _ in range(FIELDS)]
    digits = hands.digits("".join(texts), rng)
    height = float(rng.uniform(*HEIGHTS))
    cell = height * float(rng.uniform(1.35, 1.9))
    width = LEFT + round(LENGTHS[1] * cell * 0.8) + 60
    step = round(cell * rng.uniform(1.5, 2.4))
    sheet = Image.new("L", (width, FIELDS * step + 120), int(rng.integers(215, 256)))
    boxes = []
    for place, text in enumerate(texts):
        own, digits = digits[: len(text)], digits[len(text) :]
        box = (LEFT, 80 + place * step, round(len(text) * cell * 0.8) + 10, round(cell))
        _print(sheet, str(rng.choice(LABELS)), box, paper, len(text), rng)
        _fill(sheet, own, box, height, combed=paper == "combed", rng=rng)
        boxes.append(box)
    picture, matrix = photograph(np.asarray(sheet), rng)
    fields = [Field(f"field {place}", seen_box(box, matrix)) for place, box in enumerate(boxes)]
    return Form(picture, paper, fields, texts)


def _print(  # noqa: PLR0913, PLR0917 - what is printed and where
    sheet: Image.Image,
    label: str,
    box: tuple[int, int, int, int],
    paper: str,
    cells: int,
    rng: np.random.Generator,
) -> None:
    """Print a label and the lines to write on."""
    brush, ink = ImageDraw.Draw(sheet), int(rng.integers(60, 190))
    x, y, width, height = box
    brush.text((24, y + height / 2), label, 40, ImageFont.truetype(FONT, 24), anchor="lm")
    if paper == "ruled":
        brush.line((x, y + height - 4, x + width, y + height - 4), ink, 2)
        return
    brush.rectangle((x, y, x + width, y + height), outline=ink, width=2)
    if paper == "combed":
        for line in np.linspace(x, x + width, cells + 1)[1:-1]:
            brush.line((line, y + height / 2, line, y + height), ink, 2)


def _fill(  # noqa: PLR0913 - what is written where
    sheet: Image.Image,
    digits: Sequence[Picture],
    box: tuple[int, int, int, int],
    height: float,
    *,
    combed: bool,
    rng: np.random.Generator,
) -> None:
    """Write digits into a field: one in each cell of a comb, or side by side."""
    x, y, width, tall = box
    pitch, pen = width / len(digits), float(rng.uniform(0.25, 0.9))
    left = float(x + 6)
    for place, digit in enumerate(digits):
        one = scaled(digit, height * float(rng.normal(1, 0.05)))
        if combed:
            left = x + pitch * (place + 0.5) - one.shape[1] / 2 + pitch * float(rng.normal(0, 0.04))
        top = round(y + (tall - one.shape[0]) / 2 + tall * float(rng.normal(0, 0.03)))
        _ink(sheet, one, round(left), top, 1 - pen * 0.4)
        left += one.shape[1] + height * float(rng.uniform(0.05, 0.25))


def _ink(sheet: Image.Image, digit: Picture, left: int, top: int, strength: float) -> None:
    """Darken the sheet by a digit's ink."""
    place = (left, top, left + digit.shape[1], top + digit.shape[0])
    ground = np.asarray(sheet.crop(place), np.float32)
    inked = ground * (1 - strength * digit.astype(np.float32) / 255)
    sheet.paste(Image.fromarray(np.rint(inked).astype(np.uint8)), place)
