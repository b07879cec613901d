"""The contenders: what each runs, in which image, and what it is asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import questions

FUNCTION = "digits-benchmark"  # the function's own image
PLAIN = "digits-benchmark-plain"  # the same with the small contenders' code
KERAS = "digits-benchmark-keras"  # TensorFlow, and the contenders with it
BASE = "public.ecr.aws/lambda/python:3.13"

INVOKE = "/2015-03-31/functions/function/invocations"  # where the emulator listens


@dataclass(frozen=True)
class Contender:
    """Something to measure: a Lambda handler, or a server that listens on 8080."""

    name: str
    what: str
    image: str
    command: tuple[str, ...]  # a handler; or a program, given as entrypoint and arguments
    path: str
    question: Callable[[], bytes]  # the body that asks for one digit

    @property
    def is_lambda(self) -> bool:
        """Return whether the emulator runs it."""
        return self.path == INVOKE


def _asking(event: Callable[[], dict[str, Any]]) -> Callable[[], bytes]:
    return lambda: json.dumps(event()).encode()


DIGITS = Contender(
    "digits",
    "this function",
    FUNCTION,
    ("api.handler.handler",),
    INVOKE,
    _asking(questions.predict_event),
)
FLOOR = Contender(
    "floor",
    "FastAPI + Mangum + one bare LiteRT invocation",
    PLAIN,
    ("benchmarks.contenders.floor.handler",),
    INVOKE,
    _asking(questions.predict_event),
)
HELLO = Contender(
    "hello",
    "FastAPI + Mangum, a constant",
    PLAIN,
    ("benchmarks.contenders.hello.handler",),
    INVOKE,
    _asking(questions.predict_event),
)
KERAS_LAMBDA = Contender(
    "keras_lambda",
    "Keras in the handler, as AWS's template has it",
    KERAS,
    ("benchmarks.contenders.keras_lambda.handler",),
    INVOKE,
    _asking(questions.template_event),
)
FLASK_KERAS = Contender(
    "flask_keras",
    "Flask + Keras under gunicorn",
    KERAS,
    ("gunicorn", "--bind=0.0.0.0:8080", "benchmarks.contenders.flask_keras:app"),
    "/mnist/classify",
    lambda: questions.classify(1),
)
HTTP_SERVER_KERAS = Contender(
    "http_server_keras",
    "http.server + Keras",
    KERAS,
    ("python", "-m", "benchmarks.contenders.http_server_keras"),
    "/predict",
    questions.rows,
)

LINEUP = (DIGITS, FLOOR, HELLO, KERAS_LAMBDA, FLASK_KERAS, HTTP_SERVER_KERAS)
