"""Each measure against a value published or worked out by hand."""

import numpy as np
import pytest

from training.evaluation import metrics


def test_accuracy_is_the_share_of_equal_pairs() -> None:
    assert metrics.accuracy([1, 2, 3, 4], [1, 2, 3, 5]) == 0.75


def test_wilson_agrees_with_the_published_values() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    assert metrics.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert metrics.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert metrics.wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert metrics.wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_wilson_refuses_what_is_no_proportion() -> None:
    for successes, count in [(0, 0), (3, 2), (-1, 5)]:
        with pytest.raises(ValueError, match=f"{successes} of {count}"):
            metrics.wilson(successes, count)


def test_confusion_has_labels_in_rows_and_predictions_in_columns() -> None:
    matrix = metrics.confusion([0, 1, 1, 2], [0, 1, 2, 2], classes=3)
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 1]]


def test_calibration_error_of_a_known_distribution() -> None:
    """Ten answers at 0.9 of which six are right, ten at 0.6 of which six are right: (0.3 + 0) / 2."""
    probabilities = [[0.9, 0.1]] * 10 + [[0.6, 0.4]] * 10
    labels = ([0] * 6 + [1] * 4) * 2
    assert metrics.calibration_error(probabilities, labels) == pytest.approx(0.15)


def test_calibration_error_vanishes_for_labels_drawn_from_the_probabilities() -> None:
    rng = np.random.default_rng(0)
    top = rng.uniform(0.5, 1, 200_000)
    labels = (rng.random(200_000) > top).astype(int)
    assert metrics.calibration_error(np.stack([top, 1 - top], axis=1), labels) < 0.005


def test_reliability_bins_are_closed_above_and_hold_everything() -> None:
    bins = metrics.reliability([[1.0, 0.0], [0.8, 0.2], [0.8, 0.2]], [0, 0, 1], bins=5)
    assert [(bin_["low"], bin_["high"], bin_["count"]) for bin_ in bins] == [(0.6, 0.8, 2), (0.8, 1.0, 1)]
    assert bins[0]["accuracy"] == 0.5
    assert bins[0]["confidence"] == pytest.approx(0.8)


def test_cross_entropy_is_the_log_loss_of_the_softmax() -> None:
    logits = np.array([[1.0, 2.0, 400.0], [-3.0, 0.5, 0.0]])
    assert metrics.cross_entropy(logits[1:], np.array([1])) == pytest.approx(
        metrics.log_loss(np.exp(logits[1:]) / np.exp(logits[1:]).sum(), [1])
    )
    assert metrics.cross_entropy(logits, np.array([2, 1])) == pytest.approx(
        0.5 * np.log1p(np.exp(-3.5) + np.exp(-0.5))
    )


def test_log_loss_is_the_mean_surprise() -> None:
    assert metrics.log_loss([[0.5, 0.5], [0.25, 0.75]], [0, 0]) == pytest.approx((np.log(2) + np.log(4)) / 2)
    assert metrics.log_loss([[0.0, 1.0]], [0]) == pytest.approx(-np.log(1e-12))


def test_auroc_counts_pairs_and_halves_ties() -> None:
    assert metrics.auroc([0.9, 0.8], [0.1, 0.2]) == 1
    assert metrics.auroc([0.1], [0.9, 0.8]) == 0
    assert metrics.auroc([0.5, 0.9], [0.5, 0.1]) == pytest.approx((0.5 + 1 + 1 + 1) / 4)


@pytest.mark.parametrize(("share", "kept"), [(1, 8), (0.995, 8), (0.8, 7), (0.5, 5)])
def test_a_threshold_keeps_at_least_the_share(share: float, kept: int) -> None:
    scores = np.arange(8)
    threshold = metrics.threshold_keeping(share, scores)
    assert threshold in scores
    assert (scores >= threshold).sum() == kept


def test_refusals_lie_strictly_below_the_threshold() -> None:
    assert metrics.refusal_rate([0.1, 0.5, 0.9, 0.95], 0.5) == 0.25


def test_a_histogram_loses_nothing_beyond_its_edges() -> None:
    assert metrics.histogram([-5, 0.1, 0.9, 7], [0, 0.5, 1]) == [2, 2]


def test_nothing_is_measured_on_an_empty_set() -> None:
    for measure in (metrics.accuracy, metrics.auroc, metrics.calibration_error, metrics.log_loss):
        with pytest.raises(ValueError, match="empty set"):
            measure([], [])
