"""The application below a prefix and for pages of other origins, in a fresh interpreter with its settings."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from events import load_event
from events.draw import predict_body
from events.sources import alb, http_v1, http_v2, rest_v1
from tests.api.test_imports import PATH

PROGRAM = """
import json, sys
from types import SimpleNamespace
from api.handler import handler
answers = [handler(event, SimpleNamespace(aws_request_id="x")) for event in json.load(sys.stdin)]
print(json.dumps(answers))
"""
ORIGIN = "https://a.example"


def ask(events: list[dict[str, Any]], **settings: str) -> list[dict[str, Any]]:
    """Return the answers of a function with these settings."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | settings | {"PYTHONPATH": PATH},
        input=json.dumps(events),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_every_front_door_is_answered_below_a_prefix() -> None:
    """As the mapping key of a domain, a named stage and a listener's rule leave it in the path."""
    body = predict_body(5)
    doors = (http_v2, http_v1, rest_v1, alb)
    answers = ask([door("POST", "/ocr/predict", body) for door in doors], ROOT_PATH="/ocr")
    assert [json.loads(answer["body"])["prediction"] for answer in answers] == ["5"] * 4


def test_the_sample_events_with_a_prefix_are_read_below_it_and_not_beside_it() -> None:
    """A prefix ends where a segment does, and an event of its own stage comes without."""
    names = ("mapping_key", "named_stage", "base_path", "alb_rule", "rest_v1", "alb")
    answers = ask([load_event(name) for name in names], ROOT_PATH="/ocr")
    assert [json.loads(answer["body"])["prediction"] for answer in answers] == ["6"] * 4 + ["3", "8"]
    strangers = ask([load_event(name) for name in names[:4]], ROOT_PATH="/oc")
    assert [answer["statusCode"] for answer in strangers] == [404] * 4


def test_page_docs_and_description_stand_below_the_prefix() -> None:
    paths = ["/ocr", "/ocr/", "/ocr/page.js", "/ocr/docs", "/ocr/openapi.json", "/ocrs/health", "/health"]
    answers = ask([http_v2("GET", path) for path in paths], ROOT_PATH="/ocr")
    assert [answer["statusCode"] for answer in answers] == [308, 200, 200, 200, 200, 404, 200]
    assert answers[0]["headers"]["location"] == "ocr/"
    assert json.loads(answers[4]["body"])["servers"] == [{"url": "/ocr"}]


def test_the_curl_line_of_a_refusal_has_the_prefix() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    (answer,) = ask([http_v2("POST", "/ocr/predict", "data=1", headers=form)], ROOT_PATH="/ocr")
    assert "curl -F image=@FILE http://HOST/ocr/predict ." in json.loads(answer["body"])["detail"]


def test_a_page_of_an_origin_that_is_named_may_call() -> None:
    wish = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    events = [
        http_v2("OPTIONS", "/predict", headers={"origin": ORIGIN, **wish}),
        http_v2("POST", "/predict", "{", headers={"origin": ORIGIN, "content-type": "application/json"}),
        http_v2("OPTIONS", "/predict", headers={"origin": "https://b.example", **wish}),
        http_v2("GET", "/health", headers={"origin": "https://b.example"}),
    ]
    preflight, refusal, foreign, silent = ask(events, CORS_ORIGINS=ORIGIN)
    assert preflight["statusCode"] == 200
    assert preflight["headers"]["access-control-allow-origin"] == ORIGIN
    assert refusal["statusCode"] == 400
    assert refusal["headers"]["access-control-allow-origin"] == ORIGIN
    assert foreign["statusCode"] == 400
    assert "access-control-allow-origin" not in silent["headers"]


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_without_the_setting_nobody_is_named(method: str) -> None:
    (answer,) = ask([http_v2(method, "/health", headers={"origin": ORIGIN})])
    assert not [name for name in answer["headers"] if name.startswith("access-control")]
