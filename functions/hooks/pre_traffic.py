"""The pre-traffic hook: a new version must read known digits and learned corrections before it serves."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3

from environment import BUNDLED_MODEL
from events import load_event

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

Event = dict[str, Any]
Answer = dict[str, Any]
Check = tuple[str, Event, Callable[[Any], Any], Any]  # name, event, reader of its answer, expected

CORRECTIONS = BUNDLED_MODEL / "corrections.json"  # what tuning learned; absent where nothing was tuned
BATCH = 10  # corrections a request, as many as the digits of events/classify.json

_DIGITS = list(range(10))
_BLANK = json.dumps({"data": [[0] * 28] * 28})


def handler(event: Event, context: object) -> None:  # noqa: ARG001 - Lambda hands it over
    """Check the new version and tell CodeDeploy, which shifts no traffic unless all is well."""
    faults = find_faults(_invoke, CORRECTIONS)
    for fault in faults:
        logger.error(fault)
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Failed" if faults else "Succeeded",
    )


def find_faults(invoke: Callable[[Event], Answer], corrections: Path) -> list[str]:
    """Have a function read known digits, a blank sheet and corrections; return a line for each wrong answer.

    `corrections` is the file that tuning wrote beside the model, if it wrote one.
    """
    checks: list[Check] = [
        ("a batch", load_event("classify"), _classes, [(digit, True) for digit in _DIGITS]),
        ("rows of numbers", load_event("predict"), _prediction, ("5", True)),
        ("an image file", load_event("png"), _prediction, ("7", True)),
        ("a blank sheet", load_event("predict") | {"body": _BLANK}, lambda body: body["is_digit"], False),
        *_corrections(corrections),
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


def _corrections(path: Path) -> Iterator[Check]:
    """Yield a check for each BATCH of the corrections in a file; none where there is no file."""
    known = json.loads(path.read_text("utf-8")) if path.exists() else []
    for start in range(0, len(known), BATCH):
        part = known[start : start + BATCH]
        body = json.dumps({"requests": [{"image": one["image"]} for one in part]})
        event = load_event("classify") | {"rawQueryString": "normalize=never", "body": body}
        yield f"corrections from {start + 1} on", event, _labels, [one["label"] for one in part]


def _labels(body: Answer) -> list[int | None]:
    """Return the digits of a batch, None for what is no digit."""
    return [each["class"] if each["is_digit"] else None for each in body["responses"]]


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
