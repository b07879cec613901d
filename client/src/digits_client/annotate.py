"""Pictures with what was read drawn over them."""

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from digits_client.answers import plain
from digits_client.errors import ImageUnreadable
from digits_client.pictures import Picture, file_bytes
from digits_client.readings import Number, Page

COLOR = (31, 111, 235)
_SMALLEST = 10  # height of a text in pixels


def annotate(picture: Picture, page: Page) -> Image.Image:
    """Return the picture set upright, with a box around each digit and each number's text above it.

    Raises:
        ImageUnreadable: Pillow cannot open the picture here, though the server could.
    """
    try:
        with Image.open(io.BytesIO(file_bytes(picture))) as stored:
            image = ImageOps.exif_transpose(stored).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise ImageUnreadable(f"The picture cannot be drawn on here: {error}") from None
    canvas = ImageDraw.Draw(image)
    line, most = max(1, round(max(image.size) / 600)), max(_SMALLEST, image.height // 4)
    for number in (*page.numbers, *page.fields):
        _mark(canvas, number, line, most)
    return image


def file_name(name: str, place: int) -> str:
    """Return the name of an annotated picture's file: that of its source, numbered, so that none is lost."""
    return f"{place:04d}-{Path(name).stem or 'picture'}.png"


def _mark(canvas: ImageDraw.ImageDraw, number: Number, line: int, most: int) -> None:
    """Draw a number's boxes, lines so wide, and its text at most so high."""
    for digit in number.digits:
        x, y, width, height = digit.box
        canvas.rectangle((x, y, x + width, y + height), outline=COLOR, width=line)
    x, y, _, height = number.box
    size = min(max(_SMALLEST, height // 3), most)
    text = f"{plain(number.name)}: {number.text}" if number.name else number.text
    place = (x, y - size - 2 * line if y > size + 2 * line else y + height + line)
    canvas.text(place, text, fill=COLOR, font=ImageFont.load_default(size))
