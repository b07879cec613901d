"""The canary: corrections beside a model that every release must read right.

`functions/hooks/pre_traffic.py` asks a new version for them before it gets any traffic.
"""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.images import decode
from digits.model import Model
from digits.recognize import Reader
from training.data.corrections import Correction, meant
from training.data.pool import NOT_A_DIGIT

FILE = "corrections.json"  # beside model.json
MOST = 30  # corrections in it: about 15 KB of the image, and three more requests in a release


class Canary(TypedDict):
    """A correction as a release reads it."""

    image: str  # base64 of a PNG, 28×28: what the model saw, not the picture that was sent
    label: int | None  # None for what is no digit


def load(folder: Path) -> list[Canary]:
    """Return the canary beside a model; it is empty where no correction was ever learned."""
    path = folder / FILE
    canary: list[Canary] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return canary


def write(folder: Path, canary: Sequence[Canary]) -> None:
    """Write the canary beside a model."""
    (folder / FILE).write_text(json.dumps(canary, indent=1) + "\n", "utf-8")


def find_unlearned(model: Model, canary: Sequence[Canary]) -> list[str]:
    """Return a line for each correction that a model reads wrong."""
    reader = Reader(model)
    readings = [reader.one(base64.b64decode(one["image"]), "never") for one in canary]
    return [
        f"it reads an earlier correction, {_name(one['label'])}, as {_name(_label(meant(reading)))}"
        for one, reading in zip(canary, readings, strict=True)
        if _label(meant(reading)) != one["label"]
    ]


def choose(
    earlier: Sequence[Canary], corrections: Sequence[Correction], before: Model, after: Model
) -> list[Canary]:
    """Return the earlier ones and the corrections that `after` reads right and `before` did not.

    Where there are more than MOST, they are thinned out evenly over the classes.
    """
    old, new = Reader(before), Reader(after)
    found = {one["image"]: one for one in earlier}
    for one in corrections:
        picture = decode(one.read())
        reading = new.one(picture)
        if one.reads_right(reading) and not one.reads_right(old.one(picture)):
            image = _encode(reading.input)
            found[image] = Canary(image=image, label=_label(one.label))
    ordered = sorted(found.values(), key=lambda one: -1 if one["label"] is None else one["label"])
    places = np.linspace(0, len(ordered) - 1, min(MOST, len(ordered))).round().astype(int)
    return [ordered[place] for place in places]


def _label(found: int) -> int | None:
    return None if found == NOT_A_DIGIT else found


def _name(label: int | None) -> str:
    return "no digit" if label is None else f"a {label}"


def _encode(picture: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
