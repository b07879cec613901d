"""A contact sheet: small pictures in rows, a caption under each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

CELL, PICTURE, CAPTION, MARGIN = 96, 84, 13, 6  # pixels: width of a cell, side of a picture, text height, gap
INK, PAPER = "#1f2933", "white"


def contact_sheet(
    pictures: Sequence[NDArray[np.uint8]], captions: Sequence[str], columns: int
) -> Image.Image:
    """Draw pictures (h, w) or (h, w, 3), each scaled to one square, with its caption's lines beneath."""
    lines = max((caption.count("\n") + 1 for caption in captions), default=1)
    height = PICTURE + lines * CAPTION + 2 * MARGIN
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * CELL + MARGIN, max(1, rows) * height + MARGIN), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(CAPTION - 2)
    for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        left, top = MARGIN + number % columns * CELL, MARGIN + number // columns * height
        sheet.paste(_enlarged(picture), (left, top))
        middle = left + PICTURE / 2
        draw.multiline_text(
            (middle, top + PICTURE + 2), caption, INK, font, anchor="ma", align="center", spacing=2
        )
    return sheet


def _enlarged(picture: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(picture)
    exact = Image.Resampling.NEAREST if max(image.size) <= PICTURE else Image.Resampling.BOX
    scale = PICTURE / max(image.size)
    square = Image.new("RGB", (PICTURE, PICTURE), "gray")
    shown = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), exact)
    square.paste(shown, ((PICTURE - shown.width) // 2, (PICTURE - shown.height) // 2))
    return square
