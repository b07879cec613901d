"""Every shape of event that might reach the function.

Powertools' classes vouch for each: they must find in it what a program would look for.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import (
    ALBEvent,
    APIGatewayProxyEvent,
    APIGatewayProxyEventV2,
    APIGatewayWebSocketEvent,
    EventBridgeEvent,
    KinesisStreamEvent,
    LambdaFunctionUrlEvent,
    S3Event,
    SNSEvent,
    SQSEvent,
    VPCLatticeEvent,
    VPCLatticeEventV2,
)
from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
    APIGatewayAuthorizerEventV2,
    APIGatewayAuthorizerRequestEvent,
    APIGatewayAuthorizerTokenEvent,
)
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from api.app import model
from api.events import NotAsked
from api.handler import handler
from events.sources import (
    alb,
    alb_multi,
    function_url,
    http_v1,
    http_v2,
    lattice_v1,
    lattice_v2,
    rest_v1,
)
from tests.api.test_handler import CONTEXT, body_of
from tests.samples.drawings import as_text, draw, draw_mnist, encode

Event = dict[str, Any]
PIXELS = json.dumps({"data": draw_mnist(5).tolist()})
PNG = encode(draw(5))

# How an event is made, and Powertools' class of it.
HTTP: dict[str, tuple[Callable[..., Event], type[BaseProxyEvent]]] = {
    "HTTP API, format 2.0": (http_v2, APIGatewayProxyEventV2),
    "HTTP API, format 1.0": (http_v1, APIGatewayProxyEvent),
    "REST API": (rest_v1, APIGatewayProxyEvent),
    "function URL": (function_url, LambdaFunctionUrlEvent),
    "load balancer": (alb, ALBEvent),
    "load balancer, multi-value headers": (alb_multi, ALBEvent),
}

# In place of any member.
WRONG: list[Any] = [7, "x", [], [None], {"x": None}, {"x": {}}, {"http": {"method": []}}, True]


@pytest.mark.parametrize("source", HTTP)
class TestEveryHttpSource:
    def test_the_event_is_one_as_powertools_knows_it(self, source: str) -> None:
        make, known = HTTP[source]
        event = known(make("POST", "/predict", as_text(b"body"), isBase64Encoded=True))
        assert (event.http_method, event.path, event.decoded_body) == ("POST", "/predict", "body")
        content_type = event.resolved_headers_field["content-type"]
        assert content_type in ("application/json", ["application/json"])

    def test_a_digit_is_read(self, source: str) -> None:
        make, _ = HTTP[source]
        answer = handler(make("POST", "/predict", PIXELS), CONTEXT)
        assert (answer["statusCode"], body_of(answer)["prediction"]) == (200, "5")

    def test_a_picture_in_base64_is_read(self, source: str) -> None:
        make, _ = HTTP[source]
        event = make("POST", "/predict", as_text(PNG), isBase64Encoded=True)
        text = json.dumps(event).replace("application/json", "image/png")
        answer = handler(json.loads(text), CONTEXT)
        assert (answer["statusCode"], body_of(answer)["prediction"]) == (200, "5")

    def test_the_answer_has_its_headers_where_the_source_looks_for_them(self, source: str) -> None:
        make, _ = HTTP[source]
        answer = handler(make("GET", "/health"), CONTEXT)
        many = source == "load balancer, multi-value headers"
        headers = answer["multiValueHeaders" if many else "headers"]
        assert headers["content-type"] == (["application/json"] if many else "application/json")

    def test_every_member_that_may_be_null_can_be(self, source: str) -> None:
        make, _ = HTTP[source]
        event = make("GET", "/health")
        needed = {"requestContext", "path", "httpMethod", "resource", "version", "rawPath"}
        assert handler(event | dict.fromkeys(event.keys() - needed), CONTEXT)["statusCode"] == 200

    def test_every_member_but_those_that_say_what_is_asked_may_be_missing(self, source: str) -> None:
        make, _ = HTTP[source]
        event = make("GET", "/health")
        needed = {"requestContext", "path", "httpMethod", "resource", "version", "rawPath"}
        bare = {name: event[name] for name in event.keys() & needed}
        assert handler(bare, CONTEXT)["statusCode"] == 200

    def test_each_member_of_a_wrong_type_is_answered(self, source: str) -> None:
        make, _ = HTTP[source]
        whole = make("POST", "/predict", PIXELS)
        for name in whole:
            for wrong in WRONG:
                assert handler(whole | {name: wrong}, CONTEXT)["statusCode"] < 500, (name, wrong)


class TestStages:
    def test_a_rest_api_keeps_its_stage_out_of_the_path(self) -> None:
        event = rest_v1("POST", "/predict", PIXELS)
        assert event["requestContext"]["path"] == "/prod/predict"
        assert handler(event, CONTEXT)["statusCode"] == 200

    @pytest.mark.parametrize("make", [http_v2, http_v1])
    def test_a_named_stage_of_an_http_api_stands_in_the_path_and_the_answer_says_so(
        self, make: Callable[..., Event]
    ) -> None:
        answer = handler(make("POST", "/prod/predict", PIXELS), CONTEXT)
        assert answer["statusCode"] == 404
        assert body_of(answer)["detail"] == "Not Found. Received: POST '/prod/predict'"


SOCKET = {
    "requestContext": {
        "apiId": "a",
        "connectionId": "c",
        "eventType": "CONNECT",
        "identity": {"sourceIp": "203.0.113.9"},
        "requestId": "r",
        "routeKey": "$connect",
        "stage": "prod",
    },
    "headers": {"Host": "a.execute-api.eu-west-1.amazonaws.com"},
    "multiValueHeaders": {"Host": ["a.execute-api.eu-west-1.amazonaws.com"]},
    "isBase64Encoded": False,
}
SECRET = "Bearer c2VjcmV0"
METHOD = "arn:aws:execute-api:eu-west-1:123456789012:a/prod/GET/health"

# Events that ask for no HTTP answer: how Powertools reads one member of it, and that member.
OTHERS: dict[str, tuple[Event, Callable[[Event], Any], Any]] = {
    "WebSocket, connect": (
        SOCKET,
        lambda event: APIGatewayWebSocketEvent(event).request_context.route_key,
        "$connect",
    ),
    "WebSocket, message": (
        {**SOCKET, "body": PIXELS},
        lambda event: APIGatewayWebSocketEvent(event).body,
        PIXELS,
    ),
    "authorizer, token": (
        {"type": "TOKEN", "authorizationToken": SECRET, "methodArn": METHOD},
        lambda event: APIGatewayAuthorizerTokenEvent(event).authorization_token,
        SECRET,
    ),
    "authorizer, request": (
        {**rest_v1("GET", "/health"), "type": "REQUEST", "methodArn": METHOD},
        lambda event: APIGatewayAuthorizerRequestEvent(event).method_arn,
        METHOD,
    ),
    "authorizer of an HTTP API": (
        {**http_v2("GET", "/health"), "type": "REQUEST", "routeArn": METHOD, "identitySource": [SECRET]},
        lambda event: APIGatewayAuthorizerEventV2(event).identity_source,
        [SECRET],
    ),
}

# Events whose sender waits for no answer, in the same form.
MESSAGES: dict[str, tuple[Event, Callable[[Event], Any], Any]] = {
    "EventBridge": (
        {"version": "0", "source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {}}},
        lambda event: EventBridgeEvent(event).source,
        "aws.s3",
    ),
    "SQS": (
        {"Records": [{"messageId": "m", "body": SECRET, "eventSource": "aws:sqs"}]},
        lambda event: next(SQSEvent(event).records).body,
        SECRET,
    ),
    "SNS": (
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": SECRET}}]},
        lambda event: SNSEvent(event).sns_message,
        SECRET,
    ),
    "S3": (
        {"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "b"}, "object": {"key": "k"}}}]},
        lambda event: S3Event(event).object_key,
        "k",
    ),
    "Kinesis": (
        {"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": as_text(b"x")}}]},
        lambda event: next(KinesisStreamEvent(event).records).kinesis.data_as_bytes(),
        b"x",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_request_that_is_not_http_is_refused_and_logged_without_its_content(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    event, look, found = OTHERS[name]
    assert look(event) == found
    answer = handler(event, CONTEXT)
    assert answer["statusCode"] == 400
    assert body_of(answer)["type"] == "urn:problem-type:digits:unknown-event"
    assert [record.levelname for record in caplog.records] in (["WARNING"], ["ERROR"])
    written = caplog.text + answer["body"]
    assert SECRET not in written
    assert PIXELS not in written
    assert not {"isAuthorized", "policyDocument"} & answer.keys()  # so an authorizer lets nobody in


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_not_lost_as_a_success(name: str, caplog: pytest.LogCaptureFixture) -> None:
    event, look, found = MESSAGES[name]
    assert look(event) == found
    with pytest.raises(
        NotAsked, match=r"The function takes no messages\. Received: an object with"
    ) as raised:
        handler(event, CONTEXT)
    assert SECRET not in str(raised.value) + caplog.text


LATTICE: dict[str, tuple[Callable[..., Event], Any]] = {
    "version 1": (lattice_v1, VPCLatticeEvent),
    "version 2": (lattice_v2, VPCLatticeEventV2),
}


@pytest.mark.parametrize("version", LATTICE)
class TestLattice:
    def test_a_digit_is_read_from_numbers_and_from_a_picture(self, version: str) -> None:
        make, known = LATTICE[version]
        for event in (make("POST", "/predict", PIXELS), make("POST", "/predict", PNG, "image/png")):
            assert known(event).path == "/predict"
            answer = handler(event, CONTEXT)
            assert (answer["statusCode"], body_of(answer)["prediction"]) == (200, "5")
            assert answer["headers"]["content-type"] == "application/json"

    def test_the_query_is_read(self, version: str) -> None:
        make, _ = LATTICE[version]
        for query in ({"explain": "true"}, {"explain": ["true"]}):
            names = {"query_string_parameters": query, "queryStringParameters": query}
            assert "input" in body_of(handler(make("POST", "/predict", PIXELS, **names), CONTEXT))

    def test_each_member_of_a_wrong_type_is_answered(self, version: str) -> None:
        make, _ = LATTICE[version]
        whole = make("POST", "/predict", PIXELS)
        for name in whole:
            for wrong in WRONG:
                assert handler(whole | {name: wrong}, CONTEXT)["statusCode"] < 500, (name, wrong)


@pytest.mark.parametrize(
    "event",
    [
        {"version": "0", "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}"},
        {"warmup": True},
        {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
        {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "resources": None},
    ],
)
def test_a_ping_is_answered_with_health(event: Event) -> None:
    assert handler(event, CONTEXT) == {"status": "ok", "model": model.version}


def test_a_form_in_a_charset_that_no_codec_can_be_named_is_refused() -> None:
    """No HTTP server lets a NUL into a header; an event may hold one."""
    form = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x; charset=a\0b"}
    assert handler(http_v2("POST", "/predict", form, headers=headers), CONTEXT)["statusCode"] == 400
