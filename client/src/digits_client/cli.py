"""The command `digits`."""

import asyncio
import io
import json
import sys
import webbrowser
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from digits_client import __version__, files, mnist, output
from digits_client import bench as latency
from digits_client.address import DEFAULT, base_url
from digits_client.annotate import annotate, file_name
from digits_client.answers import printable
from digits_client.client import AsyncClient, Client
from digits_client.errors import (
    DatasetError,
    DigitsClientError,
    ImageRefused,
    ImageUnreadable,
    InvalidAddress,
    Refused,
)
from digits_client.pictures import Picture, file_bytes
from digits_client.readings import Outcome, Page, PageOutcome

Result = TypeVar("Result")


class Exit(IntEnum):
    """Exit codes for scripts; 2 is the command line's own."""

    ALL_READ = 0
    SOME_NOT_READ = 1
    USAGE = 2
    NO_ANSWER = 3
    REFUSED = 4


app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Reads handwritten digits with a Digits server.",
    epilog="Exit codes: 0 all read, 1 some pictures not read, 2 wrong usage, 3 no answer from the server, "
    "4 the server refused the request.",
)
console = Console()
notes = Console(stderr=True)

Server = Annotated[str, typer.Option("--server", "-s", envvar="DIGITS_SERVER", help="The server's address.")]
Token = Annotated[
    str | None, typer.Option(envvar="DIGITS_TOKEN", help="Sent as a bearer token.", show_envvar=True)
]
Retries = Annotated[int, typer.Option(min=0, help="Attempts after 429, 5xx or no answer.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds that one request with its answer may take.")]
Concurrency = Annotated[int, typer.Option(min=1, help="Requests under way at once.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar and no notes.")]
STDIN = "-"  # as a picture's name: the file comes by standard input


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Read handwritten digits with a Digits server."""
    for stream in (sys.stdout, sys.stderr):  # a name that the encoding lacks is no reason to end
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if version:
        console.print(__version__, highlight=False)
    elif context.invoked_subcommand is None:
        console.print(context.get_help(), markup=False)
        raise typer.Exit(Exit.USAGE)


@app.command()
def classify(
    pictures: Annotated[list[str] | None, typer.Argument(help="Files, folders, globs, or -.")] = None,
    server: Server = DEFAULT,
    token: Token = None,
    batch: Annotated[int, typer.Option(min=1, help="Pictures in one request.")] = 32,
    concurrency: Concurrency = 4,
    retries: Retries = 5,
    timeout: Timeout = 30.0,
    normalize: Annotated[
        Literal["auto", "always", "never"], typer.Option(help="Bring pictures to MNIST's format first.")
    ] = "auto",
    download_mnist: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Read N of MNIST's test images, fetched once.")
    ] = None,
    mnist_file: Annotated[
        Path | None, typer.Option("--mnist", metavar="PATH", help="Read MNIST's test images, of this .npz.")
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    quiet: Quiet = False,
) -> None:
    """Read the digit in each picture, or score the server on MNIST's test images."""
    with _explained():
        wants_mnist = bool(download_mnist or mnist_file)
        if as_json and as_csv:
            raise typer.BadParameter("--json and --csv exclude each other.")
        if bool(pictures) == wants_mnist:
            raise typer.BadParameter("Name pictures, or else --mnist or --download-mnist.")
        client = AsyncClient(
            server,
            token=token,
            batch_size=batch,
            concurrency=concurrency,
            retries=retries,
            timeout=timeout,
            normalize=normalize,
        )
        show_progress = notes.is_terminal and not quiet
        if wants_mnist:
            path = mnist_file or mnist.fetch(Path(typer.get_app_dir("digits")))
            images, labels = mnist.load(path, download_mnist)
            outcomes = _collect(client, client.outcomes(list(images)), len(images), show_progress)
            _print_score(labels, outcomes, as_json, as_csv)
        else:
            names, sent = _pictures(pictures or [], quiet)
            outcomes = _collect(client, client.outcomes(sent), len(sent), show_progress)
            _print(names, outcomes, as_json, as_csv)
    _end(outcomes)


