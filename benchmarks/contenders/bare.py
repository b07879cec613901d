"""The network alone: a batch of blank images through LiteRT, in the shape of a Lambda handler."""

from typing import Any

import numpy as np

from benchmarks.contenders.floor import model


def handler(event: dict[str, int], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Run a batch of `event["batch"]` images."""
    model.predict(np.zeros((event["batch"], 28, 28), np.uint8))
    return {"statusCode": 200}
