"""The Open Inference Protocol, version 2, over HTTP, with its binary tensor extension.

Source: https://github.com/kserve/open-inference-protocol and, for tensors in binary,
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

import json
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.body import read_body
from api.problems import Problem
from api.protocols import documentation
from api.protocols.batch import INPUT, NAME, OUTPUTS, read_batch, require_model
from api.protocols.tensors import Element, Tensor, file_bytes, images, raw, write
from api.schemas import is_text, parse_object
from api.settings import Settings
from api.shapes import SIDE
from api.threads import offload
from digits.errors import received
from digits.pixels import from_pixels
from digits.recognize import Reader, Source

HEADER_LENGTH = "inference-header-content-length"


class OpenInference:
    """The routes, for one model."""

    def __init__(self, reader: Reader, settings: Settings) -> None:
        self._reader, self._settings = reader, settings
        self._model = reader.model

    def install(self, app: FastAPI) -> None:
        """Add the routes, those of the model with and without a version."""
        app.add_api_route("/v2", self.server, **documentation.describe("oip_server", "/v2"))
        described = documentation.describe("oip_index", "/v2")
        app.add_api_route("/v2/repository/index", self.index, methods=["POST"], **described)
        app.add_api_route("/v2/models/stats", self.statistics, include_in_schema=False)
        for state in ("live", "ready"):
            described = documentation.describe(f"oip_{state}", "/v2")
            app.add_api_route(f"/v2/health/{state}", getattr(self, state), **described)
        for base in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
            app.add_api_route(base, self.metadata, **documentation.describe("oip_metadata", base))
            app.add_api_route(f"{base}/config", self.config, **documentation.describe("oip_config", base))
            app.add_api_route(f"{base}/stats", self.statistics, include_in_schema=False)
            described = documentation.describe("oip_model_ready", base)
            app.add_api_route(f"{base}/ready", self.model_ready, **described)
            described = documentation.describe("oip_infer", base)
            app.add_api_route(f"{base}/infer", self.infer, methods=["POST"], **described)

    async def server(self, _: Request) -> Response:
        """Describe the server."""
        return JSONResponse(
            {"name": NAME, "version": self._model.version, "extensions": ["binary_tensor_data"]}
        )

    async def live(self, _: Request) -> Response:
        """Answer that the server answers."""
        return JSONResponse({"live": True})

    async def ready(self, _: Request) -> Response:
        """Answer that the server can infer; it has loaded its model before it answers at all."""
        return JSONResponse({"ready": True})

    async def model_ready(self, request: Request) -> Response:
        """Answer that the model can infer."""
        require_model(request, self._model)
        return JSONResponse({"name": NAME, "ready": True})

    async def metadata(self, request: Request) -> Response:
        """Describe the model's tensors."""
        require_model(request, self._model)
        outputs = [
            {"name": name, "datatype": datatype, "shape": [-1, *tail]}
            for name, (datatype, tail) in OUTPUTS.items()
        ]
        return JSONResponse(
            {
                "name": NAME,
                "versions": [self._model.version],
                "platform": "litert",
                "inputs": [{"name": INPUT, "datatype": "FP32", "shape": [-1, 28, 28]}],
                "outputs": outputs,
            }
        )

    async def index(self, _: Request) -> Response:
        """List the one model, as a repository does."""
        model = {"name": NAME, "version": self._model.version, "state": "READY", "reason": ""}
        return JSONResponse([model])

    async def config(self, request: Request) -> Response:
        """Describe the model as Triton's configurations do."""
        require_model(request, self._model)
        outputs = [
            {"name": name, "data_type": f"TYPE_{datatype}", "dims": tail or [1]}
            for name, (datatype, tail) in OUTPUTS.items()
        ]
        return JSONResponse(
            {
                "name": NAME,
                "platform": "litert",
                "max_batch_size": self._settings.max_batch_size,
                "input": [{"name": INPUT, "data_type": "TYPE_FP32", "dims": [SIDE, SIDE]}],
                "output": outputs,
            }
        )

    async def statistics(self, _: Request) -> Response:
        """Refuse: each copy of a function would count for itself alone."""
        raise HTTPException(404, "No statistics are kept here; CloudWatch has the metrics")

    async def infer(self, request: Request) -> Response:
        """Read one digit in each image of the tensor."""
        require_model(request, self._model)
        body = await read_body(request, self._settings.max_body_bytes)
        return await offload(request, self._infer, body, request.headers.get(HEADER_LENGTH))

    def _infer(self, body: bytes, header_length: str | None) -> Response:
        size = _header_size(header_length, len(body))
        if size or header_length is None:
            document = parse_object(body[:size])
            tensor, blob = _input(document), body[size:]
        else:
            document, (tensor, blob) = {}, raw(body)
        wanted = _wanted(document)
        items = [partial(_picture, each) for each in images(tensor, blob)]
        answers = read_batch(self._reader, self._settings, items, "/inputs/0/data")
        tensors, blobs = [], []
        for name, binary in wanted.items():
            output, data = write(name, [answer[name] for answer in answers], binary)
            tensors.append(output)
            blobs.append(data)
        members = {"model_name": NAME, "model_version": self._model.version}
        if document.get("id") is not None:
            members["id"] = document["id"]
        return _respond({**members, "outputs": tensors}, b"".join(blobs), any(wanted.values()))


