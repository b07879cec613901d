"""What /docs and /openapi.json say beyond the routes' signatures."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from api.body import IMAGES, JSON, MULTIPART, PART_NAMES
from api.problems import MEDIA_TYPE
from api.schemas import Classifications, Health, Prediction, ProblemDetails
from digits.images import MAX_ROWS, MIN_SIDE

DESCRIPTION: Final = (
    "Reads handwritten digits. A body that names no content type is taken for JSON. A batch may "
    "hold 80 megapixels in all."
)
_PROBLEMS: Final = {
    400: "The body is not JSON, or not the multipart it says",
    413: "The body, an image or the batch is over its limit",
    415: "A content type that this route does not take",
    422: "The body or a query parameter is not what it should be; `errors` names each item at fault",
    500: "Ours; the log holds the cause",
}

# In examples: the model's version and its first part, which nobody knows before the model is there.
VERSION: Final = "{model version}"
MAJOR_VERSION: Final = "{major version}"

# A one, as rows of numbers and as a PNG: ink bright on dark.
ROWS: Final = [[255 if 4 <= y < 24 and 13 <= x < 15 else 0 for x in range(28)] for y in range(28)]
PNG: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAAG0lEQVR42mNgoD9gROH9RxVgwqdzVHJUcuAAAOxDAShSPMW8AAAAAElF"
    "TkSuQmCC"
)
_REPLY: Final = {
    "probability": 0.9991,
    "probabilities": [0.0, 0.9991, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0009, 0.0, 0.0],
    "is_digit": True,
    "digit_score": 0.9998,
}
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}


def install(app: FastAPI, more_routes: Callable[[], Sequence[BaseRoute]]) -> None:
    """Have the application describe itself and `more_routes` with the schemas that its routes name."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=[*app.routes, *more_routes()],
            )
            models = (Prediction, Classifications, Health, ProblemDetails)
            _, schemas = models_json_schema(
                [(model, "serialization") for model in models], ref_template="#/components/schemas/{model}"
            )
            described["components"] = {"schemas": schemas["$defs"]}
            words = {VERSION: app.version, MAJOR_VERSION: app.version.partition(".")[0]}
            app.openapi_schema = _fill_in(described, words)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def reference(name: str) -> dict[str, str]:
    """Refer to a schema of the description."""
    return {"$ref": f"#/components/schemas/{name}"}


def _fill_in(value: Any, words: dict[str, str]) -> Any:  # noqa: ANN401 - whatever JSON there is
    """Put the words in place of the strings that stand for them."""
    if isinstance(value, dict):
        return {name: _fill_in(each, words) for name, each in value.items()}
    if isinstance(value, list):
        return [_fill_in(each, words) for each in value]
    return words.get(value, value) if isinstance(value, str) else value


def _success(schema: dict[str, Any], example: object, text: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": text, "content": {JSON: {"schema": schema, "example": example}}}}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": reference("ProblemDetails")}}
    return {status: {"description": _PROBLEMS[status], "content": content} for status in statuses}


def _takes(content: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": content}}


_PIXELS: Final = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "description": "Rows of numbers, on the scale 0–1 if none is above 1, otherwise 0–255. "
            "28×28 in MNIST's format; any other rectangle of 8 to 1024 a side is normalized.",
            "type": "array",
            "minItems": MIN_SIDE,
            "maxItems": MAX_ROWS,
            "items": {
                "type": "array",
                "minItems": MIN_SIDE,
                "maxItems": MAX_ROWS,
                "items": {"type": "number", "minimum": 0, "maximum": 255},
            },
        }
    },
}
_FORM: Final = {
    "type": "object",
    "description": f"One file part, named {' or '.join(PART_NAMES)}.",
    "properties": dict.fromkeys(PART_NAMES, _FILE["schema"]),
}
_BATCH: Final = {
    "type": "object",
    "required": ["requests"],
    "properties": {
        "requests": {
            "type": "array",
            "description": "The pictures",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["image"],
                "properties": {
                    "image": {"type": "string", "description": "base64 of an image file, or a data URL"}
                },
            },
        }
    },
}
_VERSION: Final = {"model": VERSION}

PREDICT: Final[dict[str, Any]] = {
    "operation_id": "predict",
    "responses": _success(
        reference("Prediction"), {"prediction": "1", **_REPLY, **_VERSION}, "The digit read"
    )
    | _problems(400, 413, 415, 422, 500),
    "openapi_extra": _takes(
        {
            JSON: {"schema": _PIXELS, "example": {"data": ROWS}},
            **dict.fromkeys(IMAGES, _FILE),
            MULTIPART: {"schema": _FORM},
        }
    ),
}
CLASSIFY: Final[dict[str, Any]] = {
    "operation_id": "classify",
    "responses": _success(
        reference("Classifications"),
        {"responses": [{"class": 1, **_REPLY}], **_VERSION},
        "The digits read, in the order asked",
    )
    | _problems(400, 413, 415, 422, 500),
    "openapi_extra": _takes({JSON: {"schema": _BATCH, "example": {"requests": [{"image": PNG}]}}}),
}
CLASSIFY_ALIAS: Final[dict[str, Any]] = {**CLASSIFY, "operation_id": "classify_alias"}
HEALTH: Final[dict[str, Any]] = {
    "operation_id": "health",
    "responses": _success(reference("Health"), {"status": "ok", **_VERSION}, "It answers"),
}
MODEL: Final[dict[str, Any]] = {
    "operation_id": "model",
    "responses": _success({"type": "object"}, {"version": VERSION}, "The model's card"),
}
