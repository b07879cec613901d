"""TensorFlow Serving's REST API, over HTTP."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from events.draw import base64_text, draw, png
from tests import patient
from tests.project import ROOT, environment

VERSION = json.loads((ROOT / "layers/model/model.json").read_text())["version"]
MAJOR = VERSION.partition(".")[0]
STATUS = {
    "model_version_status": [
        {"version": MAJOR, "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    ],
    "name": "digits",  # these two for clients of KServe's first protocol
    "ready": True,
}
READING = {"class", "probability", "probabilities", "is_digit", "digit_score"}
# How clients of MNIST models shape one image.
LAYOUTS: dict[str, Callable[[int], Any]] = {
    "rows": lambda digit: draw(digit).tolist(),
    "of 0 to 1": lambda digit: (draw(digit) / 255).tolist(),
    "flat": lambda digit: draw(digit).ravel().tolist(),
    "channel last": lambda digit: draw(digit)[..., None].tolist(),
    "channel first": lambda digit: draw(digit)[None].tolist(),
    "named": lambda digit: {"image": draw(digit).tolist()},
    "base64": lambda digit: {"b64": base64_text(png(digit))},
    "base64, named": lambda digit: {"image": {"b64": base64_text(png(digit))}},
}
REFUSED: dict[str, tuple[int, dict[str, Any], str]] = {
    "no images": (400, {"instances": []}, "an array of 0"),
    "neither format": (400, {"examples": []}, "neither"),
    "both formats": (400, {"instances": [1], "inputs": [1]}, "inputs and instances"),
    "not an array": (400, {"inputs": 5}, '"inputs" must be an array of images. Received: 5'),
    "a scalar": (400, {"instances": [1.0, 2.0, 5.0]}, "/instances/0"),
    "another input": (400, {"instances": [{"pixels": []}]}, "'pixels'"),
    "not base64": (400, {"instances": [{"b64": "*"}]}, "not base64"),
    "not an image": (400, {"instances": [{"b64": "AAAA"}]}, "Not an image"),
    "ragged": (400, {"instances": [[[0] * 28] * 27 + [[0]]]}, "one length"),
    "too many": (413, {"instances": [[[0] * 28] * 28] * 65}, "65"),
    "another signature": (400, {"signature_name": "classify", "instances": [1]}, "'classify'"),
}


@pytest.fixture(scope="module")
def model(server: str) -> str:
    return f"{server}/v1/models/digits"


def predict(address: str, **body: Any) -> Any:
    response = patient.post(f"{address}:predict", json=body)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("place", ["", f"/versions/{MAJOR}", f"/versions/{VERSION}"])
def test_the_model_is_available(model: str, place: str) -> None:
    assert patient.get(model + place).json() == STATUS


def test_the_models_are_listed_as_kserve_asks_for_them(server: str) -> None:
    assert patient.get(f"{server}/v1/models").json() == {"models": ["digits"]}


def test_the_metadata_describe_what_predict_answers(model: str) -> None:
    metadata = patient.get(f"{model}/metadata").json()
    assert metadata["model_spec"] == {"name": "digits", "signature_name": "", "version": MAJOR}
    signatures = metadata["metadata"]["signature_def"]["signature_def"]
    assert signatures.keys() == {"serving_default", "reading"}
    assert signatures["serving_default"]["outputs"].keys() == {"probabilities"}
    image = signatures["serving_default"]["inputs"]["image"]
    assert [each["size"] for each in image["tensor_shape"]["dim"]] == ["-1", "28", "28"]
    answered = predict(model, signature_name="reading", instances=[draw(3).tolist()])["predictions"][0]
    assert answered.keys() == signatures["reading"]["outputs"].keys() == READING


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_are_answered_with_the_probabilities_of_the_ten_digits(model: str, layout: str) -> None:
    answer = predict(model, instances=[LAYOUTS[layout](digit) for digit in range(10)])
    assert answer.keys() == {"predictions"}
    predictions = np.array(answer["predictions"])
    assert predictions.shape == (10, 10)
    assert predictions.argmax(1).tolist() == list(range(10))


@pytest.mark.parametrize("inputs", [[draw(7).tolist()], {"image": [draw(7).tolist()]}])
def test_columns_are_answered_in_columns(model: str, inputs: object) -> None:
    assert np.argmax(predict(model, inputs=inputs)["outputs"], axis=1).tolist() == [7]
    columns = predict(f"{model}/versions/{MAJOR}", signature_name="reading", inputs=inputs)["outputs"]
    assert columns.keys() == READING
    assert (columns["class"], columns["is_digit"]) == ([7], [True])


def test_both_protocols_and_the_main_route_agree(model: str, server: str) -> None:
    pixels = draw(8).tolist()
    (probabilities,) = predict(model, instances=[pixels])["predictions"]
    body = {"inputs": [{"name": "image", "shape": [1, 28, 28], "datatype": "UINT8", "data": [pixels]}]}
    inferred = patient.post(f"{server}/v2/models/digits/infer", json=body).json()["outputs"]
    predicted = patient.post(f"{server}/predict", json={"data": pixels}).json()
    assert probabilities == predicted["probabilities"]
    assert probabilities == next(each["data"] for each in inferred if each["name"] == "probabilities")


def test_the_curl_of_its_documentation_works_with_our_model_and_images(model: str) -> None:
    body = json.dumps({"instances": [draw(4).tolist(), draw(2).tolist()]})
    curl = ["curl", "--silent", "-d", body, "-X", "POST", f"{model}:predict"]
    predictions = json.loads(subprocess.run(curl, capture_output=True, check=True).stdout)["predictions"]
    assert np.argmax(predictions, axis=1).tolist() == [4, 2]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_the_protocols_form(model: str, name: str) -> None:
    status, body, shown = REFUSED[name]
    response = patient.post(f"{model}:predict", json=body)
    assert response.status_code == status
    assert response.json().keys() == {"error"}
    assert shown in response.json()["error"]


def test_every_bad_instance_is_named(model: str) -> None:
    instances = [{"b64": "*"}, draw(1).tolist(), {"b64": base64_text(png(2)[:90])}, [[300.0] * 28] * 28]
    error = patient.post(f"{model}:predict", json={"instances": instances}).json()["error"]
    assert [place for place in range(4) if f"/instances/{place}: " in error] == [0, 2, 3]


def test_of_a_long_name_no_more_than_its_beginning_is_told(model: str) -> None:
    error = patient.post(f"{model}:predict", json={"instances": [{"x" * 5000: 1}]}).json()["error"]
    assert f"members ['{'x' * 40}'… (5000 characters)]" in error
    assert "x" * 41 not in error


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/models/half_plus_two", 404),
        ("POST", "/v1/models/half_plus_two:predict", 404),
        ("GET", "/v1/models/digits/versions/99", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/models/digits:predict", 405),
        ("GET", "/v1/models/digits/versions/1:predict", 405),
        ("POST", "/v1/models/digits", 405),
    ],
)
def test_what_is_not_there_is_refused_in_the_protocols_form(
    server: str, method: str, path: str, status: int
) -> None:
    response = patient.request(method, server + path)
    assert response.status_code == status
    assert response.json().keys() == {"error"}
    assert "x-request-id" in response.headers


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/models/digits", "GET, HEAD, OPTIONS"),
        ("/v1/models/digits:predict", "OPTIONS, POST"),
        ("/v2", "GET, HEAD, OPTIONS"),
        ("/v2/models/digits/infer", "OPTIONS, POST"),
    ],
)
def test_the_methods_that_work_are_told(server: str, path: str, allowed: str) -> None:
    wrong = "GET" if "POST" in allowed else "POST"
    refused, asked = (patient.request(method, server + path) for method in (wrong, "OPTIONS"))
    assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
    assert (asked.status_code, asked.content, asked.headers["allow"]) == (204, b"", allowed)


def test_a_body_that_is_not_json_is_refused(model: str) -> None:
    response = patient.post(f"{model}:predict", content=b'{"instances": [')
    assert response.status_code == 400
    assert "line 1, column" in response.json()["error"]


def test_the_descriptions_own_examples_work(server: str) -> None:
    described = patient.get(f"{server}/openapi.json").json()["paths"]
    posts = {
        path: each["post"]
        for path, each in described.items()
        if path[:3] in {"/v1", "/v2"} and "requestBody" in each.get("post", {})
    }
    assert len(posts) == 5
    names = {"name": "digits", "version": VERSION, "label": "stable"}
    for path, operation in posts.items():
        assert {each["name"] for each in operation["parameters"]} == set(re.findall(r"{(\w+)}", path))
        body = operation["requestBody"]["content"]["application/json"]["example"]
        assert patient.post(server + path.format(**names), json=body).status_code == 200


def test_the_protocols_are_not_loaded_until_asked_for() -> None:
    program = """
