"""The command line of training: `python -m training` makes examples, fits the networks and exports the model.

With --quick it takes minutes and the artefact stays in the run's folder; without, it replaces layers/model.
With --images FOLDER the shipped model goes on learning from corrections, pictures in folders 0 to 9 and
`none`, and is replaced unless it forgets.
"""

import argparse
import json
import os
from pathlib import Path

from digits.errors import DigitsError
from training.artefact import REPORT, SHIPPED
from training.data import mnist, pool
from training.export import export
from training.flags import add_flags, changed
from training.recipe import FULL, QUICK, TUNE, Settings
from training.runs import histories
from training.train import train_members
from training.tune import tune

VERSION = "2.4.0"  # of what `make train` makes


def parse(arguments: list[str] | None = None) -> tuple[tuple[Settings, ...], argparse.Namespace]:
    """Return the stages of the recipe and the places, from the command line; a flag changes every stage."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--quick", action="store_true", help="a run of minutes instead of hours")
    kinds.add_argument("--images", type=Path, nargs="+", help="corrections, in folders 0 to 9 and none")
    parser.add_argument(
        "--run", type=Path, help="folder, resumed if it exists (runs/full, runs/quick, runs/tuned-CHECKSUMS)"
    )
    parser.add_argument("--pool", type=Path, help="folder of the made examples (RUN/pool)")
    parser.add_argument(
        "--folder", type=Path, help="where the artefact goes (layers/model, with --quick RUN/model)"
    )
    parser.add_argument("--mnist", type=Path, help="mnist.npz ($MNIST_PATH, else Keras downloads it)")
    parser.add_argument(
        "--version",
        help=f"of the artefact, as /health shows it ({VERSION}, with --images the shipped and +own.CHECKSUM)",
    )
    add_flags(parser, Settings)
    args = parser.parse_args(arguments)
    recipe = TUNE if args.images else QUICK if args.quick else FULL
    if not args.images:  # which say more once they are read
        _complete(args, Path("runs") / ("quick" if args.quick else "full"), VERSION)
    try:
        return changed(recipe, args), args
    except ValueError as error:
        parser.error(str(error))


def _complete(args: argparse.Namespace, run: Path, version: str) -> None:
    """Fill in what the command line leaves open."""
    args.run = args.run or run
    args.version = args.version or version
    args.pool = args.pool or args.run / "pool"
    args.folder = args.folder or (args.run / "model" if args.quick else SHIPPED)


def main() -> None:
    """Make the examples that are missing, train to the end, export."""
    stages, args = parse()
    try:
        tune(stages, args) if args.images else _train(stages, args)
    except (mnist.DataError, DigitsError) as error:
        raise SystemExit(f"Nothing was trained or replaced. {error}") from error


def _train(stages: tuple[Settings, ...], args: argparse.Namespace) -> None:
    digits = mnist.load(args.mnist)
    make_examples(stages, args)
    train_members(stages, args.run, digits, args.pool, [None] * stages[0].members)
    card = export(args.run, args.folder, digits, args.version)
    if args.folder == SHIPPED:
        _write_history(args.run)
    print(json.dumps(card["metrics"], indent=2))  # noqa: T201


def _write_history(run: Path) -> None:
    REPORT.mkdir(exist_ok=True)
    (REPORT / "history.json").write_text(json.dumps(histories(run), indent=1) + "\n")


def make_examples(stages: tuple[Settings, ...], args: argparse.Namespace) -> None:
    """Make what is missing of the pool, as large as the stage that asks for the most."""
    most = [max(counts) for counts in zip(*(stage.pool_chunks for stage in stages), strict=True)]
    chunks = dict(zip(pool.SOURCES, most, strict=True))
    pool.build(args.pool, chunks, stages[0].seed, args.mnist, os.cpu_count() or 1)


if __name__ == "__main__":
    main()
