"""The figures of the model card, all in one style; each function draws one of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, PercentFormatter
from PIL import Image

from training.evaluation.metrics import wilson

Json = dict[str, Any]

TITLES = ("loss", "error, %", "learning rate")
INK, GREY, PALE = "#1f2933", "#9aa5b1", "#e4e7eb"
BLUE, ORANGE, GREEN, PURPLE = "#2b6cb0", "#dd6b20", "#2f855a", "#6b46c1"
COLORS = (BLUE, ORANGE, GREEN, PURPLE, GREY)
MARKERS = "osv^"  # the next where the colors are through
STYLE: dict[Any, Any] = {
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


def learning_curves(histories: Sequence[Sequence[Json]], path: Path) -> None:
    """Draw loss and error of training and validation over the epochs, a line a member, and the rate.

    A dotted line is where a stage begins.
    """
    with _figure(path, 8, 3.6) as figure:
        for axes, key, title in zip(figure.subplots(1, 3), ("loss", "accuracy", ""), TITLES, strict=True):
            axes.set_title(title)
            axes.set_xlabel("epoch")
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
            for number, history in enumerate(histories):
                _curve(axes, history, key, labelled=not number)
            for place, entry in enumerate(histories[0]):
                if place and not entry["epoch"]:
                    axes.axvline(place + 0.5, color=GREY, linestyle=":")
            if key:
                axes.legend()


def _curve(axes: Axes, history: Sequence[Json], key: str, *, labelled: bool) -> None:
    epochs = range(1, len(history) + 1)
    if not key:
        axes.plot(epochs, [entry["learning_rate"] for entry in history], color=GREEN)
        return
    for prefix, name, color in (("", "training", GREY), ("val_", "validation", BLUE)):
        values = np.array([entry[prefix + key] for entry in history])
        shown = np.maximum(100 * (1 - values), 1e-3) if key == "accuracy" else values
        axes.plot(epochs, shown, color=color, alpha=0.8, label=name if labelled else None)


def confusion(matrix: Sequence[Sequence[int]], path: Path) -> None:
    """Draw the counts of each label (row) read as each digit (column), the mistakes shaded."""
    counts = np.array(matrix)
    wrong = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    with _figure(path, 5, 4.6) as figure:
        axes = figure.subplots()
        axes.imshow(wrong, cmap="Oranges", vmin=0, vmax=max(4, wrong.max()))
        for row, column in np.argwhere(counts):
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=8)
        axes.set(xlabel="read as", ylabel="label", xticks=range(len(counts)), yticks=range(len(counts)))
        axes.grid(visible=False)


def reliability(splits: Mapping[str, Sequence[Json]], path: Path) -> None:
    """Draw accuracy against confidence for each split, the number of images of each bin below."""
    with _figure(path, 4 * len(splits), 4.2) as figure:
        grid = figure.subplots(2, len(splits), sharex=True, squeeze=False, height_ratios=(3, 1))
        for column, (split, bins) in enumerate(splits.items()):
            upper, lower = grid[0, column], grid[1, column]
            upper.set(title=split, ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
            upper.plot((0, 1), (0, 1), color=GREY, linestyle="--", linewidth=1)
            accuracy = np.array([b["accuracy"] for b in bins])
            intervals = np.array([wilson(round(b["accuracy"] * b["count"]), b["count"]) for b in bins]).T
            confidence = [b["confidence"] for b in bins]
            upper.errorbar(confidence, accuracy, np.abs(intervals - accuracy), fmt="o", color=BLUE, capsize=2)
            centers = [(b["low"] + b["high"]) / 2 for b in bins]
            lower.bar(
                centers, [b["count"] for b in bins], bins[0]["high"] - bins[0]["low"], color=BLUE, alpha=0.6
            )
            lower.set(yscale="log", xlabel="probability of the digit read", ylabel="images")


def corruptions(columns: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Draw the error of each corruption (0–1), one bar for each of the named columns."""
    names = list(next(iter(columns.values())))
    with _figure(path, 7, 5.2) as figure:
        axes = figure.subplots()
        _bars(axes, {label: [errors[name] for name in names] for label, errors in columns.items()})
        axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
        axes.set(title="error on corrupted MNIST test images")
        axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
        axes.legend(loc="lower right")


def sets(scores: Mapping[str, Json], path: Path) -> None:
    """Draw the accuracy of each set with its 95 % interval."""
    accuracy = np.array([score["accuracy"] for score in scores.values()])
    half_widths = np.abs(np.array([score["interval"] for score in scores.values()]).T - accuracy)
    with _figure(path, 7, 1 + 0.34 * len(scores)) as figure:
        axes = figure.subplots()
        axes.errorbar(accuracy, range(len(scores)), xerr=half_widths, fmt="o", color=BLUE, capsize=3)
        axes.set_yticks(range(len(scores)), [f"{name} ({score['count']})" for name, score in scores.items()])
        axes.set(title="accuracy with its 95 % interval", ylim=(len(scores) - 0.5, -0.5))
        axes.xaxis.set_major_formatter(PercentFormatter(1))


def digit_scores(
    edges: Sequence[float], counts: Mapping[str, Sequence[int]], threshold: float, path: Path
) -> None:
    """Draw the shares of images of each group over the log odds of "is a digit", and the threshold."""
    with _figure(path, 7, 3.8) as figure:
        axes = figure.subplots()
        for (name, values), color in zip(counts.items(), COLORS * len(counts), strict=False):
            shares = np.array(values) / max(1, sum(values))
            axes.stairs(shares, list(edges), fill=True, color=color, alpha=0.12)
            axes.stairs(shares, list(edges), color=color, linewidth=1.4, label=name)
        odds = float(np.log(threshold / (1 - threshold)))
        axes.axvline(odds, color=INK, linestyle="--", linewidth=1, label=f"threshold {threshold:.4g}")
        axes.set(xlabel='log odds of "is a digit"', ylabel="share of images", yscale="log")
        figure.legend(loc="outside upper left", ncols=2)


def candidates(found: Sequence[Json], path: Path) -> None:
    """Draw accuracy against the milliseconds of one image; the ringed one is shipped."""
    with _figure(path, 7, 3.4) as figure:
        axes = figure.subplots()
        for number, one in enumerate(found):
            label = f"{one['name']}, {one['bytes'] / 1e6:.2f} MB"
            place = one["milliseconds"], one["accuracy"]
            turn, color = divmod(number, len(COLORS))
            axes.plot(*place, MARKERS[turn], color=COLORS[color], markersize=7, label=label)
            if one.get("shipped"):
                axes.plot(*place, "o", color=INK, markersize=13, fillstyle="none")
        axes.set(xlabel="milliseconds for one image on one thread", ylabel="validation accuracy")
        axes.margins(0.2)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        figure.legend(loc="outside right upper")


def _bars(axes: Axes, columns: Mapping[str, Sequence[float]]) -> None:
    """Draw horizontal bars side by side, the first row on top."""
    width = 0.8 / len(columns)
    for number, (label, values) in enumerate(columns.items()):
        color = (BLUE, GREEN, GREY)[number % 3]
        places = np.arange(len(values)) + (number - (len(columns) - 1) / 2) * width
        axes.barh(places, values, width, color=color, label=label)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")


@contextmanager
def _figure(path: Path, width: float, height: float) -> Iterator[Figure]:
    """Yield a figure in the report's style, sized in inches, then save it with a palette to keep it small."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        yield figure
        file = BytesIO()
        figure.savefig(file, format="png")
    Image.open(file).convert("RGB").quantize(64).save(path, optimize=True)
