"""SnapStart: what is done before Lambda takes the snapshot that starts are restored from, and after."""

import gc
import json
import os
import random

from api.documentation import PNG, ROWS
from api.events import Handler


class WarmUpError(Exception):
    """Raised before the snapshot, so that no version is published that does not answer with 200."""


def prepare(handler: Handler) -> None:
    """Register Lambda's runtime hooks, where the function starts in order to be snapshotted.

    Source: AWS Lambda Developer Guide, "Lambda SnapStart runtime hooks" and "Handling uniqueness".
    """
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        return
    # Lambda's runtime brings it; nothing else has it.
    from snapshot_restore_py import register_after_restore, register_before_snapshot  # noqa: PLC0415

    register_before_snapshot(warm_up, handler)
    register_after_restore(random.seed)  # or every restored copy would draw the same


def warm_up(handler: Handler) -> None:
    """Answer a request of each kind, so that the snapshot holds what a first one loads and lays out.

    Raises:
        WarmUpError: an answer is not 200.
    """
    for path, body in (("/predict", {"data": ROWS}), ("/classify", {"requests": [{"image": PNG}]})):
        answer = handler(_event(path, json.dumps(body)), None)
        if answer["statusCode"] != 200:
            raise WarmUpError(f"{path} must answer 200. Received: {answer['statusCode']} {answer['body']}")
    gc.collect()
    gc.freeze()


def _event(path: str, body: str) -> dict[str, object]:
    """Make an event of an HTTP API that has the picture normalized, which takes the longest way."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "normalize=always",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": path, "sourceIp": "127.0.0.1"}},
        "body": body,
        "isBase64Encoded": False,
    }
