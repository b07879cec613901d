"""The results as pictures for the documents."""

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.report.results import Results

FOLDER = Path(__file__).parents[2] / "docs"
OURS, THEIRS = "#1f6feb", "#8c959f"


def draw(results: Results, folder: Path = FOLDER) -> None:
    """Draw benchmark-cold.png and benchmark-warm.png."""
    mpl.use("Agg")
    memories = list(results["cold"]["digits"])
    figure, grid = plt.subplots(
        1, len(memories), figsize=(3 * len(memories), 2.6), sharey=True, squeeze=False
    )
    for axes, memory in zip(grid[0], memories, strict=True):
        starts = {name: each[memory] for name, each in results["cold"].items() if memory in each}
        _bars(axes, {name: each["start_s"]["median"] for name, each in starts.items() if "start_s" in each})
        axes.set_title(f"{memory} MB", fontsize=10)
    _save(figure, "seconds from a container's start to its first answer", folder / "benchmark-cold.png")

    figure, grid = plt.subplots(1, 1, figsize=(7, 2.6), squeeze=False)
    shown = ("predict", "floor", "hello", "keras_lambda")
    _bars(
        grid[0][0],
        {name: results["warm"][name]["p50_us"] / 1000 for name in shown if name in results["warm"]},
    )
    grid[0][0].set_xscale("log")
    _save(
        figure,
        "milliseconds of a warm prediction in process, median (logarithmic)",
        folder / "benchmark-warm.png",
    )


def _bars(axes: Axes, values: dict[str, float]) -> None:
    names = list(values)[::-1]
    colors = [OURS if name in {"digits", "predict"} else THEIRS for name in names]
    bars = axes.barh(names, [values[name] for name in names], color=colors)
    axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    axes.margins(x=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: Figure, label: str, path: Path) -> None:
    figure.supxlabel(label, fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
