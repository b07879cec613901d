"""Reading numbers, with a detector that finds what it is told."""

import numpy as np
import pytest

from digits.detect import Detection
from digits.errors import TooManyDigits
from digits.model import Model
from digits.numbers import NumberReader
from digits.page import Field, Frame, Page
from digits.sheet import MOST, Calibration
from tests.samples.detectors import ToldDetector, row, seen
from training.artefact import SHIPPED
from training.evaluation import composed

SHEET = np.full((120, 400), 255, np.uint8)  # no higher than three digits of a row


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(SHIPPED)


def read(model: Model, found: list[Detection], length: int | None = None, scale: float = 1.0) -> Page:
    return NumberReader(ToldDetector(found), model).read(SHEET, length, scale)


def read_unseen(model: Model, found: list[Detection]) -> Page:
    """Return what detections make up on a page of which nothing else is known."""
    return NumberReader(ToldDetector(found), model).page(found, Frame((1_000, 1_000)))


def test_a_number_has_its_text_its_box_and_its_digits(model: Model) -> None:
    page = read(model, row("407"))
    (number,) = page.numbers
    assert page.text == number.text == "407"
    assert page.size == (400, 120)
    assert number.box == (10, 10, 88, 40)
    assert [one.digit for one in number.digits] == [4, 0, 7]
    assert [one.box for one in number.digits] == [(10, 10, 24, 40), (42, 10, 24, 40), (74, 10, 24, 40)]


def test_numbers_of_a_line_are_joined_by_a_space_and_lines_by_a_newline(model: Model) -> None:
    page = read(model, [*row("3", y=70), *row("12"), *row("64", x=200)])
    assert page.text == "12 64\n3"
    assert [[number.text for number in line] for line in page.lines] == [["12", "64"], ["3"]]


def test_a_point_leaves_a_number_whole(model: Model) -> None:
    assert read(model, [*row("18", x=10), *row("014", x=105)]).text == "18014"


def test_nothing_written_is_an_answer(model: Model) -> None:
    page = read(model, [seen(3, (10, 10, 20, 40), score=0.1)])
    assert page.text == ""
    assert page.numbers == ()
    assert read(model, []).text == ""


def test_boxes_are_scaled_back_to_the_original_and_clipped_to_it(model: Model) -> None:
    page = read(model, [seen(1, (-3, -2, 30, 60)), seen(2, (20, 10, 385, 130))], scale=2.5)
    assert page.size == (1000, 300)
    assert page.numbers[0].box == (0, 0, 1000, 300)
    assert [one.box for one in page.numbers[0].digits] == [(0, 0, 68, 145), (50, 25, 950, 275)]


def test_each_digit_tells_how_likely_the_others_are(model: Model) -> None:
    (number,) = read(model, [seen(4, (10, 10, 20, 40), score=0.8, other=9)]).numbers
    (digit,) = number.digits
    assert digit.probabilities.sum() == pytest.approx(1)
    assert digit.probabilities.argmax() == 4
    assert digit.probabilities[9] > 0.01


def test_a_number_is_less_likely_right_than_each_of_its_digits(model: Model) -> None:
    (number,) = read(model, row("1234")).numbers
    assert 0 < number.probability < min(one.probability for one in number.digits)


def test_doubtful_places_beside_a_number_make_it_less_likely_right(model: Model) -> None:
    doubtful = seen(5, (74, 10, 24, 40), score=0.3)
    rows = row("12"), [*row("12"), doubtful]
    (sure,), (unsure,) = (read_unseen(model, found).numbers for found in rows)
    assert sure.text == unsure.text == "12"
    assert unsure.probability < 0.75 * sure.probability


def test_calibration_moves_probabilities_but_no_reading(model: Model) -> None:
    found = row("1234")
    calm = NumberReader(ToldDetector(found, {"slope": 0.5, "offset": -1.0}), model).read(SHEET)
    plain = read(model, found)
    assert calm.text == plain.text
    assert calm.numbers[0].probability < plain.numbers[0].probability


