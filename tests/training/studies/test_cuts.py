"""The lattice of cuts over the single-digit model."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from digits.model import Model
from digits.raster import Grey
from training.artefact import SHIPPED
from training.studies import cuts


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(SHIPPED)


def printed(text: str, width: int = 260) -> Grey:
    image = Image.new("L", (width, 90), 240)
    ImageDraw.Draw(image).text((130, 45), text, 20, ImageFont.load_default(56), anchor="mm")
    return np.asarray(image).copy()


@pytest.mark.parametrize("text", ["0", "23", "3086"])
def test_digits_that_stand_apart_are_read(text: str, model: Model) -> None:
    assert cuts.read(model, printed(text)) == text
    assert cuts.read(model, printed(text), len(text)) == text


def test_a_rule_and_specks_are_no_ink_of_the_row() -> None:
    plain, ruled = printed("23"), printed("23")
    ruled[84:86] = 20
    ruled[10:13, 20:23] = 20
    before, after = cuts.row(plain), cuts.row(ruled)
    assert before is not None
    assert after is not None
    assert abs(after.shape[0] - before.shape[0]) <= 2
    assert abs(after.shape[1] - before.shape[1]) <= 2


def test_a_blank_sheet_has_no_row(model: Model) -> None:
    sheet = np.full((60, 200), 230, np.uint8)
    assert cuts.row(sheet) is None
    assert cuts.read(model, sheet) == ""


def test_the_likeliest_path_is_taken_and_a_length_forces_another() -> None:
    def sure(digit: int, probability: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        scores = np.full(10, 1e-6)
        scores[digit] = probability
        logarithms: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.log(scores)
        return logarithms

    found = cuts.Lattice([0, 10, 20], {(0, 1): sure(1, 0.5), (1, 2): sure(1, 0.5), (0, 2): sure(4, 0.9)})
    assert cuts.best(found, None) == "4"
    assert cuts.best(found, 2) == "11"
    assert cuts.best(found, 3) == ""
