"""The parts of /docs and /openapi.json beyond the routes' signatures."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from api.body import BYTES, IMAGES, JSON, MULTIPART, PART_NAMES
from api.problems import MEDIA_TYPE
from api.schemas import (
    MAX_COORDINATE,
    MAX_FIELDS,
    MAX_LENGTH,
    PLACE,
    Classifications,
    Health,
    Prediction,
    ProblemDetails,
    Written,
)
from api.shapes import SIDE
from digits.images import MIN_SIDE
from digits.pixels import MAX_ROWS

DESCRIPTION: Final = (
    "Reads handwritten digits. Where a body names no content type, its bytes decide whether it is JSON or a "
    "picture. It may be packed with gzip or deflate. A batch may hold 80 megapixels in all."
)
# The groups of routes.
OWN, TENSORFLOW_SERVING, OPEN_INFERENCE = "Digits", "TensorFlow Serving", "Open Inference Protocol"
TAGS: Final = {
    OWN: "Digits and numbers in pictures",
    TENSORFLOW_SERVING: "The REST API of TensorFlow Serving",
    OPEN_INFERENCE: "The protocol of KServe, MLServer and Triton, version 2",
}
_LICENSE: Final = {"name": "MIT", "identifier": "MIT"}
_TOKEN: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "Where the API was deployed with `AuthIssuer`",
}
_SECURITY: Final[list[dict[str, list[str]]]] = [{}, {"token": []}]  # open, unless deployed with tokens
_PROBLEMS: Final = {
    400: "The body is not JSON, or not the multipart it says",
    413: "The body, an image, the batch or the digits of a picture are over their limit",
    415: "A content type that this route does not take",
    422: "The body or a query parameter is not what it should be; `errors` names each item at fault",
    429: "There is more feedback than the limit",
    500: "Internal error; the log has the cause under this `instance`",
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
                license_info=_LICENSE,
                servers=app.servers,
                routes=[*app.routes, *more_routes()],
                tags=[{"name": name, "description": text} for name, text in TAGS.items()],
            )
            described["security"] = _SECURITY
            models = (Prediction, Classifications, Written, Health, ProblemDetails)
            _, schemas = models_json_schema(
                [(model, "serialization") for model in models], ref_template="#/components/schemas/{model}"
            )
            described["components"] = {
                "schemas": {**schemas["$defs"], "Image": _IMAGE},
                "securitySchemes": {"token": _TOKEN},
            }
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


def _array(items: dict[str, Any], least: int, most: int) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "maxItems": most, "items": items}


def _either(*schemas: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"anyOf": list(schemas), **({"description": description} if description else {})}


def one_of(members: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Return an object that has one of the members, and may have the others.

    Each choice is a whole object: generators of clients make a class of each.
    """
    return {
        "oneOf": [
            {
                "type": "object",
                "title": f"With {name}",
                "required": [name],
                "properties": {name: schema, **others},
            }
            for name, schema in members.items()
        ]
    }


_NUMBER: Final = _either({"type": "number", "minimum": 0, "maximum": 255}, {"type": "boolean"})
_FLAT: Final = _array(_NUMBER, SIDE**2, SIDE**2)
_ROWS: Final = _array(_array(_NUMBER, MIN_SIDE, MAX_ROWS), MIN_SIDE, MAX_ROWS)
_CELLS: Final = _array(_array(_array(_NUMBER, 1, 1), MIN_SIDE, MAX_ROWS), MIN_SIDE, MAX_ROWS)
_ALONE: Final = _array(_either(_FLAT, _ROWS, _CELLS), 1, 1)
_IMAGE: Final = _either(
    {"type": "string", "description": "base64 of an image file, or a data URL"},
    _ROWS,
    _FLAT,
    _CELLS,
    _ALONE,
    _array(_ALONE, 1, 1),
    description="An image file in base64, or numbers, on the scale 0–1 if none is above 1, otherwise 0–255: "
    "rows of 28×28 in MNIST's format, or of any other size of 8 to 1024 a side, which is normalized; also "
    "784 numbers in a row, or an array (height, width, 1), each with up to two axes of 1 in front.",
)
_PICTURE: Final = one_of(dict.fromkeys(("image", "data"), reference("Image")), {})
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
            "items": _PICTURE,
        }
    },
}
_VERSION: Final = {"model": VERSION}

