"""The command line of evaluation: scores of the shipped model, read by the code that serves it.

`python -m training.evaluation --sets FOLDER` reads MNIST, its corruptions, synthetic non-digits and the sets
it is given, prints the results and writes them to training/report/evaluation.json, for `make report`.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from digits.errors import DigitsError
from digits.images import decode
from digits.model import Model
from digits.normalize import Mode
from digits.recognize import Reading
from training.artefact import REPORT, SHIPPED
from training.data import mnist, sets
from training.evaluation import metrics, scoring, tables, trials
from training.evaluation.corruptions import CORRUPTIONS, corrupt
from training.evaluation.refusals import NONDIGITS, SEED, SYNTHETIC, draw_nondigits
from training.evaluation.scoring import BATCH, EDGES, Json, Numbered, Tick, ticker
from training.evaluation.sheet import contact_sheet

MODES: tuple[Mode, ...] = ("never", "auto", "always")
PARTS = ("mnist", "corruptions", "nondigits", "trials", "sets")
SHOWN = 60  # failures on one sheet at most


def evaluate_mnist(model: Model, mnist: mnist.Mnist, tick: Tick) -> tuple[Json, list[float]]:
    """Score validation and test in every mode, with details for `never`; return the test's digit scores."""
    splits = {"validation": (mnist.x_val, mnist.y_val), "test": (mnist.x_test, mnist.y_test)}
    readings = {
        split: {mode: scoring.read_images(model, x, mode, tick) for mode in MODES}
        for split, (x, _) in splits.items()
    }
    test = readings["test"]["never"]
    digit_scores = [reading.digit_score for reading in readings["test"]["auto"]]
    return {
        "mnist": {
            split: {mode: scoring.score(found, splits[split][1]) for mode, found in by_mode.items()}
            for split, by_mode in readings.items()
        },
        "reliability": {
            split: metrics.reliability(scoring.probabilities(by_mode["never"]), splits[split][1])
            for split, by_mode in readings.items()
        },
        "confusion": metrics.confusion(mnist.y_test, [reading.digit for reading in test]).tolist(),
        "mistakes": _mistakes(test, mnist.y_test.tolist()),
        "histogram": {"edges": EDGES, "digits": scoring.histogram(digit_scores)},
    }, digit_scores


def evaluate_corruptions(model: Model, mnist: mnist.Mnist, tick: Tick) -> Json:
    """Score every corruption of the test images, as it is and normalized."""
    scores: Json = {}
    for name in CORRUPTIONS:
        images = corrupt(name, mnist.x_test, SEED)
        scores[name] = {
            mode: scoring.score(scoring.read_images(model, images, mode, tick), mnist.y_test)
            for mode in MODES
            if mode != "auto"
        }
    return scores


def evaluate_nondigits(model: Model, each: int, digit_scores: Sequence[float], tick: Tick) -> Json:
    """Read so many synthetic non-digits of each kind; "unseen" are forms that training never draws."""
    rng = np.random.default_rng(SEED)
    found: Json = {}
    for group, table in NONDIGITS.items():
        kinds, pictures = draw_nondigits(table, each, rng)
        found[group] = scoring.count_refusals(
            scoring.read_images(model, pictures, "auto", tick), kinds, digit_scores
        )
    return found


def evaluate(model: Model, options: argparse.Namespace, progress: Progress) -> Json:
    """Run the parts asked for and return the whole result, as it stands in evaluation.json."""
    document: Json = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": {key: model.card[key] for key in ("version", "files", "threshold")},
        "settings": {"batch": BATCH, "seed": SEED, "limit": options.limit},
    }
    digit_scores: list[float] = []
    if {"mnist", "corruptions"} & set(options.parts):
        digits = _first(mnist.load(options.mnist), options.limit)
        if "mnist" in options.parts:
            images = len(MODES) * (len(digits.x_val) + len(digits.x_test))
            found, digit_scores = evaluate_mnist(model, digits, ticker(progress, "MNIST", images))
            document |= found
        if "corruptions" in options.parts:
            tick = ticker(progress, "Corruptions", 2 * len(CORRUPTIONS) * len(digits.x_test))
            document["corruptions"] = evaluate_corruptions(model, digits, tick)
    if "nondigits" in options.parts:
        each = min(SYNTHETIC, options.limit or SYNTHETIC)
        tick = ticker(progress, "Non-digits", each * sum(map(len, NONDIGITS.values())))
        document["nondigits"] = evaluate_nondigits(model, each, digit_scores, tick)
    if "trials" in options.parts:
        each = min(trials.EACH, options.limit or trials.EACH)
        document["trials"] = trials.evaluate(model, each, ticker(progress, "Trials", trials.total(each)))
    if "sets" in options.parts:
        document["sets"] = []
        for whole in sets.find(options.sets):
            labelled = whole.thinned(options.limit)
            summary, readings = scoring.read_set(
                model, labelled, ticker(progress, whole.name, len(labelled.labels))
            )
            document["sets"].append(summary | scoring.score_set(readings, labelled.labels, digit_scores))
            if options.failures:
                draw_failures(labelled, readings, options.failures)
    return document


