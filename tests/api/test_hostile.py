"""Hostile images against both routes: an answer or a clear refusal, within bounded time and memory."""

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import settings
from events.draw import png
from tests.api.corpus import lambda_client, measure
from tests.samples.drawings import as_text
from tests.samples.hostile import CORPUS, large_sliver, scans

SECONDS = 3.0  # of processor time for one file; the function's default is to give up after 15 in all
MEGABYTES = 350  # for one file, on top of the about 100 that serving takes


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured by Linux's /proc")
@pytest.mark.parametrize("kind", CORPUS)
def test_a_hostile_file_is_answered_or_refused_within_bounds(kind: str) -> None:
    outcome = measure(CORPUS[kind]())
    assert outcome.statuses.total() >= 7
    assert set(outcome.statuses) <= {200, 413, 422}, outcome
    assert outcome.slowest < SECONDS
    assert outcome.peak < MEGABYTES


@pytest.mark.parametrize("kind", ["Bombs: much from little", "Cut off at every 64th byte", "Slivers"])
def test_a_batch_names_every_hostile_item(client: TestClient, kind: str) -> None:
    files = [file for file in CORPUS[kind]() if len(file) < 60_000][: settings.max_batch_size]
    alone = [
        client.post("/predict", content=file, headers={"content-type": "image/png"}).status_code
        for file in files
    ]
    body = {"requests": [{"image": as_text(file)} for file in files]}
    response = client.post("/mnist/classify", json=body)
    # A batch whose only faults are that items are too large is too large itself.
    assert response.status_code == (413 if set(alone) <= {200, 413} else 422)
    bad = [f"/requests/{place}/image" for place, status in enumerate(alone) if status != 200]
    assert [item["pointer"] for item in response.json()["errors"]] == bad


@pytest.mark.parametrize("slow", [scans(55, 4_000), large_sliver()], ids=["scans", "sliver"])
def test_the_slowest_batch_ends_before_lambda_gives_up(slow: bytes) -> None:
    item = json.dumps({"image": as_text(slow)})
    count = min(settings.max_batch_size, 5_900_000 // len(item))
    start = time.process_time()
    body = f'{{"requests": [{", ".join([item] * count)}]}}'
    response = lambda_client().post("/mnist/classify", content=body)
    assert response.status_code in {200, 413}
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[" * 10_000 + "]" * 10_000, {400, 422}),
        ('{"data":' * 10_000 + "1" + "}" * 10_000, {400, 422}),
        ('{"data": ' + "[" * 10_000 + "]" * 10_000 + "}", {400, 422}),
        ('{"data": 1, "data": 2}', {422}),
        ('{"requests": [], "requests": []}', {422}),
        ('{"requests": [{"image": "a", "image": "b"}]}', {422}),
        (f'{{"data": [[{"9" * 4_000}]]}}', {422}),
        (f'{{"data": [[{"9" * 4_301}]]}}', {422}),
        (f'{{"data": [[{"9" * 5_900_000}]]}}', {422}),
        (json.dumps({"data": [[10**300] * 28] * 28}), {422}),
        (json.dumps({"data": [[-(10**30)] * 28] * 28}), {422}),
        ('{"data": [[1e999]]}', {422}),
        ('{"data": NaN}', {422}),
        (json.dumps({"data": [[float("nan")] * 28] * 28}), {422}),
        (json.dumps({"data": [[1e-320] * 28] * 28}), {200, 422}),
        ('{"\\ud800": "\\udfff"}', {422}),
        ('{"requests": [{"image": "\\ud83d\\u0000\\uffff"}]}', {422}),
        (json.dumps({"requests": [{"image": "\u202e\u0661\u0662" * 999}]}), {422}),
        (json.dumps({"requests": [{"image": "data:image/png;base64," * 1000}]}), {422}),
        (json.dumps({"__proto__": {"data": 1}, "constructor": {}}), {422}),
        (json.dumps({"requests": [{}] * 65}), {413, 422}),
        (json.dumps({"requests": [None] * 1_000_000}), {413, 422}),
        (json.dumps({"requests": [{"image": "A" * 5_900_000}]}), {422}),
        (json.dumps({"data": [[0] * 1024] * 1024}), {200, 422}),
        (json.dumps({"data": [[0]] * 900_000}), {422}),
        ("{" + ",".join(f'"{n}":{n}' for n in range(300_000)) + "}", {422}),
        ('"' + "\\u0041" * 900_000 + '"', {422}),
        (" " * 5_999_999 + "{", {400}),
        ("{" * 6_000_000, {400}),
        ("{" * 6_000_001, {413}),
    ],
    ids=range(30),
)
@pytest.mark.parametrize("path", ["/predict", "/mnist/classify"])
def test_hostile_json_is_refused_in_little_more_time_than_parsing_it_takes(
    client: TestClient, path: str, body: str, status: set[int]
) -> None:
    start = time.process_time()
    with suppress(ValueError, RecursionError):
        json.loads(body)
    parsing = time.process_time() - start
    start = time.process_time()
    response = client.post(path, content=body.encode("utf-8", "surrogatepass"))
    assert response.status_code in status | {422}, response.text
    assert len(response.content) < 20_000
    assert time.process_time() - start < 1 + 5 * parsing


