"""Tuning on your own images: the result is shipped, or it is not, and other images make another run."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from digits.model import Model
from tests.samples.drawings import draw_mnist
from training import __main__ as program
from training import network
from training.artefact import describe
from training.data import mnist, own, pool
from training.litert import convert
from training.recipe import TUNE, Settings

TINY = replace(TUNE[0], epochs=1, batch=20, blocks=(0, 0, 1), precision="float32")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the least of an artefact: one small network as it begins."""
    folder = tmp_path_factory.mktemp("base")
    keras.utils.set_random_seed(1)
    model = network.committee([network.build(TINY.blocks)], 1.5, 2.5)
    model.save(folder / "digits.keras")
    (folder / "digits.tflite").write_bytes(convert(model, quantize=True))
    files = {name: describe(folder / name) for name in ("digits.keras", "digits.tflite")}
    card = {"version": "7.0.0", "files": files, "threshold": 0.0, "temperature": 1.5, "background": 2.5}
    (folder / "model.json").write_text(json.dumps(card))
    return folder


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trained: Path) -> mnist.Mnist:
    """Have drawings read from anywhere, a network to go on from, and everything else in `tmp_path`."""
    x, y = np.stack([draw_mnist(digit) for digit in range(10)] * 3), np.arange(30) % 10
    drawn = mnist.Mnist(x, y, x, y, x, y, sha256="d" * 64)

    def make(folder: Path, *_: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(1).integers(0, 256, (20, 28, 28), np.uint8)
        np.savez(folder / "strokes-1-000.npz", x=x, y=y.astype(np.uint8))
        np.savez(folder / "nondigits-1-000.npz", x=noise, y=np.full(20, pool.NOT_A_DIGIT, np.uint8))

    monkeypatch.setattr(pool, "build", make)
    monkeypatch.setattr(program, "SHIPPED", trained)
    monkeypatch.chdir(tmp_path)
    read(monkeypatch, drawn)
    return drawn


def read(monkeypatch: pytest.MonkeyPatch, images: mnist.Mnist) -> None:
    monkeypatch.setattr(own, "load", lambda *_: images)


def tune(settings: Settings = TINY) -> None:
    _, args = program.parse(["--images", "pictures", "--folder", "shipped"])
    program.tune((settings,), args)


def held_out(monkeypatch: pytest.MonkeyPatch, before: dict[str, float]) -> None:
    """Have the bundled model read the held-out images so well."""
    monkeypatch.setattr(program, "score_outputs", lambda *_: before)


def runs() -> list[Path]:
    return sorted(Path("runs").iterdir())


def test_what_reads_them_no_worse_is_shipped_with_where_it_came_from(
    digits: mnist.Mnist, trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    held_out(monkeypatch, {"accuracy": 0.0, "kept_as_digit": 0.0})
    tune()
    shipped, base = Model.load(Path("shipped")), Model.load(trained)
    assert shipped.version == "7.0.0+own"
    sha256 = base.card["files"]["digits.keras"]["sha256"]
    assert shipped.card["base"] == {"version": "7.0.0", "sha256": sha256, "kept": True}
    assert shipped.card["data"] == {"name": "your own images", "sha256": digits.sha256}
    for key in ("temperature", "background", "threshold"):  # 30 images are too few to fit them
        assert shipped.card[key] == base.card[key]
    assert "Held-out images read right: 0.00% before" in capsys.readouterr().out


@pytest.mark.parametrize(
    "before", [{"accuracy": 1.1, "kept_as_digit": 0.0}, {"accuracy": 0.0, "kept_as_digit": 1.1}]
)
def test_what_reads_them_worse_or_refuses_more_is_not_shipped(
    before: dict[str, float], digits: mnist.Mnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    del digits
    held_out(monkeypatch, before)
    with pytest.raises(SystemExit, match="Not shipped, as it reads them worse"):
        tune()
    assert not Path("shipped").exists()
    assert (runs()[0] / "model" / "model.json").exists()


def test_other_images_make_another_run(digits: mnist.Mnist, monkeypatch: pytest.MonkeyPatch) -> None:
    held_out(monkeypatch, {"accuracy": 0.0, "kept_as_digit": 0.0})
    tune()
    first = json.loads(Path("shipped/model.json").read_text())
    tune()  # once more on the same: nothing is trained
    again: dict[str, Any] = json.loads(Path("shipped/model.json").read_text())
    assert again["members"] == first["members"]
    assert len(runs()) == 1
    read(monkeypatch, replace(digits, sha256="e" * 64, x_train=digits.x_train[::-1]))
    tune()
    other = json.loads(Path("shipped/model.json").read_text())
    assert len(runs()) == 2
    assert other["data"]["sha256"] == "e" * 64
    assert other["files"] != first["files"]
