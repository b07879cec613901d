"""Drawn scenes are what a client may send, the same every time, and scored as the service reads them."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from digits.images import decode
from digits.model import Model
from digits.recognize import Reader
from training.artefact import SHIPPED
from training.evaluation import trials


@pytest.mark.parametrize("name", trials.DIGITS)
def test_scenes_of_digits_can_be_sent_and_are_the_same_every_time(name: str) -> None:
    scene = trials.DIGITS[name]
    files, again = (list(trials.drawn(name, scene, 12)) for _ in range(2))
    assert files == again
    assert all(0 <= label <= 9 for _, label in files)
    greys = [decode(file) for file, _ in files]
    assert len({grey.tobytes() for grey in greys}) == 12


@pytest.mark.parametrize("name", [*trials.EMPTY, *trials.LETTERS])
def test_what_is_no_digit_is_a_grey_picture_of_some_size(name: str) -> None:
    kind = (trials.EMPTY | trials.LETTERS)[name]
    pictures = [kind(np.random.default_rng(seed)) for seed in range(60)]
    assert all(picture.dtype == np.uint8 and min(picture.shape) >= 8 for picture in pictures)
    np.testing.assert_array_equal(pictures[3], kind(np.random.default_rng(3)))


def test_colored_ink_is_as_bright_as_its_paper() -> None:
    name = "equal luminance"
    for file, _ in trials.drawn(name, trials.DIGITS[name], 12):
        picture = Image.open(BytesIO(file))
        luminance = np.asarray(picture.convert("L"), np.float32)
        assert np.ptp(luminance) < 16
        assert np.ptp(np.asarray(picture), axis=(0, 1)).max() > 60


def test_a_bitmap_has_sixteen_pixels_a_side_and_two_tones() -> None:
    name = "16×16, two tones"
    for file, _ in trials.drawn(name, trials.DIGITS[name], 12):
        grey = decode(file)
        assert grey.shape == (16, 16)
        assert set(np.unique(grey)) == {0, 255}


def test_figures_are_those_of_what_the_service_reads() -> None:
    model = Model.load(SHIPPED)
    read: list[int] = []
    found = trials.evaluate(model, 4, read.append)
    assert sum(read) == trials.total(4)
    name = "in a comb"
    files = list(trials.drawn(name, trials.DIGITS[name], 4))
    readings = [Reader(model).one(file) for file, _ in files]
    right = [reading.digit == label for reading, (_, label) in zip(readings, files, strict=True)]
    assert found["digits"][name]["accuracy"] == sum(right) / 4
    wrong = [reading.is_digit and not fits for reading, fits in zip(readings, right, strict=True)]
    assert found["digits"][name]["accepted_wrong"] == sum(wrong) / 4
    assert found["empty"]["kinds"].keys() == trials.EMPTY.keys()
    assert found["letters"]["count"] == 8