def test_calibration_is_a_logistic_curve_of_the_log_odds() -> None:
    assert Calibration(slope=1, offset=0).chance(0.7) == pytest.approx(0.7)
    assert Calibration(slope=2, offset=0).chance(0.75) == pytest.approx(0.9)
    assert Calibration(slope=1, offset=float(np.log(3))).chance(0.5) == pytest.approx(0.75)
    assert 0 <= Calibration(slope=3).chance(0.0) < Calibration(slope=3).chance(1.0) <= 1


def test_a_length_takes_in_a_doubtful_digit(model: Model) -> None:
    found = [*row("12"), seen(5, (74, 10, 24, 40), score=0.1)]
    assert read(model, found).text == "12"
    assert read(model, found, length=3).text == "125"


def test_a_length_leaves_out_the_least_likely_digit(model: Model) -> None:
    found = [*row("12"), seen(7, (74, 10, 24, 40), score=0.4)]
    assert read(model, found).text == "127"
    assert read(model, found, length=2).text == "12"


def test_a_clear_digit_that_a_length_leaves_out_makes_the_number_unlikely(model: Model) -> None:
    whole, short = read(model, row("18014")).numbers[0], read(model, row("18014"), length=4).numbers[0]
    assert len(short.text) == 4
    assert short.probability < 0.2 * whole.probability


def test_numbers_that_a_length_divides_do_not_speak_against_each_other(model: Model) -> None:
    divided = read(model, row("123456"), length=3).numbers
    alone = read(model, row("123"), length=3).numbers[0]
    assert [one.probability for one in divided] == pytest.approx([alone.probability] * 2)


def test_another_view_of_a_digit_that_is_read_is_not_left_out(model: Model) -> None:
    views = [*row("12"), seen(7, (46, 10, 18, 40), score=0.8)]
    chosen, alone = (read(model, found, length=2).numbers[0] for found in (views, row("12")))
    assert chosen.text == "12"
    assert chosen.probability == pytest.approx(alone.probability)


def test_a_length_divides_a_row_and_holds_for_every_number(model: Model) -> None:
    assert read(model, row("123456"), length=3).text == "123 456"
    assert read(model, [*row("12", y=10), *row("345", y=70)], length=2).text.split("\n")[0] == "12"


def test_a_length_that_nothing_has_reads_nothing(model: Model) -> None:
    assert read(model, row("12"), length=5).text == ""


