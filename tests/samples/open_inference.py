"""The Open Inference Protocol's REST part as OpenAPI 3.0, in our own words.

Paths, members and statuses are those of the protocol's own document, with two additions: a model's name and
version are limited to ours, and others may be answered with 404, for which it names no status. Source: https://github.com/kserve/open-inference-protocol,
specification/protocol/open_inference_rest.yaml at commit 18d5991.
"""

from typing import Any


def protocol(name: str, version: str, example: dict[str, Any]) -> dict[str, Any]:
    """Return the protocol's description for one model, with an example of an inference."""
    model = "/v2/models/{MODEL_NAME}/versions/{MODEL_VERSION}"
    ours = [_in_path("MODEL_NAME", name), _in_path("MODEL_VERSION", version)]
    server = {**_answers("metadata_server_response"), **_answers("error", 400)}
    unknown = _answers("error", 404)
    metadata = {**_answers("metadata_model_response"), **unknown}
    inference = {**_answers("inference_response"), **_answers("error", 400), **unknown}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Open Inference Protocol", "version": "2.0"},
        "paths": {
            "/v2/health/live": {"get": {"responses": _answers()}},
            "/v2/health/ready": {"get": {"responses": _answers()}},
            "/v2/": {"get": {"responses": server}},
            model: {"get": {"responses": metadata}, "parameters": ours},
            f"{model}/ready": {"get": {"responses": {**_answers(), **unknown}}, "parameters": ours},
            f"{model}/infer": {
                "post": {
                    "requestBody": {"content": _json("inference_request", example), "required": True},
                    "responses": inference,
                },
                "parameters": ours,
            },
        },
        "components": {"schemas": SCHEMAS},
    }


def _in_path(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": [value]}}


def _answers(schema: str = "", status: int = 200) -> dict[str, Any]:
    content = {"content": _json(schema)} if schema else {}
    return {str(status): {"description": "As the protocol has it", **content}}


def _json(schema: str, example: dict[str, Any] | None = None) -> dict[str, Any]:
    shown = {"example": example} if example else {}
    return {"application/json": {"schema": _reference(schema), **shown}}


def _reference(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _object(required: list[str], **optional: dict[str, Any]) -> dict[str, Any]:
    """Describe an object; what is required and not described besides is text."""
    text = dict.fromkeys(required, TEXT)
    return {"type": "object", "required": required, "properties": {**text, **optional}}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT = {"type": "string"}
SHAPE = _list({"type": "integer"})
PARAMETERS = {"type": "object"}
_DATA = {"data": _reference("tensor_data"), "parameters": PARAMETERS}
SCHEMAS: dict[str, Any] = {
    "error": _object(["error"]),
    "metadata_server_response": _object(["name", "version", "extensions"], extensions=_list(TEXT)),
    "metadata_model_response": _object(
        ["name", "platform"],
        versions=_list(TEXT),
        inputs=_list(_reference("metadata_tensor")),
        outputs=_list(_reference("metadata_tensor")),
    ),
    "metadata_tensor": _object(["name", "datatype", "shape"], shape=SHAPE),
    "inference_request": _object(
        ["inputs"],
        id=TEXT,
        parameters=PARAMETERS,
        inputs=_list(_reference("tensor")),
        outputs=_list(_object(["name"], parameters=PARAMETERS)),
    ),
    "inference_response": _object(
        ["model_name", "outputs"],
        model_version=TEXT,
        id=TEXT,
        parameters=PARAMETERS,
        outputs=_list(_reference("tensor")),
    ),
    "tensor": _object(["name", "shape", "datatype", "data"], shape=SHAPE, **_DATA),
    "tensor_data": _list(
        {"anyOf": [_reference("tensor_data"), {"type": "number"}, TEXT, {"type": "boolean"}]}
    ),
}
