"""The model card says what the evaluation found, and nothing else."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from training import data, report
from training.corruptions import CORRUPTIONS

Json = dict[str, Any]
FIGURES = {"confusion", "corruptions", "learning-curves", "mistakes", "reliability", "scores", "sets"}


def score(correct: int, count: int) -> Json:
    share = correct / count
    return {
        "count": count,
        "accuracy": share,
        "interval": [share - 0.01, min(1, share + 0.004)],
        "calibration_error": 0.00123,
        "log_loss": 0.0456,
        "kept": 0.9951,
    }


def refused(count: int, share: float) -> Json:
    one = {"count": count, "refused": share, "interval": [share - 0.02, share + 0.01]}
    return one | {"auroc": 0.9876, "histogram": [count, 0], "kinds": {"plus": one}}


@pytest.fixture
def model() -> Json:
    return {
        "version": "3.1.4",
        "created": "2030-01-02T03:04:05+00:00",
        "settings": {"epochs": 17, "rate": 0.00271},
        "seed": 42,
        "data": {"name": "MNIST", "sha256": "ab" * 32},
        "git_commit": "c0ffee",
        "files": {"digits.tflite": {"sha256": "cd" * 32, "bytes": 1_234_567}},
        "threshold": 0.61803,
        "temperature": 1.2345,
    }


@pytest.fixture
def evaluation(model: Json) -> Json:
    modes = ("never", "auto", "always")
    bins = [{"low": 14 / 15, "high": 1.0, "count": 9000, "confidence": 0.997, "accuracy": 0.9973}]
    return {
        "model": {key: model[key] for key in ("version", "files", "threshold")},
        "settings": {"batch": 64, "seed": 1, "limit": None},
        "mnist": {
            "validation": {mode: score(4981 - i, 5000) for i, mode in enumerate(modes)},
            "test": {mode: score(9973 - i, 10000) for i, mode in enumerate(modes)},
        },
        "reliability": {"validation": bins, "test": bins},
        "confusion": (np.eye(10, dtype=int) * 997 + 1).tolist(),
        "mistakes": [
            {"index": 1, "label": 4, "prediction": 9, "probability": 0.83, "digit_score": 1.0},
            {"index": 0, "label": 7, "prediction": 1, "probability": 0.51, "digit_score": 0.9},
        ],
        "histogram": {"edges": [-1, 0, 1], "digits": [3, 9997]},
        "corruptions": {
            name: {mode: score(900 - 3 * i, 1000) for mode in ("never", "always")}
            for i, name in enumerate(CORRUPTIONS)
        },
        "nondigits": {"seen": refused(700, 0.9912), "unseen": refused(300, 0.8123)},
        "sets": [
            {
                "name": "tablets",
                "count": 800,
                "unreadable": {},
                "milliseconds": {"decode": 0.111, "normalize": 0.222, "infer": 0.333},
                "digits": score(787, 800),
                "confusions": [[1, 7, 8], [4, 9, 5]],
                "nondigits": None,
            },
            {
                "name": "signs",
                "count": 200,
                "unreadable": {},
                "milliseconds": {"decode": 0.1, "normalize": 0.2, "infer": 0.3},
                "digits": None,
                "confusions": [],
                "nondigits": refused(200, 0.777),
            },
        ],
    }


@pytest.fixture
def folder(tmp_path: Path, evaluation: Json, monkeypatch: pytest.MonkeyPatch) -> Path:
    history = [
        {"epoch": i, "loss": 0.5 / (i + 1), "accuracy": 0.9, "val_loss": 0.4 / (i + 1), "val_accuracy": 0.95}
        | {"learning_rate": 0.001, "seconds": 60.0}
        for i in range(4)
    ]
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation))
    (tmp_path / "history.json").write_text(json.dumps(history))
    x, y = np.zeros((2, 28, 28), np.uint8), np.array([7, 4])
    x[0], x[1] = 40, 200
    printed = data.Mnist(x, y, x, y, x, y, sha256="0" * 64)
    monkeypatch.setattr(data, "load", lambda path: printed)  # noqa: ARG005
    return tmp_path


def test_the_report_has_its_figures_and_shows_each(folder: Path, model: Json) -> None:
    written = report.write(folder, model, None)
    assert {path.stem for path in written if path.suffix == ".png"} == FIGURES
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\.png\)", (folder / "README.md").read_text()))
    assert shown == FIGURES
    for name in FIGURES:
        with Image.open(folder / f"{name}.png") as image:
            assert min(image.size) > 100
            assert len(set(image.convert("L").tobytes())) > 4  # something is drawn
        assert (folder / f"{name}.png").stat().st_size < 100_000


def test_the_card_says_what_the_json_says(folder: Path, model: Json, evaluation: Json) -> None:
    report.write(folder, model, None)
    card = (folder / "README.md").read_text()
    assert card.startswith("# Model card: digits 3.1.4\n")
    for share in (
        evaluation["mnist"]["test"]["never"]["accuracy"],
        evaluation["mnist"]["validation"]["always"]["accuracy"],
        evaluation["sets"][0]["digits"]["accuracy"],
        evaluation["sets"][1]["nondigits"]["refused"],
        evaluation["nondigits"]["unseen"]["refused"],
        *(1 - scores["never"]["accuracy"] for scores in evaluation["corruptions"].values()),
    ):
        assert f"{100 * share:.2f} %" in card
    for text in (
        "2 of 10,000 wrong",
        "less 5,000 that",
        "1→7 (8), 4→9 (5)",
        "1,234,567 bytes",
        "`c0ffee`",
        "seed 42",
    ):
        assert text in card
    for text in (
        "temperature of 1.2345",
        "reaches 0.61803",
        "| `rate` | 0.00271 |",
        "0.222",
        "ab" * 32,
        "cd" * 32,
    ):
        assert text in card
    assert "canny edges, zigzag and dotted line cost most" in card


def test_other_numbers_make_another_card(folder: Path, model: Json, evaluation: Json) -> None:
    report.write(folder, model, None)
    assert "99.73 %" in (folder / "README.md").read_text()
    evaluation["mnist"]["test"]["never"] = score(9876, 10000)
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    report.write(folder, model, None)
    card = (folder / "README.md").read_text()
    assert "**98.76 %**" in card
    assert "99.73 %" not in card


def test_every_table_is_rectangular(folder: Path, model: Json) -> None:
    report.write(folder, model, None)
    card = (folder / "README.md").read_text()
    tables = [block for block in card.split("\n\n") if block.startswith("|")]
    assert len(tables) >= 6
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table.strip().splitlines()}) == 1


def test_the_mistakes_are_the_test_images_of_their_index(folder: Path, model: Json) -> None:
    report.write(folder, model, None)
    with Image.open(folder / "mistakes.png") as image:
        sheet = np.asarray(image.convert("L")).astype(int)
    assert abs(sheet[48, 48] - 200) < 12  # index 1 first, as evaluated
    assert abs(sheet[48, 48 + 96] - 40) < 12


def test_extras_are_shown_when_they_are_there(folder: Path, model: Json) -> None:
    baseline = {"corruptions": {name: {"never": score(543, 1000)} for name in CORRUPTIONS}}
    (folder / "baseline.json").write_text(json.dumps(baseline))
    (folder / "seeds.json").write_text(
        json.dumps([{"seed": s, "validation": 0.996 + s / 1000, "test": 0.995 + s / 1000} for s in (1, 2, 3)])
    )
    candidates = [
        {"name": "full int8", "milliseconds": 0.2, "bytes": 300_000, "accuracy": 0.995, "shipped": True}
    ]
    (folder / "candidates.json").write_text(json.dumps(candidates))
    report.write(folder, model, None)
    card = (folder / "README.md").read_text()
    assert card.count("| 45.70 % |") == len(CORRUPTIONS)
    assert "| mean ± standard deviation | 99.80 % ± 0.100 | 99.70 % ± 0.100 |" in card
    assert "(candidates.png)" in card
    assert (folder / "candidates.png").exists()


def test_without_history_there_are_no_curves(folder: Path, model: Json) -> None:
    (folder / "history.json").unlink()
    report.write(folder, model, None)
    assert "learning-curves.png" not in (folder / "README.md").read_text()


def test_an_evaluation_of_another_model_is_refused(folder: Path, model: Json) -> None:
    model["files"] = {"digits.tflite": {"sha256": "ef" * 32, "bytes": 1}}
    with pytest.raises(report.ReportError, match="another model"):
        report.write(folder, model, None)


def test_no_evaluation_or_half_a_one_is_refused(folder: Path, model: Json, evaluation: Json) -> None:
    del evaluation["corruptions"], evaluation["sets"]
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    with pytest.raises(report.ReportError, match="without corruptions, sets"):
        report.write(folder, model, None)
    (folder / "evaluation.json").unlink()
    with pytest.raises(report.ReportError, match="make evaluate"):
        report.write(folder, model, None)


def test_the_command_writes_into_the_folder_it_is_given(
    folder: Path, model: Json, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "model.json").write_text(json.dumps(model))
    report.main(["--folder", str(folder), "--model", str(folder / "model")])
    assert "README.md" in capsys.readouterr().out
    assert "3.1.4" in (folder / "README.md").read_text()
