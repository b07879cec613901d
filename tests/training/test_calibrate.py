"""Temperatures and backgrounds fitted to logits whose best ones are known."""

import numpy as np
import pytest

from training.calibrate import fit_background, fit_temperature


def test_the_background_outweighs_weak_evidence_only() -> None:
    rng = np.random.default_rng(0)
    logits = np.hstack([rng.normal(6, 2, (1000, 1)), rng.normal(-5, 1, (1000, 10))])
    background = fit_background(logits, 0.99)
    digit, other = np.exp(logits[:, :10]).sum(axis=1), np.exp(logits[:, 10]) + np.exp(background)
    assert (digit > other).mean() == pytest.approx(0.99, abs=0.002)


def test_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (4000, 11)).astype(np.float32)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(11, p=row / row.sum()) for row in chances.astype(np.float64)])
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.1)
