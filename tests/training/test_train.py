"""A miniature of the whole training: it learns, it resumes, and what it exports is what it learned."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from digits.model import Model
from tests.samples.drawings import draw_mnist
from training import export as exporter
from training import network, runs
from training.__main__ import parse
from training.calibrate import fit_background, fit_temperature
from training.data import mnist, pool
from training.export import export
from training.litert import ParityError, check_parity, convert, infer
from training.recipe import FULL, QUICK, TUNE, Settings
from training.runs import commit, histories, load_member, stage_folders
from training.train import averaged, compile_network, train, train_members

TINY = Settings(epochs=2, batch=32, rate=4e-3, average=0.8, precision="float32", pool_chunks=(1, 1, 1))
STAGES = (
    replace(TINY, epochs=6, blocks=(0, 1, 2)),
    replace(
        TINY,
        seed=101,
        mnist_share=0.7,
        redrawn_share=0.06,
        strokes_share=0.12,
        nondigit_share=0.12,
        dirty=0.0,
    ),
)


@pytest.fixture(scope="module")
def digits() -> mnist.Mnist:
    """Return a small set of our own drawings in the shape of MNIST."""
    rng = np.random.default_rng(0)
    shapes = np.stack([draw_mnist(digit) for digit in range(10)])

    def part(count: int) -> tuple[mnist.Images, mnist.Labels]:
        y = np.arange(count) % 10
        noise = rng.integers(0, 30, (count, 28, 28))
        return np.clip(shapes[y].astype(np.int64) + noise, 0, 255).astype(np.uint8), y

    return mnist.Mnist(*part(320), *part(100), *part(100), sha256="drawn")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory, digits: mnist.Mnist) -> Path:
    """Return a folder of made examples: the same drawings, and noise that is no digit."""
    folder = tmp_path_factory.mktemp("pool")
    noise = np.random.default_rng(1).integers(0, 256, (60, 28, 28), np.uint8)
    for source in ("mnist", "strokes"):
        np.savez(folder / f"{source}-1-000.npz", x=digits.x_train, y=digits.y_train.astype(np.uint8))
    np.savez(folder / "nondigits-1-000.npz", x=noise, y=np.full(60, pool.NOT_A_DIGIT, np.uint8))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, digits: mnist.Mnist, examples: Path) -> Path:
    """Return the folder of a finished miniature run: two members, through stages of six epochs and of two."""
    folder = tmp_path_factory.mktemp("run")
    train_members(STAGES, folder, digits, examples, [None, None])
    return folder


def history(run: Path) -> list[dict[str, float]]:
    rows: list[dict[str, float]] = json.loads((run / "history.json").read_text())
    return rows


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


def test_the_export_is_what_serving_loads(run: Path, tmp_path: Path, digits: mnist.Mnist) -> None:
    card = export(run, tmp_path, digits, "9.9.9")
    model = Model.load(tmp_path)
    answers = model.predict(digits.x_test)
    assert model.version == "9.9.9"
    assert answers.shape == (100, 11)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    errors = int((answers[:, :10].argmax(axis=1) != digits.y_test).sum())
    assert card["metrics"]["test"]["errors"] == errors
    kept = float((1 - answers[:, 10] >= card["threshold"] - 1e-6).mean())
    assert kept == pytest.approx(card["metrics"]["test"]["kept_as_digit"])
    assert [stage["epochs"] for stage in card["stages"]] == [6, 2]
    assert [(start["stage"], start["epoch"]) for start in card["members"][1]["starts"]] == [(1, 0), (2, 0)]
    assert [one["seed"] for one in card["members"]] == [1, 2]
    assert card["packages"]["keras"] == keras.version()
    for one, network_ in zip(
        card["members"], network.members(keras.models.load_model(tmp_path / "digits.keras")), strict=True
    ):
        read = network_.predict(mnist.to_ink(digits.x_test), verbose=0)[:, :10].argmax(axis=1)
        assert one["test"]["errors"] == int((read != digits.y_test).sum())
    assert card["parity"]["float32"] <= 1e-5 < card["parity"]["quantized"] <= 0.1
    saved = keras.models.load_model(tmp_path / "digits.keras")
    np.testing.assert_allclose(saved.predict(mnist.to_ink(digits.x_test), verbose=0), answers, atol=0.1)


def test_an_export_that_differs_from_keras_is_refused(
    run: Path, tmp_path: Path, digits: mnist.Mnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "digits.tflite").write_text("before")
    monkeypatch.setattr(exporter, "infer", lambda *given: infer(*given)[:, ::-1])
    with pytest.raises(ParityError):
        export(run, tmp_path, digits, "9.9.9")
    assert [path.name for path in tmp_path.iterdir()] == ["digits.tflite"]
    assert (tmp_path / "digits.tflite").read_text() == "before"


def test_other_weights_are_a_difference() -> None:
    model = network.committee([network.build()], 1.0)
    other = convert(network.committee([network.build()], 1.0))
    ink = np.random.default_rng(0).random((10, 28, 28, 1), np.float32)
    with pytest.raises(ParityError, match="agree within 1e-05. Received"):
        check_parity(model.predict(ink, verbose=0), infer(other, ink))


def test_the_background_outweighs_weak_evidence_only() -> None:
    rng = np.random.default_rng(0)
    logits = np.hstack([rng.normal(6, 2, (1000, 1)), rng.normal(-5, 1, (1000, 10))])
    background = fit_background(logits, 0.99)
    digit, other = np.exp(logits[:, :10]).sum(axis=1), np.exp(logits[:, 10]) + np.exp(background)
    assert (digit > other).mean() == pytest.approx(0.99, abs=0.002)


def test_the_graph_adds_the_background_to_what_is_no_digit() -> None:
    networks = [network.build()]
    ink = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)
    odds = np.exp(networks[0].predict(ink, verbose=0) / 0.7)
    odds[:, 10] += np.exp(2.5)
    served = network.committee(networks, 0.7, 2.5).predict(ink, verbose=0)
    np.testing.assert_allclose(served, odds / odds.sum(axis=1, keepdims=True), atol=1e-5)


def test_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (4000, 11)).astype(np.float32)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(11, p=row / row.sum()) for row in chances.astype(np.float64)])
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.1)


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


def test_the_committee_has_eleven_classes_and_fits_in_four_megabytes() -> None:
    model = network.committee([network.build() for _ in range(Settings().members)], 1.0)
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, network.CLASSES)
    assert len(convert(model, quantize=True)) < 4_000_000


def test_an_image_is_read_alike_alone_and_among_others() -> None:
    """What is quantized on the way is scaled by its own range, not by that of its neighbors."""
    ink = np.random.default_rng(0).random((8, 28, 28, 1), np.float32)
    flatbuffer = convert(network.committee([network.build()], 1.0), quantize=True)
    others = np.concatenate([ink[:1], 0.1 * ink[1:]])
    alone = infer(flatbuffer, ink[:1])
    np.testing.assert_array_equal(infer(flatbuffer, ink)[:1], alone)
    np.testing.assert_array_equal(infer(flatbuffer, others)[:1], alone)


def test_a_deeper_network_begins_as_what_it_grew_from() -> None:
    ink = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)
    shallow, deep = network.build((0, 1, 2)), network.build((1, 2, 2))
    for layer in shallow.layers:
        layer.set_weights(
            [np.random.default_rng(7).uniform(0, 0.5, one.shape) for one in layer.get_weights()]
        )
    network.grow(deep, shallow)
    np.testing.assert_allclose(deep.predict(ink, verbose=0), shallow.predict(ink, verbose=0), rtol=1e-4)
    with pytest.raises(ValueError, match="no place for the weights of at14_block2_close"):
        network.grow(shallow, deep)


def test_a_committee_is_the_mean_of_its_members_logits() -> None:
    networks = [network.build() for _ in range(3)]
    ink = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)
    logits = np.mean([one.predict(ink, verbose=0) for one in networks], axis=0) / 0.5
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    served = network.committee(networks, 0.5)
    np.testing.assert_allclose(served.predict(ink, verbose=0), expected, atol=1e-5)
    assert [one.name for one in network.members(served)] == ["member_1", "member_2", "member_3"]


def test_the_fused_normalization_is_keras_own() -> None:
    inputs = np.random.default_rng(0).normal(2, 3, (64, 5, 5, 7)).astype(np.float32)
    fused, plain = network.FusedBatchNormalization(), keras.layers.BatchNormalization()
    for layer in (fused, plain):
        layer.build(inputs.shape)
        layer.set_weights([np.linspace(lowest, 2, 7, dtype=np.float32) for lowest in (1, -1, 0, 1)])
    for training in (True, False):
        np.testing.assert_allclose(
            fused(inputs, training=training), plain(inputs, training=training), rtol=1e-3, atol=1e-3
        )
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3)  # the fused variance is the unbiased one


def test_a_changed_file_makes_the_commit_dirty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=n", "-c", "user.email=e", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    for name in ("training/train.py", "layers/model/model.json"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(runs, "__file__", str(tmp_path / "training" / "train.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit() is None
    git("init")
    git("add", ".")
    git("commit", "--message", "a")
    (tmp_path / "layers/model/model.json").write_text("2")  # what is made, not what it is made from
    assert commit() == git("rev-parse", "HEAD").strip()
    (tmp_path / "training/train.py").write_text("2")
    assert commit() == git("rev-parse", "HEAD").strip() + "-dirty"


def test_every_setting_has_a_flag() -> None:
    stages, args = parse(["--quick", "--epochs", "3", "--pool-chunks", "1", "2", "3", "--rate", "0.01"])
    assert stages == (replace(QUICK[0], epochs=3, pool_chunks=(1, 2, 3), rate=0.01),)
    assert args.folder == args.run / "model"
    assert parse([])[0] == FULL
    assert {stage.epochs for stage in parse(["--epochs", "1"])[0]} == {1}


def test_shares_that_make_no_whole_batch_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["--mnist-share", "0.9"])
    assert "have to sum to 1. Received: (0.9, 0.12, 0.18, 0.15)" in capsys.readouterr().err
    with pytest.raises(ValueError, match="have to sum to 1"):
        replace(TUNE[0], strokes_share=0.0)
