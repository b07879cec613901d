"""The pre-traffic hook: a new version must read the digits that we know before any request reaches it."""

import json
import logging
import os
from collections.abc import Callable
from typing import Any

import boto3

from events import load_event

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

Event = dict[str, Any]
Answer = dict[str, Any]

_DIGITS = list(range(10))
_BLANK = json.dumps({"data": [[0] * 28] * 28})


def handler(event: Event, context: object) -> None:  # noqa: ARG001 - Lambda hands it over
    """Check the new version and tell CodeDeploy, which shifts no traffic unless all is well."""
    faults = find_faults(_invoke)
    for fault in faults:
        logger.error(fault)
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Failed" if faults else "Succeeded",
    )


def find_faults(invoke: Callable[[Event], Answer]) -> list[str]:
    """Have a function read known digits and a blank sheet; tell each answer that is wrong, or none."""
    checks: list[tuple[str, Event, Callable[[Any], Any], Any]] = [
        ("a batch", load_event("classify"), _classes, [(digit, True) for digit in _DIGITS]),
        ("rows of numbers", load_event("predict"), _prediction, ("5", True)),
        ("an image file", load_event("png"), _prediction, ("7", True)),
        ("a blank sheet", load_event("predict") | {"body": _BLANK}, lambda body: body["is_digit"], False),
    ]
    faults = []
    for name, event, read, expected in checks:
        try:
            answer = invoke(event)
            found = read(json.loads(answer["body"])) if answer["statusCode"] == 200 else answer
        except Exception as error:  # whatever is wrong with the new version is a reason to stop
            logger.exception("No answer to %s", name)
            found = error
        if found != expected:
            faults.append(f"The answer to {name} should be {expected}. Received: {found!r}")
    return faults


def _classes(body: Answer) -> list[tuple[int, bool]]:
    return [(each["class"], each["is_digit"]) for each in body["responses"]]


def _prediction(body: Answer) -> tuple[str, bool]:
    return body["prediction"], body["is_digit"]


def _invoke(event: Event) -> Answer:
    """Invoke the new version; a failure of its process is raised as the answer that Lambda gives for it."""
    response = boto3.client("lambda").invoke(
        FunctionName=os.environ["NEW_VERSION"], Payload=json.dumps(event).encode()
    )
    answer: Answer = json.load(response["Payload"])
    if response.get("FunctionError"):
        raise RuntimeError(answer)
    return answer