PREDICT: Final[dict[str, Any]] = {
    "operation_id": "predict",
    "tags": [OWN],
    "responses": _success(
        reference("Prediction"), {"prediction": "1", **_REPLY, **_VERSION}, "The digit read"
    )
    | _problems(400, 413, 415, 422, 500),
    "openapi_extra": _takes(
        {
            JSON: {"schema": _PICTURE, "example": {"data": ROWS}},
            **dict.fromkeys((*IMAGES, BYTES), _FILE),
            MULTIPART: {"schema": _FORM},
        }
    ),
}
_DIGIT: Final = {"class": 4, "probability": 0.999, "box": [8, 7, 16, 40]}
_NUMBER_READ: Final = {"text": "4", "probability": 0.97, "box": [8, 7, 16, 40], "digits": [_DIGIT]}
_FIELDS: Final = {
    "type": ["array", "null"],
    "description": "Places of a form; each is read alone, and the answer has `fields` and no `numbers`. "
    "A field may reach over the picture's edge: what lies in the picture is read. A field wholly outside is "
    "refused",
    "minItems": 1,
    "maxItems": MAX_FIELDS,
    "items": {
        "type": "object",
        "required": ["name", "box"],
        "properties": {
            "name": {"type": "string", "description": "Your own name of the place; the answer repeats it"},
            "box": {
                **_array({"type": "number", "minimum": 0, "maximum": MAX_COORDINATE}, 4, 4),
                "description": PLACE,
            },
            "length": {
                "type": ["integer", "null"],
                "minimum": 1,
                "maximum": MAX_LENGTH,
                "description": "Digits that this field has; overrides the body's",
            },
        },
    },
}
_WRITTEN: Final = one_of(
    dict.fromkeys(("image", "data"), reference("Image")),
    {
        "length": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": MAX_LENGTH,
            "description": "Digits that every number has; overrides the query's. The likeliest numbers of "
            "so many digits are read; a clear digit left out beside one makes its probability low. "
            "Where fewer digits are written, nothing is read",
        },
        "fields": _FIELDS,
    },
)
READ: Final[dict[str, Any]] = {
    "operation_id": "read",
    "tags": [OWN],
    "responses": _success(
        reference("Written"),
        {"text": "4", "numbers": [_NUMBER_READ], "size": [175, 58], **_VERSION},
        "All that is written, in reading order; nothing written is an empty text",
    )
    | _problems(400, 413, 415, 422, 500),
    "openapi_extra": _takes(
        {
            JSON: {"schema": _WRITTEN, "example": {"image": PNG}},
            **dict.fromkeys((*IMAGES, BYTES), _FILE),
            MULTIPART: {"schema": _FORM},
        }
    ),
}
CLASSIFY: Final[dict[str, Any]] = {
    "operation_id": "classify",
    "tags": [OWN],
    "responses": _success(
        reference("Classifications"),
        {"responses": [{"class": 1, **_REPLY}], **_VERSION},
        "The digits read, in the order asked",
    )
    | _problems(400, 413, 415, 422, 500),
    "openapi_extra": _takes({JSON: {"schema": _BATCH, "example": {"requests": [{"image": PNG}]}}}),
}
CLASSIFY_ALIAS: Final[dict[str, Any]] = {**CLASSIFY, "operation_id": "classify_alias"}
FEEDBACK: Final[dict[str, Any]] = {
    "operation_id": "feedback",
    "tags": [OWN],
    "status_code": 202,
    "responses": {
        202: {
            "description": "Kept, under the sha256 of the file",
            "content": {
                JSON: {
                    "schema": {
                        "type": "object",
                        "required": ["id"],
                        "properties": {"id": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
                    }
                }
            },
        }
    }
    | _problems(400, 413, 415, 422, 429, 500),
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                JSON: {
                    "schema": {
                        "type": "object",
                        "required": ["image", "class"],
                        "properties": {
                            "image": {
                                "type": "string",
                                "description": "base64 of a file, or a data URL",
                            },
                            "class": {
                                "type": ["integer", "null"],
                                "minimum": 0,
                                "maximum": 9,
                                "description": "What it should have been read as; null is not a digit",
                            },
                        },
                    },
                    "example": {"image": PNG, "class": 1},
                }
            },
        }
    },
}
HEALTH: Final[dict[str, Any]] = {
    "operation_id": "health",
    "tags": [OWN],
    "responses": _success(reference("Health"), {"status": "ok", **_VERSION}, "It answers"),
}
MODEL: Final[dict[str, Any]] = {
    "operation_id": "model",
    "tags": [OWN],
    "responses": _success({"type": "object"}, {"version": VERSION}, "The model's card"),
}
