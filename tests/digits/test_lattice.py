"""The likeliest numbers of a given length."""

import itertools

import numpy as np
import pytest

from digits import lattice, rows
from digits.rows import Boxes


def row(count: int, step: float = 30.0) -> Boxes:
    return np.array([(step * place, 0, 24, 40) for place in range(count)], np.float64)


def test_the_weakest_of_too_many_gives_way_at_an_end_rather_than_within() -> None:
    weights = np.array([0.5, 3.0, 3.0, 3.0])
    assert lattice.numbers(row(4), weights, 3) == [[1, 2, 3]]
    assert lattice.numbers(row(4), weights[::-1], 3) == [[0, 1, 2]]


def test_a_doubtful_place_is_taken_where_a_digit_lacks() -> None:
    weights = np.array([3.0, -1.5, 3.0])
    assert lattice.numbers(row(3), weights, 3) == [[0, 1, 2]]
    assert lattice.numbers(row(3), weights, 2) == [[0, 2]]


def test_of_two_places_that_overlap_the_likelier_is_taken() -> None:
    boxes = np.array([(0, 0, 24, 40), (30, 0, 24, 40), (33, 0, 24, 40), (62, 0, 24, 40)], np.float64)
    assert lattice.numbers(boxes, np.array([3.0, 1.0, 2.0, 3.0]), 3) == [[0, 2, 3]]


def test_one_wide_place_or_two_narrow_ones_by_the_length() -> None:
    wide = np.array([(0, 0, 24, 40), (30, 0, 50, 40), (30, 0, 22, 40), (58, 0, 22, 40)], np.float64)
    weights = np.array([3.0, 2.0, 0.5, 0.5])
    assert lattice.numbers(wide, weights, 2) == [[0, 1]]
    assert lattice.numbers(wide, weights, 3) == [[0, 2, 3]]


def test_several_numbers_stand_in_a_line() -> None:
    boxes = np.vstack([row(3), row(3) + np.array([200, 0, 0, 0])])
    assert lattice.numbers(boxes, np.full(6, 2.0), 3) == [[0, 1, 2], [3, 4, 5]]


def test_numbers_written_close_are_told_apart_by_their_length() -> None:
    assert lattice.numbers(row(6), np.full(6, 4.0), 3) == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("weights", [[-3.0, 1.0, -3.0], [-1.0, -1.0, -1.0]])
def test_nothing_is_read_where_more_speaks_against_it(weights: list[float]) -> None:
    assert lattice.numbers(row(3), np.array(weights), 3) == []


def test_nothing_is_read_where_there_are_too_few_places() -> None:
    assert lattice.numbers(row(2), np.full(2, 5.0), 3) == []
    assert lattice.numbers(np.empty((0, 4)), np.empty(0), 1) == []


def test_the_best_of_all_choices_is_found() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        weights = rng.normal(0.5, 2, 7)
        # 40 apart, all are level and clear of each other: a choice costs only the spaces that it leaves.
        worth = {
            chosen: weights[list(chosen)].sum() - _stretch(row(7, 40), chosen)
            for chosen in itertools.combinations(range(7), 4)
        }
        best = max(worth, key=lambda chosen: worth[chosen])
        assert lattice.numbers(row(7, 40), weights, 4) == ([list(best)] if worth[best] > 0 else [])


def _stretch(boxes: Boxes, chosen: tuple[int, ...]) -> float:
    spaces = np.diff(boxes[list(chosen), 0]) - 24
    return float(lattice.STRETCHED * np.maximum(spaces / 40 - rows.GAP, 0).sum())


def test_a_path_takes_all_that_stand_apart() -> None:
    assert lattice.path(row(4), np.array([1.0, 0.1, 2.0, 0.5])) == [0, 1, 2, 3]


def test_a_path_fills_a_hole_with_a_doubtful_place_but_adds_none_beside() -> None:
    boxes = row(5)
    assert lattice.path(boxes, np.array([2.0, -0.3, 2.0, 2.0, -0.3])) == [0, 1, 2, 3]


def test_a_path_leaves_out_what_lies_on_likelier_digits() -> None:
    boxes = np.array([(0, 0, 24, 40), (27, 10, 8, 24), (28, 0, 24, 40), (60, 0, 24, 40)], np.float64)
    assert lattice.path(boxes, np.array([3.0, 0.5, 3.0, 3.0])) == [0, 2, 3]


def test_a_path_goes_on_after_the_end_of_a_number() -> None:
    boxes = np.vstack([row(2), row(2) + np.array([500, 0, 0, 0])])
    assert lattice.path(boxes, np.full(4, 3.0)) == [0, 1, 2, 3]
