"""Tuning: further training of the shipped model on corrections, and its replacement unless it forgets."""

import argparse
import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import Any

import keras
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from digits.model import Model
from training import canary, network
from training.artefact import SHIPPED
from training.data import corrections, mnist, pool
from training.data.corrections import Corrections
from training.evaluation import forgetting
from training.evaluation.forgetting import Scores
from training.export import export
from training.recipe import Settings
from training.train import train_members

ROWS = {
    "held_out": "held-out corrections read right",
    "digits": "MNIST validation digits read right",
    "nondigits": "drawn non-digits refused",
}


def tune(stages: tuple[Settings, ...], args: argparse.Namespace) -> None:
    """Train the shipped model on the corrections in `args.images`, and replace it unless it forgets.

    Raises:
        DataError: the corrections or MNIST are not there, or not what they should be.
        SystemExit: the result is not shipped, and why; it stays in the run's folder.
    """
    known = corrections.load(args.images)
    digits = mnist.load(args.mnist)
    shipped = Model.load(SHIPPED)
    run = args.run or _place(known, shipped)
    before = forgetting.measure(shipped, known.held_out, digits)
    _train(stages, run, args, known, digits, shipped)
    made = run / "model"
    version = args.version or f"{shipped.version.partition('+')[0]}+own.{known.sha256[:8]}"
    card = export(run, made, digits, version, shipped.card)
    tuned = Model.load(made)
    after = forgetting.measure(tuned, known.held_out, digits)
    _describe(made, card, shipped.card, known, before, after)
    earlier = canary.load(SHIPPED)
    canary.write(made, canary.choose(earlier, known.all, shipped, tuned))
    Console().print(tabulate(before, after))
    if faults := forgetting.find_losses(before, after) + canary.find_unlearned(tuned, earlier):
        raise SystemExit(f"Not shipped: {'; '.join(faults)}. The tuned model stays in {made}")
    Console().print(replace(made, args.folder or SHIPPED, run / "replaced"), soft_wrap=True)


def _place(known: Corrections, shipped: Model) -> Path:
    """Return the folder of the run: other corrections, or another model to begin with, make another."""
    base: str = shipped.card["files"]["digits.keras"]["sha256"]
    return Path("runs") / f"tuned-{known.sha256[:8]}-{base[:8]}"


def _train(  # noqa: PLR0913, PLR0917 - what a run is made of
    stages: tuple[Settings, ...],
    run: Path,
    args: argparse.Namespace,
    known: Corrections,
    digits: mnist.Mnist,
    shipped: Model,
) -> None:
    examples = args.pool or run / "pool"
    chunks = dict(zip(pool.SOURCES, stages[0].pool_chunks, strict=True))
    pool.build(examples, chunks, stages[0].seed, args.mnist, os.cpu_count() or 1)
    pool.add_corrections(examples, *corrections.see(known.train, shipped))
    starts = network.members(keras.models.load_model(SHIPPED / "digits.keras"))
    train_members(stages, run, digits, examples, starts)


def _describe(  # noqa: PLR0913, PLR0917 - what a tuning is told by
    made: Path, card: dict[str, Any], base: dict[str, Any], known: Corrections, before: Scores, after: Scores
) -> None:
    """Write into model.json what the model was tuned on, after what it was tuned on before."""
    tuning = {
        "corrections": len(known.train),
        "held_out": len(known.held_out),
        "classes": known.counts(),
        "sha256": known.sha256,
        "before": asdict(before),
        "after": asdict(after),
    }
    kept = {key: base[key] for key in ("certainty",) if key in base}  # it was fitted to more than tuning has
    card = {**card, **kept, "tunings": [*base.get("tunings", []), tuning]}
    (made / "model.json").write_text(json.dumps(card, indent=2) + "\n")


def tabulate(before: Scores, after: Scores) -> Table:
    """Return a table of what the model knows before and after."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Tuning")
    for heading in ("pictures", "before", "after"):
        table.add_column(heading, justify="right")
    for name, what in ROWS.items():
        scores = [getattr(one, name) for one in (before, after)]
        table.add_row(what, str(scores[0].count), *(f"{score.right} ({score.share:.2%})" for score in scores))
    return table


def replace(made: Path, folder: Path, aside: Path) -> str:
    """Copy a model to `folder`, that which lies there `aside`, and return what its owner should know."""
    now = Model.load(made).version
    learned = len(canary.load(made))
    lines = [f"{folder} now holds {now}, and {learned} corrections that every release has to read right."]
    if (folder / "model.json").exists():
        lines[0] += f" It held {Model.load(folder).version}."
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(folder, aside)
        now_there, before = quote(str(folder)), quote(str(aside))
        lines.append(f"To go back: rm {now_there}/* && cp {before}/* {now_there}/")
    lines.append("A server that runs keeps the model that it loaded: start it anew, or `make deploy`.")
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return "\n".join(lines)
