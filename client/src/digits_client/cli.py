"""The command `digits`."""

import asyncio
import sys
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from digits_client import bench as latency
from digits_client import files, mnist, output
from digits_client.address import DEFAULT, base_url
from digits_client.client import AsyncClient, Client
from digits_client.errors import (
    DatasetError,
    DigitsClientError,
    ImageRefused,
    ImageUnreadable,
    InvalidAddress,
)
from digits_client.pictures import Picture, file_bytes
from digits_client.readings import Outcome, Reading


class Exit(IntEnum):
    """What the exit code tells a script; 2 is the command line's own."""

    ALL_READ = 0
    SOME_NOT_READ = 1
    USAGE = 2
    SERVER = 3


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Reads handwritten digits with a Digits server.",
    epilog="Exit codes: 0 all read, 1 some pictures not read, 2 wrong usage, 3 trouble with the server.",
)
console = Console()
notes = Console(stderr=True)

Server = Annotated[str, typer.Option("--server", "-s", envvar="DIGITS_SERVER", help="The server's address.")]
Token = Annotated[
    str | None, typer.Option(envvar="DIGITS_TOKEN", help="Sent as a bearer token.", show_envvar=True)
]
Retries = Annotated[int, typer.Option(min=0, help="Attempts after 429, 5xx or no answer.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds that one request may take.")]


@app.command()
def classify(
    pictures: Annotated[list[str] | None, typer.Argument(help="Files, folders or globs.")] = None,
    server: Server = DEFAULT,
    token: Token = None,
    batch: Annotated[int, typer.Option(min=1, help="Pictures in one request.")] = 32,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests under way at once.")] = 4,
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False,
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
            outcomes = _read(client, list(images), show_progress)
            _print_score(labels, outcomes, as_json, as_csv)
        else:
            paths = files.find(pictures or [])
            outcomes = _read(client, paths, show_progress)
            _print(list(map(str, paths)), outcomes, as_json, as_csv)
    unread = any(not isinstance(outcome, Reading) for outcome in outcomes)
    raise typer.Exit(Exit.SOME_NOT_READ if unread else Exit.ALL_READ)


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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
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
        raise typer.Exit(Exit.SERVER)


def _read(client: AsyncClient, pictures: Sequence[Picture], show_progress: bool) -> list[Outcome]:
    async def run() -> list[Outcome]:
        async with client:
            found: list[Outcome] = []
            with Progress(console=notes, transient=True, disable=not show_progress) as progress:
                task = progress.add_task("Reading", total=len(pictures))
                async for outcome in client.outcomes(pictures):
                    found.append(outcome)
                    progress.advance(task)
            return found

    return asyncio.run(run())


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
        notes.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        usage = isinstance(error, InvalidAddress | ImageUnreadable | DatasetError)
        unread = isinstance(error, ImageRefused)
        sys.exit(Exit.USAGE if usage else Exit.SOME_NOT_READ if unread else Exit.SERVER)
