"""Faults of the artefact, made in a folder, and what the one who starts the service then reads."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.project import ROOT

MODEL = ROOT / "layers/model"


def start(folder: Path) -> tuple[int, str]:
    """Import the function with the model in `folder`; return the exit status and the last line of its log."""
    environment = {"PYTHONPATH": f"{ROOT}/functions:{ROOT}/layers/python", "MODEL_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", "import api.app"], env=environment, capture_output=True, text=True, check=False
    )
    lines = done.stderr.strip().splitlines()
    return done.returncode, lines[-1].replace(str(folder), "…/model") if lines else ""


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "model.json").read_text())
    change(card)
    (folder / "model.json").write_text(json.dumps(card))


def _network(folder: Path) -> Path:
    return folder / "digits.tflite"


def _flip(folder: Path) -> None:
    data = bytearray(_network(folder).read_bytes())
    data[len(data) // 2] ^= 1
    _network(folder).write_bytes(data)


def _vouch(folder: Path) -> None:
    """Have model.json vouch for whatever digits.tflite now is, as a careless release would."""
    digest = hashlib.sha256(_network(folder).read_bytes()).hexdigest()
    _edit(folder, lambda card: card["files"]["digits.tflite"].update(sha256=digest))


def _swap(folder: Path) -> None:
    (folder / "digits.keras").replace(_network(folder))


def _swap_and_vouch(folder: Path) -> None:
    _swap(folder)
    _vouch(folder)


def _empty_and_vouch(folder: Path) -> None:
    _network(folder).write_bytes(b"")
    _vouch(folder)


def _make_folder(folder: Path) -> None:
    _network(folder).unlink()
    _network(folder).mkdir()


# What is done to a good artefact, by what it stands for.
FAULTS: dict[str, Callable[[Path], object]] = {
    "model.json missing": lambda folder: (folder / "model.json").unlink(),
    "digits.tflite missing": lambda folder: _network(folder).unlink(),
    "one bit of digits.tflite flipped": _flip,
    "digits.tflite cut in half": lambda folder: _network(folder).write_bytes(
        _network(folder).read_bytes()[: 1 << 15]
    ),
    "model.json of another version's network": lambda folder: _edit(
        folder, lambda card: card["files"]["digits.tflite"].update(sha256="0" * 64)
    ),
    "digits.keras in digits.tflite's place": _swap,
    "the same, its sha256 entered in model.json": _swap_and_vouch,
    "an empty network, its sha256 entered in model.json": _empty_and_vouch,
    "model.json not JSON": lambda folder: (folder / "model.json").write_text("{"),
    "model.json without a version": lambda folder: _edit(folder, lambda card: card.pop("version")),
    "a threshold above 1": lambda folder: _edit(folder, lambda card: card.update(threshold=1.5)),
    "digits.tflite a folder": _make_folder,
}


def suffer(fault: str, folder: Path) -> tuple[int, str]:
    """Do the fault to a copy of the artefact in `folder` and start."""
    copy = folder / "model"
    shutil.copytree(MODEL, copy)
    FAULTS[fault](copy)
    return start(copy)
