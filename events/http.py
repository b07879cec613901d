"""Writes the sample invocations as requests for an editor's HTTP client: `python -m events.http`."""

import base64
from typing import Any, Final

from events import FOLDER
from events.draw import events

FILE: Final = FOLDER / "digits.http"
_KEPT: Final = ("accept", "content-type")  # the others are the front door's, or the HTTP client's own
_HEAD: Final = (
    "# Made by `python -m events.http` out of the events in this folder.\n@server = http://127.0.0.1:8000\n"
)


def write() -> None:
    """Write the file, and under `bodies` the binary bodies that it names."""
    for name, event in events().items():
        if event["isBase64Encoded"]:
            (FOLDER / "bodies" / f"{name}.png").write_bytes(base64.b64decode(event["body"]))
    FILE.write_text(text())


def text() -> str:
    """Give the whole file."""
    return "\n".join([_HEAD, *(_request(name, event) for name, event in events().items())])


def _request(name: str, event: dict[str, Any]) -> str:
    """Write one event as a request, in the form that VS Code's and JetBrains' clients share."""
    context = event["requestContext"].get("http", {})
    method, path = context.get("method") or event["httpMethod"], event.get("rawPath") or event["path"]
    headers = {key.lower(): value for key, value in event["headers"].items()}
    lines = [f"### {name}", f"{method} {{{{server}}}}{path}"]
    lines += [f"{key}: {headers[key]}" for key in _KEPT if key in headers]
    if body := event.get("body"):
        lines += ["", f"< ./bodies/{name}.png" if event["isBase64Encoded"] else body.strip()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write()
