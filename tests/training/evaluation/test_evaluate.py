"""Evaluation of the shipped artefact, on images made here."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digits.images import decode
from digits.model import Model
from digits.recognize import Reader
from training.artefact import SHIPPED
from training.data import mnist as training_mnist
from training.evaluation import __main__ as evaluate
from training.evaluation.corruptions import CORRUPTIONS


def drawn(label: str, size: int = 96) -> Image.Image:
    image = Image.new("L", (size, size), 255)
    font = ImageFont.load_default(size * 0.8)
    ImageDraw.Draw(image).text((size / 2, size / 2), label, 0, font, anchor="mm")
    return image


def tiny(count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return printed digits 28×28, ink bright on dark, and their labels."""
    labels = np.arange(count) % 10
    images = [255 - np.asarray(drawn(str(label)).resize((28, 28))) for label in labels]
    return np.stack(images), labels


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch) -> training_mnist.Mnist:
    """Put printed digits in MNIST's place."""
    (x_val, y_val), (x_test, y_test) = tiny(20), tiny(30)
    printed = training_mnist.Mnist(x_val, y_val, x_val, y_val, x_test, y_test, sha256="0" * 64)
    monkeypatch.setattr(training_mnist, "load", lambda path: printed)  # noqa: ARG005
    return printed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a set: the ten digits, two signs, and a file that is no image."""
    path = tmp_path / "drawings"
    path.mkdir()
    for label in "0123456789":
        drawn(label).save(path / f"{label}.png")
    (path / "sign").mkdir()
    drawn("+").save(path / "sign" / "a.png")
    drawn("?").save(path / "sign" / "b.png")
    (path / "5_torn.png").write_bytes((path / "5.png").read_bytes()[:80])
    return path


def run(tmp_path: Path, *arguments: str | Path) -> dict[str, Any]:
    target = tmp_path / "out" / "evaluation.json"
    evaluate.main([*map(str, arguments), "--json", str(target)])
    document: dict[str, Any] = json.loads(target.read_text("utf-8"))
    return document


def test_a_folder_of_images_is_scored_as_the_service_reads_it(tmp_path: Path, folder: Path) -> None:
    (found,) = run(tmp_path, "--parts", "sets", "--sets", folder)["sets"]
    model = Model.load(SHIPPED)
    greys = [decode((folder / f"{label}.png").read_bytes()) for label in range(10)]
    reader = Reader(model)
    readings = [reader.one(grey) for grey in greys]
    assert found["name"] == "drawings"
    assert found["count"] == 13
    assert found["digits"]["count"] == 10
    assert found["digits"]["accuracy"] == sum(r.digit == i for i, r in enumerate(readings)) / 10
    assert found["digits"]["kept"] == sum(r.is_digit for r in readings) / 10
    assert sum(count for *_, count in found["confusions"]) == sum(
        r.digit != i for i, r in enumerate(readings)
    )
    assert found["nondigits"]["kinds"].keys() == {"sign"}
    assert len(found["unreadable"]) == 1
    assert found["milliseconds"].keys() == {"decode", "normalize", "infer"}
    assert all(spent > 0 for spent in found["milliseconds"].values())


@pytest.mark.usefixtures("mnist")
def test_a_whole_evaluation_has_every_part(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(tmp_path, "--limit", "12", "--sets", folder)
    assert {part: set(modes) for part, modes in found["mnist"].items()} == {
        "validation": {"never", "auto", "always"},
        "test": {"never", "auto", "always"},
    }
    assert found["corruptions"].keys() == CORRUPTIONS.keys()
    assert all(scores["never"]["count"] == 12 for scores in found["corruptions"].values())
    assert found["nondigits"]["seen"]["auroc"] is not None
    assert "unseen" in found["nondigits"]
    printed = capsys.readouterr().out
    assert f"{100 * found['mnist']['test']['never']['accuracy']:.2f}" in printed
    assert "drawings" in printed


def test_confusion_and_mistakes_agree_with_the_accuracy(tmp_path: Path, mnist: training_mnist.Mnist) -> None:
    found = run(tmp_path, "--parts", "mnist")
    test, matrix = found["mnist"]["test"]["never"], np.array(found["confusion"])
    assert matrix.sum() == test["count"] == 30
    assert np.trace(matrix) == round(test["accuracy"] * 30) == 30 - len(found["mistakes"])
    reader = Reader(Model.load(SHIPPED))
    readings = [reader.one(image, "never") for image in mnist.x_test]
    wrong = [i for i, reading in enumerate(readings) if reading.digit != mnist.y_test[i]]
    assert [mistake["index"] for mistake in found["mistakes"]] == wrong
    assert all(mistake["prediction"] != mistake["label"] for mistake in found["mistakes"])
    assert sum(bin_["count"] for bin_ in found["reliability"]["test"]) == 30
    assert sum(found["histogram"]["digits"]) == 30


@pytest.mark.usefixtures("mnist")
def test_the_same_corruptions_are_made_every_time(tmp_path: Path) -> None:
    first, second = (run(tmp_path, "--parts", "corruptions", "--limit", "10") for _ in range(2))
    assert first["corruptions"] == second["corruptions"]


@pytest.mark.usefixtures("mnist")
def test_a_baseline_stands_beside_the_corruptions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = tmp_path / "baseline.json"
    scores = {name: {"never": {"accuracy": 0.4321}} for name in CORRUPTIONS}
    baseline.write_text(json.dumps({"corruptions": scores}))
    run(tmp_path, "--parts", "corruptions", "--limit", "10", "--baseline", baseline)
    assert capsys.readouterr().out.count("56.79%") == len(CORRUPTIONS) + 1


def test_failures_are_drawn_for_each_set(tmp_path: Path, folder: Path) -> None:
    found = run(tmp_path, "--parts", "sets", "--sets", folder, "--failures", tmp_path / "failures")["sets"][0]
    names = {path.name for path in (tmp_path / "failures").iterdir()}
    assert ("drawings-misread.png" in names) == (found["digits"]["accuracy"] < 1)
    assert ("drawings-refused.png" in names) == (found["digits"]["kept"] < 1)
    assert ("drawings-accepted.png" in names) == (found["nondigits"]["refused"] < 1)
    assert names <= {f"drawings-{failure}.png" for failure in ("misread", "refused", "accepted")}


@pytest.mark.usefixtures("mnist")
def test_a_partial_evaluation_does_not_replace_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluate, "REPORT", tmp_path)
    evaluate.main(["--parts", "mnist", "--limit", "5"])
    assert not list(tmp_path.iterdir())
    assert "Not written: the report needs --sets" in capsys.readouterr().out


def test_a_whole_evaluation_replaces_it_and_one_without_sets_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(evaluate, "REPORT", tmp_path / "report")
    monkeypatch.setattr(evaluate, "evaluate", lambda *_: {"sets": []})
    evaluate.main([])
    assert not (tmp_path / "report").exists()
    evaluate.main(["--sets", str(tmp_path)])
    assert json.loads((tmp_path / "report" / "evaluation.json").read_text()) == {"sets": []}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--model", "nowhere"], "nowhere"),
        (["--parts", "sets", "--sets", "nowhere"], "Received: nowhere"),
        (["--baseline", "nowhere.json"], "nowhere.json"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_a_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        evaluate.main(arguments)
    assert complaint in capsys.readouterr().err.splitlines()[-1]


def test_evaluation_needs_neither_tensorflow_nor_keras() -> None:
    code = "import sys, training.evaluation; print({'tensorflow', 'keras'} & set(sys.modules))"
    root = SHIPPED.parents[1]
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={"PYTHONPATH": f"{root}:{root / 'layers' / 'python'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "set()"
