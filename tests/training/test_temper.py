"""The tempering makes a model as sure as it is right at each digit score, beyond what it was fitted to."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from digits.recognize import temper
from tests.samples.drawings import draw_mnist
from training import temper as tempering
from training.artefact import SHIPPED
from training.data import mnist
from training.evaluation import metrics
from training.temper import Observed


def overconfident(seed: int, count: int = 4_000) -> Observed:
    """Return readings that are 99 % sure, and right as often at a great digit score, less at a small one."""
    rng = np.random.default_rng(seed)
    scores = rng.choice([0.3, 0.95], count)
    labels = rng.integers(0, 10, count)
    right = rng.random(count) < np.where(scores > 0.9, 0.99, 0.8)
    read = np.where(right, labels, (labels + 1) % 10)
    shares = np.full((count, 10), 0.01 / 9, np.float32)
    shares[np.arange(count), read] = 0.99
    return Observed(shares, scores, labels)


def test_the_fit_makes_sureness_follow_the_digit_score() -> None:
    observed = [overconfident(1), overconfident(2)]
    certainty = tempering.fit_certainty(observed)
    other = overconfident(3)
    tempered = temper(other.shares, other.scores, certainty)
    assert tempered[other.scores < 0.5].max(axis=1).mean() == pytest.approx(0.8, abs=0.03)
    assert tempered[other.scores > 0.5].max(axis=1).mean() == pytest.approx(0.99, abs=0.006)
    assert metrics.calibration_error(tempered, other.labels) < 0.03 < other.calibration_error()


def test_each_set_is_judged_by_a_fit_to_what_was_left_out() -> None:
    observed = [overconfident(1), overconfident(2)]
    judged = tempering.judge_certainty(observed)
    assert len(judged) == 2
    assert max(judged) < 0.03
    assert judged == tempering.judge_certainty(observed)


def test_the_card_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    shutil.copytree(SHIPPED, model)
    pictures = np.stack([draw_mnist(digit) for digit in range(10)] * 2)
    labels = np.arange(20) % 10
    digits = mnist.Mnist(pictures, labels, pictures, labels, pictures, labels, sha256="drawn")
    monkeypatch.setattr("training.data.mnist.load", lambda _: digits)
    np.savez(tmp_path / "own.npz", x=pictures, y=labels)
    before = json.loads((model / "model.json").read_text())
    tempering.main(["--sets", str(tmp_path / "own.npz"), "--model", str(model)])
    after = json.loads((model / "model.json").read_text())
    assert {**after, "certainty": None} == {**before, "certainty": None}
    assert len(after["certainty"]["exponents"]) == len(after["certainty"]["digit_scores"])
    assert "own: ECE" in capsys.readouterr().out
