from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from tests.samples.drawings import draw_mnist
from training.drawing import marks, numbers, pages
from training.drawing.marks import Marks
from training.drawing.numbers import Line, Written

DIGITS = np.stack([draw_mnist(digit) for digit in range(10)])


@pytest.fixture(scope="module")
def known() -> Marks:
    return marks.make(DIGITS, np.arange(10), drawn=60, others=20, seed=3)


def test_marks_hold_all_ten_digits_and_what_is_none(known: Marks) -> None:
    assert known.fields.shape == (90, marks.SIDE, marks.SIDE)
    assert all(known.of(label).size for label in range(-1, 10))


def test_a_mark_of_a_picture_and_a_wider_pen_cover_the_digit(known: Marks) -> None:
    depth = (known.fields[8].astype(np.float32) - marks.MIDDLE) / marks.STEP
    thin, thick = numbers.ink(depth, 2.0).sum(), numbers.ink(depth, 5.0).sum()
    assert thick > 1.6 * thin > 0


@pytest.mark.parametrize("maker", [pages.amount, pages.page, pages.nothing])
def test_a_picture_is_composed_the_same_again_from_the_same_seed(known: Marks, maker: pages.Maker) -> None:
    for seed in range(8):
        first, second = (maker(known, np.random.default_rng(seed), 64, 256) for _ in range(2))
        assert np.array_equal(first.grey, second.grey)
        assert np.array_equal(first.boxes, second.boxes)
        assert np.array_equal(first.labels, second.labels)


@pytest.mark.parametrize("maker", [pages.amount, pages.page])
def test_boxes_lie_within_their_picture(known: Marks, maker: pages.Maker) -> None:
    for seed in range(20):
        made = maker(known, np.random.default_rng(seed), 64, 256)
        height, width = made.grey.shape
        assert height <= 64
        assert width <= 256
        assert (made.boxes[:, :2] >= 0).all()
        assert (made.boxes[:, 2:] >= 1).all()
        assert (made.boxes[:, :2] + made.boxes[:, 2:] <= (width, height)).all()


def test_a_picture_of_nothing_has_no_digit_to_find(known: Marks) -> None:
    for seed in range(20):
        assert not pages.nothing(known, np.random.default_rng(seed), 64, 128).labels.size


def test_each_box_is_drawn_close_around_its_digits_ink(known: Marks) -> None:
    rng = np.random.default_rng(5)
    for label in range(10):
        sheet, written = numbers.blank(64, 96), Written()
        line = Line(height=36, pen=3.5, slant=0.1, gap=0.1)
        numbers.write_number(sheet, known, [int(known.of(label)[-1])], 20, 52, line, rng, written)
        ((x, y, wide, high),) = written.boxes
        ink = numbers.ink(sheet, line.pen) > 0.5
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        assert written.labels == [label]
        assert (rows[0], rows[-1] + 1) == pytest.approx((y, y + high), abs=1)
        assert (columns[0], columns[-1] + 1) == pytest.approx((x, x + wide), abs=1)


def test_a_number_is_written_from_left_to_right_with_the_gap_asked_for(known: Marks) -> None:
    places = [int(known.of(label)[0]) for label in (4, 0, 7, 2)]
    for gap, least, most in ((-0.1, -0.35, 0.15), (0.6, 0.35, 0.85)):
        sheet, written = numbers.blank(64, 256), Written()
        line = Line(height=30, pen=3, slant=0.0, gap=gap)
        numbers.write_number(sheet, known, places, 5, 50, line, np.random.default_rng(2), written)
        assert written.labels == [4, 0, 7, 2]
        apart = [
            (after[0] - before[0] - before[2]) / 30
            for before, after in zip(written.boxes, written.boxes[1:], strict=False)
        ]
        assert all(least < one < most for one in apart)


def test_nested_digits_share_columns_and_keep_their_strokes_apart() -> None:
    slash = marks.from_strokes([np.array([[0.9, 0.05], [0.1, 0.95]])])
    known = Marks(np.stack([slash]), np.array([1]))
    for nested, least, most in ((False, -0.15, 0.5), (True, -0.9, -0.3)):
        sheet, written = numbers.blank(64, 256), Written()
        line = Line(height=30, pen=2, slant=0.0, gap=0.15, unsteady=0.0, nested=nested)
        numbers.write_number(sheet, known, [0, 0, 0], 20, 50, line, np.random.default_rng(4), written)
        steps = [
            (after[0] - before[0] - before[2]) / 30
            for before, after in zip(written.boxes, written.boxes[1:], strict=False)
        ]
        assert all(least < one < most for one in steps)
        assert len(np.unique(ndimage.label(numbers.ink(sheet, line.pen) > 0.5)[0])) == 4  # ground and three


def test_a_hand_may_write_one_digit_taller_and_deeper_than_others(known: Marks) -> None:
    place = int(known.of(7)[0])
    plain = Line(height=30, pen=3, slant=0.0, gap=0.1, unsteady=0.0)
    boxes = []
    for line in (plain, replace(plain, taller={7: 1.4}), replace(plain, deeper={7: 0.3})):
        written = Written()
        numbers.write_number(
            numbers.blank(90, 90), known, [place], 20, 60, line, np.random.default_rng(3), written
        )
        boxes += written.boxes
    usual, tall, deep = boxes
    assert tall[3] == pytest.approx(1.4 * usual[3], abs=3)
    assert deep[1] + deep[3] == pytest.approx(usual[1] + usual[3] + 9, abs=1)


def test_strokes_are_drawn_as_far_as_they_lie_on_the_sheet() -> None:
    sheet = numbers.blank(40, 60)
    numbers.set_strokes(sheet, [np.array([[-20.0, 20.0], [30.0, 20.0]])])
    numbers.set_strokes(sheet, [np.array([[-50.0, -50.0], [-40.0, -40.0]])])
    ink = numbers.ink(sheet, 3.0) > 0.5
    assert ink[20, :30].all()
    assert not ink[:, 35:].any()
    assert np.flatnonzero(ink.any(axis=1)).tolist() == [19, 20, 21]
