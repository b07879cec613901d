"""MLServer's Python types and codecs, and its command `mlserver infer`."""

import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from mlserver.codecs import Base64Codec, NumpyCodec
from mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    MetadataModelResponse,
    MetadataServerResponse,
    RepositoryIndexResponse,
    RequestOutput,
)
from pydantic import BaseModel

from docs.clients.questions import ALL, DIGITS, FILES, Question, tell

PACKAGE = "mlserver"
Model = TypeVar("Model", bound=BaseModel)


def questions(url: str) -> Iterator[Question]:
    """Yield what is asked of the service at `url`."""
    yield Question(
        "server metadata as its type", lambda: _get(f"{url}/v2", MetadataServerResponse).name, "digits"
    )
    yield Question(
        "model metadata as its type",
        lambda: _get(f"{url}/v2/models/digits", MetadataModelResponse).inputs[0].name,
        "image",
    )
    yield Question(
        "repository index as its type",
        lambda: _post(f"{url}/v2/repository/index", b"{}", RepositoryIndexResponse)[0].name,
        "digits",
    )
    numbers = NumpyCodec.encode_input("image", DIGITS)
    files = Base64Codec.encode_input("image", FILES, use_bytes=False)
    for name, tensor in {"numbers (NumpyCodec)": numbers, "image files (Base64Codec)": files}.items():
        yield Question(f"infer, {name}", _inference(url, InferenceRequest(inputs=[tensor])), ALL)
    nulls = InferenceRequest(inputs=[numbers], outputs=[RequestOutput(name="class")])
    yield Question("infer, a dump with nulls", _inference(url, nulls, nulls=True), ALL)
    for transport, flag in {"JSON": [], "binary": ["--binary-data"]}.items():
        yield Question(f"`mlserver infer`, four requests in a batch, {transport}", _command(url, flag), ALL)


def _get(url: str, model: type[Model]) -> Model:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - a server of our own
        return model.model_validate_json(answer.read())


def _post(url: str, body: bytes, model: type[Model]) -> Model:
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return model.model_validate_json(answer.read())


def _inference(url: str, request: InferenceRequest, *, nulls: bool = False) -> Callable[[], list[int]]:
    def infer() -> list[int]:
        body = request.model_dump_json(exclude_unset=not nulls, exclude_none=not nulls)
        answer = _post(f"{url}/v2/models/digits/infer", body.encode(), InferenceResponse)
        return _classes(answer)

    return infer


def _classes(answer: InferenceResponse) -> list[int]:
    output = next(each for each in answer.outputs if each.name == "class")
    return [int(digit) for digit in NumpyCodec.decode_output(output).ravel()]


def _command(url: str, flags: list[str]) -> Callable[[], list[int]]:
    """Return a use of the command: a file of requests, one digit each, to a file of answers."""

    def infer() -> list[int]:
        with tempfile.TemporaryDirectory() as place:
            asked, answered = Path(place, "requests.jsonl"), Path(place, "answers.jsonl")
            tensors = [NumpyCodec.encode_input("image", DIGITS[[digit]]) for digit in ALL]
            lines = [InferenceRequest(inputs=[tensor]).model_dump_json() for tensor in tensors]
            asked.write_text("\n".join(lines))
            command: list[str | Path] = [Path(sys.executable).with_name("mlserver"), "infer", *flags]
            command += ["--url", urlsplit(url).netloc, "--model-name", "digits", "--batch-size", "4"]
            command += ["--input-data-path", asked, "--output-data-path", answered]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603
            answers = map(InferenceResponse.model_validate_json, answered.read_text().splitlines())
            return sorted(digit for answer in answers for digit in _classes(answer))

    return infer


if __name__ == "__main__":
    tell(PACKAGE, questions(sys.argv[1]))
