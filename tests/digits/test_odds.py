"""Log odds and shares turn into each other."""

import numpy as np
import pytest

from digits.odds import log_odds, logistic


def test_odds_of_three_to_one() -> None:
    assert log_odds(0.75) == pytest.approx(np.log(3))
    assert logistic(np.log(3)) == pytest.approx(0.75)


def test_shares_come_back() -> None:
    shares = np.linspace(0.001, 0.999, 50)
    assert logistic(log_odds(shares)) == pytest.approx(shares)


def test_none_and_all_have_finite_odds_of_equal_size() -> None:
    assert log_odds(np.array([0.0, 1.0]), 0.01) == pytest.approx([-np.log(99), np.log(99)])


def test_odds_without_end_are_shares() -> None:
    assert logistic(np.array([-np.inf, np.inf])) == pytest.approx([0, 1])
