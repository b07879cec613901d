"""Quotes of the results in the documents, each between marks in its file."""

import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure.docker import ROOT
from benchmarks.report import costs, tables
from benchmarks.report.results import DEARER, Results, prices

BUSY = 0.25  # load to a processor: the run itself has hardly begun when it is taken


@dataclass(frozen=True)
class Quote:
    """A place in a file, and what has to stand there."""

    file: Path
    place: str  # regular expression that matches once: a group before the text, and one after it
    text: str

    def put(self, page: str) -> str:
        """Return the file's text with this in its place.

        Raises:
            ValueError: there is no such place, or more than one.
        """
        page, places = re.subn(
            self.place, lambda found: f"{found[1]}{self.text}{found[2]}", page, flags=re.DOTALL
        )
        if places != 1:
            raise ValueError(f"{self.file} must have one place of {self.place!r}. Received: {places}")
        return page


def quotes(results: Results) -> list[Quote]:
    """Return every quote of the results."""
    memory = results["recommended_memory_mb"]
    page = f"\n{machine(results)}\n\n{tables.markdown(results)}\n{choice(results)}\n\n"
    return [
        Quote(ROOT / "docs/benchmarks.md", _between("results"), page),
        Quote(ROOT / "README.md", _between("benchmarks"), beside_keras(results)),
        Quote(
            ROOT / "docs/operate.md",
            r"(`ReservedConcurrency` × `MemorySize` all month, )[^,]*,\d+()",
            ceiling(memory),
        ),
    ]


def write(results: Results) -> None:
    """Bring every document up to date."""
    for quote in quotes(results):
        quote.file.write_text(quote.put(quote.file.read_text()))


def machine(results: Results) -> str:
    """Return where and when the run was, and whether other work disturbed it."""
    where = results["machine"]
    busy = where["load"] > BUSY * where["processors"]
    state = ": busy with other work, so that ratios are surer than times" if busy else ""
    return (
        f"Measured on {where['date']}, {where['processor']}, {where['processors']} processors, "
        f"load {where['load']}{state}."
    )


def choice(results: Results) -> str:
    """Return which memory is recommended, and why."""
    memory = str(results["recommended_memory_mb"])
    dollars = prices(results)
    first = results["cold"]["digits"][memory]["first_s"]["median"]
    return (
        f"{memory} MB is `MemorySize` in `template.yaml`: the first invocation takes {first:.2f} s, "
        f"less than with any other size\nthat costs at most {100 * DEARER:.0f} % more than the cheapest. "
        f"With what the HTTP API takes, a million predictions cost ${dollars[memory]:.2f},\n"
        f"and ${min(dollars.values()):.2f} with the cheapest."
    )


def beside_keras(results: Results) -> str:
    """Compare this function with the Lambda that serves the same network through TensorFlow."""
    measured = {each["target"]: each["measured"] for each in results["targets"]}
    first, warm, image = (
        f"{1 / measured[f'{what} / keras_lambda']:.0f}×"
        for what in ("first invocation", "warm /predict in process", "image over the base")
    )
    return (
        f"Compared with the same network served through TensorFlow: first invocation {first} faster,\n"
        f"warm requests {warm} faster, image {image} smaller ([docs/benchmarks.md](docs/benchmarks.md)).\n"
    )


def ceiling(memory: int) -> str:
    """Return the cost of the function running all month on all the concurrency that it has by default."""
    concurrency, seconds, price = 20, 2.63e6, costs.GB_SECOND["x86_64"]
    dollars = concurrency * memory / 1024 * seconds * price
    return (
        f"{concurrency} × {memory / 1024:.2f} GB × {seconds / 1e6:.2f} million seconds × ${price:.10f} "
        f"≈ ${round(dollars, -1):,.0f}"
    )


def _between(mark: str) -> str:
    return rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)"
