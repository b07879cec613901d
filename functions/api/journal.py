"""The traces of a request in Lambda: a line of JSON, and metrics in CloudWatch's embedded format.

Both are made of names and numbers of ours alone: never an image, a body, a header or a query.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from http import HTTPMethod
from time import perf_counter, time
from typing import Literal

from aws_lambda_powertools.logging import Logger
from starlette.types import Scope

from digits.recognize import Reading, Stage

NAMESPACE = "Digits"
# The stack's name in Lambda, so that stacks of one account keep their metrics apart.
SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "digits")

Unit = Literal["Count", "Milliseconds", "None"]

VALUES = 100  # of a metric in one line: CloudWatch takes no more

_NUMBER = "\0"  # in the making of a line of metrics, where a number goes

# A record of this environment's first request says that it was a cold start.
_starts = iter((True,))

logger = Logger(service=SERVICE, location=None, utc=True, use_rfc3339=True)


@dataclass(slots=True)
class Record:
    """The facts about one request that its log line and metrics tell."""

    request_id: str
    refusal: str | None = None  # the kind of problem it was refused with
    stages: dict[Stage, float] = field(default_factory=dict)  # milliseconds
    classes: Counter[str] = field(default_factory=Counter)  # what was read, how often
    readings: list[Reading] = field(default_factory=list)  # of pictures of one digit
    correction: str | None = None  # the class that a picture was said to be of


_current: ContextVar[Record] = ContextVar("record")


def begin(request_id: str) -> Record:
    """Start the record of a request; what its task and its threads do next goes into it."""
    record = Record(request_id)
    _current.set(record)
    return record


class stage:  # noqa: N801 - reads as a verb: with stage("decode"); a generator takes several times as long
    """Adds the time that the block takes to a stage of the current request."""

    __slots__ = ("_name", "_start")

    def __init__(self, name: Stage) -> None:
        self._name: Stage = name

    def __enter__(self) -> None:
        """Start the clock."""
        self._start = perf_counter()

    def __exit__(self, *_: object) -> None:
        """Stop it, whether the block went well or not."""
        stages = _current.get().stages
        stages[self._name] = stages.get(self._name, 0.0) + (perf_counter() - self._start) * 1000


def count(readings: Sequence[Reading]) -> None:
    """Count what the current request was answered with; what is no digit under "none"."""
    count_classes(str(reading.digit) if reading.is_digit else "none" for reading in readings)
    _current.get().readings.extend(readings)


def count_classes(classes: Iterable[str]) -> None:
    """Count the classes that the current request was answered with."""
    _current.get().classes.update(classes)


def correct(label: str) -> None:
    """Note the class that the current request says a picture is of."""
    _current.get().correction = label


def refused(kind: str) -> None:
    """Note the kind of problem that the current request is refused with."""
    _current.get().refusal = kind


def write(record: Record, scope: Scope, status: int, version: str) -> None:
    """Log a finished request and its metrics, where it is Lambda that asked."""
    if scope.get("aws.context") is None:
        return  # a server has a log of its own, and before a snapshot nobody has asked
    route = getattr(scope.get("route"), "path", "none")  # a path that no route has may hold anything
    context = scope["aws.event"].get("requestContext", {})
    facts = {
        "request_id": record.request_id,
        "correlation_id": context.get("requestId"),  # by which the API's access log knows the request
        "route": route,
        "status": status,
        "refusal": record.refusal,
        "model": version,
        "cold_start": next(_starts, False),
        "stages_ms": {name: round(ms, 3) for name, ms in record.stages.items()},
        "classes": dict(record.classes),
        "correction": record.correction,
    }
    method = scope["method"] if scope["method"] in HTTPMethod.__members__ else "none"  # and so may this
    logger.info("%s %s", method, route, extra=facts)
    _emit(record, scope, status, facts["cold_start"])


def _emit(record: Record, scope: Scope, status: int, cold: bool) -> None:
    """Print the metrics; each is 0 or 1 on every request it concerns, so that its average is a rate."""
    counts: dict[str, float] = {"ColdStart": int(cold), "ServerErrors": int(status >= 500)}
    if scope["method"] == "POST" and "route" in scope:
        counts["Refusals"] = int(400 <= status < 500)
    if record.classes:
        counts["BatchSize"] = record.classes.total()
    now = round(time() * 1000)
    lines = [
        _frame((), "Count", *counts) % (now, *counts.values()),
        *(
            _spread(record.readings[first : first + VALUES], now)
            for first in range(0, len(record.readings), VALUES)
        ),
        *(
            _frame(("stage", stage_), "Milliseconds", "LatencyMs") % (now, round(milliseconds, 3))
            for stage_, milliseconds in record.stages.items()
        ),
        *(
            _frame(("class", class_), "Count", "Predictions") % (now, times)
            for class_, times in record.classes.items()
        ),
    ]
    if record.correction:
        lines.append(_frame(("class", record.correction), "Count", "Corrections") % (now, 1))
    sys.stdout.write("".join(lines))  # at once: Lambda's runtime buffers nothing


def _spread(readings: Sequence[Reading], now: int) -> str:
    """Return a line of metrics with a value for each picture, whose percentiles CloudWatch knows."""
    values = (
        (int(not reading.is_digit), round(reading.digit_score, 3), round(reading.probability, 3))
        for reading in readings
    )
    columns = (", ".join(map(str, column)) for column in zip(*values, strict=True))
    return _frame((), "None", "NotDigit", "DigitScore", "Probability") % (now, *columns)


@cache
def _frame(dimension: tuple[()] | tuple[str, str], unit: Unit, *names: str) -> str:
    """Make a line in CloudWatch's embedded metric format, with %s for the time and for each metric's value.

    By hand, as Powertools takes many times as long, and a single digit has five lines; once for each
    kind of line, as only the numbers change.
    Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
    """
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["service", *dimension[:1]]],
        "Metrics": [{"Name": name, "Unit": unit} for name in names],
    }
    about = {"Timestamp": _NUMBER, "CloudWatchMetrics": [directive]}
    place = dict([dimension]) if dimension else {}
    line = json.dumps({"_aws": about, "service": SERVICE, **place, **{name: [_NUMBER] for name in names}})
    return line.replace("%", "%%").replace(json.dumps(_NUMBER), "%s") + "\n"