import sys
import api.app
print(sorted(name for name in sys.modules if name.startswith("api.protocols")))
"""
    paths = f"{ROOT / 'functions'}:{ROOT / 'layers/python'}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment() | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['api.protocols']"


@pytest.mark.parametrize("name", ["", None, "serving_default"])
def test_the_default_signature_has_no_name_or_its_own(model: str, name: str | None) -> None:
    wanted = predict(model, instances=[draw(3).tolist()])
    assert predict(model, signature_name=name, instances=[draw(3).tolist()]) == wanted


def test_the_one_label_of_a_version_is_stable(model: str) -> None:
    assert predict(f"{model}/labels/stable", instances=[draw(3).tolist()])["predictions"]
    answer = patient.get(f"{model}/labels/canary")
    assert answer.status_code == 404
    assert "The one label of a version here is stable" in answer.json()["error"]


@pytest.mark.parametrize("method", ["classify", "regress", "explain"])
def test_records_and_explanations_are_refused_with_what_there_is_instead(model: str, method: str) -> None:
    answer = patient.post(f"{model}:{method}", json={"examples": [{}]})
    assert answer.status_code == 400
    assert ":predict takes the images, and answers with all that is known" in answer.json()["error"]
    assert patient.get(f"{model}:{method}").status_code == 405


def test_784_numbers_may_be_one_row(model: str) -> None:
    rows = draw(3)
    wanted = predict(model, instances=[rows.tolist()])
    assert predict(model, instances=[rows.reshape(1, 784).tolist()]) == wanted
