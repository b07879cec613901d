"""A miniature of the whole training: it learns, it resumes, and it leaves finished stages alone."""

import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.miniature import STAGES, TINY, history
from training import network
from training.data import mnist
from training.history import averaged
from training.recipe import Settings
from training.runs import histories, load_member, stage_folders
from training.train import compile_network, train, train_members


def test_loss_falls_and_every_epoch_is_recorded(run: Path) -> None:
    rows = history(stage_folders(run, 0, 2)[0])
    assert [row["epoch"] for row in rows] == list(range(6))
    assert rows[-1]["loss"] < 0.8 * rows[0]["loss"]
    assert rows[0]["learning_rate"] > rows[-1]["learning_rate"]
    assert all(0 <= row["val_accuracy"] <= 1 and row["seconds"] > 0 for row in rows)


def test_a_stage_goes_on_from_the_weights_of_the_one_before(run: Path) -> None:
    both = histories(run)
    assert [len(rows) for rows in both] == [8, 8]
    for rows in both:
        assert rows[6]["val_loss"] < 0.7 * rows[0]["val_loss"]
        assert rows[6]["epoch"] == 0


def test_all_members_go_through_a_stage_before_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, digits: mnist.Mnist
) -> None:
    trained: list[tuple[str, int, object]] = []

    def noted(settings: Settings, folder: Path, *others: object) -> str:
        trained.append((str(folder.relative_to(tmp_path)), settings.seed, others[-1]))
        return str(settings.seed)

    monkeypatch.setattr("training.train.train", noted)
    stages = (replace(TINY, seed=10), replace(TINY, seed=20))
    train_members(stages, tmp_path, digits, tmp_path, [None, None])
    assert trained == [
        ("member-1/stage-1", 10, None),
        ("member-2/stage-1", 11, None),
        ("member-1/stage-2", 20, "10"),
        ("member-2/stage-2", 21, "11"),
    ]


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, digits: mnist.Mnist, examples: Path) -> None:
    class Interruption(Exception):
        pass

    class Interrupting(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            del logs
            if epoch == 1:
                raise Interruption

    settings = replace(TINY, blocks=(0, 0, 1), average=0.99)  # an average over both epochs
    with pytest.raises(Interruption):
        train(settings, tmp_path / "halting", digits, examples, extra=[Interrupting()])
    first = history(tmp_path / "halting")
    resumed = train(settings, tmp_path / "halting", digits, examples)
    assert [row["epoch"] for row in history(tmp_path / "halting")] == [0, 1]
    assert history(tmp_path / "halting")[0] == first[0]
    straight = train(settings, tmp_path / "straight", digits, examples)
    ours, theirs = (np.concatenate([w.ravel() for w in m.get_weights()]) for m in (resumed, straight))
    assert np.linalg.norm(ours - theirs) < 0.01 * np.linalg.norm(theirs)


def test_a_run_is_not_resumed_with_other_settings(run: Path, digits: mnist.Mnist, examples: Path) -> None:
    with pytest.raises(SystemExit, match="other settings: rate"):
        train(replace(STAGES[0], rate=1e-5), stage_folders(run, 0, 2)[0], digits, examples)


def test_a_run_is_not_resumed_on_other_data(
    run: Path, tmp_path: Path, digits: mnist.Mnist, examples: Path
) -> None:
    folder = stage_folders(run, 0, 2)[0]
    with pytest.raises(SystemExit, match="other sources: digits_sha256. Give another --run"):
        train(STAGES[0], folder, replace(digits, sha256="other"), examples)
    with pytest.raises(SystemExit, match="other sources: examples_sha256"):
        train(STAGES[0], folder, digits, tmp_path)
    with pytest.raises(SystemExit, match="other sources: start_sha256"):
        train(STAGES[0], folder, digits, examples, network.build((0, 1, 2)))


def test_what_is_finished_is_left_as_it_is(
    run: Path, tmp_path: Path, digits: mnist.Mnist, examples: Path
) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    train_members(STAGES, run, digits, examples, [None, None])
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    folder = stage_folders(run, 0, 2)[0]
    shutil.copytree(folder, tmp_path / "older")
    (tmp_path / "older" / "sources.json").unlink()
    found = train(STAGES[0], tmp_path / "older", digits, examples)  # nothing is known of its sources
    for mine, theirs in zip(found.get_weights(), load_member(folder).get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_averaged_weights_are_swapped_in_and_out() -> None:
    model = compile_network(TINY, 10)
    ink, classes = np.zeros((32, 28, 28, 1), np.float32), np.eye(11, dtype=np.float32)[np.zeros(32, int)]
    for _ in range(3):
        model.train_on_batch(ink, classes)
    trained = [variable.numpy() for variable in model.trainable_variables]
    with averaged(model):
        swapped = [variable.numpy() for variable in model.trainable_variables]
    assert any(not np.array_equal(a, b) for a, b in zip(trained, swapped, strict=True))
    for before, variable in zip(trained, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(before, variable.numpy())
