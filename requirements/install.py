"""The installer of a virtual environment from its hash-pinned file: `python requirements/install.py NAME`.

It makes `.venv/NAME` anew when `requirements/NAME.txt` says something else than when it was made, and one
process does so at a time: two `make serve` started at once install it once.
"""

import fcntl
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)  # of the Pythons that this project runs on


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
            said = f"Installing requirements/{name}.txt into .venv/{name}, which takes a minute or more, once"
            print(said, file=sys.stderr, flush=True)  # noqa: T201
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)  # noqa: S603
            pip: list[str | Path] = [
                folder / "bin/python",
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ]
            subprocess.run([*pip, "--no-deps", "--require-hashes", "--requirement", pins], check=True)  # noqa: S603
            installed.write_bytes(pins.read_bytes())
        installed.touch()


if __name__ == "__main__":
    try:
        install(sys.argv[1], Path(__file__).parents[1])
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.returncode)
