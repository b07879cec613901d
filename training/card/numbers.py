"""The card of reading numbers, by `python -m training.card.numbers`, with its worst mistakes drawn.

Only numbers of digits that our own code draws are shown.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console

from digits.errors import DigitsError
from digits.model import Model
from digits.numbers import NumberReader
from digits.page import Page
from training.artefact import REPORT, SHIPPED
from training.evaluation import composed
from training.evaluation.composed import Composed
from training.evaluation.scoring import Json

SEED = 41  # of the numbers that are drawn to be shown
DRAWN = 400  # numbers among which the worst mistakes are looked for
SHOWN = 24  # of the mistakes, the surest first
COLUMNS, CELL, LEGEND = 4, (260, 110), 16  # pictures in a row; pixels of each, and of the line under it
WRONG = "#c2410c"  # of boxes


def write(folder: Path, found: Json, cuts: Json | None, reader: NumberReader) -> list[Path]:
    """Write numbers.md and numbers-mistakes.png into `folder`; return both paths."""
    pictures = composed.compose(composed.OwnHands(), DRAWN, SEED)
    pages = [reader.read(one.picture) for one in pictures]
    sheet, count = mistakes(pictures, pages)
    sheet.quantize(32).save(folder / "numbers-mistakes.png", optimize=True)
    (folder / "numbers.md").write_text(compose(found, cuts, count), "utf-8")
    return [folder / "numbers-mistakes.png", folder / "numbers.md"]


def mistakes(pictures: Sequence[Composed], pages: Sequence[Page]) -> tuple[Image.Image, int]:
    """Return the likeliest of the wrong readings, drawn with their boxes, and how many are wrong in all."""
    wrong = [(one, page) for one, page in zip(pictures, pages, strict=True) if one.text != page.text]
    wrong.sort(key=lambda pair: -_probability(pair[1]))
    rows = max(1, -(-min(SHOWN, len(wrong)) // COLUMNS))
    sheet = Image.new("RGB", (COLUMNS * CELL[0], rows * (CELL[1] + LEGEND)), "white")
    for place, (one, page) in enumerate(wrong[:SHOWN]):
        x, y = place % COLUMNS * CELL[0], place // COLUMNS * (CELL[1] + LEGEND)
        sheet.paste(_boxed(one, page), (x, y))
        legend = f"{one.text} read {page.text or 'nothing'}, {_probability(page):.2f}"
        ImageDraw.Draw(sheet).text((x + 4, y + CELL[1]), legend, "#1f2933", ImageFont.load_default(11))
    return sheet, len(wrong)


def compose(found: Json, cuts: Json | None, wrong: int) -> str:
    """Return the card as Markdown."""
    parts = [
        "# Reading numbers",
        _opening(found),
        "## Numbers read right",
        _table(_headlines(found), "what"),
        "## By length and by gap",
        "Composed numbers of 2 to 6 digits by one writer each, the gaps from −8 % to 60 % of their height:",
        _table(found["composed"]["by_length"].items(), "digits"),
        _table(_gaps(found["composed"]["by_gap"]), "gap"),
        _table(found["composed"]["by_touch"].items(), "strokes"),
        "Amounts:",
        _table(found["amounts"]["by_length"].items(), "digits"),
        "## Where nothing is written",
        _blanks(found["blanks"]),
        "## Forms",
        _table(found["forms"]["by_paper"].items(), "paper"),
        "## How sure it is",
        _certainty(found),
        "## Time",
        _times(found["times"]["milliseconds"]),
        "## The worst mistakes",
        f"Of {DRAWN} numbers drawn by our own code it reads {wrong} wrong."
        " Those that seemed likeliest, with the boxes of what was read:",
        "![Numbers read wrong, with the boxes of the digits found](numbers-mistakes.png)",
    ]
    return "\n\n".join(parts + (_cuts(cuts) if cuts else [])) + "\n"


def _opening(found: Json) -> str:
    return (
        f"Version {found['model']['version']} of the detector, with the single-digit model as second opinion,"
        f" measured on {found['created'][:10]} through the code that serves it. Training saw none of these"
        " pictures; the real amounts (ORAND-CAR-A), the pen digits (pendigits) and sheets without a digit"
        " helped to choose between runs and thresholds. Every share has its 95 % interval (Wilson)."
    )


def _headlines(found: Json) -> list[tuple[str, Json]]:
    made, singles = found["composed"], found["singles"]
    rows = [
        ("real amounts", found["amounts"]["right"]),
        ("real amounts, length given", found["amounts"]["right_with_length"]),
        ("digits of the amounts found", found["amounts"]["boxes_found"]),
        ("composed numbers", made["right"]),
        ("composed numbers, length given", made["right_with_length"]),
        ("composed numbers with gaps of 0 and less", made["narrow"]["right"]),
        ("fields of photographed forms", found["forms"]["fields_right"]),
        ("fields of photographed forms, length given", found["forms"]["fields_right_with_length"]),
    ]
    for name, one in singles.items():
        rows.append((f"single digits of {name.removesuffix('.npz')}", one["right"]))
        rows.append(("the same by the single-digit model alone", one["single_digit_model"]))
    return rows


def _gaps(by_gap: Json) -> list[tuple[str, Json]]:
    return sorted(by_gap.items(), key=lambda item: float(item[0].split("%")[0]))


def _table(rows: Iterable[tuple[str, Json]], first: str) -> str:
    lines = [f"| {first} | count | right | 95 % interval |", "|---|---:|---:|---:|"]
    for name, one in rows:
        low, high = one["interval"]
        lines.append(f"| {name} | {one['count']} | {one['share']:.1%} | {low:.1%} to {high:.1%} |")
    return "\n".join(lines)


def _blanks(found: Json) -> str:
    kinds = found["digits_per_sheet_by_kind"].items()
    lines = ["| sheets with no digit on them | digits read on each |", "|---|---:|"]
    lines += [f"| {name} | {count:.2f} |" for name, count in (*kinds, ("all", found["digits_per_sheet"]))]
    return "\n".join(lines)


def _certainty(found: Json) -> str:
    real, made = (found[name]["calibration_error"] for name in ("amounts", "composed"))
    chance = found["amounts"]["calibration_error_by_chance"]
    return (
        "The probability of a number is the chance that all of its digits are right. Its expected calibration"
        f" error is {real:.1%} on the amounts, half of which chose the curves, and {made:.1%} on composed"
        " numbers."
        f" So few amounts have an error of {chance:.1%} even where every probability is exactly right."
    )


def _times(spent: dict[str, float]) -> str:
    lines = ["| picture | milliseconds of one processor |", "|---|---:|"]
    return "\n".join(lines + [f"| {name} | {time:.0f} |" for name, time in spent.items()])


def _cuts(found: Json) -> list[str]:
    every = found["found"].items()
    rows = [(f"{name}, {way}", one["right"]) for name, both in every for way, one in both.items()]
    return [
        "## The other way",
        "A lattice of cuts over the single-digit model reads the same pictures (`training/studies/cuts.py`)."
        f" The detector was taken, here in version {found['detector']}:",
        _table(rows, "pictures and way"),
    ]


def _boxed(one: Composed, page: Page) -> Image.Image:
    """Return a picture with the box of each digit read, fitted into a cell."""
    picture = Image.fromarray(one.picture).convert("RGB")
    scale = min(CELL[0] / picture.width, CELL[1] / picture.height)
    picture = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    brush, font = ImageDraw.Draw(picture), ImageFont.load_default(12)
    for number in page.numbers:
        for digit in number.digits:
            x, y, width, height = (value * scale for value in digit.box)
            brush.rectangle((x, y, x + width, y + height), outline=WRONG, width=1)
            brush.text((x + 2, y), str(digit.digit), WRONG, font)
    return picture


def _probability(page: Page) -> float:
    return float(np.prod([number.probability for number in page.numbers])) if page.numbers else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the card from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.card.numbers", description="Write numbers.md.")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="folder of both models")
    parser.add_argument("--folder", type=Path, default=REPORT, help="of numbers.json and the report")
    options = parser.parse_args(arguments)
    try:
        found, cuts = (_load(options.folder / f"{name}.json") for name in ("numbers", "cuts"))
        if found is None:
            parser.error(f"Run `make evaluate` first. Received: {options.folder} without numbers.json")
        reader = NumberReader.load(options.model, Model.load(options.model))
        if found["model"]["files"] != reader.detector.card["files"]:
            parser.error("numbers.json is of another detector than detector.json: run `make evaluate` again")
        paths = write(options.folder, found, cuts, reader)
    except (DigitsError, OSError) as error:
        parser.error(str(error))
    Console().print("\n".join(f"Written: {path}" for path in paths))


def _load(path: Path) -> Json | None:
    if not path.exists():
        return None
    loaded: Json = json.loads(path.read_text("utf-8"))
    return loaded


if __name__ == "__main__":
    main()
