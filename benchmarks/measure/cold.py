"""Cold starts under the emulator, and what follows them: warm answers, billed time and memory held."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.lineup import Contender
from benchmarks.measure.docker import FULL_PROCESSOR, NoAnswer, docker, running

# One line of the emulator's for each invocation. Its "Init Duration" is not the start's, so it is not read.
_REPORT = re.compile(r"^REPORT .*?\tDuration: ([\d.]+) ms", re.MULTILINE)


@dataclass
class Starts:
    """Repeated starts of a contender with so much memory. A failure leaves the lists short."""

    start: list[float] = field(default_factory=list)  # seconds from the container's start to the first answer
    first: list[float] = field(default_factory=list)  # seconds that the request for it took
    warm: list[float] = field(default_factory=list)  # milliseconds of an answer through the emulator
    duration: list[float] = field(default_factory=list)  # milliseconds that the emulator counts for it
    resident: list[int] = field(default_factory=list)  # bytes, after the warm answers
    failure: str = ""


Cold = dict[str, dict[int, Starts]]  # contender, MB


def measure(lineup: Sequence[Contender], memories: Sequence[int], rounds: int, asks: int) -> Cold:
    """Start each Lambda with each amount of memory, and each server with a whole processor, in turn."""
    cold: Cold = {
        contender.name: {
            memory: Starts() for memory in memories if contender.is_lambda or memory == FULL_PROCESSOR
        }
        for contender in lineup
    }
    for _ in range(rounds):
        for memory in memories:
            for contender in lineup:
                if memory in cold[contender.name]:
                    _start(contender, memory, asks, cold[contender.name][memory])
    return cold


def routes(
    contender: Contender, events: Mapping[str, object], memory: int, asks: int
) -> dict[str, list[float]]:
    """Ask a warm container for each event in turn, `asks` times; return the milliseconds by event."""
    bodies = {name: json.dumps(event).encode() for name, event in events.items()}
    timings: dict[str, list[float]] = {name: [] for name in events}
    with running(contender, memory) as container:
        for turn in range(asks + 1):
            for name, body in bodies.items():
                taken = container.ask(body) * 1000
                if turn:  # the first is for warming up
                    timings[name].append(taken)
    return timings


def _start(contender: Contender, memory: int, asks: int, starts: Starts) -> None:
    if starts.failure:
        return
    try:
        with running(contender, memory) as container:
            body = contender.question()
            warm = [container.ask(body) * 1000 for _ in range(asks)]
            starts.start.append(container.start)
            starts.first.append(container.first)
            starts.warm += warm
            starts.resident.append(container.resident())
            if contender.is_lambda:
                starts.duration += [
                    float(each) for each in _REPORT.findall(docker("logs", container.name))[1:]
                ]
    except NoAnswer as error:  # such as TensorFlow in too little memory
        starts.failure = str(error)
