"""Numbers told from what resembles them by the ink around."""

import numpy as np
import pytest

from digits import context
from digits.images import Grey
from digits.model import Model
from training.artefact import SHIPPED

BOXES = np.array([(100.0, 100.0, 20.0, 40.0)])
WEAK = np.array([-0.4])


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(SHIPPED)


def page(*, text: bool) -> Grey:
    """Return a page with a bar in the box, between others where there is text."""
    sheet = np.full((300, 300), 240, np.uint8)
    sheet[100:140, 108:113] = 20
    if text:
        for x in range(20, 280, 22):
            if not 90 < x < 125:
                sheet[100:140, x : x + 5] = 20
                sheet[120:125, x : x + 16] = 20
    return sheet


def test_a_doubtful_digit_alone_on_its_page_is_one(model: Model) -> None:
    assert context.resembling(model, page(text=False), [[0]], BOXES, WEAK) == []


def test_a_doubtful_digit_between_letters_is_none(model: Model) -> None:
    assert context.resembling(model, page(text=True), [[0]], BOXES, WEAK) == [0]


def test_a_clear_digit_between_letters_stays(model: Model) -> None:
    assert context.resembling(model, page(text=True), [[0]], BOXES, np.array([6.0])) == []


def test_a_picture_cropped_to_its_number_is_not_looked_at(model: Model) -> None:
    strip = page(text=True)[90:150]
    assert context.resembling(model, strip, [[0]], BOXES - (0, 90, 0, 0), WEAK) == []


def test_without_numbers_there_is_nothing_to_leave_out(model: Model) -> None:
    assert context.resembling(model, page(text=True), [], BOXES, WEAK) == []
