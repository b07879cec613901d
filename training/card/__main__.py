"""The command line of the model card: `python -m training.card` draws its figures and writes it."""

import argparse
import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console

from training.artefact import REPORT, SHIPPED
from training.card import charts
from training.card import text as card
from training.data import mnist
from training.evaluation import trials
from training.evaluation.sheet import contact_sheet

Json = dict[str, Any]

COMPARED = ("candidates", "rejection")  # by the module of that name, for one model
SHOWN = 6  # pictures of each kind of drawn scene
PARTS = ("mnist", "corruptions", "nondigits", "sets")
EXTRAS = ("history", "baseline", *COMPARED)  # each optional, as NAME.json in the report's folder


class ReportError(Exception):
    """Raised when there is no evaluation, or not a whole one, or one of the documents is of another model."""


def write(folder: Path, model: Json, archive: Path | None) -> list[Path]:
    """Write README.md and its figures from the JSON files in `folder`; return what was written.

    Raises ReportError, and DataError where mistakes are to be drawn and MNIST is not at hand.
    """
    evaluation, extras = documents(folder, model)
    if evaluation["mistakes"]:
        draw_mistakes(evaluation["mistakes"], mnist.load(archive), folder / "mistakes.png")
    draw(evaluation, extras, folder)
    (folder / "README.md").write_text(card.compose(model, evaluation, extras), "utf-8")
    return [*sorted(folder.glob("*.png")), folder / "README.md"]


def documents(folder: Path, model: Json) -> tuple[Json, Json]:
    """Return the evaluation and what else there is in `folder`, by name. Raises ReportError."""
    extras = {
        name: _load_json(folder / f"{name}.json") for name in EXTRAS if (folder / f"{name}.json").exists()
    }
    for name in set(COMPARED) & set(extras):
        found = extras[name]
        if not isinstance(found, dict) or found["model"]["files"] != model["files"]:
            raise ReportError(
                f"{name}.json is of another model than model.json: run `python -m training.studies.{name}`"
            )
        extras[name] = found["found"]
    return _evaluation(folder, model), extras


def draw(evaluation: Json, extras: Mapping[str, Any], folder: Path) -> None:
    """Draw every figure that there are numbers for."""
    found, baseline = evaluation["corruptions"], extras.get("baseline")
    errors = {"as it is": card.errors(found, "never"), "normalized": card.errors(found, "always")}
    if baseline:
        errors["plain CNN, as it is"] = card.errors(baseline["corruptions"], "never")
    charts.corruptions(errors, folder / "corruptions.png")
    charts.confusion(evaluation["confusion"], folder / "confusion.png")
    charts.reliability(evaluation["reliability"], folder / "reliability.png")
    charts.sets(_accuracies(evaluation), folder / "sets.png")
    histograms = _histograms(evaluation)
    threshold = evaluation["model"]["threshold"]
    charts.digit_scores(evaluation["histogram"]["edges"], histograms, threshold, folder / "scores.png")
    if history := extras.get("history"):
        charts.learning_curves(history, folder / "learning-curves.png")
    if "trials" in evaluation:
        draw_trials(folder / "trials.png")
    if candidates := extras.get("candidates"):
        charts.candidates(candidates, folder / "candidates.png")


def draw_trials(path: Path) -> None:
    """Draw the first pictures of each kind of drawn scene."""
    shown = [
        # The font of the captions has no multiplication sign.
        (Image.open(BytesIO(file)), str(label) if number else f"{label}\n{name.replace('×', 'x')}")
        for name, scene in trials.DIGITS.items()
        for number, (file, label) in enumerate(trials.drawn(name, scene, SHOWN))
    ]
    pictures = [np.asarray(picture) for picture, _ in shown]
    sheet = contact_sheet(pictures, [caption for _, caption in shown], columns=SHOWN)
    sheet.quantize(24).save(path, optimize=True)


def draw_mistakes(mistakes: Sequence[Json], digits: mnist.Mnist, path: Path) -> None:
    """Draw each misread test image with its index, label, what was read and how probable that seemed."""
    pictures = [digits.x_test[mistake["index"]] for mistake in mistakes]
    captions = [
        f"{m['index']}: {m['label']}\nread {m['prediction']}, {m['probability']:.2f}" for m in mistakes
    ]
    contact_sheet(pictures, captions, columns=9).convert("L").quantize(16).save(path, optimize=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Report as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m training.card", description="Write the model card.")
    parser.add_argument("--mnist", type=Path, help="MNIST as .npz, as for training.evaluation")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="folder with model.json")
    parser.add_argument("--folder", type=Path, default=REPORT, help="of evaluation.json and the report")
    options = parser.parse_args(arguments)
    try:
        written = write(options.folder, _load_json(options.model / "model.json"), options.mnist)
    except (ReportError, mnist.DataError, OSError) as error:
        parser.error(str(error))
    Console().print("\n".join(f"Written: {path}" for path in written))


def _evaluation(folder: Path, model: Json) -> Json:
    path = folder / "evaluation.json"
    if not path.exists():
        raise ReportError(f"Run `make evaluate` first. Received: {path}, which does not exist")
    evaluation: Json = _load_json(path)
    if missing := [part for part in PARTS if part not in evaluation]:
        raise ReportError(f"A whole evaluation is needed. Received: {path} without {', '.join(missing)}")
    if evaluation["model"]["files"] != model["files"]:
        raise ReportError(f"{path} is of another model than model.json: run `make evaluate` again")
    return evaluation


def _accuracies(evaluation: Json) -> dict[str, Json]:
    test = {f"MNIST test, {mode}": score for mode, score in evaluation["mnist"]["test"].items()}
    return test | {one["name"]: one["digits"] for one in evaluation["sets"] if one["digits"]}


def _histograms(evaluation: Json) -> dict[str, list[int]]:
    counts = {"MNIST test": evaluation["histogram"]["digits"]}
    for group, found in evaluation["nondigits"].items():
        counts[f"synthetic non-digits, {group} in training"] = found["histogram"]
    return counts | {
        one["name"]: one["nondigits"]["histogram"] for one in evaluation["sets"] if one["nondigits"]
    }


def _load_json(path: Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads(path.read_text("utf-8"))


if __name__ == "__main__":
    main()
