import json
from types import SimpleNamespace
from typing import Any

import pytest

from api.app import model
from api.handler import handler
from events.sources import alb, http_v2, rest_v1
from tests.samples.drawings import as_text, draw, draw_mnist, encode

CONTEXT = SimpleNamespace(aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
PIXELS = json.dumps({"data": draw_mnist(5).tolist()})
PNG = encode(draw(5))


SOURCES = [http_v2, rest_v1, alb]


def body_of(answer: dict[str, Any]) -> Any:
    assert answer["isBase64Encoded"] is False
    return json.loads(answer["body"])


@pytest.mark.parametrize("event", SOURCES)
class TestEverySource:
    def test_json_is_answered(self, event: Any) -> None:
        answer = handler(event("POST", "/predict", PIXELS), CONTEXT)
        assert answer["statusCode"] == 200
        assert body_of(answer)["prediction"] == "5"

    def test_a_binary_body_is_answered(self, event: Any) -> None:
        headers = {"content-type": "image/png"}
        members = {"isBase64Encoded": True, "headers": headers}
        if event is rest_v1:
            members["multiValueHeaders"] = {"content-type": ["image/png"]}
        assert (
            body_of(handler(event("POST", "/predict", as_text(PNG), **members), CONTEXT))["prediction"] == "5"
        )

    def test_a_batch_is_answered_on_a_path_with_two_slashes(self, event: Any) -> None:
        body = json.dumps({"requests": [{"image": as_text(PNG)}]})
        answer = handler(event("POST", "//mnist/classify", body), CONTEXT)
        assert body_of(answer)["responses"][0]["class"] == 5

    def test_a_problem_goes_out_as_text_under_lambdas_id(self, event: Any) -> None:
        answer = handler(event("POST", "/predict", "{"), CONTEXT)
        assert answer["statusCode"] == 400
        assert body_of(answer)["instance"] == CONTEXT.aws_request_id

    def test_the_page_goes_out_as_text(self, event: Any) -> None:
        answer = handler(event("GET", "/"), CONTEXT)
        assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
        assert answer["body"].startswith("<!doctype html>")

    @pytest.mark.parametrize("members", [{"headers": None}, {"headers": {}}, {"body": None}])
    def test_members_that_are_null_or_empty_do_no_harm(self, event: Any, members: dict[str, Any]) -> None:
        assert handler(event("GET", "/health", **members), CONTEXT)["statusCode"] == 200
        if event is rest_v1:
            members = {**members, "multiValueHeaders": None}
            assert handler(event("GET", "/health", **members), CONTEXT)["statusCode"] == 200

    def test_a_body_that_is_not_the_base64_it_says(
        self, event: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = handler(event("POST", "/predict", "a", isBase64Encoded=True), CONTEXT)
        assert answer["statusCode"] == 400
        assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)]
        assert body_of(answer)["type"] == "urn:problem-type:digits:unknown-event"

    def test_without_a_context_an_id_is_made(self, event: Any) -> None:
        answer = handler(event("POST", "/predict", "{"), None)
        assert len(body_of(answer)["instance"]) == 32


def test_a_query_is_read_from_each_source() -> None:
    for event in (
        http_v2("POST", "/predict", PIXELS, rawQueryString="explain=true&normalize=never"),
        rest_v1("POST", "/predict", PIXELS, multiValueQueryStringParameters={"explain": ["true"]}),
        rest_v1("POST", "/predict", PIXELS, queryStringParameters={"explain": "true"}),
        alb("POST", "/predict", PIXELS, queryStringParameters={"explain": "true"}),
        alb("POST", "/predict", PIXELS, multiValueQueryStringParameters={"explain": ["true"]}),
    ):
        assert "input" in body_of(handler(event, CONTEXT))


def test_a_load_balancer_with_multi_value_headers_gets_them_back() -> None:
    event = alb("POST", "/predict", PIXELS)
    event["multiValueHeaders"] = {name: [value] for name, value in event.pop("headers").items()}
    answer = handler(event, CONTEXT)
    assert answer["multiValueHeaders"]["content-type"] == ["application/json"]


@pytest.mark.parametrize(
    "event", [{"warmup": True}, {"source": "aws.events", "detail-type": "Scheduled Event"}]
)
def test_a_ping_is_answered_with_health(event: dict[str, Any]) -> None:
    assert handler(event, CONTEXT) == {"status": "ok", "model": model.version}


def test_of_an_unknown_events_names_no_more_than_their_beginning_is_told() -> None:
    detail = body_of(handler({"x" * 5000: 1, "Record": []}, CONTEXT))["detail"]
    assert detail.endswith(
        f"Received: an object with the members ['Record', '{'x' * 40}'… (5000 characters)]"
    )


NOT_HTTP: list[Any] = [
    None,
    [],
    "x",
    3,
    {},
    {"data": [[0]]},
    {"warmup": "yes"},
    {"requestContext": None},
    {"requestContext": {}},
    {"requestContext": "x", "version": "2.0"},
    {"version": "2.0", "requestContext": {}},
    {"version": "2.0", "requestContext": {"http": {}}},
    {"version": "3.0", "requestContext": {"http": {}}},
    {"resource": "/", "requestContext": {}},
    {"requestContext": {"elb": {}}},
    http_v2("GET", "/health", headers={"host": "a:b"}),
    http_v2("GET", "/health", headers={"x-forwarded-port": "x"}),
    http_v2("GET", "/health", headers={"accept": None}),
    http_v2("GET", "/health", headers=["accept"]),
    http_v2("POST", "/predict", body={"data": []}),  # type: ignore[arg-type]
    http_v2("GET", "/health", rawQueryString=3),
]


@pytest.mark.parametrize("event", NOT_HTTP)
def test_an_event_that_is_no_http_request_gets_a_clear_answer(event: Any) -> None:
    answer = handler(event, CONTEXT)
    assert answer["statusCode"] == 400
    assert answer["headers"]["content-type"] == "application/problem+json"
    problem = body_of(answer)
    assert problem["title"] == "The event is not an HTTP request"
    assert problem["instance"] == CONTEXT.aws_request_id
    assert "Received: " in problem["detail"]