def test_so_many_digits_are_refused_and_one_less_is_not(model: Model) -> None:
    found = [seen(1, (9 * (i % 100), 14 * (i // 100), 6, 10)) for i in range(MOST + 1)]
    with pytest.raises(TooManyDigits, match=r"2,000 digits\. Received: 2,001"):
        read(model, found)
    assert len(read(model, found[:-1]).text.replace("\n", "")) == MOST


def test_each_field_is_read_within_its_box_alone(model: Model) -> None:
    fields = [Field("a", (0, 0, 100, 60)), Field("b", (120, 0, 200, 60)), Field("c", (0, 60, 400, 60))]
    # The detector finds the same in each part that it is given: 12 at its left border, and 3 far beyond "a".
    reader = NumberReader(ToldDetector([*row("12"), *row("3", x=180)]), model)
    first, second, third = reader.read_fields(SHEET, fields)
    assert (first.name, first.box, first.text) == ("a", (0, 0, 100, 60), "12")
    assert second.text == "123"
    assert third.number is not None
    assert third.number.digits[0].box[1] == 10 + 45


def test_an_empty_field_reads_as_nothing(model: Model) -> None:
    (reading,) = NumberReader(ToldDetector([]), model).read_fields(SHEET, [Field("a", (0, 0, 100, 60))])
    assert reading.number is None
    assert reading.text == ""


def test_a_field_outside_of_the_picture_reads_as_nothing(model: Model) -> None:
    reader = NumberReader(ToldDetector(row("12")), model)
    (reading,) = reader.read_fields(SHEET, [Field("a", (4000, 3000, 100, 60))])
    assert reading.text == ""


def test_a_field_with_a_length_has_one_number_of_it(model: Model) -> None:
    reader = NumberReader(ToldDetector(row("123456")), model)
    (reading,) = reader.read_fields(SHEET, [Field("a", (0, 0, 400, 60), length=3)])
    assert reading.text in {"123", "456"}
    assert reading.number is not None
    assert reading.number.probability < 0.2


def test_a_fields_box_and_its_digits_are_in_pixels_of_the_original(model: Model) -> None:
    reader = NumberReader(ToldDetector([seen(8, (30, 12, 24, 40))]), model)
    (reading,) = reader.read_fields(SHEET, [Field("a", (200, 80, 400, 100))], scale=2.0)
    assert reading.box == (200, 80, 400, 100)
    assert reading.number is not None
    # In the picture the field begins at 100, 40; what is cut out around it at 87, 27.
    assert reading.number.box == (2 * (30 + 87), 2 * (12 + 27), 48, 80)


def test_the_shipped_detector_reads_a_page_that_our_pen_drew(model: Model) -> None:
    reader = NumberReader.load(SHIPPED, model)
    numbers = composed.compose(composed.OwnHands(), 40, seed=8, gaps=(0.15, 0.4))
    right = [reader.read(one.picture).text == one.text for one in numbers]
    assert sum(right) >= 20  # of 40: far more than chance, as a network that is not trained reads none


def test_the_shipped_detector_reads_nothing_on_blank_paper(model: Model) -> None:
    reader = NumberReader.load(SHIPPED, model)
    assert reader.read(np.full((300, 400), 240, np.uint8)).text == ""


def test_a_dash_behind_a_number_is_no_digit_but_a_tiny_zero_is(model: Model) -> None:
    dash = seen(2, (110, 24, 24, 14), score=0.5)
    zero = seen(0, (110, 34, 16, 16), score=0.5)
    assert read(model, [*row("123"), dash]).text == "123"
    assert read(model, [*row("123"), zero]).text == "1230"


def test_a_faint_digit_between_two_clear_ones_is_read(model: Model) -> None:
    clear = row("1234")
    faint = seen(2, clear[1].box, score=0.31)
    assert read(model, [clear[0], faint, *clear[2:]]).text == "1234"
    assert read_unseen(model, [*clear[:3], seen(4, clear[3].box, score=0.31)]).text == "123"


def test_a_faint_digit_beside_a_number_is_read_in_a_picture_cropped_to_it(model: Model) -> None:
    clear, faint = row("1234"), seen(1, (10, 10, 24, 40), score=0.31)
    assert read(model, [faint, *clear[1:]]).text == "1234"
    assert read_unseen(model, [faint, *clear[1:]]).text == "234"
    assert read(model, [seen(1, faint.box, score=0.2), *clear[1:]]).text == "234"


def test_the_teeth_of_a_comb_are_no_ones_but_ones_between_digits_are(model: Model) -> None:
    digits = row("2635", gap=0.7)
    teeth = [seen(1, (x, 28, 4, 28), score=0.4) for x in (48, 100, 152)]
    ones = [seen(1, (x, 10, 8, 40), score=0.5) for x in (46, 98, 150)]
    assert read(model, [*digits, *teeth]).text == "2635"
    assert read(model, [*digits, *ones]).text == "2161315"


def test_a_clear_one_that_begins_below_its_neighbors_is_read(model: Model) -> None:
    digits = row("2190")
    low = seen(1, (digits[1].box[0] + 8, 20, 8, 30), score=0.85)
    assert read(model, [digits[0], low, *digits[2:]]).text == "2190"
