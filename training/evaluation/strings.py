"""Score the reading of numbers, through the code that serves it and without TensorFlow.

`python -m training.evaluation.strings --sets FOLDER` reads real amounts, composed numbers, single digits,
sheets without a digit and forms, and writes the results to training/report/numbers.json, for `make report`.
To score another detector in a minute, add `--detector FOLDER --parts amounts composed --limit 200`.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from digits.errors import DigitsError
from digits.model import Model
from digits.numbers import NumberReader
from training.artefact import REPORT, SHIPPED
from training.data import amounts
from training.evaluation import blanks, composed, forms, written
from training.evaluation.scoring import Json, ticker

SEED = 20_260  # of everything composed here; training draws from others
COUNT = 1_000  # composed numbers
TIGHT = 300  # more of them, with gaps of 0 and less, for a figure of touching ones
BLANKS = 500  # sheets without a digit, as many of each kind
FORMS = 200  # photographed ones
SINGLES = 1_000  # digits of each set
AMOUNTS, PEN = "orand_car.zip", "pendigits.npz"  # in the folder of the sets
PHOTOGRAPHED, SYMBOLS = "bhmsds.npz", "bhmsds_symbols.npz"
# Width and height in pixels, digits, and their height: what the time is measured on beside amounts.
PAGES = {"page of 2 megapixels": (1_200, 1_700, 40, 40), "page of 8.7 megapixels": (2_480, 3_508, 40, 70)}


class Evaluation:
    """The means by which each part is measured."""

    def __init__(self, reader: NumberReader, sets: Path, limit: int | None, progress: Progress) -> None:
        self.reader, self.sets, self.limit, self.progress = reader, sets, limit, progress

    def amounts(self) -> Json:
        """Score the real amounts."""
        pictures = amounts.load(self.sets / AMOUNTS)[: self.limit]
        readings = written.read(self.reader, pictures, ticker(self.progress, "Amounts", len(pictures)))
        return written.score(pictures, readings)

    def composed(self) -> Json:
        """Score composed numbers, and more with narrow gaps."""
        writers = composed.Writers(self.sets / PEN)
        count, tight = min(COUNT, self.limit or COUNT), min(TIGHT, self.limit or TIGHT)
        pictures = composed.compose(writers, count, SEED)
        narrow = composed.compose(writers, tight, SEED + 1, (composed.GAPS[0], 0.0))
        tick = ticker(self.progress, "Composed numbers", count + tight)
        found = written.score_composed(pictures, written.read(self.reader, pictures, tick))
        return found | {"narrow": written.score_composed(narrow, written.read(self.reader, narrow, tick))}

    def singles(self) -> Json:
        """Score single digits: photographed ones, and pen strokes."""
        found: Json = {}
        for name in (PHOTOGRAPHED, PEN):
            with np.load(self.sets / name) as file:
                pictures, labels = file["x"], file["y"]
            count = min(SINGLES, self.limit or SINGLES, len(labels))
            chosen = np.linspace(0, len(labels) - 1, count).astype(int)
            tick = ticker(self.progress, name, count)
            found[name] = written.score_singles(
                self.reader, [*pictures[chosen]], labels[chosen].tolist(), tick
            )
        return found

    def blanks(self) -> Json:
        """Count the digits read where there are none."""
        rng = np.random.default_rng(SEED + 2)
        symbols = blanks.load_symbols(self.sets / SYMBOLS)
        count = min(BLANKS, self.limit or BLANKS)
        kinds = [*blanks.KINDS]
        chosen = (kinds[place % len(kinds)] for place in range(count))
        drawn = ((kind, blanks.draw(kind, rng, symbols)) for kind in chosen)
        return written.score_blanks(
            self.reader, drawn, ticker(self.progress, "Sheets without a digit", count)
        )

    def forms(self) -> Json:
        """Score photographed forms."""
        rng = np.random.default_rng(SEED + 3)
        writers = composed.Writers(self.sets / PEN)
        count = min(FORMS, self.limit or FORMS)
        papers = forms.PAPERS
        drawn = (forms.draw(writers, papers[place % len(papers)], rng) for place in range(count))
        return written.score_forms(self.reader, drawn, ticker(self.progress, "Forms", count))

    def times(self) -> Json:
        """Measure the processor's time, on one thread: the median of amounts, and of pages."""
        pictures = amounts.load(self.sets / AMOUNTS)[: min(100, self.limit or 100)]
        tick = ticker(self.progress, "Times", len(PAGES) + 1)
        spent = {
            "amount": float(np.median([written.milliseconds(self.reader, one.picture) for one in pictures]))
        }
        writers = composed.Writers(self.sets / PEN)
        for name, size in PAGES.items():
            tick(1)
            page = composed.page(writers, *size, np.random.default_rng(SEED + 4))
            spent[name] = written.milliseconds(self.reader, page)
        tick(1)
        return {"milliseconds": spent}


PARTS: dict[str, Callable[[Evaluation], Json]] = {
    "amounts": Evaluation.amounts,
    "composed": Evaluation.composed,
    "singles": Evaluation.singles,
    "blanks": Evaluation.blanks,
    "forms": Evaluation.forms,
    "times": Evaluation.times,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate as the command line says."""
    parser = _parser()
    options = parser.parse_args(arguments)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        reader = NumberReader.load(options.detector, Model.load(options.model))
        document: Json = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "model": {key: reader.detector.card[key] for key in ("version", "files")},
            "settings": {"seed": SEED, "limit": options.limit},
        }
        with Progress(*columns, console=console) as progress:
            evaluation = Evaluation(reader, options.sets, options.limit, progress)
            document |= {part: PARTS[part](evaluation) for part in options.parts}
    except (DigitsError, ValueError, OSError) as error:
        parser.error(str(error))
    console.print(_table(document))
    whole = set(options.parts) == set(PARTS) and options.limit is None
    target = options.json or (REPORT / "numbers.json" if whole else None)
    if target:
        target.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
        console.print(f"Written: {target}")


def _parser() -> argparse.ArgumentParser:
    summary = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m training.evaluation.strings", description=summary)
    add = parser.add_argument
    add(
        "--sets", type=Path, required=True, help=f"folder of {AMOUNTS}, {PEN}, bhmsds.npz, bhmsds_symbols.npz"
    )
    add(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to evaluate; default: everything"
    )
    add("--limit", type=int, help="use only so many pictures of each part")
    add("--detector", type=Path, default=SHIPPED, help="folder with detector.json and detector.tflite")
    add("--model", type=Path, default=SHIPPED, help="folder with model.json and digits.tflite")
    add("--json", type=Path, help="where to write; default: training/report/numbers.json for a whole run")
    return parser


def _table(document: Json) -> Table:
    """Return every share in the document with its interval."""
    table = Table("what", "count", "%", "95 % interval", title="Reading numbers")
    for name, value in _figures(document, ""):
        if isinstance(value, dict):
            low, high = value["interval"]
            share = value["share"]
            table.add_row(name, str(value["count"]), f"{share:.2%}", f"{low:.2%} to {high:.2%}")
        else:
            table.add_row(name, "", f"{value:.4g}", "")
    return table


def _figures(found: Json, name: str) -> list[tuple[str, Json | float]]:
    """Return the shares and the other figures within a result, by their path."""
    figures: list[tuple[str, Json | float]] = []
    for key, value in found.items():
        path = f"{name} {key}".strip()
        if isinstance(value, float) or (isinstance(value, dict) and "share" in value):
            figures.append((path, value))
        elif isinstance(value, dict) and key not in {"model", "settings"}:
            figures += _figures(value, path)
    return figures


if __name__ == "__main__":
    main()