def draw_failures(labelled: sets.LabelledSet, readings: Numbered, folder: Path) -> None:
    """Draw what was misread, refused or wrongly accepted: each as it came and as the model saw it."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = labelled.labels
    failures: dict[str, Callable[[int, Reading], bool]] = {
        "misread": lambda number, reading: (
            labels[number] in sets.DIGITS and labels[number] != str(reading.digit)
        ),
        "refused": lambda number, reading: labels[number] in sets.DIGITS and not reading.is_digit,
        "accepted": lambda number, reading: labels[number] not in sets.DIGITS and reading.is_digit,
    }
    for failure, holds in failures.items():
        failed = [number for number, reading in readings.items() if holds(number, reading)]
        shown = [
            failed[place] for place in np.linspace(0, len(failed) - 1, min(SHOWN, len(failed))).astype(int)
        ]
        pictures = [picture for n in shown for picture in (decode(labelled.read(n)), readings[n].input)]
        captions = [text for n in shown for text in (f"#{n} is {labels[n]}", _caption(readings[n]))]
        if shown:
            contact_sheet(pictures, captions, columns=12).save(folder / f"{labelled.name}-{failure}.png")


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate as the command line says."""
    parser = _parser()
    options = parser.parse_args(arguments)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        baseline = json.loads(options.baseline.read_text("utf-8")) if options.baseline else None
        with Progress(*columns, console=console) as progress:
            document = evaluate(Model.load(options.model), options, progress)
    except (DigitsError, mnist.DataError, ValueError, OSError) as error:
        parser.error(str(error))
    for table in tables.tables(document, baseline):
        console.print(table)
    whole = set(options.parts) == set(PARTS) and options.limit is None and options.sets
    target = options.json or (REPORT / "evaluation.json" if whole else None)
    if not target:
        console.print(
            "Not written: the report needs --sets, all parts and no --limit; --json FILE writes as it is."
        )
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    console.print(f"Written: {target}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluation", description=(__doc__ or "").split("\n")[0]
    )
    add = parser.add_argument
    add("--mnist", type=Path, help="MNIST as .npz; default: $MNIST_PATH, else Keras' own copy")
    add(
        "--sets",
        type=Path,
        nargs="+",
        default=[],
        help=".npz archives, folders of them, or of labelled images",
    )
    add("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to evaluate; default: everything")
    add("--limit", type=int, help="use only so many images of each set")
    add("--model", type=Path, default=SHIPPED, help="folder with model.json and digits.tflite")
    add(
        "--baseline",
        type=Path,
        nargs="?",
        const=REPORT / "baseline.json",
        help="another model's result beside",
    )
    add("--failures", type=Path, help="folder for pictures of what went wrong in each of the sets")
    add("--json", type=Path, help="where to write; default: training/report/evaluation.json for a whole run")
    return parser


def _mistakes(readings: Sequence[Reading], labels: Sequence[int]) -> list[Json]:
    return [
        {
            "index": index,
            "label": label,
            "prediction": reading.digit,
            "probability": float(reading.probability),
            "digit_score": float(reading.digit_score),
        }
        for index, (reading, label) in enumerate(zip(readings, labels, strict=True))
        if reading.digit != label
    ]


def _first(mnist: mnist.Mnist, limit: int | None) -> mnist.Mnist:
    return replace(
        mnist,
        x_val=mnist.x_val[:limit],
        y_val=mnist.y_val[:limit],
        x_test=mnist.x_test[:limit],
        y_test=mnist.y_test[:limit],
    )


def _caption(reading: Reading) -> str:
    return f"read {reading.digit}: {reading.probability:.2f}\ndigit: {reading.digit_score:.2f}"


if __name__ == "__main__":
    main()
