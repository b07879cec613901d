"""The project under test: its root, and commands run there."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def environment() -> dict[str, str]:
    """Return the environment for a `make` of our own, without what an outer `make test` hands down."""
    inner = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    # A container starts slowly where much else runs; that is no failure of ours.
    return inner | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_CONTAINER_CONNECTION_TIMEOUT": "120"}


def run(*command: str) -> str:
    """Run a command in the root of the project and return its standard output."""
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout
