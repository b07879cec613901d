"""An evaluation as tables for the terminal."""

from collections.abc import Iterator
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

Json = dict[str, Any]


def tables(document: Json, baseline: Json | None) -> Iterator[Table]:
    """Lay out whichever parts the evaluation has, its corruptions beside those of a baseline if given."""
    if "mnist" in document:
        yield mnist(document)
    if "corruptions" in document:
        yield corruptions(document, baseline)
    for group, found in document.get("nondigits", {}).items():
        yield refusals(f"synthetic, {group} in training", found)
    if "trials" in document:
        yield scenes(document["trials"]["digits"])
        for group in ("empty", "letters"):
            yield refusals(f"drawn scenes, {group}", document["trials"][group])
    if document.get("sets"):
        yield digits(document["sets"])
        yield stages(document["sets"])
    for one in document.get("sets", []):
        if one["nondigits"]:
            yield refusals(one["name"], one["nondigits"])


def mnist(document: Json) -> Table:
    """Show how well each split is read in each mode."""
    table = _table("MNIST", "split", "mode", "count", "accuracy %, 95 %", "ECE", "NLL", "is_digit")
    for split, by_mode in document["mnist"].items():
        for mode, score in by_mode.items():
            calibration = f"{score['calibration_error']:.3%}", f"{score['log_loss']:.4f}"
            table.add_row(split, mode, *_accuracy(score), *calibration, f"{score['kept']:.2%}")
    return table


def corruptions(document: Json, baseline: Json | None) -> Table:
    """Show each corruption's error as it is and normalized, and the baseline's as it is; the mean last."""
    table = _table("Error on corrupted MNIST test images", "corruption", "never", "always", "baseline, never")
    found, beside = document["corruptions"], (baseline or {}).get("corruptions", {})
    columns = [
        {name: 1 - scores["never"]["accuracy"] for name, scores in found.items()},
        {name: 1 - scores["always"]["accuracy"] for name, scores in found.items()},
        {name: 1 - scores["never"]["accuracy"] for name, scores in beside.items()},
    ]
    for name in found:
        table.add_row(name, *(f"{column[name]:.2%}" if name in column else "–" for column in columns))
    table.add_section()
    means = (f"{sum(column.values()) / len(column):.2%}" if column else "–" for column in columns)
    table.add_row("mean", *means)
    return table


def refusals(title: str, found: Json) -> Table:
    """Show what share of each kind of non-digits is refused."""
    table = _table(f"Refused as no digit: {title}", "kind", "count", "refused %, 95 %")
    for kind, refused in found["kinds"].items():
        table.add_row(kind, *_refused(refused))
    table.add_section()
    table.add_row("all", *_refused(found))
    if found["auroc"] is not None:
        table.add_row("AUROC against MNIST test", "", f"{found['auroc']:.4f}")
    return table


def digits(found: list[Json]) -> Table:
    """Show how well each set's digits are read."""
    headings = ("digits", "accuracy %, 95 %", "ECE", "is_digit")
    table = _table("Sets, as files through the whole pipeline", "set", *headings)
    for one in found:
        if score := one["digits"]:
            rest = f"{score['calibration_error']:.2%}", f"{score['kept']:.2%}"
            table.add_row(one["name"], *_accuracy(score), *rest)
    return table


def scenes(found: dict[str, Json]) -> Table:
    """Show how well digits are read in each kind of drawn scene."""
    headings = ("digits", "accuracy %, 95 %", "ECE", "is_digit", "sure, wrong")
    table = _table("Digits in drawn scenes", "scene", *headings)
    for name, score in found.items():
        rest = f"{score['calibration_error']:.2%}", f"{score['kept']:.2%}", f"{score['accepted_wrong']:.2%}"
        table.add_row(name, *_accuracy(score), *rest)
    return table


def stages(found: list[Json]) -> Table:
    """Show where the time goes, and how many files could not be read."""
    headings = ("count", "unreadable", "ms an image", *found[0]["milliseconds"])
    table = _table("Processor time in each stage", "set", *headings)
    for one in found:
        spent = one["milliseconds"].values()
        shares = (f"{milliseconds / sum(spent):.0%}" for milliseconds in spent)
        counts = str(one["count"]), str(len(one["unreadable"]))
        table.add_row(one["name"], *counts, f"{sum(spent):.2f}", *shares)
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for other in others:
        table.add_column(other, justify="right", no_wrap=True)
    return table


def _accuracy(score: Json) -> tuple[str, str]:
    return str(score["count"]), _with_interval(score["accuracy"], score)


def _refused(found: Json) -> tuple[str, str]:
    return str(found["count"]), _with_interval(found["refused"], found)


def _with_interval(share: float, score: Json) -> str:
    low, high = score["interval"]
    return f"{100 * share:.2f} ({100 * low:.2f}–{100 * high:.2f})"
