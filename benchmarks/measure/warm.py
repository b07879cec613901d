"""Warm handlers timed in process, in their images with one vCPU, in turn."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any, cast

from benchmarks import questions
from benchmarks.lineup import DIGITS, FLOOR, HELLO, KERAS_LAMBDA, PLAIN
from benchmarks.measure.docker import FULL_PROCESSOR, ROOT, NoAnswer, limits

BARE = "bare"

Work = dict[str, tuple[str, str, dict[str, Any]]]  # name to image, handler and event
Timings = dict[str, list[list[float]]]  # name to rounds of microseconds


def work(with_keras: bool) -> Work:
    """Return by name what is timed: image, handler and event."""
    timed: Work = {
        **{name: (DIGITS.image, DIGITS.command[0], event) for name, event in questions.routes().items()},
        FLOOR.name: (FLOOR.image, FLOOR.command[0], questions.predict_event()),
        HELLO.name: (HELLO.image, HELLO.command[0], questions.predict_event()),
    }
    for size in questions.BATCHES:
        timed[f"{BARE} {size}"] = PLAIN, "benchmarks.contenders.bare.handler", {"batch": size}
    if with_keras:
        timed[KERAS_LAMBDA.name] = KERAS_LAMBDA.image, KERAS_LAMBDA.command[0], questions.template_event()
    return timed


def measure(with_keras: bool, rounds: int, calls: int) -> Timings:
    """Time every piece of work in turn, `calls` times a round (a 64th of that for 64 images)."""
    timed = work(with_keras)
    timings: Timings = {name: [] for name in timed}
    with _workers(timed) as workers:
        for turn in range(rounds + 1):
            for name, (_, handler, _) in timed.items():
                size = int(name.split()[-1]) if name[-1].isdigit() else 1
                taken = workers[handler].time(name, max(3, calls // size))
                if turn:  # the first is for warming up
                    timings[name].append(taken)
    return timings


@contextmanager
def _workers(work: Work) -> Iterator[dict[str, "_Worker"]]:
    """Start a worker for each handler, with all events of that handler; by handler."""
    images = {handler: image for image, handler, _ in work.values()}
    with ExitStack() as stack:
        workers = {handler: _Worker(image) for handler, image in images.items()}
        for handler, worker in workers.items():
            stack.callback(worker.end)
            events = {name: event for name, (_, its, event) in work.items() if its == handler}
            worker.say({"handler": handler, "events": events})
        yield workers


class _Worker:
    """benchmarks/measure/worker.py in a container with one vCPU."""

    def __init__(self, image: str) -> None:
        code = f"--volume={ROOT}/benchmarks/measure/worker.py:/worker.py:ro"
        command = [
            "docker",
            "run",
            "--rm",
            "--interactive",
            "--entrypoint=python",
            code,
            *limits(FULL_PROCESSOR),
        ]
        self._process = subprocess.Popen(
            [*command, image, "-u", "/worker.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._input = cast("IO[str]", self._process.stdin)
        self._output = cast("IO[str]", self._process.stdout)

    def say(self, what: object) -> None:
        self._input.write(json.dumps(what) + "\n")
        self._input.flush()

    def time(self, name: str, times: int) -> list[float]:
        self.say([name, times])
        answer = self._output.readline()
        if not answer:
            raise NoAnswer(f"the worker that times {name} has ended")
        taken: list[float] = json.loads(answer)
        return taken

    def end(self) -> None:
        self._input.close()  # which ends the worker's loop
        self._process.wait()
        self._output.close()
