"""Batches of both protocols: images out of the items, one model call, one answer for each."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.problems import Problem
from api.readings import read_items
from api.settings import Settings
from digits.errors import received
from digits.model import Model
from digits.recognize import Item, Reader

NAME: Final = "digits"  # of the model
LABEL: Final = "stable"  # of the one version, as TensorFlow Serving's own examples call it
INPUT: Final = "image"  # name of the one input

# Name of an output to its datatype and its shape after the batch; the members of /mnist/classify's answer.
OUTPUTS: Final[dict[str, tuple[str, list[int]]]] = {
    "class": ("INT64", []),
    "probability": ("FP32", []),
    "probabilities": ("FP32", [10]),
    "is_digit": ("BOOL", []),
    "digit_score": ("FP32", []),
}


def read_batch(
    reader: Reader, settings: Settings, items: Sequence[Item], pointer: str
) -> list[dict[str, Any]]:
    """Read one digit in each item; per item the members of OUTPUTS, as /mnist/classify has them.

    Args:
        reader: the classifier with its limits.
        settings: the limit of a batch.
        items: each gives a picture.
        pointer: the place of the items in the body.

    Raises:
        Problem: no item, too many, or some that are no image, each named by its place below `pointer`.
    """
    if not items:
        raise Problem("invalid-body", "There must be at least one image. Received: an array of 0")
    if len(items) > settings.max_batch_size:
        limit = f"A batch may have {settings.max_batch_size} images."
        raise Problem("batch-too-large", f"{limit} Received: {len(items)}")
    pictures = {f"{pointer}/{place}": item for place, item in enumerate(items)}
    return [reading.to_json() for reading in read_items(reader, pictures)]


def major(version: str) -> str:
    """Return the whole number that a version begins with: what these protocols call a version."""
    return version.partition(".")[0]


def require_model(request: Request, model: Model) -> None:
    """Refuse a path that names another model than ours, or another version; 1 is any 1.x.y."""
    name = request.path_params["name"]
    label = request.path_params.get("label", LABEL)
    if label != LABEL:
        raise HTTPException(404, f"The one label of a version here is {LABEL}, not {received(label)}")
    version = request.path_params.get("version", model.version)
    if name != NAME or version not in {model.version, major(model.version)}:
        known = f"The model here is {NAME}, version {major(model.version)} ({model.version})"
        raise HTTPException(404, f"{known}, not {received(name)} version {received(version)}")
