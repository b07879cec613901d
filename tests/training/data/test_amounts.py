"""Labelled pictures of numbers in an archive."""

import io
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from training.data import amounts


def archive(path: Path, **files: str | bytes) -> Path:
    with ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name.replace("__", "/").replace("_csv", ".csv").replace("_png", ".png"), content)
    return path


def picture(grey: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((20, 60), grey, np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_each_row_has_its_picture_its_text_and_its_boxes(tmp_path: Path) -> None:
    table = 'file,label,boxes\na.png,07,"[[1, 2, 10, 15], [20, 2, 10, 15]]"\nb.png,3,"[[5, 2, 10, 15]]"\n'
    path = archive(tmp_path / "a.zip", s__labels_csv=table, s__b_png=picture(200), s__a_png=picture(100))
    first, second = amounts.load(path)
    assert (first.text, second.text) == ("07", "3")
    assert first.boxes == [(1, 2, 10, 15), (20, 2, 10, 15)]
    assert first.picture.shape == (20, 60)
    assert (first.picture == 100).all()
    assert (second.picture == 200).all()


def test_an_archive_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must hold labels\.csv\. Received: 1 other files"):
        amounts.load(archive(tmp_path / "a.zip", a_png=picture(9)))
