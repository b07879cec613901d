"""Your own labelled images take MNIST's place: canonicalised, split by digit, refused when too few."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.model import Model
from tests.samples.drawings import draw
from training.artefact import SHIPPED
from training.data import mnist, own


@pytest.fixture(scope="module")
def model() -> Model:
    """Load the shipped model, which settles how a picture is seen."""
    return Model.load(SHIPPED)


def write(folder: Path, counts: dict[str, int]) -> Path:
    for label, count in counts.items():
        (folder / label).mkdir(parents=True)
        for number in range(count):
            picture = draw(
                int(label) if label.isdigit() else 1, 40 + number, pen=0.06 + 0.002 * (number % 20)
            )
            Image.fromarray(picture).save(folder / label / f"{number}.png")
    return folder


def test_a_folder_of_images_is_split_by_digit(tmp_path: Path, model: Model) -> None:
    found = own.load([write(tmp_path, {str(digit): 20 for digit in range(10)})], model)
    assert [len(part) for part in (found.y_train, found.y_val, found.y_test)] == [140, 30, 30]
    for part in (found.y_train, found.y_val, found.y_test):
        assert len(set(np.bincount(part).tolist())) == 1
    assert found.x_train.shape == (140, 28, 28)
    images = {image.tobytes() for part in (found.x_train, found.x_val, found.x_test) for image in part}
    assert len(images) > 100


def test_too_few_of_a_digit_are_refused(tmp_path: Path, model: Model) -> None:
    counts = {str(digit): 20 for digit in range(10)} | {"3": 4}
    with pytest.raises(mnist.DataError, match=r"needs 20 images .* Received: 4 of 3"):
        own.load([write(tmp_path, counts)], model)


def test_labels_that_are_no_digits_are_refused(tmp_path: Path, model: Model) -> None:
    with pytest.raises(mnist.DataError, match="have to be digits. Received: plus"):
        own.load([write(tmp_path, {"1": 2, "plus": 2})], model)
