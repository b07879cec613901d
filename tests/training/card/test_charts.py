"""The figures show the numbers they are given: ink appears where a number calls for it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.card import charts


def colored(path: Path, color: str) -> NDArray[np.bool_]:
    """Return where a figure has about that color."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    found: NDArray[np.bool_] = np.abs(pixels - wanted).max(axis=2) < 24
    return found


def test_a_bar_is_as_long_as_its_error_is_large(tmp_path: Path) -> None:
    charts.corruptions({"as it is": {"fog": 0.4, "zigzag": 0.2}}, tmp_path / "bars.png")
    lengths = colored(tmp_path / "bars.png", charts.BLUE).sum(axis=1)
    long, short = np.unique(lengths[lengths > 60])[[-1, 0]]
    assert abs(long / short - 2) < 0.1


def test_mistakes_are_shaded_and_right_answers_are_not(tmp_path: Path) -> None:
    right = np.eye(10, dtype=int) * 50
    wrong = right.copy()
    wrong[4, 9] = 30
    for name, matrix in (("right", right), ("wrong", wrong)):
        charts.confusion(matrix.tolist(), tmp_path / f"{name}.png")
    dark = "#802704"  # the far end of the color scale
    assert not colored(tmp_path / "right.png", dark).any()
    assert colored(tmp_path / "wrong.png", dark).sum() > 200


def test_the_shipped_candidate_is_ringed(tmp_path: Path) -> None:
    one = {"name": "float32", "milliseconds": 0.4, "bytes": 10**6, "accuracy": 0.997}
    charts.candidates([one], tmp_path / "plain.png")
    charts.candidates([one | {"shipped": True}], tmp_path / "ringed.png")
    ink = [colored(tmp_path / f"{name}.png", charts.INK).sum() for name in ("plain", "ringed")]
    assert ink[1] > ink[0]


def test_the_same_numbers_draw_the_same_bytes(tmp_path: Path) -> None:
    scores = {"tablets": {"count": 5, "accuracy": 0.8, "interval": [0.4, 0.96]}}
    for name in ("one", "two"):
        charts.sets(scores, tmp_path / f"{name}.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