def _picture(element: Element) -> Source:
    return from_pixels(element) if isinstance(element, list) else file_bytes(element)


def _header_size(declared: str | None, size: int) -> int:
    """Return how many bytes of the body are JSON; all, unless tensors follow in binary."""
    if declared is None:
        return size
    if not (declared.isdecimal() and len(declared) <= len(str(size)) and int(declared) <= size):
        wanted = f"{HEADER_LENGTH} must be a number of bytes of the body, which has {size}."
        raise Problem("invalid-body", f"{wanted} Received: {received(declared)}")
    return int(declared)


def _input(document: dict[str, Any]) -> Tensor:
    """Take out the one input tensor."""
    inputs = document.get("inputs")
    if not isinstance(inputs, list) or len(inputs) != 1:
        shown = received(inputs) if "inputs" in document else received(document)
        raise Problem("invalid-body", f'There must be an array "inputs" of one tensor. Received: {shown}')
    tensor = inputs[0]
    if not isinstance(tensor, dict) or tensor.get("name") != INPUT:
        shown = received(tensor.get("name")) if isinstance(tensor, dict) else received(tensor)
        raise Problem("invalid-body", f'The input is named "{INPUT}". Received: {shown}')
    return tensor


def _wanted(document: dict[str, Any]) -> dict[str, bool]:
    """Return which outputs to give, and of each whether in binary."""
    otherwise = _parameters(document).get("binary_data_output", False) is True
    if document.get("id") is not None and not is_text(document["id"]):
        raise Problem("invalid-body", f'"id" must be Unicode text. Received: {received(document["id"])}')
    outputs = [] if document.get("outputs") is None else document["outputs"]
    if not isinstance(outputs, list):
        raise Problem("invalid-body", f'"outputs" must be an array. Received: {received(outputs)}')
    wanted: dict[str, bool] = {}
    for output in outputs or [{"name": name} for name in OUTPUTS]:
        name = output.get("name") if isinstance(output, dict) else output
        if not isinstance(output, dict) or not isinstance(name, str) or name not in OUTPUTS:
            raise Problem("invalid-body", f"The outputs are {', '.join(OUTPUTS)}. Received: {received(name)}")
        parameters = _parameters(output)
        if parameters.get("classification"):
            raise Problem("invalid-body", f"Outputs come as tensors only. Received: classification, {name}")
        wanted[name] = parameters.get("binary_data", otherwise) is True
    return wanted


def _parameters(owner: dict[str, Any]) -> dict[str, Any]:
    parameters = owner.get("parameters")
    if not isinstance(parameters, dict | None):
        raise Problem("invalid-body", f'"parameters" must be an object. Received: {received(parameters)}')
    return parameters or {}


def _respond(members: dict[str, Any], blob: bytes, binary: bool) -> Response:
    if not binary:
        return JSONResponse(members)
    header = json.dumps(members, separators=(",", ":")).encode()
    return Response(header + blob, 200, {HEADER_LENGTH: str(len(header))}, "application/octet-stream")