@app.command()
def read(
    pictures: Annotated[list[str], typer.Argument(help="Files, folders, globs, or -.")],
    server: Server = DEFAULT,
    token: Token = None,
    length: Annotated[int | None, typer.Option(min=1, help="Digits that each number has.")] = None,
    fields: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A form: JSON of its fields."),
    ] = None,
    annotate_into: Annotated[
        Path | None, typer.Option("--annotate", metavar="DIR", help="Draw what was read over each picture.")
    ] = None,
    concurrency: Concurrency = 4,
    retries: Retries = 5,
    timeout: Timeout = 30.0,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    quiet: Quiet = False,
) -> None:
    """Read all numbers that are written in each picture: rows, pages, or the fields of a form."""
    with _explained():
        if as_json and as_csv:
            raise typer.BadParameter("--json and --csv exclude each other.")
        form = _form(fields) if fields else None
        names, sent = _pictures(pictures, quiet)
        client = AsyncClient(server, token=token, concurrency=concurrency, retries=retries, timeout=timeout)
        pages = client.pages(sent, length=length, fields=form)
        outcomes = _collect(client, pages, len(sent), notes.is_terminal and not quiet)
        if annotate_into is not None:
            _annotate(annotate_into, names, sent, outcomes)
        if as_json:
            output.write_json([output.record(*each) for each in zip(names, outcomes, strict=True)])
        elif as_csv:
            output.write_page_csv(names, outcomes)
        else:
            output.show_pages(console, names, outcomes)
    _end(outcomes)


@app.command()
def feedback(
    picture: Annotated[str, typer.Argument(help="A file, or -.")],
    right: Annotated[str, typer.Option("--class", metavar="0-9|none", help="What it is; none for no digit.")],
    server: Server = DEFAULT,
    token: Token = None,
    retries: Retries = 5,
    timeout: Timeout = 30.0,
) -> None:
    """Tell a server that collects corrections what a picture should have been read as."""
    with _explained():
        if right not in {*"0123456789", "none"}:
            raise typer.BadParameter(f"--class must be 0 to 9, or none. Received: {right!r}")
        _, (sent,) = _pictures([picture], quiet=True)
        with Client(server, token=token, retries=retries, timeout=timeout) as client:
            name = client.feedback(sent, None if right == "none" else int(right))
        console.print(name, highlight=False, markup=False)


@app.command()
def draw(server: Server = DEFAULT) -> None:
    """Open the server's drawing page in a browser."""
    with _explained():
        page = str(base_url(server))
        with Client(server, retries=0) as client:
            client.health()
        console.print(page, highlight=False, soft_wrap=True)
        if not webbrowser.open(page):
            notes.print("No browser here; open the address yourself.")


@app.command()
def bench(
    picture: Annotated[Path | None, typer.Argument(help="What to send; a drawn one unless named.")] = None,
    server: Server = DEFAULT,
    token: Token = None,
    requests: Annotated[int, typer.Option("--requests", "-n", min=1, help="How many.")] = 200,
    concurrency: Annotated[int, typer.Option(min=1, help="Callers that each wait for their answer.")] = 1,
    batch: Annotated[int, typer.Option(min=1, help="Pictures in one request.")] = 1,
    timeout: Timeout = 30.0,
    as_json: AsJson = False,
) -> None:
    """Measure the latency of answers, after a few that do not count."""

    async def run() -> tuple[latency.Latency, DigitsClientError | None]:
        sent: Picture = file_bytes(picture) if picture else latency.stroke()
        async with AsyncClient(server, token=token, batch_size=batch, retries=0, timeout=timeout) as client:
            return await latency.measure(client, [sent] * batch, requests, concurrency)

    with _explained():
        found, error = asyncio.run(run())
    if as_json:
        output.write_json(asdict(found))
    else:
        table = Table("", "", box=None, pad_edge=False, show_header=False)
        for name, value in found.rows():
            table.add_row(name, value)
        console.print(table)
    if error is not None:
        notes.print(str(error), style="red", markup=False)
        raise typer.Exit(_exit_code(error))


