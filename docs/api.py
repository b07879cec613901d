"""Writes api.md out of the application's description and answers: `python -m docs.api`."""

import base64
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

Slashes that follow each other in a path count as one, and one at the end for none. HEAD works wherever GET does. Every
answer carries `x-request-id`: Lambda's, yours if you send one, or a new one.
"""
# Title, path, content type, and the body: a file of ours or text.
_CURLS: Final = (
    ("An image file", "/predict", "image/png", "events/bodies/seven.png"),
    ("Rows of numbers", "/predict", "application/json", "events/bodies/predict.json"),
    ("A number of any length", "/read", "image/png", "events/bodies/amount.png"),
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
_PROTOCOLS: Final = """## Standard protocols

The one model is `digits`. Its version is the first part of ours, `1` of `1.0.0`; paths take either. Pictures are brought
to MNIST's format unless they are in it, as `normalize=auto` does. A batch, a body and a picture have the same limits as
on `/mnist/classify`, and one bad picture fails the request with an error that names each.

**TensorFlow Serving** takes, in `instances` or `inputs`, 28×28 numbers of 0–255 or 0–1, the same flat or with a channel,
or `{"b64": …}` of an image file; each bare or named `image`. The signature `serving_default` answers with the ten
probabilities, `reading` with `class`, `probability`, `probabilities`, `is_digit` and `digit_score`. The
label of the one version is `stable`. `:classify` and `:regress`, which take TensorFlow's own records, are not there.

**Open Inference Protocol** takes one tensor `image`: BOOL, integers of 8 to 64 bits, FP16, FP32 or FP64 of shape [n, h, w],
[n, h, w, 1], [n, 1, h, w] or [n, 784], or BYTES of shape [n] or [n, 1], each an image file, in base64 where it stands in
JSON. One size may be -1. It answers with those five tensors, or those asked for. Tensors go both ways in binary too (`binary_tensor_data`). A body
with `Inference-Header-Content-Length: 0` is the tensor alone. The repository's index and the model's configuration are
there; statistics, shared memory and sequences are not.
"""
_FEEDBACK: Final = """## Corrections

Where `FEEDBACK_DIR` names a folder, `POST /feedback` keeps a picture under the class that it should have been read as:
`{"image": "<base64 of a file>", "class": 7}`, or `"class": null` for what is not a digit, in the folder `none`. It
answers 202 with the `id`, the sha256 of the file kept: once, set upright, as a PNG of the same pixels without metadata.
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
    parts = [_INTRODUCTION, "## Examples\n", *_examples(client), _PROTOCOLS, _FEEDBACK, "## Operations\n"]
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
    """Describe the members of a JSON body, one level down."""
    schema = content.get("schema", {})
    choices = [each.get("properties", {}) for each in schema.get("oneOf", [schema])]
    members = {name: member for choice in choices for name, member in choice.items()}
    if not members:
        return []
    rows = [_member(name, _resolve(member)) for name, member in members.items()]
    return ["| member | type | meaning |", "|---|---|---|", *rows, ""]


def _member(name: str, schema: dict[str, Any]) -> str:
    named = [each["type"] for each in schema.get("anyOf", [schema]) if "type" in each]
    kinds = {kind for each in named for kind in ([each] if isinstance(each, str) else each)}
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
            "`application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, which ends with what",
            "was received, `instance`, the request's id, and where items are at fault `errors`, each with a JSON",
            "pointer.",
            'Below `/v1` and `/v2` it is those protocols\' own `{"error": …}`, with 400 for 422.\n',
            "| status | type | title |",
            "|---|---|---|",
            *rows,
            "| 404, 405 | `about:blank` | No such route, or not with this method |",
            "| 500 | `about:blank` | Ours; the log holds the cause, by `instance` |\n",
        ]
    )


if __name__ == "__main__":
    write()
