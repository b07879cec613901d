"""The requests that contenders answer: digits of our own in MNIST's format, and a drawing."""

import base64
import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from events.draw import draw
from events.sources import http_v2

BATCHES = (1, 8, 64)


def rows(digit: int = 5) -> bytes:
    """Return the JSON body of /predict: a digit in MNIST's format."""
    return json.dumps({"data": draw(digit).tolist()}).encode()


def classify(size: int) -> bytes:
    """Return the JSON body of /mnist/classify with this many PNG files in MNIST's format."""
    items = [{"image": _png(draw(place % 10))} for place in range(size)]
    return json.dumps({"requests": items}).encode()


def drawing() -> str:
    """Return a PNG in base64 as a page or a phone sends it: 280×280, dark ink on white."""
    picture = Image.fromarray(255 - draw(7)).resize((280, 280), Image.Resampling.BICUBIC)
    return _png(np.asarray(picture))


def event(path: str, body: bytes) -> dict[str, Any]:
    """Return the event that an HTTP API makes of a JSON body."""
    return http_v2("POST", path, body.decode())


def drawing_event() -> dict[str, Any]:
    """Return the event that an HTTP API makes of a PNG."""
    return http_v2("POST", "/predict", base64.b64decode(drawing()), "image/png")


def routes() -> dict[str, dict[str, Any]]:
    """Return by name the events that the function's routes are timed with."""
    batches = {f"classify {size}": event("/classify", classify(size)) for size in BATCHES}
    return {"predict": predict_event(), "drawing": drawing_event(), **batches}


def predict_event() -> dict[str, Any]:
    """Return the event of one digit as numbers, in MNIST's format."""
    return event("/predict", rows())


def template_event() -> dict[str, Any]:
    """Return the event that AWS's template expects: a picture in base64 as the body."""
    return {"body": _png(draw(5))}


def _png(pixels: NDArray[np.uint8]) -> str:
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    return base64.b64encode(packed.getvalue()).decode()
