"""The application against its own description: schemathesis makes the requests and judges the answers."""

import os
from collections.abc import Iterator
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import app

load_all_checks()
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "40"))  # of each operation


@schemathesis.serializer("image/bmp", "image/tiff", "image/heic", "image/heif", "image/avif")
def as_it_is(_: Any, value: Any) -> bytes:
    """Send what was generated; the other pictures schemathesis knows."""
    return value if isinstance(value, bytes) else str(value).encode()


schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_to_its_description(case: schemathesis.Case[Any]) -> None:
    # All checks but one: no schema can say which strings and files are images, so valid requests are refused.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


def test_every_array_says_what_its_items_are() -> None:
    """Generators of clients drop an operation of which one does not."""

    def arrays(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            if "array" in value.get("type", ()):
                yield value
            for each in value.values():
                yield from arrays(each)
        elif isinstance(value, list):
            for each in value:
                yield from arrays(each)

    described = app.openapi()
    found = [each for part in ("paths", "components") for each in arrays(described[part])]
    assert len(found) > 10
    assert all("items" in each for each in found)


def test_a_choice_between_members_is_one_between_whole_objects() -> None:
    """Generators write code that cannot run for objects whose required members alone differ."""
    schemas = [
        content["schema"]
        for path in app.openapi()["paths"].values()
        for operation in path.values()
        for kind, content in operation.get("requestBody", {"content": {}})["content"].items()
        if kind == "application/json"
    ]
    choices = [choice for schema in schemas for choice in schema.get("oneOf", ())]
    assert len(choices) >= 6
    assert all(set(choice["required"]) <= choice["properties"].keys() for choice in choices)


def test_what_linters_ask_for_is_there() -> None:
    described = app.openapi()
    tags = {tag["name"] for tag in described["tags"]}
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert all(set(operation["tags"]) <= tags and operation["tags"] for operation in operations)
    assert described["security"] == [{}, {"token": []}], "open, unless deployed with tokens"
    assert described["servers"] == [{"url": "/"}]
    assert described["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