def part(headers: bytes, content: bytes = png(7)) -> bytes:
    """Return a part of a form."""
    return b"--x\r\n" + headers + b"\r\n" + content + b"\r\n"


FILE = b'Content-Disposition: form-data; name="image"; filename="a.png"\r\n'
MANY = 5_000_000  # bytes of whatever there is too much of


@pytest.mark.parametrize(
    "form",
    [
        part(FILE, b"x") * 10_000,
        part(b'Content-Disposition: form-data; name="a"\r\n', b"1") * 10_000,
        part(FILE) + part(b"", b"") * (MANY // 9),
        part(b"a:b\r\n" * (MANY // 5) + FILE) + b"--x--\r\n",
        part(b"a:" + b"b" * MANY + b"\r\n" + FILE) + b"--x--\r\n",
        part(FILE.replace(b"a.png", b"a" * MANY)) + b"--x--\r\n",
        part(FILE.replace(b"; n", b"; a=b" * (MANY // 5) + b"; n")) + b"--x--\r\n",
        part(FILE.replace(b"a.png", b'\\"' * (MANY // 2))) + b"--x--\r\n",
        part(b'Content-Disposition: form-data; name="a"\r\n', bytes(MANY)) + part(FILE) + b"--x--\r\n",
    ],
    ids=["files", "fields", "empty", "headers", "header", "name", "parameters", "quotes", "a field"],
)
@pytest.mark.parametrize("path", ["/predict", "/read"])
def test_a_form_of_too_much_is_refused_at_once(client: TestClient, path: str, form: bytes) -> None:
    start = time.process_time()
    kind = {"content-type": "multipart/form-data; boundary=x"}
    response = client.post(path, content=form, headers=kind)
    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (400, "malformed-multipart")
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "form",
    [
        b"\r\n" * (MANY // 2) + part(FILE) + b"--x--\r\n",
        part(FILE) + b"--x--\r\n" + b"\r\n--" * (MANY // 4),
    ],
    ids=["before", "behind"],
)
def test_what_stands_around_a_form_is_passed_over_at_once(client: TestClient, form: bytes) -> None:
    start = time.process_time()
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/predict", content=form, headers=kind).json()["prediction"] == "7"
    assert time.process_time() - start < 1


@pytest.mark.parametrize("shape", [[10**4000, 10**4000], [2**31, 28, 28], [1] * 5, [1] * 100_000, [], [True]])
def test_a_shape_of_absurd_sizes_is_refused_in_a_few_words(client: TestClient, shape: list[int]) -> None:
    tensor = {"name": "image", "datatype": "UINT8", "shape": shape, "data": [1]}
    response = client.post("/v2/models/digits/infer", json={"inputs": [tensor]})
    assert response.status_code == 400
    assert len(response.content) < 300


def test_outputs_that_are_no_array_are_refused(client: TestClient) -> None:
    tensor = {"name": "image", "datatype": "UINT8", "shape": [1, 28, 28], "data": [0] * 784}
    response = client.post("/v2/models/digits/infer", json={"inputs": [tensor], "outputs": {}})
    assert response.status_code == 400


@pytest.mark.parametrize("host", ["[", "[::1", "a:b:c", "", "x y", "/", "?", "\u00e9"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("GET", "/nope", 404), ("GET", "/predict", 405), ("GET", "/v2/nope", 404)],
)
def test_a_host_that_is_none_changes_nothing(
    client: TestClient, host: str, method: str, path: str, status: int
) -> None:
    headers = {b"host": host.encode("latin-1")}
    assert client.request(method, path, headers=headers).status_code == status
