"""The bounds of what tuning may lose."""

from dataclasses import replace

import numpy as np
import pytest

from digits.model import Model
from tests.samples.drawings import draw_mnist
from training.artefact import SHIPPED
from training.data import mnist
from training.evaluation import forgetting
from training.evaluation.forgetting import Score, Scores, find_losses

BEFORE = Scores(Score(3, 10), Score(4970, 5000), Score(1840, 1900))


def test_a_model_that_lost_nothing_is_shipped() -> None:
    assert find_losses(BEFORE, BEFORE) == []
    assert find_losses(BEFORE, Scores(Score(10, 10), Score(4965, 5000), Score(1830, 1900))) == []


@pytest.mark.parametrize(
    ("after", "loss"),
    [
        (replace(BEFORE, held_out=Score(2, 10)), "fewer of the held-out corrections right"),
        (replace(BEFORE, digits=Score(4959, 5000)), "MNIST's validation digits right, by more than 0.2%"),
        (replace(BEFORE, nondigits=Score(1820, 1900)), "drawn non-digits, by more than 1%"),
    ],
)
def test_each_loss_is_told(after: Scores, loss: str) -> None:
    (found,) = find_losses(BEFORE, after)
    assert loss in found


def test_a_digit_that_is_refused_and_a_non_digit_that_is_not_are_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forgetting, "draw", lambda: [draw_mnist(3), np.zeros((28, 28), np.uint8)])
    x = np.stack([draw_mnist(3), np.zeros((28, 28), np.uint8)])
    digits = mnist.Mnist(x, np.array([3, 0]), x, np.array([3, 0]), x, np.array([3, 0]), sha256="drawn")
    found = forgetting.measure(Model.load(SHIPPED), [], digits)
    assert (found.digits, found.nondigits) == (Score(1, 2), Score(1, 2))


def test_the_same_non_digits_of_every_kind_are_drawn_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "EACH", 1)
    first, second = forgetting.draw(), forgetting.draw()
    assert len(first) > 15
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
