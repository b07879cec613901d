"""Corrections: pictures kept under the class that they should have been read as; imported with the first."""

import hashlib
import io
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Final

from PIL import Image, ImageOps

from api.problems import Problem
from api.schemas import parse_object
from digits.base64_text import decode_base64
from digits.errors import ImageTooLarge, received
from digits.images import decode

MAX_PIXELS: Final = 4_000_000  # of a picture that is kept: 12 MB of a file at most
MINUTE: Final = 60.0  # seconds
DAY: Final = 24 * 60 * MINUTE  # seconds until somebody may have emptied the folder
NOTHING: Final = "none"  # folder of what is not a digit
_MODES: Final = {
    "1",
    "L",
    "LA",
    "RGB",
    "RGBA",
}  # kept as they are; others become RGB or RGBA


@dataclass(frozen=True)
class Correction:
    """A picture that is to be kept, and where."""

    label: str  # 0 to 9, or NOTHING
    name: str  # sha256 of the file
    file: bytes  # PNG


class Folder:
    """A folder of corrections, bounded in number and in how fast it grows."""

    def __init__(self, folder: Path, limit: int, rate: int) -> None:
        """Keep at most `limit` pictures below `folder`, and `rate` a minute."""
        self._folder, self._limit, self._rate = folder, limit, rate
        self._times: deque[float] = deque()
        self._lock = Lock()

    def keep(self, correction: Correction) -> None:
        """Keep a picture.

        Raises:
            Problem: there is more feedback than the limits let in.
        """
        with self._lock:
            self._admit()
            self._store(correction.label, f"{correction.name}.png", correction.file)

    def _admit(self) -> None:
        now = monotonic()
        while self._times and now - self._times[0] > MINUTE:
            self._times.popleft()
        if len(self._times) >= self._rate:
            raise refuse(f"At most {self._rate} corrections a minute are taken. Received: more", MINUTE)
        kept = sum(1 for _ in self._folder.glob("*/*.png"))
        if kept >= self._limit:
            raise refuse(f"At most {self._limit:,} corrections are kept. Received: one more", DAY)
        self._times.append(now)

    def _store(self, label: str, name: str, file: bytes) -> None:
        """Write a file in whole; the same picture under another class was an earlier opinion."""
        place = self._folder / label / name
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(file)
        part.replace(place)
        for other in self._folder.glob(f"*/{name}"):
            if other != place:
                other.unlink(missing_ok=True)


def parse(body: bytes) -> Correction:
    """Return the picture of a JSON body as it is kept: set upright, its pixels unchanged, without metadata.

    Raises:
        Problem: the body is of another shape.
        DigitsError: the picture cannot be read.
    """
    document = parse_object(body)
    label = _label(document)
    file = _plain_png(_image(document))
    return Correction(label, hashlib.sha256(file).hexdigest(), file)


def refuse(detail: str, seconds: float) -> Problem:
    """Return the refusal of more feedback than a limit, until so many seconds have passed."""
    return Problem("too-much-feedback", detail, headers={"Retry-After": f"{seconds:.0f}"})


def _label(document: dict[str, Any]) -> str:
    label = document.get("class", "nothing")
    if label is None:
        return NOTHING
    if type(label) is not int or not 0 <= label <= 9:
        detail = f'"class" must be a digit, or null for what is none. Received: {received(label)}'
        raise Problem("invalid-body", detail, [{"pointer": "/class", "detail": detail}])
    return str(label)


def _image(document: dict[str, Any]) -> bytes:
    image = document.get("image")
    if not isinstance(image, str):
        detail = f'"image" must be an image file in base64. Received: {received(image)}'
        raise Problem("invalid-body", detail, [{"pointer": "/image", "detail": detail}])
    return decode_base64(image)


def _plain_png(data: bytes) -> bytes:
    """Return a picture, set upright, as a PNG file of the same pixels and nothing else."""
    decode(data, MAX_PIXELS)  # refuses what is no picture
    with Image.open(io.BytesIO(data)) as image:
        if image.width * image.height > MAX_PIXELS:
            limit = f"A picture that is kept may have {MAX_PIXELS:,} pixels."
            raise ImageTooLarge(f"{limit} Received: {image.width}x{image.height}")
        upright = ImageOps.exif_transpose(image)
        if upright.mode not in _MODES:
            upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    upright.info.clear()
    file = io.BytesIO()
    upright.save(file, "PNG")
    return file.getvalue()
