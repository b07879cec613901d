"""Lambda's entry: whatever event comes, an answer goes back."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, TypeGuard

from fastapi import FastAPI
from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from mangum.types import LambdaContext

from api import journal
from api.problems import MEDIA_TYPE, Problem, describe
from digits.errors import received

logging.getLogger("mangum").setLevel(logging.WARNING)  # at INFO it repeats paths as they came

Handler = Callable[[Any, Any], dict[str, Any]]
Event = object  # whatever JSON an invocation brings


def make_handler(app: FastAPI, health: dict[str, str]) -> Handler:
    """Make the Lambda handler of an application.

    HTTP API (payload 1.0 and 2.0), REST API, function URL and load balancer events go to `app`,
    members that are null left out. A warm-up ping, `{"warmup": true}` or a scheduled EventBridge
    event, is answered with `health`. Anything else gets a problem of status 400, in the shape of an
    HTTP answer, so that whoever invoked the function can read it.
    """
    _provide_event_loop()
    # Lifespan would run on every invocation. A type not listed as text goes out base64-encoded.
    text = [*DEFAULT_TEXT_MIME_TYPES, MEDIA_TYPE, "image/svg+xml"]
    http = Mangum(app, lifespan="off", text_mime_types=text)

    def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
        if _is_ping(event):
            return health
        if not _is_request(event):
            journal.logger.warning("An event that is no HTTP request was refused")  # nobody else may be told
            return _refuse('The function takes HTTP events and {"warmup": true}.', event, context)
        present = {key: value for key, value in event.items() if value is not None}
        try:
            return http({"headers": {}, **present}, context)
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
    """Tell whether an event is for HTTP; one for an authorizer is like one but for its `type`."""
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict) or "type" in event:
        return False
    http = event["requestContext"].get("http")
    method = http.get("method") if isinstance(http, dict) else event.get("httpMethod")
    return isinstance(method, str)


def _is_ping(event: Event) -> bool:
    return isinstance(event, dict) and (event.get("warmup") is True or event.get("source") == "aws.events")


def _refuse(detail: str, event: Event, context: object) -> dict[str, Any]:
    shown = received(event)
    if isinstance(event, dict):
        shown = f"an object with the members [{', '.join(map(received, sorted(map(str, event))[:10]))}]"
    problem = describe(Problem("unknown-event", f"{detail} Received: {shown}"))
    return {
        "statusCode": problem["status"],
        "headers": {"content-type": MEDIA_TYPE},
        "body": json.dumps({**problem, "instance": getattr(context, "aws_request_id", "")}),
        "isBase64Encoded": False,
    }
