"""The parts of a start: import time by package, and bytes of files touched."""

import json
import re
from collections import defaultdict
from statistics import median

from benchmarks.lineup import Contender
from benchmarks.measure.docker import docker

_LINE = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \| +(\S+)$", re.MULTILINE)

# Lambda's own runtime is there before the function, and pays for what both need.
_RUNTIME = "import awslambdaric.bootstrap"

# Pages of files in memory, and bytecode, which is read and not mapped.
_TOUCHED = """
import importlib, json, os, sys
import awslambdaric.bootstrap
before = set(sys.modules)
importlib.import_module(sys.argv[1])
mapped, path = 0, None
for line in open("/proc/self/smaps"):
    words = line.split()
    if not words[0].endswith(":"):
        path = words[5] if len(words) > 5 else ""
    elif words[0] == "Rss:" and path.startswith(("/var/task/", "/var/lang/lib/python")):
        mapped += int(words[1]) * 1024
caches = [getattr(sys.modules[name], "__cached__", None) for name in set(sys.modules) - before]
print(json.dumps({
    "mapped": mapped,
    "bytecode": sum(os.path.getsize(path) for path in caches if path and os.path.exists(path)),
    "modules": len(set(sys.modules) - before),
}))
"""


def times(contender: Contender, rounds: int) -> dict[str, float]:
    """Return the milliseconds that importing a handler's module takes, by top-level package, longest first.

    Each module counts with its median over the rounds.
    """
    runs = [self_times(_log(contender)) for _ in range(rounds)]
    packages: defaultdict[str, float] = defaultdict(float)
    for name in runs[0]:
        packages[name.partition(".")[0]] += median(run.get(name, 0.0) for run in runs)
    return {
        name: round(packages[name], 2) for name in sorted(packages, key=packages.__getitem__, reverse=True)
    }


def self_times(log: str) -> dict[str, float]:
    """Return each module's own milliseconds from what `-X importtime` logs after the line `--`."""
    return {name: int(spent) / 1000 for spent, name in _LINE.findall(log.partition("\n--\n")[2])}


def _log(contender: Contender) -> str:
    program = f"{_RUNTIME}; print('--', file=__import__('sys').stderr); import {_module(contender)}"
    shell = f'python -X importtime -c "{program}" 2>&1'
    return docker("run", "--rm", "--cpus=1", "--entrypoint=/bin/sh", contender.image, "-c", shell)


def touched(contender: Contender) -> dict[str, int]:
    """Return the bytes of files that a start touches, as mapped pages and as bytecode, and its modules."""
    counted: dict[str, int] = json.loads(
        docker("run", "--rm", "--entrypoint=python", contender.image, "-c", _TOUCHED, _module(contender))
    )
    return counted


def _module(contender: Contender) -> str:
    return contender.command[0].rpartition(".")[0]
