"""The sample digits, and the request bodies that hold them.

The digits are our own, drawn from the pen strokes below, in MNIST's format: 28×28, ink bright on dark, the
longer side of the ink 20 pixels, its center of mass in the middle.
"""

import base64
import io
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

# Pen strokes of each digit: points x,y in a square of 100, y down, joined by a smooth curve.
STROKES = {
    0: ["52,3 24,18 15,50 24,85 50,97 77,84 86,50 76,16 52,3"],
    1: ["58,2 54,35 50,65 46,98"],
    2: ["20,25 33,7 55,3 74,15 73,36 55,60 20,93", "20,93 50,90 86,94"],
    3: ["22,12 48,2 72,14 68,36 42,47", "42,47 72,56 78,77 56,96 20,90"],
    4: ["28,4 22,30 20,52 50,55 85,50", "76,5 70,50 66,97"],
    5: ["82,4 55,5 30,7", "30,7 26,25 24,44", "24,44 50,40 75,52 78,75 57,95 20,92"],
    6: ["68,3 42,20 25,50 24,78 42,97 66,90 74,70 58,54 38,60 26,76"],
    7: ["16,10 45,8 82,7", "82,7 66,36 52,65 43,98"],
    8: ["72,14 50,3 28,14 32,34 55,50 74,70 66,92 45,97 26,84 32,64 56,47 72,30 72,14"],
    9: ["74,22 54,4 30,14 26,36 44,50 66,42 74,22", "74,22 72,50 64,97"],
}


STEPS = 60  # points of a curve between two of a stroke
Written = tuple[str, int, int, int]  # a number's digits, its left, its top and its height in pixels

# Fields of the sample form: name, box and the number in it.
FIELDS: list[tuple[str, tuple[int, int, int, int], str]] = [
    ("amount", (20, 20, 240, 64), "4250"),
    ("code", (20, 100, 200, 64), "806"),
    ("remark", (240, 170, 150, 60), ""),
]


def smooth(stroke: str) -> NDArray[np.float64]:
    """Return a Catmull-Rom curve through the stroke's points, shape (n, 2) in 0-1, STEPS to a segment."""
    points = np.array([point.split(",") for point in stroke.split()], dtype=np.float64) / 100
    knots = np.vstack([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, STEPS, endpoint=False)[:, None]
    before, start, end, after = (knots[i : len(knots) - 3 + i, None] for i in range(4))
    curve = start + 0.5 * t * (
        end
        - before
        + t * (2 * before - 5 * start + 4 * end - after + t * (3 * (start - end) + after - before))
    )
    return np.vstack([curve.reshape(-1, 2), knots[-1:]])


def draw(digit: int, width: float = 0.1, scale: int = 400) -> NDArray[np.uint8]:
    """Draw the digit in MNIST's format, shape (28, 28), 0-255; `width` is the pen's, of its height."""
    return center(ink(digit, width, scale))


def ink(digit: int, width: float = 0.1, scale: int = 400) -> Image.Image:
    """Draw the digit bright on black, cropped to its ink; `scale` is its height without the pen's width."""
    canvas = Image.new("L", (2 * scale, 2 * scale))
    pen = ImageDraw.Draw(canvas)
    radius = width * scale / 2
    for stroke in STROKES[digit]:
        for x, y in smooth(stroke) * scale + scale / 2:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return canvas.crop(canvas.getbbox())


def center(ink: Image.Image) -> NDArray[np.uint8]:
    """Scale the ink to 20 pixels on its longer side and put its center of mass in the middle of 28×28."""
    factor = 20 / max(ink.size)
    small = ink.resize((round(ink.width * factor), round(ink.height * factor)), Image.Resampling.BOX)
    weights = np.asarray(small, dtype=np.float64)
    rows, columns = np.indices(weights.shape)
    top = round(13.5 - (rows * weights).sum() / weights.sum())
    left = round(13.5 - (columns * weights).sum() / weights.sum())
    canvas = Image.new("L", (28, 28))
    canvas.paste(small, (left, top))
    return np.asarray(canvas)


def png(digit: int) -> bytes:
    """Draw the digit as a greyscale PNG file."""
    file = io.BytesIO()
    Image.fromarray(draw(digit)).save(file, "png", compress_level=0)  # stored: the same bytes from every zlib
    return file.getvalue()


def sheet(size: tuple[int, int], numbers: Sequence[Written]) -> Image.Image:
    """Write numbers on white paper of this width and height: each with its left, its top and its height."""
    paper = Image.new("L", size)
    for text, left, top, height in numbers:
        for glyph in (ink(int(digit)) for digit in text):
            small = glyph.resize((max(1, round(glyph.width * height / glyph.height)), height))
            paper.paste(small, (left, top))
            left += small.width + height // 5  # noqa: PLW2901 - the pen moves on
    return ImageChops.invert(paper)


def black_and_white(paper: Image.Image) -> bytes:
    """Return paper as a PNG file of one bit a pixel, stored, so that its bytes are those of every zlib."""
    file = io.BytesIO()
    paper.convert("1", dither=Image.Dither.NONE).save(file, "png", compress_level=0)
    return file.getvalue()


def amount() -> bytes:
    """Draw an amount."""
    return black_and_white(sheet((240, 72), [("18014", 16, 12, 48)]))


def page() -> bytes:
    """Draw a page of two lines, with two numbers in the first."""
    rows = [("314", 30, 30, 44), ("26", 300, 34, 44), ("9753", 40, 120, 44)]
    return black_and_white(sheet((480, 200), rows))


def form() -> bytes:
    """Draw a form with a box around each of FIELDS, the last of which is empty."""
    rows = [(text, box[0] + 14, box[1] + 12, 40) for _, box, text in FIELDS if text]
    paper = sheet((420, 240), rows)
    pen = ImageDraw.Draw(paper)
    for _, (x, y, width, height), _ in FIELDS:
        pen.rectangle((x, y, x + width, y + height), outline=0)
    return black_and_white(paper)


def form_body() -> str:
    """Return the JSON body for `/read` that asks for the form's fields."""
    fields = [{"name": name, "box": list(box)} for name, box, _ in FIELDS]
    return json.dumps({"image": base64_text(form()), "fields": fields})


def base64_text(data: bytes) -> str:
    """Return bytes as base64 text."""
    return base64.b64encode(data).decode("ascii")


def predict_body(digit: int) -> str:
    """Return the JSON body for `/predict`: 28 rows of 28 integers, a row to a line."""
    rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in draw(digit).tolist())
    return f'{{"data": [\n{rows}\n]}}\n'


def classify_body(digits: range) -> str:
    """Return the JSON body for `/mnist/classify`: a batch of PNG files in base64."""
    return json.dumps({"requests": [{"image": base64_text(png(digit))} for digit in digits]}, indent=1) + "\n"


def tensorflow_serving_body(digits: range) -> str:
    """Return the JSON body for TensorFlow Serving's `:predict`, in row format."""
    return json.dumps({"instances": [{"b64": base64_text(png(digit))} for digit in digits]})


def open_inference_body(digits: range) -> str:
    """Return the JSON body for the Open Inference Protocol's `/infer`: one tensor of all the digits."""
    pixels = np.stack([draw(digit) for digit in digits])
    tensor = {"name": "image", "shape": pixels.shape, "datatype": "UINT8", "data": pixels.ravel().tolist()}
    outputs = [{"name": "class"}, {"name": "probability"}]
    return json.dumps({"id": "42", "inputs": [tensor], "outputs": outputs})
