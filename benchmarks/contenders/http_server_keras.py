"""Python's http.server with /predict in front of a TensorFlow model."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import tensorflow as tf

model = tf.keras.models.load_model("/opt/ml/digits.keras")


class Handler(BaseHTTPRequestHandler):
    """Answers POST /predict."""

    def do_POST(self) -> None:
        """Read 28 rows of 28 numbers."""
        body = self.rfile.read(int(self.headers["content-length"]))
        image = np.array(json.loads(body)["data"], np.float32).reshape(1, 28, 28, 1) / 255
        answer = json.dumps({"prediction": str(np.argmax(model.predict(image, verbose=0)))}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Write nothing: a line for each request would be measured too."""


if __name__ == "__main__":
    HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()  # noqa: S104 - in a container
