"""Writes api.md out of the application's description and answers: `python -m docs.api`."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fastapi.testclient import TestClient

from api import problems
from api.app import app

FILE: Final = Path(__file__).with_name("api.md")
ROOT: Final = FILE.parents[1]
ADDRESS: Final = "http://127.0.0.1:8000"

_INTRODUCTION: Final = """# API

Made by `python -m docs.api` out of `/openapi.json`. The addresses are those of `make serve`; a deployed API's is the
output `Url`.

Repeated slashes in a path count as one, and a slash at its end does not count. HEAD works wherever GET does. Every
answer carries `x-request-id`: Lambda's, yours if you send one, or a new one.

`normalize`, `explain`, `length` and `fields`, and names much like them, are refused where they would be overlooked: in the query
of a route that does not take them, beside the picture in JSON, as fields of a form. Other parameters, members and fields may
hold what you like.
"""
# Title, path, content type, and the body: a file of ours or text.
_CURLS: Final = (
    ("An image file", "/predict", "image/png", "events/bodies/seven.png"),
    ("Rows of numbers", "/predict", "application/json", "events/bodies/predict.json"),
    ("A number of any length", "/read", "image/png", "events/bodies/amount.png"),
    ("The fields of a form", "/read", "application/json", "events/bodies/form.json"),
    ("What cannot be read", "/predict", "application/json", '{"data": [[0, 1], [2]]}'),
)
_GETS: Final = ("/health", "/v1/models/digits", "/v2/models/digits/ready")
_PYTHON: Final = f"""```python
from digits_client import Client  # pip install ./client

with Client("{ADDRESS}") as digits:
    reading = digits.predict("events/bodies/seven.png")
    print(reading.digit, reading.is_digit)
```
"""
_JAVASCRIPT: Final = f"""```javascript
const picture = await (await import("node:fs/promises")).readFile("events/bodies/seven.png");
const response = await fetch("{ADDRESS}/predict", {{
  method: "POST",
  headers: {{ "content-type": "image/png" }},
  body: picture, // in a page: the File of an <input>, or the Blob of a canvas
}});
const answer = await response.json();
if (!response.ok) throw new Error(answer.detail);
console.log(answer.prediction, answer.is_digit);
```
"""
_ANSWERS: Final = """## What the answers mean

**Of one digit**, `probability` says how sure the digit is among the ten, and `digit_score` how sure the picture is of a digit
at all; `is_digit` is `digit_score` held against the model's threshold (`GET /model` has it). Take an answer whose `is_digit` is
true, and have a person look where `probability` is low, too: both are calibrated, so that of answers with 0.9, about nine in ten
are right.

**Of numbers**, `text` and `numbers` hold digits alone. Points, commas, currency signs and minus signs are passed over, and the
digits on both sides are one number: 19.95 is read as `1995`. The boxes tell where the digits stand; say what a field holds in its
`name`, and put the point where your form has it. Letters, words and signs are left out where the model can tell them from
digits; nothing in the answer marks them, and a picture without a digit has the text `""`. `probability` of a number or a field is that of
the whole text. A digit that somebody struck out is still read.

**`/predict` or `/read`?** Where the picture shows one digit, `/predict` is faster and surer, and says when it is no digit.
`/read` finds several digits, and digits that are small in a large picture.

**Pages of other origins** may call a server whose `CORS_ORIGINS` names them: `CORS_ORIGINS=http://127.0.0.1:5500 make serve`, on
AWS the parameter `CorsOrigins`.
"""
_PROTOCOLS: Final = """## Standard protocols

The one model is `digits`. Its version is the first part of ours, `2` of `2.4.0`; paths take either. Pictures are brought
to MNIST's format unless they are in it, as `normalize=auto` does. A batch, a body and a picture have the same limits as
on `/mnist/classify`, and one bad picture fails the request with an error that names each.

