"""Photographs of a written digit, as phones take them."""

import io

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw, ImageFilter

from events.draw import STROKES
from tests.samples.heif import Coded, Item, coded, grid, heif, ispe

# Megapixels to width and height, those of the main cameras of today's phones.
SIZES = {12: (4032, 3024), 24: (5712, 4284), 50: (8160, 6120)}
TILE = 512  # pixels a side, as iPhones cut their pictures
KINDS = {"jpeg": "image/jpeg", "heic": "image/heic", "avif": "image/avif"}
PAPER, INK = (226, 222, 212), (38, 48, 110)
NOISE = 4  # standard deviation of a sensor's noise in daylight, of 255
HEIGHT = 0.35  # of a photograph's height: a digit that somebody holds the phone over


def photograph(digit: int, megapixels: int, kind: str) -> bytes:
    """Return a file of a digit on a sheet of paper, about in the middle of so many megapixels."""
    size = SIZES[megapixels]
    columns, rows = (-(-side // TILE) for side in size)
    count = round(rows * HEIGHT / 0.7)  # tiles each way that are written on; a digit takes 70 % of them
    first = (columns - count) // 2, (rows - count) // 2
    if kind == "heic":
        return _heic(digit, (columns, rows), size, count, first)
    tile, photo = _tile(), Image.new("RGB", size)
    for place in range(columns * rows):
        photo.paste(tile, (place % columns * TILE, place // columns * TILE))
    photo.paste(_written(digit, count * TILE), (first[0] * TILE, first[1] * TILE))
    file = io.BytesIO()
    photo.save(file, kind, quality=60, **({"speed": 10} if kind == "avif" else {}))
    return file.getvalue()


def _tile() -> Image.Image:
    """Return a tile of bare paper."""
    return _noisy(Image.new("RGB", (TILE, TILE), PAPER))


def _written(digit: int, side: int) -> Image.Image:
    """Return a square of paper with the digit."""
    paper = Image.new("RGB", (side, side), PAPER)
    pencil = ImageDraw.Draw(paper)
    for stroke in STROKES[digit]:
        points = [tuple(map(float, point.split(","))) for point in stroke.split()]
        places = [((0.15 + 0.007 * x) * side, (0.15 + 0.007 * y) * side) for x, y in points]
        pencil.line(places, INK, width=side // 17, joint="curve")
    return _noisy(paper.filter(ImageFilter.GaussianBlur(3)))


def _noisy(picture: Image.Image) -> Image.Image:
    pixels = np.asarray(picture)
    noise = np.random.default_rng(5).normal(0, NOISE, (*pixels.shape[:2], 1))
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def _heic(
    digit: int, tiles: tuple[int, int], size: tuple[int, int], count: int, first: tuple[int, int]
) -> bytes:
    """Return a grid of coded tiles, most of which are one: coding all the megapixels takes a minute."""
    columns, rows = tiles
    paper, written = _coded(_tile()), _written(digit, count * TILE)
    names = [2] * (columns * rows)  # of the items at each place of the grid; 1 is the grid
    pieces = []
    for row in range(count):
        for column in range(count):
            left, top = column * TILE, row * TILE
            pieces.append(_coded(written.crop((left, top, left + TILE, top + TILE))))
            names[(first[1] + row) * columns + first[0] + column] = 2 + len(pieces)
    whole = Item(b"grid", grid(rows, columns, *size), (3,), ((b"dimg", tuple(names)),))
    items = [Item(each.kind, each.content, (1, 2)) for each in (paper, *pieces)]
    return heif([whole, *items], [paper.config, ispe(TILE, TILE), ispe(*size)])


def _coded(picture: Image.Image) -> Coded:
    file = io.BytesIO()
    pillow_heif.from_pillow(picture).save(file, quality=46, enc_params={"preset": "ultrafast"})
    return coded(file.getvalue())
