"""Numbers told from what resembles them by the ink around."""

import numpy as np
import pytest

from digits import context
from digits.model import Model
from digits.raster import Grey
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


@pytest.mark.parametrize("bright", [False, True])
def test_the_grain_of_a_table_around_the_sheet_tells_nothing(model: Model, bright: bool) -> None:
    table = np.random.default_rng(0).integers(40, 140, (300, 300), np.uint8)
    table[80:160, 60:170] = page(text=False)[80:160, 60:170]
    picture = 255 - table if bright else table
    assert context.resembling(model, picture, [[0]], BOXES, np.array([0.5])) == []


def test_a_clear_digit_between_letters_stays(model: Model) -> None:
    assert context.resembling(model, page(text=True), [[0]], BOXES, np.array([6.0])) == []


def test_a_picture_cropped_to_its_number_is_not_looked_at(model: Model) -> None:
    strip = page(text=True)[90:150]
    assert context.resembling(model, strip, [[0]], BOXES - (0, 90, 0, 0), WEAK) == []


def test_a_picture_without_digits_is_cropped_to_none() -> None:
    assert not context.is_cropped(page(text=True), BOXES[:0])


def test_without_numbers_there_is_nothing_to_leave_out(model: Model) -> None:
    assert context.resembling(model, page(text=True), [], BOXES, WEAK) == []


def amount(*, point: bool, dash: bool = False, rule: bool = False) -> Grey:
    """Return a picture of two groups of bars with a wide space between them, and what stands in it."""
    sheet = np.full((80, 300), 240, np.uint8)
    for x, _, width, _ in GROUPS.tolist():
        sheet[20:60, int(x) : int(x + width)] = 20
    if point:
        sheet[55:60, 95:100] = 20
    if dash:
        sheet[38:43, 90:110] = 20
    if rule:
        sheet[12:15] = 20
    return sheet


GROUPS = np.array([(x, 20.0, 10.0, 40.0) for x in (30, 60, 125, 155, 185, 215)])


def test_a_point_before_three_digits_makes_one_number_of_two_far_apart() -> None:
    for rule in (False, True):
        picture = amount(point=True, rule=rule)
        assert context.thousands(picture, [[0, 1], [2, 3, 4]], GROUPS) == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize("picture", [amount(point=False), amount(point=False, dash=True)])
def test_numbers_without_a_point_between_them_stay_two(picture: Grey) -> None:
    assert context.thousands(picture, [[0, 1], [2, 3, 4]], GROUPS) == [[0, 1], [2, 3, 4]]


def test_a_point_joins_no_group_of_another_length_and_none_far_away() -> None:
    picture = amount(point=True)
    assert context.thousands(picture, [[0, 1], [2, 3]], GROUPS) == [[0, 1], [2, 3]]
    assert context.thousands(picture, [[0], [3, 4, 5]], GROUPS) == [[0], [3, 4, 5]]
