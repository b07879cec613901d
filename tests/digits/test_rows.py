"""The geometry of numbers and lines."""

import numpy as np
import pytest

from digits import rows


def boxes(*lefts: float, y: float = 0, height: float = 40, width: float = 24) -> rows.Boxes:
    """Return boxes of one size at these left borders."""
    return np.array([(left, y, width, height) for left in lefts], np.float64)


def words(found: list[rows.Places]) -> set[tuple[int, ...]]:
    return {tuple(number) for number in found}


def test_neighbors_are_one_number_from_left_to_right_whatever_their_order() -> None:
    assert words(rows.numbers(boxes(60, 0, 30))) == {(1, 2, 0)}


def test_no_box_is_no_number() -> None:
    nothing = np.empty((0, 4))
    assert rows.numbers(nothing) == []
    assert rows.lines(nothing, []) == []


@pytest.mark.parametrize(("space", "numbers"), [(-0.4, 1), (0.5, 1), (1.0, 1), (1.1, 2), (4.0, 2)])
def test_a_space_wider_than_a_digit_is_high_ends_a_number(space: float, numbers: int) -> None:
    assert len(rows.numbers(boxes(0, 24 + 40 * space))) == numbers


def test_tiny_zeros_belong_to_the_tall_digit_before_them() -> None:
    tall, zeros = boxes(0), boxes(30, 50, 70, y=25, height=15, width=12)
    assert words(rows.numbers(np.vstack([tall, zeros]))) == {(0, 1, 2, 3)}


def test_a_box_is_covered_by_what_lies_over_or_under_it() -> None:
    assert rows.covered(boxes(0), boxes(12, 24, -18, y=90)).tolist() == [[0.5, 0, 0.25]]


@pytest.mark.parametrize("slope", [-0.25, -0.1, 0.1, 0.25])
def test_a_number_on_a_slope_is_one_number_and_its_line_one_line(slope: float) -> None:
    places = boxes(*range(0, 240, 30), *range(320, 560, 30))
    places[:, 1] += slope * places[:, 0]
    found = rows.numbers(places)
    assert words(found) == {tuple(range(8)), tuple(range(8, 16))}
    assert rows.lines(places, found) == [[list(range(8)), list(range(8, 16))]]


def test_sloping_lines_one_above_the_other_stay_apart() -> None:
    upper = boxes(*range(0, 300, 30), *range(400, 700, 30))
    places = np.vstack([upper, upper + np.array([0, 52, 0, 0])])
    places[:, 1] += 0.12 * places[:, 0]
    found = rows.lines(places, rows.numbers(places))
    assert found == [
        [[*range(10)], [*range(10, 20)]],
        [[*range(20, 30)], [*range(30, 40)]],
    ]


def test_lines_are_read_from_top_to_bottom_and_each_from_left_to_right() -> None:
    places = np.vstack([boxes(200, 230, y=100), boxes(0, y=103), boxes(100, y=0)])
    assert rows.lines(places, rows.numbers(places)) == [[[3]], [[2], [0, 1]]]


def test_a_digit_seen_twice_does_not_follow_itself() -> None:
    twice = np.array([(0, 0, 24, 40), (2, 1, 24, 40)], np.float64)
    assert words(rows.numbers(twice)) == {(0,), (1,)}


def test_gaps_and_levels_are_measured_in_heights() -> None:
    left, right = boxes(0), boxes(64, y=20, height=40)
    assert rows.gaps(left, right).item() == pytest.approx(1.0)
    assert rows.gaps(right, left).item() == pytest.approx(-(64 + 24) / 40)
    assert rows.levels(left, right).item() == pytest.approx(0.5)
