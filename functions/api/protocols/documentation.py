"""The description of both protocols' routes in /docs and /openapi.json."""

import re
from typing import Any, Final

from api.documentation import (
    MAJOR_VERSION,
    OPEN_INFERENCE,
    PNG,
    ROWS,
    TENSORFLOW_SERVING,
    VERSION,
    one_of,
)
from api.protocols.batch import INPUT, LABEL, NAME, OUTPUTS
from api.protocols.tensors import DATATYPES

_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}},
}
_OBJECT: Final = {"type": "object"}
_LIST: Final = {"type": "array", "items": _OBJECT}
_IMAGE: Final = {
    "description": f'28×28 numbers, also 784, 28×28×1 or 1×28×28, or {{"b64": …}}; bare or named {INPUT}',
}
_BATCH: Final = {"type": "array", "minItems": 1, "items": _IMAGE}
_PREDICT: Final = one_of(
    {
        "instances": {**_BATCH, "description": "The images, to be answered in rows"},
        "inputs": {
            "description": "Instead: the images, to be answered in columns",
            "oneOf": [_BATCH, {"type": "object", "required": [INPUT], "properties": {INPUT: _BATCH}}],
        },
    },
    {
        "signature_name": {
            "type": ["string", "null"],
            "enum": ["serving_default", "reading", "", None],
            "description": "The ten probabilities of each image, the default, or all that is known",
        }
    },
)
_TENSOR: Final = {
    "type": "object",
    "required": ["name", "shape", "datatype"],
    "properties": {
        "name": {"type": "string", "const": INPUT},
        "shape": {
            "type": "array",
            "minItems": 1,
            "maxItems": 4,
            "items": {"type": "integer", "minimum": -1},
            "description": "One size may be -1",
        },
        "datatype": {"type": "string", "enum": list(DATATYPES)},
        "data": {
            "type": ["array", "null"],
            "items": {},
            "description": "Flat or nested; BYTES as base64 text",
        },
        "parameters": {
            "type": ["object", "null"],
            "properties": {
                "binary_data_size": {"type": "integer", "description": "Where the data follow the JSON"}
            },
        },
    },
}
_INFER: Final = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": ["string", "null"], "description": "Given back with the answer"},
        "inputs": {
            "type": "array",
            "description": "The one tensor of images",
            "minItems": 1,
            "maxItems": 1,
            "items": _TENSOR,
        },
        "outputs": {
            "type": ["array", "null"],
            "description": "Those wanted; all, unless given",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string", "enum": list(OUTPUTS)}},
            },
        },
    },
}
_PROBABILITIES: Final = [0.0, 0.9991, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0009, 0.0, 0.0]
_AVAILABLE: Final = {
    "version": MAJOR_VERSION,
    "state": "AVAILABLE",
    "status": {"error_code": "OK", "error_message": ""},
}

# Operation to its summary, the example of its answer and, where it takes one, its body's schema and example.
_OPERATIONS: Final[dict[str, tuple[Any, ...]]] = {
    "tfs_status": ("Model status", {"model_version_status": [_AVAILABLE], "name": NAME, "ready": True}),
    "tfs_metadata": ("Model metadata", None),
    "tfs_predict": (
        "Predict: the ten probabilities of each image, or all that is known with the signature `reading`",
        {"predictions": [_PROBABILITIES]},
        _PREDICT,
        {"instances": [{"b64": PNG}]},
    ),
    "oip_server": (
        "Server metadata",
        {"name": NAME, "version": VERSION, "extensions": ["binary_tensor_data"]},
    ),
    "oip_index": (
        "Repository index",
        [{"name": NAME, "version": VERSION, "state": "READY", "reason": ""}],
    ),
    "oip_config": ("Model configuration", None),
    "oip_live": ("Whether the server answers", {"live": True}),
    "oip_ready": ("Whether the server can infer", {"ready": True}),
    "oip_metadata": ("Model metadata", None),
    "oip_model_ready": ("Whether the model can infer", {"name": NAME, "ready": True}),
    "oip_infer": (
        "Infer",
        {
            "model_name": NAME,
            "model_version": VERSION,
            "id": "42",
            "outputs": [
                {"name": "probabilities", "datatype": "FP32", "shape": [1, 10], "data": _PROBABILITIES}
            ],
        },
        _INFER,
        {
            "id": "42",
            "inputs": [{"name": INPUT, "shape": [1, 28, 28], "datatype": "UINT8", "data": [ROWS]}],
            "outputs": [{"name": "probabilities"}],
        },
    ),
}
_REFUSALS: Final = {
    400: "The body is not what the protocol says, or no image",
    413: "The body, an image or the batch is over its limit",
}


def describe(operation: str, base: str) -> dict[str, Any]:
    """Return what FastAPI is to say of an operation at a path below `base`, as arguments of its route."""
    summary, answer, *body = _OPERATIONS[operation]
    parameters = re.findall(r"{(\w+)}", base)
    statuses = {**(_REFUSALS if body else {}), **({404: "No such model or version"} if parameters else {})}
    refusals = {status: _answer(text, _ERROR) for status, text in statuses.items()}
    extra: dict[str, Any] = {"parameters": [_parameter(name) for name in parameters]} if parameters else {}
    if body:
        schema, example = body
        extra["requestBody"] = {"required": True, "content": _json(schema, example)}
    return {
        "operation_id": "_of_".join([operation, *parameters[1:]]),
        "summary": summary,
        "tags": [TENSORFLOW_SERVING if operation.startswith("tfs") else OPEN_INFERENCE],
        "responses": {
            200: _answer("As the protocol has it", _LIST if isinstance(answer, list) else _OBJECT, answer),
            **refusals,
        },
        "openapi_extra": extra,
    }


def _parameter(name: str) -> dict[str, Any]:
    example = {"name": NAME, "version": VERSION, "label": LABEL}[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "example": example,
    }


def _answer(text: str, schema: dict[str, Any], example: object = None) -> dict[str, Any]:
    return {"description": text, "content": _json(schema, example)}


def _json(schema: dict[str, Any], example: object) -> dict[str, Any]:
    return {"application/json": {"schema": schema, **({"example": example} if example is not None else {})}}
