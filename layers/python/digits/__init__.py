"""Reads handwritten digits: bytes to pixels, pixels to MNIST's format, MNIST's format to an answer."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digits.recognize import Reader

# Where pip puts the model that it installs, and where it stands in the repository and in the image.
_INSTALLED = Path(__file__).parent / "artefact"
_BUNDLED = Path(__file__).resolve().parents[2] / "model"


def load(folder: Path | None = None) -> "Reader":
    """Load a model, the trained one if none is named, and return a reader: `load().one(picture).digit`.

    Raises:
        ArtefactError: a file of the model is missing, altered, or not what its model.json describes.
    """
    from digits.model import Model  # noqa: PLC0415 - importing the package alone loads no NumPy
    from digits.recognize import Reader  # noqa: PLC0415

    return Reader(Model.load(folder or (_INSTALLED if _INSTALLED.exists() else _BUNDLED)))
