"""Labelled pictures of whole numbers: an archive of image files with labels.csv, as of cheque amounts."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from digits.images import decode
from digits.raster import Grey


@dataclass(frozen=True, eq=False)
class Written:
    """A picture of one number."""

    picture: Grey
    text: str
    boxes: list[
        tuple[float, float, float, float]
    ]  # x, y, width, height of each digit in pixels, left to right


def load(archive: Path) -> list[Written]:
    """Load the pictures that labels.csv lists: file, label, boxes as JSON; the files lie beside it.

    Raises ValueError where the archive has no labels.csv.
    """
    with ZipFile(archive) as file:
        table = next((name for name in file.namelist() if Path(name).name == "labels.csv"), None)
        if table is None:
            raise ValueError(f"{archive} must hold labels.csv. Received: {len(file.namelist())} other files")
        folder = table.removesuffix("labels.csv")
        rows = csv.DictReader(io.StringIO(file.read(table).decode("utf-8")))
        return [
            Written(
                decode(file.read(folder + row["file"])), row["label"], [*map(tuple, json.loads(row["boxes"]))]
            )
            for row in rows
        ]
