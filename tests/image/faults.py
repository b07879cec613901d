"""Faults of the container that runs the Lambda image, and what the one who asks it then sees."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from events.sources import http_v2
from tests.emulator import RESTRICTED, Emulator, emulated, invoke
from tests.patient import PATIENCE, post
from tests.project import run
from tests.samples.drawings import as_text, draw, encode
from tests.samples.hostile import at_the_limit, scans

PING = {"warmup": True}
NOTHING_WRITABLE = tuple(option for option in RESTRICTED if not option.startswith("--tmpfs"))
SMALLEST = ("--memory=512m", "--memory-swap=512m")  # as template.yaml lets it be
UNLIMITED = "--env=MAX_BATCH_PIXELS=1000000000"  # so that one batch takes pictures of every kind


@dataclass(frozen=True)
class Fault:
    """A fault of a container during a request; `seen` and `then` are the expected outcome."""

    seen: str  # by the one who asked
    then: str  # becomes of the container
    strike: Callable[[Emulator], object] | None = None  # while the request is in hand
    options: tuple[str, ...] = (*RESTRICTED, UNLIMITED)  # of `docker run`
    ask: Callable[[], dict[str, Any]] = lambda: _batch([scans(55, 1600)] * 64)  # many seconds, if not struck


def _batch(files: list[bytes]) -> dict[str, Any]:
    """Return the event of a batch of files."""
    return http_v2(
        "POST", "/classify", json.dumps({"requests": [{"image": as_text(file)} for file in files]})
    )


def _small() -> dict[str, Any]:
    return _batch([encode(draw(7))])


def _largest() -> dict[str, Any]:
    """Return a batch of the pictures that take most memory."""
    return _batch([file for file in at_the_limit() if len(file) < 1_000_000])


def _stop(emulator: Emulator) -> None:
    """Ask the container to end, as `docker stop` does; it is killed when it has not in half a minute."""
    run("docker", "stop", "--time", "30", emulator.name)


def _signal(name: str) -> Callable[[Emulator], object]:
    """Send a signal to the function's process, which is the emulator's only child."""
    command = ["sh", "-c", f"kill -{name} $(cat /proc/1/task/*/children)"]
    return lambda emulator: run("docker", "exec", emulator.name, *command)


ANSWERED, ALIVE = "answer 200", "answers the next request"
DIED = "502 `Runtime.ExitError`"

FAULTS: dict[str, Fault] = {
    "nothing writable at all, not even /tmp; an unknown user": Fault(
        ANSWERED, ALIVE, options=NOTHING_WRITABLE, ask=_small
    ),
    "512 MB of memory, a batch of the largest pictures": Fault(
        ANSWERED, ALIVE, options=(*RESTRICTED, *SMALLEST, UNLIMITED), ask=_largest
    ),
    "SIGTERM to the container, mid-request": Fault("connection closed, no answer", "ends, exit 0", _stop),
    "SIGTERM to the function, mid-request": Fault(DIED, ALIVE, _signal("TERM")),
    "SIGKILL to the function, mid-request, as for want of memory": Fault(DIED, ALIVE, _signal("KILL")),
}


def suffer(name: str, image: str) -> tuple[str, str]:
    """Have a container suffer a fault; return what who asked sees, and what becomes of the container."""
    fault = FAULTS[name]
    event = fault.ask()
    with emulated(image, *fault.options) as emulator, ThreadPoolExecutor(1) as pool:
        invoke(emulator.url, PING)
        asked = pool.submit(_ask, emulator, event)
        if fault.strike:
            _until_in_hand(emulator)
            fault.strike(emulator)
        return asked.result(), _state(emulator)


def _until_in_hand(emulator: Emulator) -> None:
    """Wait until the function has begun with the second event, the one after the ping."""
    deadline = time.monotonic() + PATIENCE
    while run("docker", "logs", emulator.name).count("START RequestId") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _ask(emulator: Emulator, event: dict[str, Any]) -> str:
    try:
        response = post(emulator.url, json=event)
    except (httpx.NetworkError, httpx.RemoteProtocolError):
        return "connection closed, no answer"
    answer = response.json()
    if "statusCode" in answer:
        return f"answer {answer['statusCode']}"
    return f"{response.status_code} `{answer['errorType']}`"


def _state(emulator: Emulator) -> str:
    form = "--format={{.State.Status}} {{.State.ExitCode}}"
    status, code = run("docker", "inspect", form, emulator.name).split()
    if status == "exited":
        return f"ends, exit {code}"
    return ALIVE if invoke(emulator.url, PING).get("status") == "ok" else "answers no more"
