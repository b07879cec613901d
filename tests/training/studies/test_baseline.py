"""The plain CNN learns what is easy and loads like the shipped artefact."""

from pathlib import Path

import numpy as np

from digits.model import Model
from tests.samples.drawings import draw_mnist
from training.data import mnist
from training.studies import baseline


def test_it_learns_drawings_and_loads_as_a_model(tmp_path: Path) -> None:
    y = np.arange(400) % 10
    x = np.stack([draw_mnist(digit) for digit in range(10)])[y]
    baseline.write(
        baseline.train(mnist.Mnist(x, y, x[:20], y[:20], x[:20], y[:20], "drawn"), epochs=6), tmp_path
    )
    answers = Model.load(tmp_path).predict(x[:10])
    assert answers.shape == (10, 11)
    assert (answers[:, :10].argmax(axis=1) == y[:10]).mean() >= 0.9
