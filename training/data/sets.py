"""Labelled images from outside MNIST: archives of pixels, of boxed pictures, and folders of image files.

A label is one of the characters 0…9, or the name of something that is no digit ("plus", "w").
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from PIL import Image

DIGITS = frozenset("0123456789")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


@dataclass(frozen=True)
class LabelledSet:
    """Images and their labels, in one order; an image is read as an encoded file, when it is asked for."""

    name: str
    labels: Sequence[str]
    read: Callable[[int], bytes]

    def thinned(self, limit: int | None) -> "LabelledSet":
        """Return at most so many of the items, evenly spaced."""
        if limit is None or limit >= len(self.labels):
            return self
        chosen = np.linspace(0, len(self.labels) - 1, limit).astype(int).tolist()
        return LabelledSet(self.name, [self.labels[i] for i in chosen], lambda i: self.read(chosen[i]))


def find(paths: Iterable[Path]) -> list[LabelledSet]:
    """Open every set in `paths`: an archive, a folder of archives, or a folder of labelled images.

    An archive is a .npz of pixels or a .zip of boxed pictures.

    Raises ValueError for a path without any, and for labels or arrays that make no set.
    """
    return [found for path in paths for found in _open(path)]


def from_archive(path: Path) -> LabelledSet:
    """Open a NumPy archive with `x` (n, h, w) uint8 and `y` (n,), digits or names; images come as PNG."""
    with np.load(path) as archive:
        missing = {"x", "y"} - set(archive.files)
        if missing:
            raise ValueError(
                f"{path} lacks {', '.join(sorted(missing))}. Received: {', '.join(archive.files)}"
            )
        x, y = archive["x"], archive["y"]
    if x.dtype != np.uint8 or x.ndim != 3 or y.shape != x.shape[:1] or not len(x):
        raise ValueError(
            f"{path}: x must be (n, h, w) uint8 and y (n,), n at least 1. "
            f"Received: x {x.shape} {x.dtype}, y {y.shape}"
        )

    return LabelledSet(
        path.stem,
        [_label(str(label), path) for label in y],
        lambda number: _png(Image.fromarray(x[number])),
    )


def from_boxes(path: Path) -> LabelledSet:
    """Open a ZIP of pictures of numbers with a labels.csv: file, label, boxes; each digit comes as a PNG.

    A label is the number's digits, boxes a JSON list with [x, y, width, height] in pixels for each of them.
    """
    pictures: list[Image.Image] = []
    cuts: list[tuple[int, list[int]]] = []
    labels: list[str] = []
    try:
        with ZipFile(path) as archive:
            (index,) = (name for name in archive.namelist() if name.split("/")[-1] == "labels.csv")
            for row in csv.DictReader(archive.read(index).decode().splitlines()):
                boxes = json.loads(row["boxes"])
                cuts += [(len(pictures), box) for _, box in zip(row["label"], boxes, strict=True)]
                labels += row["label"]
                picture = archive.read(index.removesuffix("labels.csv") + row["file"])
                pictures.append(Image.open(io.BytesIO(picture)).convert("L"))
    except (BadZipFile, ValueError, LookupError) as error:
        raise ValueError(
            f"{path} has to hold pictures and one labels.csv of file, label, boxes. Received: {error!r}"
        ) from error

    def cut(number: int) -> bytes:
        picture, (x, y, width, height) = cuts[number]
        return _png(pictures[picture].crop((x, y, x + width, y + height)))

    return LabelledSet(path.stem, [_label(label, path) for label in labels], cut)


def from_folder(path: Path) -> LabelledSet:
    """Open a folder of images labelled by subfolder, or by what precedes the first `_-. (` in a name."""
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise ValueError(
            f"A set is .npz archives or labelled images ({', '.join(sorted(SUFFIXES))}). Received: {path}"
        )
    names = [
        re.split(r"[_\-. (]", file.name)[0] if file.parent == path else file.parent.name for file in files
    ]
    labels = [_label(name, file) for name, file in zip(names, files, strict=True)]
    return LabelledSet(path.resolve().name, labels, lambda number: files[number].read_bytes())


def _open(path: Path) -> list[LabelledSet]:
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    archives = [ARCHIVES[file.suffix](file) for file in inside if file.suffix in ARCHIVES]
    return archives or [from_folder(path)]


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _label(name: str, source: Path) -> str:
    if not name or (name not in DIGITS and name.lstrip("-").isdecimal()):
        raise ValueError(f"{source}: a label is one digit or the name of a non-digit. Received: {name!r}")
    return name


ARCHIVES: dict[str, Callable[[Path], LabelledSet]] = {".npz": from_archive, ".zip": from_boxes}
