"""The network alone: a batch of blank images through LiteRT, in the shape of a Lambda handler."""

from typing import Any

import numpy as np

from benchmarks.contenders.floor import entry, interpreter


def handler(event: dict[str, int], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Run a batch of `event["batch"]` images; the tensors stay as they are while the size does."""
    size = event["batch"]
    if interpreter.get_input_details()[0]["shape"][0] != size:
        interpreter.resize_tensor_input(entry, (size, 28, 28, 1))
        interpreter.allocate_tensors()
        interpreter.set_tensor(entry, np.zeros((size, 28, 28, 1), np.float32))
    interpreter.invoke()
    return {"statusCode": 200}
