"""The made examples are what serving would make of scenes, and the same for the same seed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.data import pool
from training.data.mnist import DataError
from training.drawing import scenes


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make chunks of a few drawings, in this process."""
    monkeypatch.setattr(pool, "CHUNK", 12)


def make(folder: Path, seed: int) -> None:
    folder.mkdir(exist_ok=True)
    for source in ("strokes", "nondigits"):
        pool.make_chunk((folder / f"{source}-{seed}-000.npz", source, seed), None)


@pytest.mark.usefixtures("small")
def test_digits_and_nondigits_come_with_their_classes(tmp_path: Path) -> None:
    make(tmp_path, 1)
    x, y, source = pool.load(tmp_path)
    assert x.shape[1:] == (28, 28)
    assert x.dtype == np.uint8
    assert set(y[source == 2]) == {pool.NOT_A_DIGIT}
    assert len(set(y[source == 1]) - {pool.NOT_A_DIGIT}) > 3


@pytest.mark.usefixtures("small")
def test_the_seed_decides(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        make(tmp_path / name, seed)
    (one, *_), (again, *_), (other, *_) = (pool.load(tmp_path / name) for name in ("one", "again", "other"))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one[:5], other[:5])


@pytest.mark.usefixtures("small")
def test_what_is_made_is_not_made_again(tmp_path: Path) -> None:
    make(tmp_path, 1)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    make(tmp_path, 1)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_an_upright_bar_is_told_from_what_else_is_narrow() -> None:
    bar = np.zeros((28, 28), np.uint8)
    bar[4:24, 12:16] = 200
    assert pool.is_upright_bar(bar)
    for more in (np.s_[8:10, 8:20], np.s_[4:24, 9:20], np.s_[4:24, 20:22]):  # a cross, a block, two bars
        other = bar.copy()
        other[more] = 200
        assert not pool.is_upright_bar(other)
    assert not pool.is_upright_bar(bar.T)
    assert not pool.is_upright_bar(np.zeros((28, 28), np.uint8))


@pytest.mark.usefixtures("small")
def test_a_non_digit_that_comes_out_as_a_bar_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    bar = np.zeros((28, 28), np.uint8)
    bar[4:24, 12:16] = 200
    monkeypatch.setattr(pool, "normalize", lambda *_: [bar, bar.T])
    monkeypatch.setattr("training.drawing.scenes.squash", lambda _: bar)
    rng = np.random.default_rng(0)
    made = [example for _ in range(40) for example in pool.nondigit_examples(rng)]
    assert 20 < len(made) < 40
    assert all(np.array_equal(picture, bar.T) for picture, _ in made)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no examples to train on"):
        pool.load(tmp_path)


def test_digits_come_alone_on_print_in_surroundings_and_in_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("scene", "security", "see", "see_ringed"):
        made = getattr(scenes, name)

        def noted(*arguments: object, name: str = name, made: Any = made, **options: object) -> Any:
            calls.append(name)
            return made(*arguments, **options)

        monkeypatch.setattr(scenes, name, noted)
    rng = np.random.default_rng(0)
    made = [example for _ in range(60) for example in pool.stroke_examples(rng)]
    assert len(made) > 40
    assert calls.count("security") + calls.count("scene") == 60
    assert {"scene", "security", "see", "see_ringed"} == set(calls)
