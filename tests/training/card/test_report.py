"""The report: its figures are drawn, shown on the card, and belong to the model that is shipped."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.samples import evaluations
from training.card import __main__ as report
from training.data import mnist
from training.evaluation.corruptions import CORRUPTIONS

Json = dict[str, Any]
FIGURES = {
    *("candidates", "confusion", "corruptions", "learning-curves"),
    *("mistakes", "reliability", "scores", "sets", "trials"),
}


@pytest.fixture
def model() -> Json:
    return evaluations.model()


@pytest.fixture
def folder(tmp_path: Path, model: Json, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with everything that a report is made of; both of MNIST's images are flat greys."""
    history = [
        {"epoch": i, "loss": 0.5 / (i + 1), "accuracy": 0.9, "val_loss": 0.4 / (i + 1), "val_accuracy": 0.95}
        | {"learning_rate": 0.001, "seconds": 60.0}
        for i in range(4)
    ]
    candidates = [evaluations.candidate(name, shipped=name == "int8") for name in ("int8", "float32")]
    named = {key: model[key] for key in ("version", "files")}
    baseline = {"corruptions": {name: {"never": evaluations.score(543, 1000)} for name in CORRUPTIONS}}
    documents = {
        "evaluation": evaluations.evaluation(model),
        "history": [history * 2, history],
        "candidates": {"model": named, "found": candidates},
        "baseline": baseline,
    }
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    x, y = np.stack([np.full((28, 28), grey, np.uint8) for grey in (40, 200)]), np.array([7, 4])
    monkeypatch.setattr(mnist, "load", lambda path: mnist.Mnist(x, y, x, y, x, y, sha256=str(path)))
    return tmp_path


def test_the_command_draws_every_figure_and_shows_it_on_the_card(
    folder: Path, model: Json, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "model.json").write_text(json.dumps(model))
    report.main(["--folder", str(folder), "--model", str(folder / "model")])
    assert "README.md" in capsys.readouterr().out
    card = (folder / "README.md").read_text()
    assert model["version"] in card
    assert set(re.findall(r"!\[[^\]]+\]\(([^)]+)\.png\)", card)) == FIGURES
    assert {path.stem for path in folder.glob("*.png")} == FIGURES
    for name in FIGURES:
        with Image.open(folder / f"{name}.png") as image:
            assert min(image.size) > 100
            assert len(set(image.convert("L").tobytes())) > 4  # something is drawn
        assert (folder / f"{name}.png").stat().st_size < 100_000


def test_the_mistakes_are_the_test_images_of_their_index(folder: Path) -> None:
    mistakes = json.loads((folder / "evaluation.json").read_text())["mistakes"]
    report.draw_mistakes(mistakes, mnist.load(None), folder / "mistakes.png")
    with Image.open(folder / "mistakes.png") as image:
        sheet = np.asarray(image.convert("L")).astype(int)
    assert [mistake["index"] for mistake in mistakes] == [1, 0]
    assert abs(sheet[48, 48] - 200) < 12
    assert abs(sheet[48, 48 + 96] - 40) < 12


def test_an_evaluation_of_another_model_is_refused(folder: Path, model: Json) -> None:
    model["files"] = {"digits.tflite": {"sha256": "ef" * 32, "bytes": 1}}
    with pytest.raises(report.ReportError, match="another model"):
        report.write(folder, model, None)


@pytest.mark.parametrize("other", [[], {"model": {"version": "3.1.4", "files": {}}, "found": []}])
def test_a_comparison_of_another_model_is_refused(folder: Path, model: Json, other: Any) -> None:
    (folder / "candidates.json").write_text(json.dumps(other))
    with pytest.raises(report.ReportError, match=r"another model .* `python -m training.studies.candidates`"):
        report.write(folder, model, None)


def test_no_evaluation_or_half_a_one_is_refused(folder: Path, model: Json) -> None:
    evaluation = json.loads((folder / "evaluation.json").read_text())
    del evaluation["corruptions"], evaluation["sets"]
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    with pytest.raises(report.ReportError, match="without corruptions, sets"):
        report.write(folder, model, None)
    (folder / "evaluation.json").unlink()
    with pytest.raises(report.ReportError, match="make evaluate"):
        report.write(folder, model, None)


def test_a_refusal_is_said_in_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        report.main(["--folder", str(folder), "--model", str(folder / "nowhere")])
    assert "nowhere" in capsys.readouterr().err.splitlines()[-1]
