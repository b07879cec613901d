"""Scores that refuse non-digits are compared at the same share of digits kept."""

import numpy as np
import pytest

from tests.samples.drawings import draw_mnist
from training import network
from training.data import mnist
from training.studies import rejection

LOGITS = np.array([[9.0, *[0.0] * 9, -5.0], [1.0, *[0.0] * 9, 6.0]])  # a sure digit, and none


@pytest.mark.parametrize(
    "score", [rejection.extra_class, rejection.with_background(3.0), rejection.softmax, rejection.energy]
)
def test_a_sure_digit_scores_higher(score: rejection.Score) -> None:
    digit, other = score(LOGITS, np.empty((2, 0)))
    assert digit > other


def test_the_scores_are_what_they_are_called() -> None:
    shares = np.exp(LOGITS[0]) / np.exp(LOGITS[0]).sum()
    none = np.empty((2, 0))
    assert rejection.extra_class(LOGITS, none)[0] == pytest.approx(np.log((1 - shares[10]) / shares[10]))
    assert np.exp(rejection.softmax(LOGITS, none)[0]) == pytest.approx(shares[0] / shares[:10].sum())
    assert rejection.energy(LOGITS, none)[0] == pytest.approx(np.log(np.exp(LOGITS[0, :10]).sum()))


def test_features_far_from_every_digit_score_low() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(500) % 10
    features = np.eye(10)[labels] * 10 + rng.normal(0, 1, (500, 10))
    score = rejection.mahalanobis(features, labels)
    near, far = score(np.empty((2, 0)), np.array([[10.0, *[0] * 9], [-9.0, *[5] * 9]]))
    assert near > far


def test_every_score_keeps_the_same_share_of_digits() -> None:
    served = network.committee([network.build(), network.build()], 1.0)
    shapes = np.stack([draw_mnist(digit) for digit in range(10)] * 10)
    labels = np.arange(100) % 10
    digits = mnist.Mnist(shapes, labels, shapes, labels, shapes, labels, sha256="drawn")
    noise = np.random.default_rng(0).integers(0, 256, (30, 28, 28), np.uint8)
    card = {"temperature": 0.5, "background": 3.0}
    found = rejection.compare(served, card, digits, {"noise": noise, "the digits": shapes}, shapes[:30])
    assert [one["shipped"] for one in found] == [True, False, False, False, False]
    for one in found:
        assert one["refused"]["the digits"] <= 1 - one["kept"] + 0.01
        assert one["auroc"]["the digits"] == pytest.approx(0.5, abs=0.01)
        assert 0 <= one["auroc"]["noise"] <= 1
        assert one["ruled_ones_refused"] <= 0.04
