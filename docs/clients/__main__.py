"""Runs all clients against a server of this project and writes docs/clients.md: `make clients`."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from docs.clients.questions import FAILED

PAGE = Path(__file__).parents[1] / "clients.md"
PATIENCE = 120  # seconds that the server may take to start
CLIENTS = ("with_kserve", "with_mlserver", "with_triton", "with_generated")
HEAD = """# Other projects' clients

The Python clients of the protocols that the service speaks, and a client generated out of its
description, each used against the server of `make serve`. `make clients` installs them into an environment
of their own, asks all this and writes this page.

| client | asked for | result |
|---|---|---|
"""


def main() -> None:
    """Ask all, write the page, and fail when something ended otherwise than it should."""
    with serving() as url:
        rows = [row for client in CLIENTS for row in ask(client, url)]
    PAGE.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    bad = [row for row in rows if f"| {FAILED}" in row]
    print(f"{len(rows) - len(bad)} of {len(rows)} ended as they should", *bad, sep="\n")  # noqa: T201
    sys.exit(bool(bad))


def ask(client: str, url: str) -> list[str]:
    """Return a client's rows of the table; each runs alone, as two of them register the same messages."""
    command = [sys.executable, "-W", "ignore", "-m", f"docs.clients.{client}", url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return [line for line in done.stdout.splitlines() if line.startswith("| ")]


@contextmanager
def serving() -> Iterator[str]:
    """Serve on a free port, with a folder for corrections, and yield the address."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PYTHONPATH": "functions:layers/python", "PORT": str(port), "FEEDBACK_DIR": folder}
        command = [".venv/serve/bin/python", "-m", "api.server"]
        server = subprocess.Popen(command, env=os.environ | settings, stdout=sys.stderr)  # noqa: S603
        try:
            url = f"http://127.0.0.1:{port}"
            await_health(url, server)
            yield url
        finally:
            server.terminate()
            server.wait()


def await_health(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until /health answers; stop when the server has ended or time is up."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/health").close()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"The server must answer within {PATIENCE} s. Received: exit status {server.poll()}")


if __name__ == "__main__":
    main()
