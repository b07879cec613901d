"""Every sample invocation through the real handler, in process."""

import base64
import json
from typing import Any

import pytest

from events import FOLDER, load_event
from events.__main__ import events
from events.draw import FIELDS, amount, classify_body, form_body, png, predict_body
from tests.samples.answers import answer

READ = {"predict": "5", "png": "7", "rest_v1": "3", "function_url": "4", "alb": "8"}
REFUSED = {"bad_json": 400, "bad_image": 422}
NUMBERS = {"amount": "18014", "numbers": "314 26\n9753", "nothing": ""}
# Of the front doors that leave a prefix in the path; tests/api/test_anywhere.py has them read below it.
PREFIXED = {"mapping_key", "named_stage", "base_path", "alb_rule"}
OTHERS = {"form", "classify", "page", "health", "model", "tensorflow_serving", "open_inference"}


@pytest.mark.parametrize(("name", "digit"), READ.items())
def test_a_digit_is_read_through_every_front_door(name: str, digit: str) -> None:
    response = answer(name)
    assert response["statusCode"] == 200
    body = json.loads(response["body"])
    assert (body["prediction"], body["is_digit"]) == (digit, True)
    assert body["probability"] == max(body["probabilities"]) > 0.9


def test_a_batch_is_answered_in_the_order_asked() -> None:
    response = answer("classify")
    assert response["statusCode"] == 200
    responses = json.loads(response["body"])["responses"]
    assert [item["class"] for item in responses] == list(range(10))
    assert all(item["is_digit"] for item in responses)


@pytest.mark.parametrize(("name", "text"), NUMBERS.items())
def test_all_that_is_written_is_read(name: str, text: str) -> None:
    response = answer(name)
    assert (response["statusCode"], json.loads(response["body"])["text"]) == (200, text)


def test_each_field_of_a_form_is_read() -> None:
    fields = json.loads(answer("form")["body"])["fields"]
    assert [(field["name"], tuple(field["box"]), field["text"]) for field in fields] == FIELDS


def test_the_standard_protocols_are_answered_too() -> None:
    predictions = json.loads(answer("tensorflow_serving")["body"])["predictions"]
    assert [row.index(max(row)) for row in predictions] == [2, 3]
    inferred = json.loads(answer("open_inference")["body"])
    assert (inferred["id"], inferred["outputs"][0]["data"]) == ("42", [2, 3])


@pytest.mark.parametrize("name", PREFIXED)
def test_a_prefix_that_no_setting_names_is_no_route(name: str) -> None:
    assert answer(name)["statusCode"] == 404


@pytest.mark.parametrize(("name", "status"), REFUSED.items())
def test_bad_input_is_refused_with_a_problem_as_text(name: str, status: int) -> None:
    response = answer(name)
    assert (response["statusCode"], response["isBase64Encoded"]) == (status, False)
    assert header(response, "content-type") == "application/problem+json"
    assert json.loads(response["body"])["status"] == status


def test_the_page_is_html_as_text() -> None:
    response = answer("page")
    assert (response["statusCode"], response["isBase64Encoded"]) == (200, False)
    assert header(response, "content-type").startswith("text/html")
    assert "<canvas" in response["body"]


def test_health_names_the_version_of_the_model_served() -> None:
    model = json.loads(answer("model")["body"])
    assert json.loads(answer("health")["body"]) == {"status": "ok", "model": model["version"]}


def test_every_event_is_tested_here() -> None:
    assert {
        path.stem for path in FOLDER.glob("*.json")
    } == READ.keys() | REFUSED.keys() | NUMBERS.keys() | OTHERS | PREFIXED


def test_the_length_that_an_event_names_is_that_of_the_body_sent() -> None:
    """Of the file, also where API Gateway hands it over in base64."""
    named = {name: event for name, event in events().items() if "content-length" in event["headers"]}
    assert named.keys() >= {"predict", "png", "bad_image"}
    for name, event in named.items():
        body = event["body"].encode()
        sent = base64.b64decode(body) if event["isBase64Encoded"] else body
        assert event["headers"]["content-length"] == str(len(sent)), name


def test_the_files_hold_what_the_script_draws() -> None:
    for name, event in events().items():
        assert load_event(name) == event, name
    assert (FOLDER / "bodies/predict.json").read_text() == predict_body(5)
    assert (FOLDER / "bodies/classify.json").read_text() == classify_body(range(10))
    assert (FOLDER / "bodies/seven.png").read_bytes() == png(7)
    assert (FOLDER / "bodies/amount.png").read_bytes() == amount()
    assert (FOLDER / "bodies/form.json").read_text() == form_body()


def header(response: dict[str, Any], name: str) -> str:
    """Return a header of a response to an event with single-value headers."""
    value: str = response["headers"][name]
    return value