def _pictures(patterns: Sequence[str], quiet: bool) -> tuple[list[str], list[Picture]]:
    """Return the names of the pictures that were asked for, and the pictures."""
    names: list[str] = []
    sent: list[Picture] = []
    for pattern in patterns:
        if pattern == STDIN:
            names.append(STDIN)
            sent.append(sys.stdin.buffer.read())
            continue
        paths, skipped = files.find([pattern])
        new = [path for path in paths if str(path) not in names]
        names += map(str, new)
        sent += new
        if skipped and not quiet:
            notes.print(printable(files.describe(skipped)), markup=False, highlight=False, soft_wrap=True)
    return names, sent


def _form(path: Path) -> list[dict[str, Any]]:
    """Return the fields of a form out of its JSON file: an array, or an object with an array "fields"."""
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{path} is not JSON: {error}") from None
    fields = document.get("fields") if isinstance(document, dict) else document
    if not isinstance(fields, list) or not all(isinstance(each, dict) for each in fields):
        shape = '[{"name": "amount", "box": [x, y, width, height], "length": 6}, …]'
        raise typer.BadParameter(f"{path} must hold {shape}. Received: {str(document)[:80]!r}")
    return fields


def _annotate(
    folder: Path, names: Sequence[str], pictures: Sequence[Picture], outcomes: Sequence[PageOutcome]
) -> None:
    """Write the pictures that were read into a folder, with the readings drawn over them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{folder} cannot be made: {error.strerror}") from None
    for place, (name, picture, outcome) in enumerate(zip(names, pictures, outcomes, strict=True)):
        if isinstance(outcome, Page):
            annotate(picture, outcome).save(folder / file_name(name, place))


def _collect(
    client: AsyncClient, outcomes: AsyncIterator[Result], total: int, show_progress: bool
) -> list[Result]:
    """Return all outcomes, with a progress bar meanwhile."""

    async def run() -> list[Result]:
        async with client:
            found: list[Result] = []
            with Progress(console=notes, transient=True, disable=not show_progress) as progress:
                task = progress.add_task("Reading", total=total)
                async for outcome in outcomes:
                    found.append(outcome)
                    progress.advance(task)
            return found

    return asyncio.run(run())


def _end(outcomes: Sequence[Outcome | PageOutcome]) -> None:
    unread = any(isinstance(outcome, DigitsClientError) for outcome in outcomes)
    raise typer.Exit(Exit.SOME_NOT_READ if unread else Exit.ALL_READ)


def _print(names: list[str], outcomes: list[Outcome], as_json: bool, as_csv: bool) -> None:
    if as_json:
        output.write_json([output.record(*each) for each in zip(names, outcomes, strict=True)])
    elif as_csv:
        output.write_csv(names, outcomes)
    else:
        output.show(console, names, outcomes)


def _print_score(labels: list[int], outcomes: list[Outcome], as_json: bool, as_csv: bool) -> None:
    score = mnist.score(labels, outcomes)
    if as_json:
        output.write_json(output.score_document(score))
    elif as_csv:
        output.write_csv([f"{place}-{label}" for place, label in enumerate(labels)], outcomes)
    else:
        output.show_score(console, score)


@contextmanager
def _explained() -> Iterator[None]:
    """End with a line and an exit code, not with a traceback, when something is not as it should be."""
    try:
        yield
    except DigitsClientError as error:
        notes.print(printable(str(error)), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(_exit_code(error))


def _exit_code(error: DigitsClientError) -> Exit:
    match error:
        case InvalidAddress() | ImageUnreadable() | DatasetError():
            return Exit.USAGE
        case ImageRefused():
            return Exit.SOME_NOT_READ
        case Refused():
            return Exit.REFUSED
        case _:
            return Exit.NO_ANSWER
