"""The installer of a virtual environment from its hash-pinned file: `python requirements/install.py NAME`.

It makes `.venv/NAME` anew when `requirements/NAME.txt` says something else than when it was made, and one
process does so at a time: two `make serve` started at once install it once.
"""

import fcntl
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

OLDEST = (3, 11)  # of the Pythons that this project runs on
STEP = 10  # packages between two lines that say how far pip is


def install(name: str, root: Path) -> None:
    """Make `.venv/NAME` below `root` hold what `requirements/NAME.txt` pins.

    Raises:
        SystemExit: this Python is older than OLDEST.
        subprocess.CalledProcessError: pip has failed, and has said why.
    """
    pins, folder = root / "requirements" / f"{name}.txt", root / ".venv" / name
    if sys.version_info < OLDEST:
        version = sys.version.partition(" ")[0]
        sys.exit(
            "Python 3.11 or newer is needed; name one with "
            f"make PYTHON=python3.12. Received: Python {version}"
        )
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = folder / "pins.txt"
        if not (installed.exists() and installed.read_bytes() == pins.read_bytes()):
            _say(f"Installing requirements/{name}.txt into .venv/{name}, which takes a minute or more, once")
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)  # noqa: S603
            _pip(f"{folder}/bin/python", pins)
            installed.write_bytes(pins.read_bytes())
        installed.touch()


def _pip(python: str, pins: Path) -> None:
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    with subprocess.Popen([*command, "--requirement", str(pins)], stdout=subprocess.PIPE, text=True) as pip:  # noqa: S603
        for said in steps(pip.stdout or (), len(re.findall("^[^# ]+==", pins.read_text(), re.MULTILINE))):
            _say(said)
    if pip.returncode:
        raise subprocess.CalledProcessError(pip.returncode, command)


def steps(lines: Iterable[str], packages: int) -> Iterator[str]:
    """Yield what to tell of pip's lines: each STEP packages, and the last part, of which pip says no more."""
    number = 0
    for line in lines:
        first, _, rest = line.strip().partition(" ")
        number += first == "Collecting"
        if first == "Collecting" and not number % STEP:
            yield f"  fetching package {number} of {packages} at most, {rest.partition('==')[0]}"
        elif first == "Installing":
            yield f"  unpacking {number} packages"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    try:
        install(sys.argv[1], Path(__file__).parents[1])
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.returncode)
