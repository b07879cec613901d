"""A Flask application with /mnist/classify in front of a TensorFlow model, for gunicorn."""

import base64
import io

import numpy as np
import tensorflow as tf
from flask import Flask, Response, jsonify, request
from PIL import Image

app = Flask(__name__)
model = tf.keras.models.load_model("/opt/ml/digits.keras")


@app.post("/mnist/classify")
def classify() -> Response:
    """Read a batch of 28×28 images in base64."""
    files = [base64.b64decode(item["image"]) for item in request.get_json()["requests"]]
    images = np.stack([np.array(Image.open(io.BytesIO(file)), np.float32) for file in files])
    probabilities = model.predict_on_batch(images[..., np.newaxis] / 255)
    return jsonify(
        responses=[{"class": int(each.argmax()), "probability": float(each.max())} for each in probabilities]
    )
