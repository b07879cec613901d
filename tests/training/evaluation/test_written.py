"""Scores of numbers read in pictures."""

from pathlib import Path

import numpy as np
import pytest

from digits.images import decode
from digits.model import Model
from digits.numbers import NumberReader
from digits.page import Field, Page
from tests.samples.detectors import ToldDetector, row, seen
from training.artefact import SHIPPED
from training.data.amounts import Written
from training.evaluation import written
from training.evaluation.composed import Composed
from training.evaluation.forms import Form

SHEET = np.full((60, 300), 255, np.uint8)
BOXES = [(10.0, 10.0, 24.0, 40.0), (42.0, 10.0, 24.0, 40.0)]


@pytest.fixture(scope="module")
def reader() -> NumberReader:
    """Return a reader that reads 12 everywhere, or 125 where three digits are asked for."""
    found = [*row("12"), seen(5, (74, 10, 24, 40), score=0.1)]
    return NumberReader(ToldDetector(found), Model.load(SHIPPED))


def test_numbers_count_as_right_when_all_of_their_text_is(reader: NumberReader) -> None:
    pictures = [Written(SHEET, text, BOXES) for text in ("12", "12", "125", "92")]
    ticks: list[int] = []
    found = written.score(pictures, written.read(reader, pictures, ticks.append))
    assert found["right"]["share"] == 0.5
    assert found["right_with_length"]["share"] == 0.75
    assert found["by_length"]["2"]["share"] == pytest.approx(2 / 3)
    assert found["by_length"]["3"]["share"] == 0
    assert sum(ticks) == 4


def test_boxes_are_found_where_a_digit_lies_on_them(reader: NumberReader) -> None:
    page = reader.read(SHEET)
    assert written.boxes_found(BOXES, page) == 2
    assert written.boxes_found([(10.0, 10.0, 24.0, 40.0), (200.0, 10.0, 24.0, 40.0)], page) == 1
    assert written.boxes_found([(10.0, 10.0, 24.0, 85.0)], page) == 0


def test_composed_numbers_are_scored_by_gap_and_by_touch(reader: NumberReader) -> None:
    cases = [("12", -0.05, True), ("13", -0.02, True), ("12", 0.15, False), ("12", 0.6, False)]
    pictures = [Composed(SHEET, text, BOXES, gap, touching) for text, gap, touching in cases]
    found = written.score_composed(pictures, written.read(reader, pictures, lambda _: None))
    assert {gap: one["share"] for gap, one in found["by_gap"].items()} == {
        "-8% to 0%": 0.5,
        "10% to 20%": 1.0,
        "40% to 60%": 1.0,
    }
    assert {touch: one["share"] for touch, one in found["by_touch"].items()} == {
        "touching": 0.5,
        "apart": 1.0,
    }


def test_numbers_that_are_exactly_as_sure_as_right_have_an_error_by_chance(reader: NumberReader) -> None:
    page = reader.read(SHEET)
    few, many = written.error_by_chance([page] * 10), written.error_by_chance([page] * 1_000)
    assert 0 < many < few


def test_calibration_error_is_of_what_the_reader_says_about_whole_pictures(reader: NumberReader) -> None:
    page = reader.read(SHEET)
    (number,) = page.numbers
    assert written.calibration_error([page] * 4, [True] * 4) == pytest.approx(1 - number.probability)
    assert written.calibration_error([page] * 4, [False] * 4) == pytest.approx(number.probability)
    assert written.calibration_error([Page((), (300, 60))], [False]) == 0


def test_single_digits_are_scored_as_numbers_and_as_the_single_digit_model_reads_them(
    reader: NumberReader,
) -> None:
    seven = decode(Path("events/bodies/seven.png").read_bytes())
    found = written.score_singles(reader, [seven, seven], [7, 1], lambda _: None)
    assert found["right"]["share"] == 0
    assert found["single_digit_model"]["share"] == 0.5


def test_digits_read_on_blank_sheets_are_counted_by_kind(reader: NumberReader) -> None:
    silent = NumberReader(ToldDetector([]), reader.model)
    sheets = [("print", SHEET), ("print", SHEET), ("lines", SHEET)]
    assert written.score_blanks(silent, sheets, lambda _: None)["sheets_read_as_empty"]["share"] == 1
    found = written.score_blanks(reader, sheets, lambda _: None)
    assert found["digits_per_sheet"] == 2
    assert found["digits_per_sheet_by_kind"] == {"print": 2, "lines": 2}


def test_fields_are_scored_by_paper_and_with_their_length_given(reader: NumberReader) -> None:
    fields = [Field("a", (0, 0, 300, 60)), Field("b", (0, 0, 300, 60)), Field("c", (0, 0, 300, 60))]
    forms = [Form(SHEET, "ruled", fields, ["12", "12", "125"]), Form(SHEET, "boxed", fields, ["1", "2", "3"])]
    found = written.score_forms(reader, forms, lambda _: None)
    assert found["fields_right"]["count"] == 6
    assert found["by_paper"]["ruled"]["share"] == pytest.approx(2 / 3)
    assert found["by_paper"]["boxed"]["share"] == 0
    assert found["fields_right_with_length"]["share"] >= 0.5
