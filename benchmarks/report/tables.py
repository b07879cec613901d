"""The results as tables: for the terminal, and for docs/benchmarks.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rich.table
from rich.console import Console

from benchmarks.report.results import Results


@dataclass(frozen=True)
class Table:
    """Rows of text under a title."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(results: Results) -> list[Table]:
    """Lay the results out, ratios and targets first."""
    return [
        _targets(results),
        _ratios(results),
        _cold(results),
        _warm(results),
        _emulator(results),
        _throughput(results),
        _sizes(results),
        _init(results),
        _load(results),
        _costs(results),
    ]


def show(results: Results) -> None:
    """Print the tables on the terminal."""
    console = Console()
    for table in tables(results):
        drawn = rich.table.Table(*table.columns, title=table.title, title_justify="left")
        for row in table.rows:
            drawn.add_row(*row)
        console.print(drawn)


def markdown(results: Results) -> str:
    """Return the tables in Markdown."""
    return "\n".join(_markdown(table) for table in tables(results))


def _markdown(table: Table) -> str:
    lines = [table.columns, ["---"] + ["---:"] * (len(table.columns) - 1), *table.rows]
    return f"### {table.title}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _targets(results: Results) -> Table:
    rows = [
        [
            each["target"],
            each["aim"],
            _plain(each["measured"]),
            f"{each['low']:.3g}–{each['high']:.3g}" if "low" in each else "",
            {True: "yes", False: "no", None: "not measured"}[each["met"]],
        ]
        for each in results["targets"]
    ]
    return Table("Targets", ["target", "aim", "measured", "quartiles", "met"], rows)


def _ratios(results: Results) -> Table:
    rows = [[name, *_spread(each, "{:.3f}")] for name, each in results["ratios"].items()]
    return Table("Ratios", ["this function over", "median", "quartiles", "pairs"], rows)


def _cold(results: Results) -> Table:
    columns = [
        "contender",
        "MB",
        "start to first answer, s",
        "first invocation, s",
        "warm, ms",
        "resident, MB",
    ]
    rows = [
        [name, memory, *_starts(figures)]
        for name, by_memory in results["cold"].items()
        for memory, figures in by_memory.items()
    ]
    return Table("Cold starts in the emulator", columns, rows)


def _starts(figures: dict[str, Any]) -> list[str]:
    if "failure" in figures:
        return ["no answer", "", "", ""]
    # A server has started before its port opens: the first request to it is no invocation.
    first = _median(figures["first_s"], "{:.2f}") if "duration_ms" in figures else "–"
    return [
        _median(figures["start_s"], "{:.2f}"),
        first,
        _median(figures["warm_ms"], "{:.1f}"),
        f"{figures['resident_bytes'] / 1e6:.0f}",
    ]


def _warm(results: Results) -> Table:
    rows = [
        [name, *(f"{figures[f'p{share}_us'] / 1000:.2f}" for share in (50, 95, 99))]
        for name, figures in results["warm"].items()
    ]
    return Table("Warm calls in process, ms", ["asked", "p50", "p95", "p99"], rows)


def _emulator(results: Results) -> Table:
    rows = [
        [name, *(f"{figures[f'p{share}_ms']:.1f}" for share in (50, 95, 99))]
        for name, figures in results["emulator"].items()
    ]
    return Table("Warm calls through the emulator, ms", ["asked", "p50", "p95", "p99"], rows)


def _throughput(results: Results) -> Table:
    rows = [
        [
            size,
            f"{each['classify_images_per_s']:.0f}",
            f"{each['bare_images_per_s']:.0f}",
            f"{each['ratio']['median']:.2f}",
        ]
        for size, each in results["throughput"].items()
    ]
    return Table(
        "Images per second", ["batch of PNG files", "/mnist/classify", "the bare network", "ratio"], rows
    )


def _sizes(results: Results) -> Table:
    touched = results["touched"]
    rows = [
        [
            name,
            f"{size / 1e6:.0f}",
            *(f"{touched[name][kind] / 1e6:.1f}" for kind in ("mapped", "bytecode")),
            str(touched[name]["modules"]),
        ]
        for name, size in results["image_bytes_over_base"].items()
    ]
    columns = ["contender", "image over the base, MB", "pages touched, MB", "bytecode read, MB", "modules"]
    return Table("Size, and what a start touches of it", columns, rows)


def _init(results: Results) -> Table:
    names = list(results["init_ms"])
    packages = sorted(
        {package for name in names for package in results["init_ms"][name]},
        key=lambda package: -max(results["init_ms"][name].get(package, 0) for name in names),
    )
    rows = [
        [package, *(f"{results['init_ms'][name].get(package, 0):.1f}" for name in names)]
        for package in packages[:16]
    ]
    totals = ["all", *(f"{sum(results['init_ms'][name].values()):.0f}" for name in names)]
    return Table("Import time by package, ms", ["package", *names], [totals, *rows])


def _load(results: Results) -> Table:
    rows = [[name, *_spread(each, "{:.0f}")] for name, each in results["requests_per_s"].items()]
    return Table(
        "Requests per second of the local servers, one processor",
        ["server", "median", "quartiles", "runs"],
        rows,
    )


def _costs(results: Results) -> Table:
    rows = [
        [name, memory, f"{each['x86_64']:.2f}", f"{each['arm64']:.2f}"]
        for name, by_memory in results["cost"].items()
        for memory, each in by_memory.items()
    ]
    return Table("Dollars for a million predictions", ["contender", "MB", "x86_64", "arm64"], rows)


def _median(spread: dict[str, float], form: str) -> str:
    return f"{form.format(spread['median'])} ({form.format(spread['low'])}–{form.format(spread['high'])})"


def _spread(spread: dict[str, float], form: str) -> list[str]:
    return [
        form.format(spread["median"]),
        f"{form.format(spread['low'])}–{form.format(spread['high'])}",
        str(spread["count"]),
    ]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
