import gzip
import io
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pillow_heif
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from numpy.typing import NDArray
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount

from api.app import app, model
from api.body import IMAGES
from api.journal import logger
from api.middleware import fold
from api.schemas import Classifications, Health, Prediction, ProblemDetails
from digits import recognize
from digits.errors import DigitsError
from tests.samples.drawings import as_text, draw, draw_mnist, encode

pillow_heif.register_heif_opener()  # so that Pillow writes what a phone sends

ROUTES = ["/predict", "/mnist/classify", "/classify"]
BATCHES = ["/mnist/classify", "/classify"]
PNG = encode(draw(5))
ROWS = draw_mnist(5).tolist()


def post(client: TestClient, path: str, body: bytes | str, kind: str | None = "application/json") -> Response:
    return client.post(path, content=body, headers={} if kind is None else {"content-type": kind})


def batch(*files: bytes) -> dict[str, list[dict[str, str]]]:
    return {"requests": [{"image": as_text(file)} for file in files]}


def check_problem(response: Response, status: int, kind: str | None = None) -> ProblemDetails:
    """Make sure of what every error must have, and give it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = ProblemDetails.model_validate_json(response.content, strict=True)
    assert problem.status == status
    assert problem.type == (f"urn:problem-type:digits:{kind}" if kind else "about:blank")
    assert problem.instance == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    return problem


class TestPredict:
    @pytest.mark.parametrize("digit", range(10))
    def test_pixels_in_mnist_format_are_read(self, client: TestClient, digit: int) -> None:
        answer = client.post("/predict", json={"data": draw_mnist(digit).tolist()}).json()
        assert answer["prediction"] == str(digit)
        assert answer["is_digit"] is True

    def test_the_answer_has_the_contracts_fields_and_no_others(self, client: TestClient) -> None:
        response = client.post("/predict", json={"data": ROWS})
        assert response.headers["content-type"] == "application/json"
        answer = response.json()
        fields = ["prediction", "probability", "probabilities", "is_digit", "digit_score", "model"]
        assert list(answer) == fields
        Prediction.model_validate_json(response.content, strict=True)
        assert answer["model"] == model.version
        assert answer["probability"] == max(answer["probabilities"]) == answer["probabilities"][5]
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)

    def test_pixels_on_either_scale_are_the_same_picture(self, client: TestClient) -> None:
        fractions = client.post("/predict", json={"data": (draw_mnist(5) / 255).tolist()}).json()
        assert fractions == client.post("/predict", json={"data": ROWS}).json()

    def test_pixels_of_another_size_are_read(self, client: TestClient) -> None:
        answer = client.post("/predict", json={"data": draw(7, 90)[:, :80].tolist()}).json()
        assert answer["prediction"] == "7"

    @pytest.mark.parametrize(
        "kind", [*IMAGES, "IMAGE/PNG; charset=binary", "image/jpg", "image/x-png", "image/heic-sequence"]
    )
    def test_a_raw_file_is_read(self, client: TestClient, kind: str) -> None:
        name = kind.partition("/")[2].partition(";")[0].upper()
        name = {"JPG": "JPEG", "HEIC": "HEIF", "X-PNG": "PNG", "HEIC-SEQUENCE": "HEIF"}.get(name, name)
        response = post(client, "/predict", encode(draw(3), name), kind)
        assert response.json()["prediction"] == "3", response.text

    @pytest.mark.parametrize("kind", ["image/*", "*/*", "binary/octet-stream", "application/octet-stream"])
    def test_the_bytes_decide_where_the_type_does_not(self, client: TestClient, kind: str) -> None:
        assert post(client, "/predict", PNG, kind).json()["prediction"] == "5"
        assert post(client, "/predict", json.dumps({"data": ROWS}), kind).json()["prediction"] == "5"

    @pytest.mark.parametrize("name", ["image", "file"])
    def test_a_file_part_of_a_form_is_read(self, client: TestClient, name: str) -> None:
        response = client.post("/predict", files={name: ("a.png", PNG, "image/png")}, data={"note": "x"})
        assert response.json()["prediction"] == "5"

    def test_json_is_the_default(self, client: TestClient) -> None:
        assert post(client, "/predict", json.dumps({"data": ROWS}), None).json()["prediction"] == "5"

    @pytest.mark.parametrize("body", [json.dumps({"data": ROWS}).encode(), PNG])
    def test_explain_adds_what_the_model_saw(self, client: TestClient, body: bytes) -> None:
        kind = "image/png" if body is PNG else "application/json"
        answer = post(client, "/predict?explain=true", body, kind).json()
        seen = np.array(answer["input"])
        assert seen.shape == (28, 28)
        assert seen.dtype.kind == "i"
        assert 0 <= seen.min() < seen.max() <= 255
        if kind == "application/json":
            assert answer["input"] == ROWS

    def test_normalize_never_takes_28_by_28_as_it_is(self, client: TestClient) -> None:
        off_center = np.roll(draw_mnist(1), 6, axis=1)
        answer = client.post("/predict?normalize=never&explain=1", json={"data": off_center.tolist()}).json()
        assert answer["input"] == off_center.tolist()

    def test_normalize_always_canonicalizes_28_by_28(self, client: TestClient) -> None:
        inverted = 255 - draw_mnist(3)
        answer = client.post("/predict?normalize=always", json={"data": inverted.tolist()}).json()
        assert answer["prediction"] == "3"

    @pytest.mark.parametrize("tone", [0, 127, 255])
    def test_a_blank_image_is_an_answer(self, client: TestClient, tone: int) -> None:
        blank = np.full((28, 28), tone, np.uint8)
        assert client.post("/predict", json={"data": blank.tolist()}).json()["is_digit"] is False
        (answer,) = client.post("/mnist/classify", json=batch(encode(blank))).json()["responses"]
        assert answer["is_digit"] is False


class TestClassify:
    @pytest.mark.parametrize("path", BATCHES)
    def test_a_batch_is_answered_in_the_order_asked(self, client: TestClient, path: str) -> None:
        order = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 8, 0, 7]
        response = client.post(path, json=batch(*(encode(draw(digit)) for digit in order)))
        assert [answer["class"] for answer in response.json()["responses"]] == order

    def test_the_answer_has_the_contracts_fields_and_no_others(self, client: TestClient) -> None:
        response = client.post("/mnist/classify", json=batch(PNG))
        answer = response.json()
        assert list(answer) == ["responses", "model"]
        fields = ["class", "probability", "probabilities", "is_digit", "digit_score"]
        assert list(answer["responses"][0]) == fields
        Classifications.model_validate_json(response.content, strict=True)

    @pytest.mark.parametrize("path", ["//mnist/classify", "/mnist//classify", "///classify"])
    def test_duplicate_slashes_are_folded(self, client: TestClient, path: str) -> None:
        response = client.post(f"http://testserver{path}", json=batch(PNG))
        assert response.json()["responses"][0]["class"] == 5

    def test_a_data_url_is_read(self, client: TestClient) -> None:
        body = {"requests": [{"image": f"data:image/png;base64,{as_text(PNG)}", "name": "mine"}]}
        assert client.post("/classify", json=body).json()["responses"][0]["class"] == 5

    def test_a_batch_of_64_is_one_model_call(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sizes = []
        predict = model.predict

        def count(images: NDArray[np.uint8]) -> NDArray[np.float32]:
            sizes.append(len(images))
            return predict(images)

        monkeypatch.setattr(model, "predict", count)
        response = client.post("/classify", json=batch(*[encode(draw_mnist(2))] * 64))
        assert len(response.json()["responses"]) == 64
        assert len(sizes) == 1

    def test_explain_and_normalize_hold_for_every_item(self, client: TestClient) -> None:
        body = batch(encode(draw_mnist(2)), encode(draw_mnist(6)))
        answers = client.post("/classify?explain=true&normalize=never", json=body).json()["responses"]
        assert [answer["input"] for answer in answers] == [draw_mnist(2).tolist(), draw_mnist(6).tolist()]

    def test_both_routes_agree(self, client: TestClient) -> None:
        alone = post(client, "/predict", PNG, "image/png").json()
        (batched,) = client.post("/classify", json=batch(PNG)).json()["responses"]
        assert alone["prediction"] == str(batched["class"])
        assert alone["probabilities"] == pytest.approx(batched["probabilities"], abs=1e-5)


class TestGet:
    def test_health(self, client: TestClient) -> None:
        response = client.get("/health")
        assert response.json() == {"status": "ok", "model": model.version}
        Health.model_validate_json(response.content, strict=True)

    def test_model_is_the_artefacts_card(self, client: TestClient) -> None:
        assert client.get("/model").json() == model.card

    def test_the_page_is_served_under_a_strict_policy(self, client: TestClient) -> None:
        response = client.get("/")
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy

    @pytest.mark.parametrize("path", ["/", "/page.css", "/page.js"])
    def test_the_page_is_served_below_another_application(self, path: str, client: TestClient) -> None:
        mounted = TestClient(Starlette(routes=[Mount("/digits", app)]))
        assert mounted.get(f"/digits{path}").content == client.get(path).content

    def test_a_page_already_known_is_not_sent_again(self, client: TestClient) -> None:
        first = client.get("/")
        again = client.get("/", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]

    def test_docs_and_their_description_are_served(self, client: TestClient) -> None:
        assert "'openapi.json'" in client.get("/docs").text
        described = client.get("/openapi.json").json()
        own = {path for path in described["paths"] if not path.startswith(("/v1/", "/v2"))}
        assert own == {*ROUTES, "/read", "/health", "/model"}

    def test_the_description_names_every_body_and_problem(self, client: TestClient) -> None:
        described = client.get("/openapi.json").json()
        operation = described["paths"]["/predict"]["post"]
        assert set(operation["requestBody"]["content"]) == {
            "application/json",
            *IMAGES,
            "application/octet-stream",
            "multipart/form-data",
        }
        assert set(operation["responses"]) == {"200", "400", "413", "415", "422", "500"}
        for status in ("400", "413", "415", "422", "500"):
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
        assert (
            described["components"]["schemas"]["Classification"]["properties"]["class"]["type"] == "integer"
        )

    def test_the_descriptions_references_resolve_and_its_names_are_unique(self, client: TestClient) -> None:
        text = client.get("/openapi.json").text
        described = json.loads(text)
        schemas = described["components"]["schemas"]
        for name in text.split('"#/components/schemas/')[1:]:
            assert name.partition('"')[0] in schemas
        operations = [o["operationId"] for path in described["paths"].values() for o in path.values()]
        assert len(set(operations)) == len(operations)

    def test_the_descriptions_own_examples_work(self, client: TestClient) -> None:
        paths = client.get("/openapi.json").json()["paths"]
        for path in ROUTES:
            body = paths[path]["post"]["requestBody"]["content"]["application/json"]["example"]
            assert client.post(path, json=body).status_code == 200

    @pytest.mark.parametrize("path", ["/health", "/model", "/v1/models/{name}", "/v2"])
    def test_the_descriptions_own_answers_are_those_given(self, client: TestClient, path: str) -> None:
        answers = client.get("/openapi.json").json()["paths"][path]["get"]["responses"]
        given = client.get(path.format(name="digits")).json()
        assert given | answers["200"]["content"]["application/json"]["example"] == given

    def test_every_version_described_is_the_models(self, client: TestClient) -> None:
        text = client.get("/openapi.json").text
        assert " version}" not in text
        assert f'"example":"{model.version}"' in text

    @pytest.mark.parametrize("path", ["/", "/health", "/model", "/docs", "/openapi.json"])
    def test_head_is_get_without_the_body(self, client: TestClient, path: str) -> None:
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
        assert head.headers["content-length"] == get.headers["content-length"]


NOT_JSON = [b"", b"{", b"nonsense", b"{'data': []}", b'{"data": [1,]}', b"\xff\xfe\x00", b'\xef{"a": 1}', PNG]


class TestBadRequest:
    @pytest.mark.parametrize("path", ROUTES)
    @pytest.mark.parametrize("body", NOT_JSON)
    def test_what_is_not_json(self, client: TestClient, path: str, body: bytes) -> None:
        problem = check_problem(post(client, path, body), 400, "malformed-json")
        assert problem.detail.endswith(f"Received: {len(body)} bytes")

    @pytest.mark.parametrize("path", ROUTES)
    @pytest.mark.parametrize("opening", ["[", '{"data":', '{"data":['])
    def test_json_nested_too_deep(self, client: TestClient, path: str, opening: str) -> None:
        check_problem(post(client, path, opening * 100_000), 400, "malformed-json")

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("multipart/form-data", b"--x\r\n"),
            ("multipart/form-data; boundary=x", b""),
            ("multipart/form-data; boundary=x", b"nothing of the kind"),
            ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="image"'),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\nno disposition\r\n--x--\r\n"),
            (
                "multipart/form-data; boundary=x; charset=undefined",  # a codec that Python has to refuse
                b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n",
            ),
            (
                "multipart/form-data; boundary=x",
                b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + PNG[:50],
            ),
        ],
        ids=[
            "no boundary",
            "empty",
            "no delimiter",
            "ends in a header",
            "no disposition",
            "no charset",
            "ends in a part",
        ],
    )
    def test_what_is_not_the_multipart_it_says(self, client: TestClient, kind: str, body: bytes) -> None:
        problem = check_problem(post(client, "/predict", body, kind), 400, "malformed-multipart")
        assert re.fullmatch(rf"[^.]+: [^.:]+\. Received: {len(body)} bytes", problem.detail)

    @pytest.mark.parametrize(
        ("kind", "reason"),
        [
            ("multipart/form-data", "the content type names no boundary"),
            ("multipart/form-data; boundary=x", "it ends early"),
            ("multipart/form-data; boundary=y", "a part cannot be read"),
        ],
    )
    def test_what_is_wrong_with_a_form_is_told(self, client: TestClient, kind: str, reason: str) -> None:
        body = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + PNG
        assert (
            reason in check_problem(post(client, "/predict", body, kind), 400, "malformed-multipart").detail
        )

    def test_a_form_of_too_many_parts(self, client: TestClient) -> None:
        files = [("image", (f"{n}.png", b"x", "image/png")) for n in range(100)]
        check_problem(client.post("/predict", files=files), 400, "malformed-multipart")


class TestNoSuchRoute:
    @pytest.mark.parametrize("path", ["/nothing", "/predict/5", "/page", "/redoc", "/../etc/passwd"])
    def test_an_unknown_path(self, client: TestClient, path: str) -> None:
        check_problem(client.get(path), 404)

    @pytest.mark.parametrize("path", ROUTES)
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
    def test_another_method_than_post(self, client: TestClient, path: str, method: str) -> None:
        response = client.request(method, path)
        assert response.status_code == 405
        assert response.headers["allow"] == "OPTIONS, POST"
        if method != "HEAD":
            problem = check_problem(response, 405)
            assert problem.detail == f"This route takes POST. Received: {method} {path!r}"

    @pytest.mark.parametrize("path", ["/", "/health", "/model"])
    def test_another_method_than_get(self, client: TestClient, path: str) -> None:
        response = client.post(path)
        check_problem(response, 405)
        assert response.headers["allow"] == "GET, HEAD, OPTIONS"

    @pytest.mark.parametrize(
        ("path", "allowed"), [("/predict", "OPTIONS, POST"), ("/", "GET, HEAD, OPTIONS")]
    )
    def test_options_tells_the_methods(self, client: TestClient, path: str, allowed: str) -> None:
        response = client.options(path)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["allow"] == allowed

    def test_options_of_an_unknown_path(self, client: TestClient) -> None:
        check_problem(client.options("/nothing"), 404)


class TestTooLarge:
    @pytest.mark.parametrize("path", ROUTES)
    def test_a_body_over_the_limit(self, client: TestClient, path: str) -> None:
        problem = check_problem(post(client, path, b" " * 6_000_001), 413, "body-too-large")
        assert problem.detail.endswith("Received: 6000001 bytes")

    def test_a_body_over_the_limit_that_does_not_tell_its_length(self, client: TestClient) -> None:
        def chunks() -> Iterator[bytes]:
            for _ in range(7):
                yield b" " * 1_000_000

        response = client.post("/predict", content=chunks(), headers={"content-type": "application/json"})
        check_problem(response, 413, "body-too-large")

    def test_a_body_at_the_limit_is_read(self, client: TestClient) -> None:
        body = json.dumps({"data": ROWS}).ljust(6_000_000)
        assert post(client, "/predict", body).status_code == 200

    @pytest.mark.parametrize("length", ["-1", "1e9", "", "9" * 5000])
    def test_a_length_that_lies_does_no_harm(self, client: TestClient, length: str) -> None:
        headers = {"content-type": "application/json", "content-length": length}
        response = client.post("/predict", content=json.dumps({"data": ROWS}), headers=headers)
        assert response.status_code in {200, 413}

    def test_an_image_over_the_pixel_limit(self, client: TestClient) -> None:
        bomb = encode(Image.new("1", (5000, 5000)))
        assert len(bomb) < 10_000
        problem = check_problem(post(client, "/predict", bomb, "image/png"), 413, "image-too-large")
        assert problem.detail == "An image may have 16,000,000 pixels. Received: 5000x5000"

    @pytest.mark.parametrize("path", BATCHES)
    def test_an_image_over_the_pixel_limit_in_a_batch(self, client: TestClient, path: str) -> None:
        bomb = encode(Image.new("1", (5000, 5000)))
        problem = check_problem(client.post(path, json=batch(PNG, bomb)), 413, "image-too-large")
        assert problem.errors is not None
        assert [item.pointer for item in problem.errors] == ["/requests/1/image"]

    def test_a_batch_of_more_pixels_than_it_may_have_together(self, client: TestClient) -> None:
        large = encode(Image.new("1", (4000, 4000)))  # of 80 MP that may be in a batch
        problem = check_problem(client.post("/classify", json=batch(*[large] * 8)), 413, "image-too-large")
        assert problem.errors is not None
        assert [item.pointer for item in problem.errors] == [f"/requests/{n}/image" for n in range(5, 8)]

    @pytest.mark.parametrize("path", BATCHES)
    def test_a_batch_over_its_limit(self, client: TestClient, path: str) -> None:
        problem = check_problem(client.post(path, json=batch(*[b"x"] * 65)), 413, "batch-too-large")
        assert problem.detail == "A batch may have 64 requests. Received: 65"


class TestUnsupportedMediaType:
    KINDS = (
        "text/plain",
        "image/svg+xml",
        "x",
    )

    @pytest.mark.parametrize("path", ROUTES)
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_type_that_no_route_takes(self, client: TestClient, path: str, kind: str) -> None:
        problem = check_problem(post(client, path, PNG, kind), 415, "unsupported-media-type")
        assert problem.detail.endswith(f"Received: '{kind}'")

    @pytest.mark.parametrize("path", BATCHES)
    @pytest.mark.parametrize("kind", ["image/png", "multipart/form-data; boundary=x"])
    def test_a_batch_is_json(self, client: TestClient, path: str, kind: str) -> None:
        check_problem(post(client, path, PNG, kind), 415, "unsupported-media-type")

    @pytest.mark.parametrize("path", ROUTES)
    def test_another_encoding_is_told_which_are_taken(self, client: TestClient, path: str) -> None:
        headers = {"content-type": "application/json", "content-encoding": "br"}
        answer = client.post(path, content=b"x", headers=headers)
        check_problem(answer, 415, "unsupported-media-type")
        assert answer.headers["accept-encoding"] == "gzip, deflate, identity"

    @pytest.mark.parametrize(
        ("path", "body", "line"),
        [
            ("/predict", PNG, "curl -F image=@FILE http://HOST/predict ."),
            ("/predict", b'{"data": []}', "--data @FILE http://HOST/predict ."),
            ("/classify", PNG, "--data @FILE http://HOST/classify ."),
        ],
    )
    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])
    def test_what_curl_and_pages_call_a_body_unless_told_is_told_the_line_that_sends_it(
        self, client: TestClient, path: str, body: bytes, line: str, kind: str
    ) -> None:
        problem = check_problem(post(client, path, body, kind), 415, "unsupported-media-type")
        assert line in problem.detail
        assert problem.detail.endswith(f"Received: {kind!r}")


class TestPackedBodies:
    BODY = json.dumps({"data": ROWS}).encode()

    @pytest.mark.parametrize(
        ("coding", "packed"),
        [
            ("gzip", gzip.compress(BODY)),
            ("x-gzip", gzip.compress(BODY)),
            ("deflate", zlib.compress(BODY)),
            ("Deflate", zlib.compress(BODY, wbits=-15)),
            ("identity", BODY),
        ],
    )
    def test_a_packed_body_is_read_as_what_is_in_it(
        self, client: TestClient, coding: str, packed: bytes
    ) -> None:
        headers = {"content-type": "application/json", "content-encoding": coding}
        answer = client.post("/predict", content=packed, headers=headers)
        assert answer.json() == client.post("/predict", content=self.BODY).json()

    @pytest.mark.parametrize(
        "packed", [b"", b"\x1f\x8b", b"x" * 99, gzip.compress(BODY)[:-9], gzip.compress(BODY) * 2]
    )
    def test_what_cannot_be_unpacked_is_the_senders_fault(self, client: TestClient, packed: bytes) -> None:
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        check_problem(client.post("/predict", content=packed, headers=headers), 400, "malformed-encoding")

    def test_the_limit_holds_for_what_is_unpacked(self, client: TestClient) -> None:
        bomb = gzip.compress(bytes(6_000_001))
        headers = {"content-type": "image/png", "content-encoding": "gzip"}
        check_problem(client.post("/predict", content=bomb, headers=headers), 413, "body-too-large")

    def test_the_protocols_unpack_too(self, client: TestClient) -> None:
        body = gzip.compress(json.dumps({"instances": [ROWS]}).encode())
        answer = client.post("/v1/models/digits:predict", content=body, headers={"content-encoding": "gzip"})
        assert answer.status_code == 200


class TestWhatPeopleSend:
    IMAGE = as_text(PNG)
    ARRAY = np.array(ROWS)

    @pytest.mark.parametrize(
        "body",
        [
            {"image": IMAGE},
            {"image": f"data:image/png;base64,{IMAGE}"},
            {"data": IMAGE},
        ],
    )
    def test_a_file_in_json_is_read_as_the_file(self, client: TestClient, body: Any) -> None:
        assert client.post("/predict", json=body).json() == post(client, "/predict", PNG, "image/png").json()

    @pytest.mark.parametrize("name", ["image", "data"])
    @pytest.mark.parametrize(
        "shape", [(784,), (1, 784), (28, 28, 1), (1, 28, 28), (1, 28, 28, 1), (1, 1, 28, 28)]
    )
    def test_each_of_numpys_shapes_is_read_as_rows(
        self, client: TestClient, name: str, shape: tuple[int, ...]
    ) -> None:
        wanted = client.post("/predict", json={"data": ROWS}).json()
        assert client.post("/predict", json={name: self.ARRAY.reshape(shape).tolist()}).json() == wanted

    def test_booleans_are_ink_and_ground(self, client: TestClient) -> None:
        bits = self.ARRAY > 127
        wanted = client.post("/predict", json={"data": bits.astype(int).tolist()}).json()
        for shape in ((28, 28), (784,), (28, 28, 1)):
            assert client.post("/predict", json={"data": bits.reshape(shape).tolist()}).json() == wanted

    @pytest.mark.parametrize("kind", ["application/octet-stream", None])
    def test_without_a_type_the_bytes_decide(self, client: TestClient, kind: str | None) -> None:
        headers = {"content-type": kind} if kind else {}
        rows = json.dumps({"data": ROWS}).encode()
        for sent_as, body in (("image/png", PNG), ("application/json", rows)):
            wanted = post(client, "/predict", body, sent_as).json()
            assert client.post("/predict", content=body, headers=headers).json() == wanted
        items = json.dumps({"requests": [{"image": self.IMAGE}]})
        assert client.post("/classify", content=items, headers=headers).status_code == 200

    def test_an_item_of_a_batch_may_hold_numbers(self, client: TestClient) -> None:
        answer = client.post("/classify", json={"requests": [{"image": ROWS}, {"data": ROWS}]})
        assert len(answer.json()["responses"]) == 2

    @pytest.mark.parametrize(
        ("path", "body", "advice"),
        [
            ("/predict", {"pixels": ROWS}, "Received: an object with the members ['pixels']"),
            ("/predict", {"requests": []}, '"requests" goes to /mnist/classify.'),
            ("/predict", {"instances": []}, '"instances" goes to /v1/models/digits:predict.'),
            ("/predict", {"inputs": []}, '"inputs" goes to /v2/models/digits/infer.'),
            ("/predict", {"image": "", "data": []}, "['data', 'image']"),
            ("/classify", {"image": ""}, '"image" goes to /predict.'),
        ],
    )
    def test_wrong_members_are_named_with_where_they_go(
        self, client: TestClient, path: str, body: Any, advice: str
    ) -> None:
        assert advice in check_problem(client.post(path, json=body), 422, "invalid-body").detail


class TestPaths:
    @pytest.mark.parametrize("path", ["/health/", "/model/", "//health", "/v2/", "/v2/health/live/"])
    def test_slashes_at_the_end_count_for_nothing(self, client: TestClient, path: str) -> None:
        assert client.get(path).status_code == 200

    def test_the_docs_find_what_they_name_beside_them(self, client: TestClient) -> None:
        assert client.get("/docs/", follow_redirects=False).headers["location"] == "../docs"
        assert client.get("/docs/").status_code == 200

    def test_a_line_break_ends_no_route(self, client: TestClient) -> None:
        assert "'/health%0A'" in check_problem(client.get("/health%0A"), 404).detail
        answer = client.get("/v2/models/a%0Ab")
        assert (answer.status_code, list(answer.json())) == (404, ["error"])

    @pytest.mark.parametrize(
        ("path", "route"),
        [
            ("/ocr/predict", "/predict"),
            ("/ocr", "/"),
            ("/ocr/", "/"),
            ("//ocr//predict/", "/predict"),
            ("/health", "/health"),
            ("/ocrs/predict", "/ocrs/predict"),
            ("/ocr%2Fpredict", "/ocr%2Fpredict"),
        ],
    )
    def test_a_prefix_is_cut_where_a_segment_ends(self, path: str, route: str) -> None:
        assert fold(path, "/ocr") == route

    @pytest.mark.parametrize(
        "tags", ['"x", {}', "{}", "W/{}", "*", 'W/"x", W/{}'], ids=["list", "one", "weak", "any", "weak list"]
    )
    def test_a_page_that_is_known_is_not_sent_again(self, client: TestClient, tags: str) -> None:
        etag = client.get("/").headers["etag"]
        assert client.get("/", headers={"if-none-match": tags.format(etag)}).status_code == 304
        assert client.get("/", headers={"if-none-match": '"x"'}).status_code == 200


def with_pixel(value: Any) -> str:
    rows: list[list[Any]] = [[0] * 28 for _ in range(28)]
    rows[2][3] = value
    return json.dumps({"data": rows})


class TestUnprocessable:
    @pytest.mark.parametrize(
        ("body", "detail"),
        [
            ({"data": [[0] * 28] * 7}, "Received: 7 rows of 28"),
            ({"data": [[0] * 785]}, "Received: 1 rows of 785"),
            ({"data": [[0] * 28] * 27 + [[0] * 27]}, "Received: 28 values in row 0, 27 in row 27"),
            ({"data": []}, "Received: 0 rows of 0"),
            ({"data": None}, "Received: null"),
            ({"data": [0] * 785}, "must be 784, of 28×28. Received: 785"),
            ({"data": [[[0, 0]] * 28] * 28}, "Received: an array of 2"),
            ({"image": 7}, "Received: 7"),
            ({"image": ["0"] * 784}, "must be an array of rows of numbers, not text. Received: '0'"),
            ({"image": [["0"] * 28] * 28}, "Row 0, column 0 must be a number. Received: '0'"),
        ],
    )
    def test_the_wrong_shape(self, client: TestClient, body: dict[str, Any], detail: str) -> None:
        problem = check_problem(client.post("/predict", json=body), 422, "invalid-pixels")
        assert problem.detail.endswith(detail)
        assert problem.errors is not None
        assert [item.pointer for item in problem.errors] == [f"/{next(iter(body))}"]

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("NaN", "nan"),
            ("Infinity", "inf"),
            ("-Infinity", "-inf"),
            ("1e999", "inf"),
            ("-1", "-1"),
            ("256", "256"),
            ("1e30", "1e+30"),
            ("9" * 400, "an integer of 1329 bits"),
            ("true", "true"),
            ("null", "null"),
            ('"7"', "'7'"),
            ('"\\ud800"', r"'\ud800'"),
        ],
    )
    def test_a_value_that_is_no_pixel(self, client: TestClient, text: str, shown: str) -> None:
        body = with_pixel("?").replace('"?"', text)
        problem = check_problem(post(client, "/predict", body), 422, "invalid-pixels")
        assert problem.detail.startswith("Row 2, column 3 must be ")
        assert problem.detail.endswith(f"Received: {shown}")

    def test_a_number_of_too_many_digits(self, client: TestClient) -> None:
        body = with_pixel("?").replace('"?"', "9" * 5000)
        check_problem(post(client, "/predict", body), 422, "invalid-body")

    @pytest.mark.parametrize("path", ROUTES)
    @pytest.mark.parametrize("body", ["[]", "3", "null", '"x"', "{}", '{"x": 1}'])
    def test_a_body_of_another_shape(self, client: TestClient, path: str, body: str) -> None:
        check_problem(post(client, path, body), 422, "invalid-body")

    @pytest.mark.parametrize("path", ROUTES)
    def test_a_member_that_stands_twice(self, client: TestClient, path: str) -> None:
        problem = check_problem(post(client, path, '{"data": [], "data": []}'), 422, "invalid-body")
        assert problem.detail == "A member stands twice in one object. Received: 'data'"

    @pytest.mark.parametrize("path", ["/predict", "/read"])
    def test_an_empty_body_of_no_type_is_told_every_way_to_send_a_picture(
        self, client: TestClient, path: str
    ) -> None:
        problem = check_problem(client.post(path), 422, "invalid-body")
        wanted = "The body is empty; it must be an image file, a form with one, or JSON."
        assert problem.detail == f"{wanted} Received: 0 bytes"

    @pytest.mark.parametrize("path", BATCHES)
    def test_an_empty_batch_of_no_type_is_no_json(self, client: TestClient, path: str) -> None:
        problem = check_problem(client.post(path), 400, "malformed-json")
        assert problem.detail == "The body is empty. Received: 0 bytes"

    @pytest.mark.parametrize(
        ("body", "kind", "words"),
        [
            ({"image": "https://a.example/b.png"}, "invalid-base64", "Names and addresses are not opened"),
            ({"image": "photos/seven.png"}, "invalid-base64", "Names and addresses are not opened"),
            ({"url": "https://a.example/b.png"}, "invalid-body", "Addresses are not fetched: send the file."),
            ({"image": {"url": "https://a.example/b"}}, "invalid-body", "Addresses are not fetched"),
            (
                {"image": {"b64": as_text(PNG)}},
                "invalid-body",
                "Received: an object with the members ['b64']",
            ),
            ({"image": as_text(PNG), "data": ROWS}, "invalid-body", "are one picture; give one"),
            ({"data": {"0": 0, "1": 255}}, "invalid-body", "Array.from makes an array of JavaScript's typed"),
        ],
    )
    def test_a_picture_given_in_another_way_is_told_what_to_send(
        self, client: TestClient, body: dict[str, Any], kind: str, words: str
    ) -> None:
        alone = check_problem(client.post("/predict", json=body), 422, kind)
        assert words in alone.detail
        batched = check_problem(client.post("/classify", json={"requests": [body]}), 422, "invalid-items")
        assert batched.errors is not None
        assert [item.detail for item in batched.errors] == [alone.detail]

    @pytest.mark.parametrize("path", BATCHES)
    @pytest.mark.parametrize("requests", [None, {}, "x", 3])
    def test_requests_that_are_no_list(self, client: TestClient, path: str, requests: object) -> None:
        check_problem(client.post(path, json={"requests": requests}), 422, "invalid-body")

    @pytest.mark.parametrize("path", BATCHES)
    def test_an_empty_batch(self, client: TestClient, path: str) -> None:
        check_problem(client.post(path, json={"requests": []}), 422, "invalid-body")

    @pytest.mark.parametrize("path", BATCHES)
    def test_every_bad_item_is_named_and_none_of_the_good(self, client: TestClient, path: str) -> None:
        items: list[Any] = [
            {"image": as_text(PNG)},
            {"image": "!!!"},
            {"image": as_text(b"not an image")},
            {"image": as_text(PNG[: len(PNG) // 2])},
            {"image": as_text(PNG)},
            {"picture": as_text(PNG)},
            {"image": 7},
            {"image": ""},
            "x",
            None,
            {"image": as_text(encode(np.zeros((1, 300), np.uint8)))},
            {"image": as_text(encode(Image.new("1", (5000, 5000))))},
        ]
        problem = check_problem(client.post(path, json={"requests": items}), 422, "invalid-items")
        assert problem.errors is not None
        kinds = [(item.pointer, str(item.type).rpartition(":")[2]) for item in problem.errors]
        assert kinds == [
            ("/requests/1/image", "invalid-base64"),
            ("/requests/2/image", "invalid-image"),
            ("/requests/3/image", "invalid-image"),
            ("/requests/5", "invalid-body"),
            ("/requests/6/image", "invalid-pixels"),
            ("/requests/7/image", "invalid-base64"),
            ("/requests/8", "invalid-body"),
            ("/requests/9", "invalid-body"),
            ("/requests/10/image", "invalid-image"),
            ("/requests/11/image", "image-too-large"),
        ]
        assert problem.detail == "Every item must hold an image. Received: 10 of 12 that do not"

    @pytest.mark.parametrize("body", [b"", b"not an image", PNG[:60], PNG[: len(PNG) // 2]])
    @pytest.mark.parametrize("as_form", [False, True])
    def test_a_file_that_is_no_whole_image(self, client: TestClient, body: bytes, as_form: bool) -> None:
        if as_form:
            response = client.post("/predict", files={"image": ("a.png", body, "image/png")})
        else:
            response = post(client, "/predict", body, "image/png")
        check_problem(response, 422, "invalid-image")

    @pytest.mark.parametrize(
        ("files", "fields", "shown"),
        [
            ({"picture": ("a", PNG)}, {}, "file 'picture'"),
            ({"image": ("a", PNG), "file": ("b", PNG)}, {}, "file 'image', file 'file'"),
            ({"other": ("a", b"")}, {"image": "text"}, "field 'image', file 'other'"),
        ],
    )
    def test_a_form_without_its_one_file(
        self, client: TestClient, files: dict[str, Any], fields: dict[str, str], shown: str
    ) -> None:
        problem = check_problem(client.post("/predict", files=files, data=fields), 422, "invalid-body")
        assert problem.detail.endswith(f"Received: {shown}")

    @pytest.mark.parametrize("path", ROUTES)
    @pytest.mark.parametrize(
        ("name", "value"), [("normalize", "maybe"), ("normalize", ""), ("explain", "often")]
    )
    def test_a_query_parameter_of_another_value(
        self, client: TestClient, path: str, name: str, value: str
    ) -> None:
        body = {"data": ROWS} | batch(PNG)
        problem = check_problem(client.post(f"{path}?{name}={value}", json=body), 422, "invalid-query")
        assert problem.errors is not None
        assert [item.parameter for item in problem.errors] == [name]
        assert "Received: " in problem.detail

    def test_never_refuses_another_size(self, client: TestClient) -> None:
        check_problem(post(client, "/predict?normalize=never", PNG, "image/png"), 422, "invalid-pixels")
        response = client.post("/classify?normalize=never", json=batch(encode(draw_mnist(1)), PNG))
        problem = check_problem(response, 422, "invalid-items")
        assert problem.errors is not None
        assert [item.pointer for item in problem.errors] == ["/requests/1/image"]


class TestOurs:
    def test_an_exception_is_logged_under_the_requests_id_and_never_told(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("the secret text")

        log = io.StringIO()
        monkeypatch.setattr(logger.registered_handler, "stream", log)
        monkeypatch.setattr(recognize, "read_candidates", fail)
        response = client.post("/predict", json={"data": ROWS})
        problem = check_problem(response, 500)
        assert "secret" not in response.text
        assert problem.instance in log.getvalue()
        assert "the secret text" in log.getvalue()

    def test_an_error_that_is_not_the_requests_is_ours(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise DigitsError("the secret text")

        monkeypatch.setattr(recognize, "read_candidates", fail)
        assert (
            "secret" not in check_problem(client.post("/predict", json={"data": ROWS}), 500).model_dump_json()
        )


class TestRequestId:
    def test_every_request_has_its_own(self, client: TestClient) -> None:
        ids = {client.get("/health").headers["x-request-id"] for _ in range(10)}
        assert len(ids) == 10

    def test_a_sane_one_that_came_is_kept(self, client: TestClient) -> None:
        response = client.get(
            "/nothing", headers={"x-request-id": "Root=1-67891233-abcdef012345678912345678"}
        )
        assert check_problem(response, 404).instance == "Root=1-67891233-abcdef012345678912345678"

    @pytest.mark.parametrize("given", ["", "x" * 200, "a b", "<script>", "\xe9"])
    def test_another_is_not(self, client: TestClient, given: str) -> None:
        response = client.get("/health", headers={b"x-request-id": given.encode("latin-1")})
        assert response.headers["x-request-id"] != given


def test_no_body_is_written_to_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was made")

    opened = io.open

    def only_read(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        assert not set(mode) & set("wxa+"), "a file was made"
        return opened(file, mode, *given, **named)

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    monkeypatch.setattr("tempfile._io.open", only_read)
    large = io.BytesIO(encode(np.random.default_rng(0).integers(0, 256, (1500, 1500), np.uint8)))
    assert large.getbuffer().nbytes > 2_000_000
    assert client.post("/predict", files={"image": ("a.png", large, "image/png")}).status_code == 200


def test_serving_imports_no_training_framework() -> None:
    code = "import sys, api.app; print(sorted({'tensorflow', 'keras', 'torch', 'jax'} & set(sys.modules)))"
    path = {"PYTHONPATH": ":".join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_serving_imports_only_the_image_formats_it_reads() -> None:
    code = (
        "import sys, api.app, io; from digits.images import decode; from PIL import Image\n"
        "file = io.BytesIO(); Image.new('L', (9, 9)).save(file, 'BMP'); decode(file.getvalue())\n"
        "print(*sorted(m[4:-11] for m in sys.modules if m.startswith('PIL.') and m.endswith('ImagePlugin')))"
    )
    path = {"PYTHONPATH": ":".join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["Bmp", "Gif", "Jpeg", "Png", "Ppm", "Tiff", "WebP"]


def test_a_missing_artefact_stops_the_start_with_a_clear_error() -> None:
    path = {"PYTHONPATH": ":".join(sys.path), "MODEL_DIR": "/nowhere"}
    run = subprocess.run(
        [sys.executable, "-c", "import api.app"], env=path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "ArtefactError: /nowhere/model.json cannot be read: No such file or directory" in run.stderr


def test_explain_shows_every_way_in_which_the_picture_was_seen(client: TestClient) -> None:
    answer = post(client, "/predict?explain=true", PNG, "image/png").json()
    ways = answer["candidates"]
    assert answer["input"] in [way["input"] for way in ways]
    chosen = ways[[way["input"] for way in ways].index(answer["input"])]
    assert (chosen["prediction"], chosen["digit_score"]) == (answer["prediction"], answer["digit_score"])
    assert "candidates" not in post(client, "/predict", PNG, "image/png").json()
