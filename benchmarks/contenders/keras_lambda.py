"""The way of AWS's template for this job (`sam init`, machine learning, TensorFlow): Keras in the handler."""

import base64
import io
import json
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

model = tf.keras.models.load_model("/opt/ml/digits.keras")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Read one image in base64, with the model called as a function."""
    image = Image.open(io.BytesIO(base64.b64decode(event["body"]))).convert(mode="L").resize((28, 28))
    probabilities = model(np.array(image, np.float32).reshape(1, 28, 28, 1) / 255)
    return {"statusCode": 200, "body": json.dumps({"predicted_label": int(np.argmax(probabilities))})}
