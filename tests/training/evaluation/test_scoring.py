"""Scores of readings whose answers are known beforehand."""

import numpy as np
import pytest

from digits.recognize import Reading
from training.evaluation import scoring


def reading(digit: int, probability: float = 0.91, digit_score: float = 1.0) -> Reading:
    probabilities = np.full(10, (1 - probability) / 9, np.float32)
    probabilities[digit] = probability
    blank = np.zeros((28, 28), np.uint8)
    return Reading(digit, probability, probabilities, digit_score, digit_score >= 0.5, blank)


def test_a_score_counts_what_is_right_and_what_is_kept() -> None:
    found = scoring.score([reading(3), reading(4), reading(5, digit_score=0.1), reading(1)], [3, 4, 5, 7])
    assert found["count"] == 4
    assert found["accuracy"] == 0.75
    assert found["kept"] == 0.75
    assert found["interval"] == pytest.approx([0.3006, 0.9544], abs=1e-4)
    assert found["calibration_error"] == pytest.approx(0.91 - 0.75, abs=1e-6)
    assert found["log_loss"] == pytest.approx(-(3 * np.log(0.91) + np.log(0.01)) / 4, abs=1e-5)


def test_refusals_are_counted_for_each_kind_and_ranked_against_digits() -> None:
    found = scoring.count_refusals(
        [reading(0, digit_score=score) for score in (0.1, 0.6, 0.2)], ["plus", "plus", "w"], [0.9, 0.5]
    )
    assert found["count"] == 3
    assert found["refused"] == pytest.approx(2 / 3)
    assert {kind: (one["count"], one["refused"]) for kind, one in found["kinds"].items()} == {
        "plus": (2, 0.5),
        "w": (1, 1.0),
    }
    assert found["auroc"] == pytest.approx(5 / 6)
    assert sum(found["histogram"]) == 3


def test_without_known_digits_there_is_no_ranking() -> None:
    assert scoring.count_refusals([reading(0)], ["w"], [])["auroc"] is None


def test_a_mixed_set_is_split_by_label_and_its_mistakes_are_listed_by_frequency() -> None:
    readings = {0: reading(7), 1: reading(7), 2: reading(2), 3: reading(4, digit_score=0.2), 5: reading(1)}
    found = scoring.score_set(readings, ["1", "1", "2", "plus", "9", "7"], [])
    assert found["digits"]["count"] == 4  # number 4 could not be read
    assert found["digits"]["accuracy"] == 0.25
    assert found["confusions"] == [[1, 7, 2], [7, 1, 1]]
    assert found["nondigits"]["refused"] == 1


def test_a_set_without_digits_has_no_accuracy_and_one_without_others_no_refusals() -> None:
    assert scoring.score_set({0: reading(7)}, ["w"], [])["digits"] is None
    assert scoring.score_set({0: reading(7)}, ["7"], [])["nondigits"] is None


def test_the_histogram_holds_even_certain_scores() -> None:
    counts = scoring.histogram([0.0, 1.0, 0.5])
    assert len(counts) == len(scoring.EDGES) - 1
    assert (counts[0], counts[-1], sum(counts)) == (1, 1, 3)