**TensorFlow Serving** takes, in `instances` or `inputs`, 28×28 numbers of 0–255 or 0–1, the same flat or with a channel,
or `{"b64": …}` of an image file; each bare or named `image`. The signature `serving_default` answers with the ten
probabilities, `reading` with `class`, `probability`, `probabilities`, `is_digit` and `digit_score`. The
label of the one version is `stable`. `:classify` and `:regress`, which take TensorFlow's own records, are not there.
`GET /v1/models` lists the model, as KServe asks for it.

**Open Inference Protocol** takes one tensor `image`: BOOL, integers of 8 to 64 bits, FP16, FP32 or FP64 of shape [n, h, w],
[n, h, w, 1], [n, 1, h, w] or [n, 784], or BYTES of shape [n] or [n, 1], each an image file, in base64 where it stands in
JSON. One size may be -1. It answers with the five members of `reading` as tensors, or with those asked for. Tensors go both ways
in binary, too (`binary_tensor_data`). A body with `Inference-Header-Content-Length: 0` is the tensor alone. The repository's index and the model's configuration are
there; statistics, shared memory and sequences are not.
"""
_FEEDBACK: Final = """## Corrections

Where `FEEDBACK_DIR` names a folder, `POST /feedback` keeps a picture under the class that it should have been read as:
`{"image": "<base64 of a file>", "class": 7}`, or `"class": null` for what is not a digit, in the folder `none`. It
answers 202 with the `id`, the sha256 of the file kept: a PNG of the same pixels, set upright, without metadata; the same picture
is kept once.
At most `MAX_FEEDBACK` pictures (10,000) of 4 megapixels are kept, and `FEEDBACK_RATE` (60) are taken a minute; beyond that
it answers 429. In AWS, `FEEDBACK_BUCKET` takes the folder's place, under `feedback/`, with at most `MAX_DAILY_FEEDBACK` (200)
pictures a day. Without one of the two settings the route is not there, and the page does not offer it.
"""
_TENSORFLOW_SERVING: Final = (
    """{"instances": [{"b64": "'"$(base64 <events/bodies/seven.png | tr -d '\\n')"'"}]}"""
)
_TRITON: Final = f"""```python
import numpy as np
from tritonclient import http  # pip install 'tritonclient[http]'

client = http.InferenceServerClient("{ADDRESS.removeprefix("http://")}")
image = http.InferInput("image", [1], "BYTES")
image.set_data_from_numpy(np.array([open("events/bodies/seven.png", "rb").read()], dtype=object))
print(client.infer("digits", [image]).as_numpy("class"))
```
"""


def write() -> None:
    """Write the page."""
    FILE.write_text(text())


def text() -> str:
    """Return the page."""
    client = TestClient(app, base_url=ADDRESS)
    described = client.get("/openapi.json").json()
    parts = [
        _INTRODUCTION,
        "## Examples\n",
        *_examples(client),
        _ANSWERS,
        _PROTOCOLS,
        _FEEDBACK,
        "## Operations\n",
    ]
    parts += [
        _operation(method.upper(), path, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if "{version}" not in path
    ]
    return "\n".join([*parts, _errors()])


def _examples(client: TestClient) -> list[str]:
    return [
        *(_curl(client, *example) for example in _CURLS),
        _console("The plain questions", *(_get(client, path) for path in _GETS)),
        f"### Python\n\n{_PYTHON}\nprints `7 True`. `client/README.md` says more.\n",
        f"### JavaScript\n\n{_JAVASCRIPT}\nprints `7 true`.\n",
        _serving(client),
        f"### With Triton's client\n\n{_TRITON}\nprints `[7]`.\n",
    ]


def _curl(client: TestClient, title: str, path: str, kind: str, body: str) -> str:
    file = ROOT / body if body.startswith("events/") else None
    data = f"@{body}" if file else f"'{body}'"
    option = "--data-binary" if kind != "application/json" else "--data"
    answer = client.post(
        path, content=file.read_bytes() if file else body.encode(), headers={"content-type": kind}
    )
    command = f"curl -s {ADDRESS}{path} -H 'content-type: {kind}' {option} {data}"
    return _console(title, f"$ {command}\n{answer.text}")


def _get(client: TestClient, path: str) -> str:
    return f"$ curl -s {ADDRESS}{path}\n{client.get(path).text}"


def _serving(client: TestClient) -> str:
    """Show TensorFlow Serving's own documented curl, with our model's name."""
    seven = base64.b64encode((ROOT / "events/bodies/seven.png").read_bytes()).decode("ascii")
    answer = client.post("/v1/models/digits:predict", json={"instances": [{"b64": seven}]})
    command = f"curl -s -d '{_TENSORFLOW_SERVING}' \\\n    -X POST {ADDRESS}/v1/models/digits:predict"
    return _console("As TensorFlow Serving", f"$ {command}\n{answer.text}")


def _console(title: str, *sessions: str) -> str:
    return "\n".join([f"### {title}\n", "```console", *sessions, "```\n"])


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    lines = [f"### {method} {path}\n", f"`{operation['operationId']}`. {operation.get('description', '')}\n"]
    if "{name}" in path:
        lines.append("Also with `/versions/{version}` after the name.\n")
    if parameters := operation.get("parameters"):
        lines += ["| parameter | in | meaning |", "|---|---|---|", *map(_parameter, parameters), ""]
    if body := operation.get("requestBody"):
        kinds = ", ".join(f"`{kind}`" for kind in body["content"])
        lines += [f"Body: {kinds}.\n", *_members(body["content"].get("application/json", {}))]
    if members := _members(
        operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    ):
        lines += ["Answer:\n", *members]
    lines += ["| status | answer |", "|---|---|"]
    lines += [
        f"| {status} | {each['description']} |" for status, each in sorted(operation["responses"].items())
    ]
    return "\n".join(lines) + "\n"


def _parameter(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    values = f" One of {', '.join(schema['enum'])}." if "enum" in schema else ""
    meaning = parameter.get("description") or f"For example `{parameter.get('example')}`"
    return f"| `{parameter['name']}` | {parameter['in']} | {meaning}{values} |"


def _members(content: dict[str, Any]) -> list[str]:
    """Describe the members of a JSON body, those of the objects in it as `outer[].inner`."""
    rows = list(dict.fromkeys(_rows(content.get("schema", {}), "")))
    return ["| member | type | meaning |", "|---|---|---|", *rows, ""] if rows else []


def _rows(schema: dict[str, Any], outer: str) -> Iterator[str]:
    """Yield a row of the table for each member below a schema; the same member may come twice."""
    for choice in _choices(schema):
        for name, member in choice.get("properties", {}).items():
            yield _member(outer + name, _resolve(member))
            for each in _choices(member):
                yield from _rows(each.get("items", {}), f"{outer}{name}[].")


def _choices(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a schema lets one choose from; alone, the schema itself."""
    found = _resolve(schema)
    choices = found.get("oneOf") or found.get("anyOf")
    return [_resolve(each) for each in choices] if choices else [found]


