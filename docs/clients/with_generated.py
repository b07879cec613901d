"""The client that openapi-python-client generates out of /openapi.json."""

import importlib
import inspect
import io
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docs.clients.questions import DIGITS, FILES, TEXTS, Question, tell

PACKAGE = "openapi-python-client"
GENERATED = "generated_client"  # name of the package that it writes
_TENSOR = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [TEXTS[7]]}
_INFER = {"inputs": [_TENSOR], "outputs": [{"name": "class"}]}

# Operation to its body's class and the body, and to what to look for in the answer.
BODIES: dict[str, tuple[str, dict[str, Any], str]] = {
    "predict": ("PredictJsonWithImage", {"image": TEXTS[7]}, '"prediction": "7"'),
    "read": ("ReadJsonWithImage", {"image": TEXTS[7], "length": 1}, '"text": "7"'),
    "classify": ("ClassifyBody", {"requests": [{"image": TEXTS[7]}]}, '"class": 7'),
    "classify_alias": ("ClassifyAliasBody", {"requests": [{"image": TEXTS[7]}]}, '"class": 7'),
    "feedback": ("FeedbackBody", {"image": TEXTS[7], "class": 7}, '"id"'),
    "oip_infer": ("OipInferBody", _INFER, '"data": [7]'),
    "oip_infer_of_version": ("OipInferOfVersionBody", _INFER, '"data": [7]'),
    **{
        f"tfs_predict{place}": (
            f"TfsPredict{name}WithInstances",
            {"instances": [{"b64": TEXTS[7]}]},
            "predictions",
        )
        for place, name in {"": "", "_of_version": "OfVersion", "_of_label": "OfLabel"}.items()
    },
}


def questions(url: str) -> Iterator[Question]:
    """Generate a client in a temporary folder and yield what is asked through it."""
    with tempfile.TemporaryDirectory() as place:
        generator = Path(sys.executable).with_name("openapi-python-client")
        command: list[str | Path] = [generator, "generate", "--url", f"{url}/openapi.json", "--meta", "none"]
        command += ["--output-path", Path(place, GENERATED)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        sys.path.insert(0, place)
        operations = {path.stem: path for path in Path(place, GENERATED, "api").glob("*/[a-z]*.py")}
        described = _described(url)
        yield Question(
            "an operation for each that is described", lambda: sorted(operations), sorted(described)
        )
        for operation in described:
            yield Question(f"`{operation}`", _call(url, operations[operation], *BODIES.get(operation, ())))
        for name, use in _ways(url, operations["predict"]).items():
            yield Question(f"predict, {name}", use)
        yield Question(
            "a picture sent as image/png and its kin",
            lambda: "image/png" in operations["predict"].read_text(),
            right=False,
            shown="no: the generator knows no pictures; it sends them as application/octet-stream",
        )
        sys.path.remove(place)


def _described(url: str) -> list[str]:
    """Return the operations of the description, in its order."""
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:  # noqa: S310 - a server of our own
        paths = json.load(answer)["paths"]
    return [operation["operationId"] for path in paths.values() for operation in path.values()]


def _package(name: str = "") -> Any:  # noqa: ANN401 - a module that is written as it runs
    return importlib.import_module(f"{GENERATED}{name}")


def _call(
    url: str, path: Path, model: str = "", body: dict[str, Any] | None = None, shown: str = ""
) -> Callable[[], bool]:
    """Return a call of an operation, with the body if it takes one."""

    def call() -> bool:
        made = getattr(_package(".models"), model).from_dict(body) if model else None
        return _send(url, path, made, shown)

    return call


def _send(url: str, path: Path, body: object, shown: str) -> bool:
    """Return whether an operation is answered, and with what is looked for."""
    operation = _package(f".api.{path.parent.name}.{path.stem}").sync_detailed
    given = {"name": "digits", "version": "VERSION", "label": "stable", "body": body}
    given["version"] = json.loads(urllib.request.urlopen(f"{url}/health").read())["model"]  # noqa: S310
    taken = {name: given[name] for name in inspect.signature(operation).parameters if name in given}
    answer = operation(**taken, client=_package().Client(base_url=url))
    found = answer.parsed.to_dict() if hasattr(answer.parsed, "to_dict") else answer.parsed
    return answer.status_code in {200, 202} and found is not None and shown in json.dumps(found, default=str)


def _ways(url: str, predict: Path) -> dict[str, Callable[[], bool]]:
    """Return the other bodies that /predict takes."""

    def file() -> Any:  # noqa: ANN401
        return _package(".types").File(payload=io.BytesIO(FILES[7]), file_name="7.png", mime_type="image/png")

    seven = '"prediction": "7"'
    return {
        "rows of numbers": _call(url, predict, "PredictJsonWithData", {"data": DIGITS[7].tolist()}, seven),
        "a file": lambda: _send(url, predict, file(), seven),
        "a form": lambda: _send(url, predict, _package(".models").PredictFilesBody(image=file()), seven),
    }


if __name__ == "__main__":
    tell(PACKAGE, questions(sys.argv[1]))
