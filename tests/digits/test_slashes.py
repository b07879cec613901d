"""Slashes between numbers, told from ones."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digits.model import Model
from digits.numbers import NumberReader
from digits.page import Field
from digits.raster import Grey
from digits.slashes import slashes
from tests.samples.detectors import ToldDetector, seen
from training.artefact import SHIPPED

Line = tuple[tuple[float, float], ...]
UPRIGHT: Line = ((112, 40), (112, 80))
SLASH: Line = ((122, 34), (102, 88))
SLANTED: Line = ((126, 34), (100, 88))
WITH_FLAG: Line = ((104, 56), (122, 34), (102, 88))
BESIDE = [(30.0, 40.0, 24.0, 40.0), (70.0, 40.0, 24.0, 40.0), (140.0, 40.0, 24.0, 40.0)]


def sheet(stroke: Line, lean: float = 0.0) -> Grey:
    """Return three sevens, leaning so far to the right for each pixel up, and a stroke before the last."""
    picture = Image.new("L", (220, 120), 245)
    pen = ImageDraw.Draw(picture)
    for x, y, wide, tall in BESIDE:
        across = lean * tall
        pen.line([(x, y), (x + wide, y), (x + wide - across, y + tall)], 30, 4)
    pen.line(stroke, 30, 4)
    return np.asarray(picture)


def box(stroke: Line) -> tuple[float, float, float, float]:
    """Return the box of a stroke and its pen."""
    (left, top), (right, bottom) = np.min(stroke, axis=0) - 2, np.max(stroke, axis=0) + 2
    return float(left), float(top), float(right - left), float(bottom - top)


def doubted(stroke: Line, lean: float = 0.0, digit: int = 1) -> list[int]:
    boxes = np.array([*BESIDE[:2], box(stroke), BESIDE[2]])
    return slashes(sheet(stroke, lean), [0, 1, 2, 3], boxes, np.array([7, 7, digit, 7]))


def test_a_straight_stroke_that_is_taller_and_more_slanted_may_be_a_slash() -> None:
    assert doubted(SLASH) == [2]


@pytest.mark.parametrize("stroke", [UPRIGHT, WITH_FLAG, ((116, 42), (108, 78)), ((112, 34), (112, 88))])
def test_ones_are_no_slashes(stroke: Line) -> None:
    assert doubted(stroke) == []


def test_ones_of_a_slanted_hand_are_no_slashes() -> None:
    assert doubted(SLASH, lean=0.6) == []


def test_what_was_read_as_another_digit_is_no_slash() -> None:
    assert doubted(SLASH, digit=7) == []


@pytest.mark.parametrize(
    ("stroke", "digit", "found"),
    [(SLANTED, 1, [0]), (SLANTED, 7, []), (UPRIGHT, 1, []), (WITH_FLAG, 1, [])],
)
def test_a_lone_one_may_be_a_slash_where_it_is_straight_and_slanted(
    stroke: Line, digit: int, found: list[int]
) -> None:
    picture = Image.new("L", (220, 120), 245)
    ImageDraw.Draw(picture).line(stroke, 30, 4)
    boxes = np.array([box(stroke)])
    assert slashes(np.asarray(picture), [0], boxes, np.array([digit])) == found


def test_a_number_with_a_slash_in_it_is_unlikely_on_a_page_and_in_a_field() -> None:
    model = Model.load(SHIPPED)
    probabilities = []
    for stroke in (UPRIGHT, SLASH):
        boxes = [(7, BESIDE[0]), (7, BESIDE[1]), (1, box(stroke)), (7, BESIDE[2])]
        reader = NumberReader(ToldDetector([seen(digit, place) for digit, place in boxes]), model)
        page = reader.read(sheet(stroke))
        (field,) = reader.read_fields(sheet(stroke), [Field("date", (0, 0, 220, 120))])
        assert page.text == field.text == "7717"
        assert field.number is not None
        probabilities.append((page.numbers[0].probability, field.number.probability))
    (plain, plain_field), (slash, slash_field) = probabilities
    assert slash == pytest.approx(0.4 * plain, rel=0.01)
    assert slash_field == pytest.approx(0.4 * plain_field, rel=0.01)
