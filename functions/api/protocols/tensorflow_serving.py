"""TensorFlow Serving's REST API: status, metadata and predict, in row and column format.

Sources: https://www.tensorflow.org/tfx/serving/api_rest and, as KServe's first protocol has the same paths,
https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
"""

from functools import partial
from typing import Any, Final

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.body import read_body
from api.problems import Problem
from api.protocols import documentation
from api.protocols.batch import INPUT, NAME, OUTPUTS, major, read_batch, require_model
from api.schemas import parse_object
from api.settings import Settings
from api.shapes import SIDE, to_rows
from api.threads import offload
from digits.base64_text import decode_base64
from digits.errors import received, received_members
from digits.pixels import from_pixels
from digits.recognize import Reader, Source

# A model of one output answers with its bare values, so the default signature serves clients of plain
# MNIST models; the other one gives everything that /mnist/classify does.
SIGNATURES: Final = {"serving_default": ("probabilities",), "reading": tuple(OUTPUTS)}

_BASES: Final = (
    "/v1/models/{name}",
    "/v1/models/{name}/versions/{version}",
    "/v1/models/{name}/labels/{label}",
)
_METHODS: Final = (":predict", ":classify", ":regress", ":explain")
_TYPES: Final = {"INT64": "DT_INT64", "FP32": "DT_FLOAT", "BOOL": "DT_BOOL"}


class TensorFlowServing:
    """The routes, for one model."""

    def __init__(self, reader: Reader, settings: Settings) -> None:
        self._reader, self._settings = reader, settings
        self._model = reader.model

    def install(self, app: FastAPI) -> None:
        """Add the routes, each without a version, with one and with a version's label."""
        app.add_api_route("/v1/models", self.models, include_in_schema=False)
        for base in _BASES:
            app.add_api_route(
                f"{base}/metadata", self.metadata, **documentation.describe("tfs_metadata", base)
            )
            app.add_api_route(
                f"{base}:predict",
                self.predict,
                methods=["POST"],
                **documentation.describe("tfs_predict", base),
            )
            for method in ("classify", "regress", "explain"):
                app.add_api_route(
                    f"{base}:{method}", self.predict_instead, methods=["POST"], include_in_schema=False
                )
            # Last, as a name may hold a colon: :predict would be taken for a part of one.
            app.add_api_route(base, self.status, **documentation.describe("tfs_status", base))

    async def models(self) -> Response:
        """List the one model, as KServe's first protocol does."""
        return JSONResponse({"models": [NAME]})

    async def status(self, request: Request) -> Response:
        """Answer that the model's version is available, in TensorFlow Serving's words and in KServe's."""
        if request.scope["path"].endswith(_METHODS):  # they take POST alone, so it came here as a name
            raise HTTPException(405, headers={"Allow": "POST"})
        require_model(request, self._model)
        version = {
            "version": major(self._model.version),
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
        return JSONResponse({"model_version_status": [version], "name": NAME, "ready": True})

    async def metadata(self, request: Request) -> Response:
        """Return the signatures: their inputs and outputs."""
        require_model(request, self._model)
        spec = {"name": NAME, "signature_name": "", "version": major(self._model.version)}
        signatures = {name: _signature(outputs) for name, outputs in SIGNATURES.items()}
        return JSONResponse(
            {"model_spec": spec, "metadata": {"signature_def": {"signature_def": signatures}}}
        )

    async def predict_instead(self, request: Request) -> Response:
        """Refuse TensorFlow's own records and KServe's explanations, and say what there is instead."""
        wanted = (
            ':predict takes the images, and answers with all that is known under the signature "reading".'
        )
        raise Problem("invalid-body", f"{wanted} Received: {received(request.scope['path'])}")

    async def predict(self, request: Request) -> Response:
        """Read one digit in each instance."""
        require_model(request, self._model)
        body = await read_body(request, self._settings.max_body_bytes)
        return await offload(request, self._predict, body)

    def _predict(self, body: bytes) -> Response:
        document = parse_object(body)
        outputs = _outputs(document)
        key, items = _items(document)
        pictures = [partial(_picture, item) for item in items]
        answers = read_batch(self._reader, self._settings, pictures, f"/{key}")
        if key == "instances":
            rows = [
                answer[outputs[0]] if len(outputs) == 1 else {name: answer[name] for name in outputs}
                for answer in answers
            ]
            return JSONResponse({"predictions": rows})
        columns = {name: [answer[name] for answer in answers] for name in outputs}
        return JSONResponse({"outputs": columns[outputs[0]] if len(outputs) == 1 else columns})


def _picture(item: object) -> Source:
    value = item[INPUT] if isinstance(item, dict) and item.keys() == {INPUT} else item
    if not isinstance(value, dict):
        return from_pixels(to_rows(value))
    if not (value.keys() == {"b64"} and isinstance(value["b64"], str)):
        wanted = f'An image must be an array of numbers or {{"b64": …}}, and may be named "{INPUT}".'
        raise Problem("invalid-body", f"{wanted} Received: {received_members(value)}")
    return decode_base64(value["b64"])


def _signature(outputs: tuple[str, ...]) -> dict[str, Any]:
    return {
        "inputs": {INPUT: _tensor(INPUT, "DT_FLOAT", [SIDE, SIDE])},
        "outputs": {name: _output(name) for name in outputs},
        "method_name": "tensorflow/serving/predict",
    }


def _output(name: str) -> dict[str, Any]:
    datatype, tail = OUTPUTS[name]
    return _tensor(name, _TYPES[datatype], tail)


def _tensor(name: str, dtype: str, shape: list[int]) -> dict[str, Any]:
    """Describe a tensor of one image or answer an element, in the words of TensorFlow's TensorInfo."""
    dimensions = [{"size": str(size), "name": ""} for size in (-1, *shape)]
    return {
        "dtype": dtype,
        "tensor_shape": {"dim": dimensions, "unknown_rank": False},
        "name": name,
    }


def _outputs(document: dict[str, Any]) -> tuple[str, ...]:
    signature = document.get("signature_name")
    if signature in (None, ""):
        signature = "serving_default"
    if not isinstance(signature, str) or signature not in SIGNATURES:
        known = " and ".join(SIGNATURES)
        raise Problem("invalid-body", f"The signatures are {known}. Received: {received(signature)}")
    return SIGNATURES[signature]


def _items(document: dict[str, Any]) -> tuple[str, list[Any]]:
    """Take the batch out of a body in row or in column format, with the name that it goes by."""
    keys = document.keys() & {"instances", "inputs"}
    if len(keys) != 1:
        shown = " and ".join(sorted(keys)) or "neither"
        raise Problem("invalid-body", f'There must be either "instances" or "inputs". Received: {shown}')
    key = keys.pop()
    items = document[key]
    if key == "inputs" and isinstance(items, dict) and items.keys() == {INPUT}:
        items = items[INPUT]
    if not isinstance(items, list):
        raise Problem("invalid-body", f'"{key}" must be an array of images. Received: {received(items)}')
    return key, items
