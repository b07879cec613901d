"""Tuning on corrections: the result is shipped, or it is not, and its owner is told what there is to know."""

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from digits.model import Model
from tests.samples.drawings import draw_mnist
from training import __main__ as program
from training import canary, network, tune
from training.artefact import SHIPPED, describe
from training.data import mnist, pool
from training.evaluation import forgetting
from training.evaluation.forgetting import Score, Scores
from training.litert import convert
from training.recipe import TUNE

TINY = replace(TUNE[0], epochs=1, steps=2, batch=20, blocks=(0, 0, 1), precision="float32")
NOTHING = Scores(Score(0, 10), Score(0, 5000), Score(0, 1900))


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
def pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trained: Path, digits: mnist.Mnist) -> Path:
    """Return a folder of twenty corrections; what else tuning takes is small, and all of it in `tmp_path`."""

    def build(folder: Path, *_: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(1).integers(0, 256, (20, 28, 28), np.uint8)
        np.savez(folder / "strokes-1-000.npz", x=digits.x_val[:30], y=digits.y_val[:30].astype(np.uint8))
        np.savez(folder / "nondigits-1-000.npz", x=noise, y=np.full(20, pool.NOT_A_DIGIT, np.uint8))

    monkeypatch.setattr(pool, "build", build)
    monkeypatch.setattr(mnist, "load", lambda _: digits)
    monkeypatch.setattr(tune, "SHIPPED", trained)
    monkeypatch.setattr(program, "TUNE", (TINY,))
    monkeypatch.chdir(tmp_path)
    return save(tmp_path / "pictures")


def save(folder: Path, first: int = 0) -> Path:
    for seed in range(first, first + 20):
        noise = np.random.default_rng(seed).integers(0, 30, (28, 28), np.uint8)
        path = folder / str(seed % 10) / f"{seed}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.maximum(draw_mnist(seed % 10), noise)).save(path)
    return folder


def run(
    monkeypatch: pytest.MonkeyPatch, *arguments: str | Path, before: Scores = NOTHING, after: Scores = NOTHING
) -> None:
    """Tune from the command line, with such scores before and after."""
    found = iter((before, after))
    monkeypatch.setattr(forgetting, "measure", lambda *_: next(found))
    monkeypatch.setattr("sys.argv", ["training", *map(str, arguments)])
    program.main()


def test_what_forgets_nothing_is_shipped_with_what_it_was_tuned_on(
    pictures: Path, trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    after = Scores(Score(9, 10), Score(4900, 5000), Score(1900, 1900))
    run(monkeypatch, "--images", pictures, "--folder", "shipped", after=after)
    shipped, base = Model.load(Path("shipped")), Model.load(trained)
    assert shipped.version.startswith("7.0.0+own.")
    assert shipped.card["base"] == {
        "version": "7.0.0",
        "sha256": base.card["files"]["digits.keras"]["sha256"],
    }
    (tuning,) = shipped.card["tunings"]
    assert tuning["corrections"] + tuning["held_out"] == 20
    assert tuning["classes"] == {str(digit): 2 for digit in range(10)}
    assert (tuning["before"]["held_out"], tuning["after"]["held_out"]) == (
        {"right": 0, "count": 10},
        {"right": 9, "count": 10},
    )
    printed = capsys.readouterr().out
    assert "9 (90.00%)" in printed
    assert f"shipped now holds {shipped.version}" in printed


def test_its_owner_is_told_what_was_replaced_and_how_to_go_back(
    pictures: Path, trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {file.name: file.read_bytes() for file in trained.iterdir()}
    folder = Path("shipped")
    folder.mkdir()
    for name, content in before.items():
        (folder / name).write_bytes(content)
    run(monkeypatch, "--images", pictures, "--folder", folder)
    printed = capsys.readouterr().out
    assert "It held 7.0.0." in printed
    assert "A server that runs keeps the model that it loaded" in printed
    (aside,) = Path("runs").glob("*/replaced")
    assert f"To go back: rm {folder}/* && cp {aside}/* {folder}/" in printed
    assert {file.name: file.read_bytes() for file in aside.iterdir()} == before
    assert Model.load(folder).version != "7.0.0"


@pytest.mark.parametrize(
    ("lost", "why"),
    [
        (replace(NOTHING, held_out=Score(1, 10)), "reads fewer of the held-out corrections right"),
        (replace(NOTHING, digits=Score(11, 5000)), "reads fewer of MNIST's validation digits right"),
        (replace(NOTHING, nondigits=Score(20, 1900)), "refuses fewer of the drawn non-digits"),
    ],
)
def test_what_forgets_is_not_shipped(
    lost: Scores, why: str, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match=f"Not shipped: it {why}"):
        run(monkeypatch, "--images", pictures, "--folder", "shipped", before=lost)
    assert not Path("shipped").exists()
    (made,) = Path("runs").glob("*/model/model.json")
    assert json.loads(made.read_text())["tunings"][0]["before"]["digits"]["right"] == lost.digits.right


def test_what_unlearns_an_earlier_correction_is_not_shipped(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "find_unlearned", lambda *_: ["it reads an earlier correction, a 7, as a 1"])
    with pytest.raises(
        SystemExit, match="Not shipped: it reads an earlier correction, a 7, as a 1. The tuned"
    ):
        run(monkeypatch, "--images", pictures, "--folder", "shipped")
    assert not Path("shipped").exists()


def test_the_same_corrections_are_trained_on_once_and_others_make_another_run(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, "--images", pictures, "--folder", "shipped")
    first = json.loads(Path("shipped/model.json").read_text())
    run(monkeypatch, "--images", pictures, "--folder", "shipped")
    again = json.loads(Path("shipped/model.json").read_text())
    assert again["members"] == first["members"]
    assert len(list(Path("runs").iterdir())) == 1
    run(monkeypatch, "--images", pictures, save(Path("more"), 20), "--folder", "shipped")
    other = json.loads(Path("shipped/model.json").read_text())
    assert len(list(Path("runs").iterdir())) == 2
    assert other["version"] != first["version"]
    assert other["files"] != first["files"]


def test_tuning_has_a_place_for_every_weight_of_the_bundled_model() -> None:
    served = keras.models.load_model(SHIPPED / "digits.keras", compile=False)
    for member in network.members(served):
        learner = network.build(TUNE[0].blocks)
        network.grow(learner, member)
        assert learner.count_params() == member.count_params()


def test_a_slip_is_told_in_a_line(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (pictures / "7").iterdir():
        path.unlink()
    with pytest.raises(SystemExit, match=r"Nothing was trained .* needs 20 .* Received: 18"):
        run(monkeypatch, "--images", pictures)
    assert not Path("runs").exists()
