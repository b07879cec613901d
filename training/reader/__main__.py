"""Trains and ships the detector: `python -m training.reader` composes pictures, fits the network, exports it.

With --quick it takes minutes and the artefact stays in the run's folder; without, it replaces layers/model's.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from training.artefact import SHIPPED
from training.data import mnist
from training.flags import add_flags, changed
from training.reader import pool, train
from training.reader.export import export
from training.reader.recipe import FULL, QUICK, Settings
from training.runs import WEIGHTS

VERSION = "1.2.0"  # of what `make train` makes
# Seed of the pictures that score a run: composed of validation digits, another pool than its own.
HELD_OUT_SEED = 9_999
HELD_OUT_MARKS = (2_500, 2_500, 800)  # of MNIST's validation digits, of drawn digits, of what is no digit


def parse(arguments: list[str] | None = None) -> tuple[tuple[Settings, ...], argparse.Namespace]:
    """Return the settings of each stage and the places, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.reader", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a run of minutes instead of hours")
    parser.add_argument(
        "--run", type=Path, help="folder, resumed if it exists (runs/reader, with --quick runs/reader-quick)"
    )
    parser.add_argument("--start", type=Path, help="weights of an earlier run to begin with")
    parser.add_argument(
        "--folder", type=Path, help="where the artefact goes (layers/model, with --quick RUN/model)"
    )
    parser.add_argument("--mnist", type=Path, help="mnist.npz ($MNIST_PATH, else Keras downloads it)")
    parser.add_argument("--version", default=VERSION, help="of the artefact (%(default)s)")
    add_flags(parser, Settings)
    args = parser.parse_args(arguments)
    args.run = args.run or Path("runs") / ("reader-quick" if args.quick else "reader")
    args.folder = args.folder or (args.run / "model" if args.quick else SHIPPED)
    return changed(QUICK if args.quick else FULL, args), args


def main(arguments: list[str] | None = None) -> None:
    """Compose each stage's pictures that are missing, train it to the end, export the last."""
    stages, args = parse(arguments)
    digits = mnist.load(args.mnist)
    unseen = replace(digits, x_train=digits.x_val, y_train=digits.y_val)
    pool.build(args.run / "held-out", HELD_OUT_MARKS, 1, HELD_OUT_SEED, unseen)
    held_out = pool.load(args.run / "held-out", "lines")
    start = args.start
    for number, settings in enumerate(stages, 1):
        folder = args.run / f"stage-{number}"
        counts = settings.mnist_digits, settings.drawn, settings.others
        pool.build(folder / "pool", counts, settings.chunks, settings.seed, digits)
        train.train(settings, folder, folder / "pool", held_out, start)
        start = folder / WEIGHTS
    card = export(folder, args.folder, digits, held_out, args.version)
    print(json.dumps(card["metrics"], indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
