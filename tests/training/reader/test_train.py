import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digits.detect import Detector
from tests.samples.drawings import draw_mnist
from training.data import mnist
from training.data.mnist import Mnist
from training.reader import export, network, pool, train
from training.reader.__main__ import main
from training.reader.recipe import QUICK

TINY = replace(
    QUICK[0],
    widths=(4, 4, 8, 8, 8),
    epochs=1,
    steps=2,
    batch=2,
    mnist_digits=10,
    drawn=20,
    others=10,
    chunks=1,
)
DIGITS = np.stack([draw_mnist(digit) for digit in range(10)])
LABELS = np.arange(10)


@pytest.fixture(scope="module")
def digits() -> Mnist:
    return Mnist(DIGITS, LABELS, DIGITS, LABELS, DIGITS, LABELS, sha256="0" * 64)


@pytest.fixture(scope="module")
def pictures(digits: Mnist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "CHUNK", 6)
        pool.build(folder, (TINY.mnist_digits, TINY.drawn, TINY.others), TINY.chunks, TINY.seed, digits)
    return folder


@pytest.fixture(scope="module")
def run(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    train.train(TINY, folder, pictures, pool.load(pictures, "lines"))
    return folder


def test_the_network_maps_any_multiple_of_sixteen_to_a_quarter(run: Path) -> None:
    model = train.load(run)
    for height, width in ((16, 16), (64, 256), (48, 80)):
        maps = model(np.zeros((1, height, width, 1), np.float32))
        assert maps.shape == (1, height // 4, width // 4, network.CHANNELS)


def test_the_shipped_sizes_stay_within_two_megabytes_of_eight_bits() -> None:
    assert network.build().count_params() < 2_000_000


def test_a_pool_is_made_once_and_made_the_same(pictures: Path, digits: Mnist, tmp_path: Path) -> None:
    lines = pool.load(pictures, "lines")
    assert lines.ink.shape == (6, 64, 256)
    assert len(lines.boxes) == len(lines.labels) == 6
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "CHUNK", 6)
        pool.build(tmp_path, (TINY.mnist_digits, TINY.drawn, TINY.others), TINY.chunks, TINY.seed, digits)
    assert pool.checksum(tmp_path) == pool.checksum(pictures)


def test_a_step_of_training_leaves_what_a_run_needs(run: Path) -> None:
    rows = json.loads((run / "history.json").read_text())
    assert len(rows) == 1
    assert np.isfinite(rows[0]["loss"])
    assert 0 <= rows[0]["val_lines_right"] <= 1
    assert json.loads((run / "settings.json").read_text())["widths"] == list(TINY.widths)
    assert [file.name for file in run.glob("*.h5")] == ["weights.weights.h5"]


def test_a_finished_run_is_not_trained_again(run: Path, pictures: Path) -> None:
    before = (run / "history.json").read_bytes()
    train.train(TINY, run, pictures, pool.load(pictures, "lines"))
    assert (run / "history.json").read_bytes() == before


def test_a_stage_keeps_a_share_of_the_weights_it_begins_with(run: Path) -> None:
    begun, ended = train.load(run), network.build(TINY.widths)
    before = [begun.get_weights(), ended.get_weights()]
    train.keep(ended, 0.25, run / "weights.weights.h5")
    for old, new, mixed in zip(*before, ended.get_weights(), strict=True):
        assert np.allclose(mixed, 0.25 * old + 0.75 * new, atol=1e-6)


def test_stages_begin_with_one_another(
    digits: Mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, Path | None]] = []
    monkeypatch.setattr(mnist, "load", lambda _: digits)
    monkeypatch.setattr(pool, "build", lambda *_: None)
    monkeypatch.setattr(pool, "load", lambda *_: None)
    monkeypatch.setattr(train, "train", lambda settings, *others: told.append((settings.seed, others[-1])))
    monkeypatch.setattr("training.reader.__main__.export", lambda folder, *_: {"metrics": str(folder)})
    main(["--run", str(tmp_path), "--folder", str(tmp_path / "model")])
    assert [seed for seed, _ in told] == [1, 2, 3]
    assert [start for _, start in told] == [
        None,
        tmp_path / "stage-1" / "weights.weights.h5",
        tmp_path / "stage-2" / "weights.weights.h5",
    ]


def test_a_run_with_other_settings_is_refused(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"seed": 2}))
    with pytest.raises(SystemExit, match="other settings"):
        train.train(TINY, tmp_path, pictures, pool.load(pictures, "lines"))


def test_the_export_is_an_artefact_that_serving_takes(
    run: Path, pictures: Path, digits: Mnist, tmp_path: Path
) -> None:
    card = export.export(run, tmp_path, digits, pool.load(pictures, "lines"), "1.2.3")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "detector.json", "detector.keras", "detector.tflite",
    ]  # fmt: skip
    assert card["pictures_sha256"] == pool.checksum(pictures)
    detector = Detector.load(tmp_path)
    assert detector.version == "1.2.3"
    assert detector.run(np.zeros((32, 48), np.float32)).shape == (8, 12, network.CHANNELS)
