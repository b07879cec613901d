"""A process that decodes pictures and says what each took; `python -m tests.digits.meter` is that process."""

import json
import os
import resource
import select
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_LENGTH = struct.Struct("<I")
_SELF = Path("/proc/self")
_USER_TIME, _SYSTEM_TIME = 11, 12  # fields of /proc/PID/stat behind the name, in ticks
_MOST_BYTES = 6 << 30  # address space of the process, so that no picture takes the machine's memory


@dataclass(frozen=True)
class Cost:
    """The cost of one picture."""

    seconds: float  # of processor time
    megabytes: int  # resident at most, beyond those before
    outcome: str  # "read", or the name and message of the error


class Meter:
    """Decodes pictures in a process of its own; it starts a new one where a picture ends it."""

    def __init__(self, patience: float = 60) -> None:
        self._patience = patience
        self._start()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._stop()

    def cost(self, data: bytes) -> Cost:
        """Decode a picture; one that takes longer than the patience costs that many seconds."""
        pipes = self._process.stdin, self._process.stdout
        assert pipes[0]
        assert pipes[1]
        pipes[0].write(_LENGTH.pack(len(data)) + data)
        pipes[0].flush()
        ready, _, _ = select.select([pipes[1]], [], [], self._patience)
        line = pipes[1].readline() if ready else b""
        if not line:
            self._stop()
            self._start()
            return Cost(self._patience, 0, "died" if ready else "hangs")
        return Cost(**json.loads(line))

    def used(self) -> float:
        """Return the seconds of processor time that the process has taken, with those before it."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        own = (int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])) / os.sysconf("SC_CLK_TCK")
        return own + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])

    def _start(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "OPENBLAS_NUM_THREADS": "1",
            "MALLOC_MMAP_THRESHOLD_": "8388608",  # as in functions/Dockerfile
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )

    def _stop(self) -> None:
        self._process.kill()
        self._process.communicate()


def _resident(name: str) -> int:
    line = next(line for line in (_SELF / "status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) // 1024


def _measure(data: bytes) -> Cost:
    from digits.images import decode  # noqa: PLC0415 - the meter's own process alone decodes

    (_SELF / "clear_refs").write_text("5")  # proc(5): the peak starts anew
    before, start = _resident("VmRSS"), time.process_time()
    try:
        decode(data)
        outcome = "read"
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}"[:160]
    return Cost(time.process_time() - start, _resident("VmHWM") - before, outcome)


def _serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    while head := sys.stdin.buffer.read(_LENGTH.size):
        cost = _measure(sys.stdin.buffer.read(_LENGTH.unpack(head)[0]))
        sys.stdout.write(json.dumps(vars(cost)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
