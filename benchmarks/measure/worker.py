"""Runs in a contender's image: imports its handler, then times it as told, a line of JSON at a time."""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

CONTEXT = SimpleNamespace(aws_request_id="00000000-0000-0000-0000-000000000000")


def main() -> None:
    """Read the handler's name and its events; then, for each [event, times], answer with the microseconds."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a handler logs is written, and not read
    setup = json.loads(sys.stdin.readline())
    sys.path.insert(0, str(Path.cwd()))  # as Lambda's runtime has it
    module, _, name = setup["handler"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    for line in sys.stdin:
        event, times = json.loads(line)
        taken = []
        for _ in range(times):
            begun = time.perf_counter_ns()
            answer = handler(setup["events"][event], CONTEXT)
            taken.append((time.perf_counter_ns() - begun) / 1000)
            if answer["statusCode"] != 200:
                sys.exit(f"{event} must be answered with 200. Received: {answer}")
        answers.write(json.dumps(taken) + "\n")


if __name__ == "__main__":
    main()
