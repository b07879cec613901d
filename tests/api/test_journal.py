"""The log of a request, and the secrets that it never tells."""

import base64
import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import journal
from api.app import model
from api.handler import handler
from digits import recognize
from events import load_event
from events.sources import alb, http_v2, rest_v1
from tests.api.test_handler import PIXELS, SOURCES
from tests.samples.drawings import as_text, draw, draw_mnist, encode

CONTEXT = SimpleNamespace(aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
PNG = encode(draw(5))
SECRET = "c2VjcmV0LXRva2VuLW9mLWEtc3RyYW5nZXI"
Line = dict[str, Any]


class Log:
    """The lines written so far: those of the logger and those of the metrics."""

    def __init__(self, logged: io.StringIO, printed: pytest.CaptureFixture[str]) -> None:
        self._logged, self._printed = logged, printed

    def take(self) -> tuple[list[Line], list[Line]]:
        """Return records and metrics, each line of which must be JSON, and forget them."""
        logged, printed = self._logged.getvalue(), self._printed.readouterr().out
        self._logged.seek(0)
        self._logged.truncate()
        return list(map(json.loads, logged.splitlines())), list(map(json.loads, printed.splitlines()))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Log:
    logged = io.StringIO()
    monkeypatch.setattr(journal.logger.registered_handler, "stream", logged)
    capsys.readouterr()
    return Log(logged, capsys)


def metric(lines: list[Line], name: str, **dimensions: str) -> list[float]:
    """Return the values of a metric, reading its lines as CloudWatch does."""
    values: list[float] = []
    for line in lines:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Digits"
        (names,) = directive["Dimensions"]
        if {key: line[key] for key in names} == {"service": "digits", **dimensions}:
            values += [value for each in directive["Metrics"] if each["Name"] == name for value in line[name]]
    return values


@pytest.mark.parametrize("event", SOURCES)
def test_a_request_leaves_one_record_with_its_ids_route_version_and_stages(event: Any, log: Log) -> None:
    request = event("POST", "/predict", PIXELS)
    request["requestContext"]["requestId"] = "JKJaXmPLvHcESHA="
    handler(request, CONTEXT)
    (record,), _ = log.take()
    assert record["request_id"] == CONTEXT.aws_request_id
    assert record["correlation_id"] == "JKJaXmPLvHcESHA="
    assert (record["level"], record["service"]) == ("INFO", "digits")
    assert (record["route"], record["status"], record["model"]) == ("/predict", 200, model.version)
    assert list(record["stages_ms"]) == ["decode", "normalize", "infer"]
    assert all(0 < milliseconds < 10_000 for milliseconds in record["stages_ms"].values())
    assert record["classes"] == {"5": 1}


def test_the_record_carries_the_trace_of_x_ray(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5c536348-3d683b8b04734faae651f476;Parent=1;Sampled=1")
    handler(http_v2("GET", "/health"), CONTEXT)
    (record,), _ = log.take()
    assert record["xray_trace_id"] == "1-5c536348-3d683b8b04734faae651f476"


def test_a_batch_is_measured_whole(log: Log) -> None:
    files = [*(encode(draw(digit)) for digit in (5, 5, 7)), encode(draw(1, ink=255))]  # the last one is blank
    body = json.dumps({"requests": [{"image": as_text(file)} for file in files]})
    handler(http_v2("POST", "/mnist/classify", body), CONTEXT)
    (record,), metrics = log.take()
    assert record["classes"] == {"5": 2, "7": 1, "none": 1}
    assert metric(metrics, "BatchSize") == [4]
    assert metric(metrics, "Predictions", **{"class": "5"}) == [2]
    assert metric(metrics, "Predictions", **{"class": "none"}) == [1]
    for stage, milliseconds in record["stages_ms"].items():
        assert metric(metrics, "LatencyMs", stage=stage) == [milliseconds]


def test_the_scores_of_each_picture_are_there_to_be_watched(log: Log) -> None:
    files = [encode(draw(5)), encode(draw(1, ink=255))]  # the last one is blank
    body = json.dumps({"requests": [{"image": as_text(file)} for file in files]})
    answer = handler(http_v2("POST", "/classify", body), CONTEXT)
    read = json.loads(answer["body"])["responses"]
    _, metrics = log.take()
    assert metric(metrics, "NotDigit") == [0, 1]
    assert metric(metrics, "DigitScore") == pytest.approx([each["digit_score"] for each in read], abs=0.001)
    assert metric(metrics, "Probability") == pytest.approx([each["probability"] for each in read], abs=0.001)


def test_a_line_holds_no_more_values_than_cloudwatch_takes(log: Log) -> None:
    record = journal.begin("x")
    record.readings += [SimpleNamespace(is_digit=True, digit_score=0.9, probability=1.0)] * 230  # type: ignore[list-item]
    scope = {"aws.context": CONTEXT, "aws.event": {}, "method": "POST"}
    journal.write(record, scope, 200, model.version)
    _, metrics = log.take()
    assert [len(line["NotDigit"]) for line in metrics if "NotDigit" in line] == [100, 100, 30]


@pytest.mark.parametrize("name", ["open_inference", "tensorflow_serving"])
def test_other_protocols_are_measured_as_well(name: str, log: Log) -> None:
    handler(load_event(name), CONTEXT)
    (record,), metrics = log.take()
    assert list(record["stages_ms"]) == ["decode", "normalize", "infer"]
    assert record["classes"]
    for class_, times in record["classes"].items():
        assert metric(metrics, "Predictions", **{"class": class_}) == [times]


def test_refusals_and_failures_are_rates(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    handler(http_v2("POST", "/predict", PIXELS), CONTEXT)
    handler(http_v2("POST", "/predict", "{"), CONTEXT)
    records, metrics = log.take()
    assert [record.get("refusal") for record in records] == [None, "malformed-json"]
    assert metric(metrics, "Refusals") == [0, 1]
    assert metric(metrics, "ServerErrors") == [0, 0]

    monkeypatch.setattr(recognize, "read_candidates", lambda *_: 1 / 0)
    assert handler(http_v2("POST", "/predict", PIXELS), CONTEXT)["statusCode"] == 500
    (failure, record), metrics = log.take()
    assert failure["level"] == "ERROR"
    assert failure["request_id"] == CONTEXT.aws_request_id
    assert failure["exception_name"] == "ZeroDivisionError"
    assert record["status"] == 500
    assert metric(metrics, "ServerErrors") == [1]
    assert metric(metrics, "Refusals") == [0]


def test_strangers_who_try_paths_are_no_refusals(log: Log) -> None:
    handler(http_v2("POST", f"/{SECRET}", PIXELS), CONTEXT)
    (record,), metrics = log.take()
    assert (record["route"], record["status"]) == ("none", 404)
    assert metric(metrics, "Refusals") == []


def test_the_first_request_of_an_environment_is_its_cold_start(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_starts", iter((True,)))
    for _ in range(3):
        handler(http_v2("GET", "/health"), CONTEXT)
    records, metrics = log.take()
    assert [record["cold_start"] for record in records] == [True, False, False]
    assert metric(metrics, "ColdStart") == [1, 0, 0]


def test_a_server_other_than_lambda_logs_failures_alone(
    log: Log, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/predict", content=PIXELS)
    assert log.take() == ([], [])
    monkeypatch.setattr(recognize, "read_candidates", lambda *_: 1 / 0)
    client.post("/predict", content=PIXELS)
    (failure,), metrics = log.take()
    assert failure["exception_name"] == "ZeroDivisionError"
    assert metrics == []


def confidential() -> list[dict[str, Any]]:
    """Return requests, good and bad, that hold a secret or a picture wherever a request can hold one."""
    token = {
        "authorization": f"Bearer {SECRET}",
        "cookie": SECRET,
        "x-api-key": SECRET,
        "x-request-id": SECRET,
    }
    png: Line = {"body": as_text(PNG), "isBase64Encoded": True}
    as_json, as_png = {"content-type": "application/json"}, {"content-type": "image/png"}
    bad = (
        {"data": SECRET},
        {"requests": [{"image": SECRET}]},
        {SECRET: 1},
        SECRET,
        {"data": [[SECRET] * 9] * 9},
    )
    requests = [
        http_v2("POST", "/predict", PIXELS, headers=token | as_json),
        http_v2("POST", "/predict", headers=token | as_png, **png),
        http_v2("POST", "/predict", headers=token | {"content-type": SECRET}, **png),
        http_v2("POST", "/predict", PIXELS, rawQueryString=f"normalize={SECRET}&token={SECRET}"),
        http_v2("POST", f"/{SECRET}", PIXELS, headers=token),
        http_v2(SECRET, "/predict", PIXELS),
        http_v2("POST", "/predict", "{", cookies=[SECRET]),
        http_v2("POST", "/predict", SECRET, isBase64Encoded=True),
        http_v2("POST", "/predict", f"{SECRET}!", isBase64Encoded=True),
        {"version": "2.0", "requestContext": {"http": SECRET}, "body": SECRET},
        {SECRET: SECRET},
    ]
    for source in SOURCES:
        requests += [source("POST", "/mnist/classify", json.dumps(each), headers=token) for each in bad]
        requests += [source("POST", "/predict", json.dumps(each)) for each in bad]
    requests += [
        rest_v1("GET", "/health", queryStringParameters={"q": SECRET}),
        alb("PUT", "/predict", SECRET),
    ]
    return requests


@pytest.mark.parametrize("failing", [False, True])
def test_no_image_body_or_token_is_in_the_log(
    failing: bool, log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if failing:
        monkeypatch.setattr(recognize, "read_candidates", lambda *_: 1 / 0)
    events = confidential()
    with caplog.at_level("INFO"):
        for event in events:
            handler(event, CONTEXT)
    everything = str(log.take()) + caplog.text
    assert everything.count("'request_id'") >= len(events) - 4  # so many reached the application
    pixels = json.dumps(draw_mnist(5)[14].tolist())
    for kept in (SECRET, base64.b64decode(SECRET + "=").decode(), as_text(PNG)[:40], str(PNG[:16]), pixels):
        assert kept not in everything
        assert kept.encode().hex() not in everything
