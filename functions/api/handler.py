"""Lambda's start: the function's handler, made with as little work as it can be, and SnapStart's hooks."""

import gc
import json
import os
import random
import sys

from pydantic import BaseModel

# What importing makes is there to stay, so the collector would look for garbage among it in vain.
gc.disable()

# FastAPI asks of every parameter whether it is a model of Pydantic 1, and takes a missing package for a no.
sys.modules["pydantic.v1"] = None  # type: ignore[assignment]

# Models are built when first used: FastAPI's forty of OpenAPI, and ours, when /openapi.json is asked for.
BaseModel.model_config["defer_build"] = True

# Only now, as all of the above is for these imports.
from api.app import app, health_status  # noqa: E402
from api.documentation import PNG, ROWS  # noqa: E402
from api.events import Handler, make_handler  # noqa: E402
from events.sources import http_v2  # noqa: E402


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
        # Normalizing takes the longest way.
        event = http_v2("POST", path, json.dumps(body), rawQueryString="normalize=always")
        answer = handler(event, None)
        if answer["statusCode"] != 200:
            raise WarmUpError(f"{path} must answer 200. Received: {answer['statusCode']} {answer['body']}")
    gc.collect()
    gc.freeze()


handler = make_handler(app, health_status)
prepare(handler)

# All that has been made so far stays, so the collector need not look at it again.
gc.freeze()
gc.enable()