def _member(name: str, schema: dict[str, Any]) -> str:
    named = [each["type"] for each in schema.get("anyOf", [schema]) if "type" in each]
    kinds = {kind for each in named for kind in ([each] if isinstance(each, str) else each)} - {"null"}
    return f"| `{name}` | {' or '.join(sorted(kinds))} | {schema.get('description', '')} |"


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a reference names, any other as it is."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = app.openapi()["components"]["schemas"][name] if name else schema
    return found


def _errors() -> str:
    rows = [
        f"| {status} | `{problems.TYPE}{kind}` | {title} |"
        for kind, (status, title) in problems.KINDS.items()
    ]
    return "\n".join(
        [
            "## Errors\n",
            "`application/problem+json` (RFC 9457) with `type`, `title`, `status`; `detail`, which ends with what",
            "was received; `instance`, the request's id; and where items are at fault, `errors`, each with a JSON",
            "pointer.",
            'Below `/v1` and `/v2` it is those protocols\' own `{"error": …}`, with 400 for 422.\n',
            "| status | type | title |",
            "|---|---|---|",
            *rows,
            "| 404, 405 | `about:blank` | No such route, or not with this method |",
            "| 500 | `about:blank` | Internal error; the log has the cause under this `instance` |\n",
        ]
    )


if __name__ == "__main__":
    write()
