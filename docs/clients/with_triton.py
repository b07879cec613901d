"""Triton's Python client over HTTP."""

import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

from docs.clients.questions import ALL, DIGITS, FILES, TEXTS, Question, tell

PACKAGE = "tritonclient"
FLOATS: NDArray[np.float32] = (DIGITS / 255).astype(np.float32)
KINDS = ("BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64")


def questions(url: str) -> Iterator[Question]:
    """Yield what is asked of the service at `url`."""
    client = InferenceServerClient(urlsplit(url).netloc)
    yield Question("server live", client.is_server_live)
    yield Question("server ready", client.is_server_ready)
    yield Question("model ready", lambda: client.is_model_ready("digits"))
    yield Question("another model is not ready", lambda: client.is_model_ready("letters"), right=False)
    yield Question("server metadata", lambda: client.get_server_metadata()["name"], "digits")
    yield Question(
        "model metadata", lambda: client.get_model_metadata("digits")["inputs"][0]["name"], "image"
    )
    yield Question("model configuration", lambda: client.get_model_config("digits")["max_batch_size"], 64)
    yield Question("repository index", lambda: client.get_model_repository_index()[0]["state"], "READY")
    yield from _inferences(client)
    yield from _refusals(client)
    client.close()


def _inferences(client: InferenceServerClient) -> Iterator[Question]:
    def infer(values: NDArray[Any], kind: str, binary: bool, **options: object) -> Callable[[], object]:
        return lambda: _classes(client.infer("digits", [_tensor(values, kind, binary)], **options))

    for name, binary in {"in binary": True, "in JSON": False}.items():
        for kind in KINDS:
            yield Question(f"infer, {kind} {name}", infer(_numbers(kind), kind, binary), ALL)
        values: list[Any] = FILES if binary else [text.encode() for text in TEXTS]
        files = np.array(values, np.object_)
        yield Question(f"infer, image files {name}", infer(files, "BYTES", binary), ALL)
        wanted = [InferRequestedOutput("class", binary_data=binary)]
        yield Question(f"infer, one output {name}", infer(FLOATS, "FP32", True, outputs=wanted), ALL)
    for packing in ("gzip", "deflate"):
        options = {"request_compression_algorithm": packing}
        yield Question(f"infer, request packed with {packing}", infer(FLOATS, "FP32", True, **options), ALL)
    yield Question("infer, asynchronously", lambda: _classes(_later(client)), ALL)


def _refusals(client: InferenceServerClient) -> Iterator[Question]:
    yield Question(
        "what the server says of a bad tensor is raised",
        lambda: client.infer("digits", [_tensor(DIGITS[0], "UINT8", True)]),
        refused="Images have the shape",
        shown="raised, with the server's words",
    )
    yield Question(
        "class labels instead of a tensor",
        lambda: client.infer(
            "digits", [_tensor(FLOATS, "FP32", True)], outputs=[InferRequestedOutput("class", class_count=3)]
        ),
        refused="Outputs come as tensors only",
        shown="refused: outputs come as tensors only",
    )
    yield Question(
        "statistics",
        client.get_inference_statistics,
        refused="CloudWatch has the metrics",
        shown="refused: each copy of a function would count for itself; CloudWatch has the metrics",
    )
    for name, ask in {
        "load a model": lambda: client.load_model("digits"),
        "trace settings": client.get_trace_settings,
        "log settings": client.get_log_settings,
        "shared memory": client.get_system_shared_memory_status,
    }.items():
        yield Question(name, ask, refused="Not Found", shown="refused: there is no such route here")


def _numbers(kind: str) -> NDArray[Any]:
    """Return the digits in a datatype, on the scale that suits it."""
    if kind == "BOOL":
        return DIGITS > 127
    return (
        DIGITS / 255 if kind == "FP64" else (FLOATS if kind.startswith("FP") else DIGITS).astype(_dtype(kind))
    )


def _dtype(kind: str) -> str:
    return kind.lower().replace("fp", "float")


def _tensor(values: NDArray[Any], kind: str, binary: bool) -> InferInput:
    tensor = InferInput("image", values.shape, kind)
    tensor.set_data_from_numpy(values, binary_data=binary)
    return tensor


def _later(client: InferenceServerClient) -> Any:  # noqa: ANN401 - the client has no types
    return client.async_infer("digits", [_tensor(FLOATS, "FP32", True)]).get_result()


def _classes(answer: Any) -> list[int]:  # noqa: ANN401
    classes: list[int] = answer.as_numpy("class").tolist()
    return classes


if __name__ == "__main__":
    tell(PACKAGE, questions(sys.argv[1]))
