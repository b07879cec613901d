"""Lambda's events: HTTP requests for the application, pings, and events that must not pass for done."""

import asyncio
import binascii
import json
import logging
from collections.abc import Callable
from typing import Any, TypeGuard
from urllib.parse import urlencode

from fastapi import FastAPI
from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from mangum.types import LambdaContext

from api import journal
from api.problems import MEDIA_TYPE, Problem, describe
from digits.errors import received_members

logging.getLogger("mangum").setLevel(logging.WARNING)  # at INFO it repeats paths as they came

_SCHEDULERS = ("aws.events", "aws.scheduler")  # sources of EventBridge's rules and of EventBridge Scheduler

Handler = Callable[[Any, Any], dict[str, Any]]
Event = object  # whatever JSON an invocation brings


class NotAsked(Exception):
    """Raised for an event that no request made, so that Lambda tries again and then dead-letters it."""


def make_handler(app: FastAPI, health: dict[str, str]) -> Handler:
    """Make the Lambda handler of an application.

    HTTP API (payload 1.0 and 2.0), REST API, function URL, load balancer and VPC Lattice events go to
    `app`, members that are null left out. A warm-up ping, `{"warmup": true}` or a scheduled event, is
    answered with `health`. An event of a queue, topic, bucket or stream, or of an event bus, raises
    NotAsked, as an answer would count as a success and the event be lost. Anything else gets a problem of
    status 400, in the shape of an HTTP answer, so that whoever invoked the function can read it.
    """
    _provide_event_loop()
    # Lifespan would run on every invocation. A type not listed as text goes out base64-encoded.
    text = [*DEFAULT_TEXT_MIME_TYPES, MEDIA_TYPE, "image/svg+xml"]
    http = Mangum(app, lifespan="off", text_mime_types=text)

    def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
        if _is_ping(event):
            return health
        if _is_message(event):
            raise NotAsked(f"The function takes no messages. Received: {received_members(event)}")
        event = from_lattice(event)
        if not _is_request(event):
            journal.logger.warning("An event that is no HTTP request was refused")  # nobody else may be told
            return _refuse('The function takes HTTP events and {"warmup": true}.', event, context)
        present = {key: value for key, value in event.items() if value is not None}
        try:
            return http({"headers": {}, **present}, context)
        except binascii.Error:
            journal.logger.warning("An event whose body is not the base64 that it says was refused")
            return _refuse("The event's body must be the base64 that isBase64Encoded says.", event, context)
        except Exception:  # the application answers its own failures: this is the event's
            journal.logger.exception("An event of no known HTTP source, or one that lacks members")
            return _refuse("The event is not one that an HTTP source of Lambda sends.", event, context)

    return handler


def _provide_event_loop() -> None:
    """Give the thread the event loop that Mangum runs on, unless it is a server's and has one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())


def _is_request(event: Event) -> TypeGuard[dict[str, Any]]:
    """Return whether an event is for HTTP; one for an authorizer is like one but for its `type`."""
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict) or "type" in event:
        return False
    http = event["requestContext"].get("http")
    method = http.get("method") if isinstance(http, dict) else event.get("httpMethod")
    return isinstance(method, str)


def _is_ping(event: Event) -> bool:
    return isinstance(event, dict) and (event.get("warmup") is True or event.get("source") in _SCHEDULERS)


def _is_message(event: Event) -> bool:
    """Return whether an event is one whose sender waits for no answer, but tries again after an error."""
    return isinstance(event, dict) and (
        isinstance(event.get("Records"), list) or {"source", "detail-type"} <= event.keys()
    )


def from_lattice(event: Event) -> Event:
    """Make an HTTP API's event of VPC Lattice's, in either version; leave any other as it is.

    Source: Amazon VPC Lattice User Guide, "Lambda functions as targets".
    """
    if not isinstance(event, dict) or not isinstance(event.get("method"), str):
        return event
    path = event.get("raw_path", event.get("path"))
    if not isinstance(path, str):
        return event
    query = event.get("query_string_parameters") or event.get("queryStringParameters") or {}
    headers = event.get("headers") or {}
    if not isinstance(query, dict) or not isinstance(headers, dict):
        return event
    return {
        "version": "2.0",
        "rawPath": path.partition("?")[0],
        "rawQueryString": urlencode(query, doseq=True),
        "headers": {
            name: ", ".join(value) if isinstance(value, list) else value for name, value in headers.items()
        },
        "requestContext": {"http": {"method": event["method"], "path": path, "sourceIp": "0.0.0.0"}},  # noqa: S104 - Lattice names none
        "body": event.get("body"),
        "isBase64Encoded": event.get("is_base64_encoded", event.get("isBase64Encoded", False)),
    }


def _refuse(detail: str, event: Event, context: object) -> dict[str, Any]:
    problem = describe(Problem("unknown-event", f"{detail} Received: {received_members(event)}"))
    return {
        "statusCode": problem["status"],
        "headers": {"content-type": MEDIA_TYPE},
        "body": json.dumps({**problem, "instance": getattr(context, "aws_request_id", "")}),
        "isBase64Encoded": False,
    }
