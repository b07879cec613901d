"""KServe's Python client, in both of its protocols."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from numpy.typing import NDArray

from docs.clients.questions import ALL, DIGITS, FILES, TEXTS, Question, tell

PACKAGE = "kserve"
Use = Callable[[Any], Awaitable[Any]]


def questions(url: str) -> Iterator[Question]:
    """Yield what is asked of the service at `url`."""

    def asked(protocol: str, use: Use) -> Callable[[], object]:
        return lambda: asyncio.run(_ask(protocol, use))

    yield Question("version 2: server live", asked("v2", lambda client: client.is_server_live(url)))
    yield Question("version 2: server ready", asked("v2", lambda client: client.is_server_ready(url)))
    yield Question("version 2: model ready", asked("v2", lambda client: client.is_model_ready(url, "digits")))
    yield Question(
        "version 2: another model is not ready",
        asked("v2", lambda client: client.is_model_ready(url, "letters")),
        right=False,
    )
    for name, tensor in _tensors():
        yield Question(f"version 2: infer, {name}", asked("v2", _inference(url, tensor)), ALL)
    yield Question(
        "version 2: what the server says of a bad tensor is raised",
        asked("v2", _inference(url, _tensor(DIGITS[0], "UINT8", binary=False))),
        refused="Images have the shape",
        shown="raised, with the server's words",
    )
    yield Question("version 1: model ready", asked("v1", lambda client: client.is_model_ready(url, "digits")))
    yield Question(
        "version 1: predict, base64", asked("v1", _prediction(url, [{"b64": text} for text in TEXTS])), ALL
    )
    yield Question("version 1: predict, numbers", asked("v1", _prediction(url, DIGITS.tolist())), ALL)
    yield Question(
        "version 1: explain",
        asked("v1", lambda client: client.explain(url, "digits", {"instances": TEXTS})),
        refused=":predict takes the images",
        shown="refused: there is no explainer; the refusal names what `:predict` answers instead",
    )
    yield Question(
        "version 1: server live",
        asked("v1", lambda client: client.is_server_live(url)),
        refused="JSONDecodeError",
        shown="no: the client asks for JSON at `/`, where the drawing page is",
    )


async def _ask(protocol: str, use: Use) -> object:
    async with InferenceRESTClient(RESTConfig(protocol=protocol, timeout=60, retries=0)) as client:
        return await use(client)


def _tensors() -> Iterator[tuple[str, InferInput]]:
    numbers: dict[str, NDArray[Any]] = {
        "UINT8": DIGITS,
        "INT64": DIGITS.astype(np.int64),
        "FP16": (DIGITS / 255).astype(np.float16),
        "FP32": (DIGITS / 255).astype(np.float32),
    }
    for kind, values in numbers.items():
        yield f"{kind} in binary", _tensor(values, kind, binary=True)
        if kind != "FP16":  # which JSON has no place for, says the client
            yield f"{kind} in JSON", _tensor(values, kind, binary=False)
    yield "image files in binary", _tensor(np.array(FILES, np.object_), "BYTES", binary=True)
    texts = np.array([text.encode() for text in TEXTS], np.object_)
    yield "image files as base64 in JSON", _tensor(texts, "BYTES", binary=False)


def _tensor(values: NDArray[Any], kind: str, *, binary: bool) -> InferInput:
    tensor = InferInput("image", list(values.shape), kind)
    tensor.set_data_from_numpy(values, binary_data=binary)
    return tensor


def _inference(url: str, tensor: InferInput) -> Use:
    async def infer(client: InferenceRESTClient) -> list[int]:
        answer = await client.infer(url, InferRequest("digits", [tensor]), model_name="digits")
        classes: list[int] = next(each for each in answer.outputs if each.name == "class").as_numpy().tolist()
        return classes

    return infer


def _prediction(url: str, instances: list[Any]) -> Use:
    async def predict(client: InferenceRESTClient) -> list[int]:
        answer = await client.infer(url, {"instances": instances}, model_name="digits")
        return [int(np.argmax(row)) for row in answer["predictions"]]

    return predict


if __name__ == "__main__":
    tell(PACKAGE, questions(sys.argv[1]))
