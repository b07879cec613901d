"""The folders of a run: settings and sources of each stage, its starts, and its final weights."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from training import network
from training.recipe import Settings

WEIGHTS = "weights.weights.h5"
MADE = (":(top,exclude)layers/model", ":(top,exclude)training/report")  # not what anything is made from


def read(folder: Path, name: str) -> Any:  # noqa: ANN401 - what JSON holds
    """Return what a run or a stage notes under a name: settings, sources, starts, history."""
    return json.loads((folder / f"{name}.json").read_text())


def load_member(folder: Path) -> keras.Model:
    """Return the averaged network that a stage ended with in float32, logits out."""
    keras.config.set_dtype_policy("float32")
    settings = read(folder, "settings")
    model = network.build(tuple(settings["blocks"]))
    model.load_weights(folder / WEIGHTS)
    return model


def stage_folders(run: Path, number: int, stages: int) -> list[Path]:
    """Return the folders, within that of a run, of the stages of member `number`, counted from 0."""
    return [run / f"member-{number + 1}" / f"stage-{stage + 1}" for stage in range(stages)]


def finished(run: Path) -> list[list[Path]]:
    """Return the folders of the stages trained to the end, in their order, for each of a run's members."""
    folders = [
        sorted(path.parent for path in one.glob(f"*/{WEIGHTS}")) for one in sorted(run.glob("member-*"))
    ]
    return [stages for stages in folders if stages]


def histories(run: Path) -> list[list[dict[str, float]]]:
    """Return every member's epochs, those of all stages in a row."""
    return [[row for stage in stages for row in read(stage, "history")] for stages in finished(run)]


def note_start(folder: Path, examples_sha256: str) -> None:
    """Append to starts.json from which epoch, commit and examples the run was started or resumed."""
    path = folder / "starts.json"
    starts = json.loads(path.read_text()) if path.exists() else []
    history = folder / "history.json"
    epoch = len(json.loads(history.read_text())) if history.exists() else 0
    start = {"epoch": epoch, "git_commit": commit(), "examples_sha256": examples_sha256}
    path.write_text(json.dumps([*starts, start], indent=1))


def commit() -> str | None:
    """Return the commit that is checked out, with "-dirty" where files differ; None outside a repository."""
    found = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", *MADE)
    return f"{found}-dirty" if found and changes else found or None


def _git(*arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    here = Path(__file__).parent
    done = subprocess.run([git, *arguments], cwd=here, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip()


def remember(folder: Path, **now: dict[str, Any]) -> None:
    """Write what a new stage is trained with and on, or make sure that a resumed one goes on with the same.

    An older run says nothing of its sources, which are taken to be the same, nor of settings that there were
    not yet, which had their defaults.
    """
    new = not (folder / "settings.json").exists()
    for name, given in now.items():
        path = folder / f"{name}.json"
        if new:
            path.write_text(json.dumps(given, indent=1))
        elif path.exists() and (changed := _changed(json.loads(path.read_text()), given)):
            raise SystemExit(
                f"{folder} holds a run with other {name}: {', '.join(changed)}. Give another --run."
            )


def _changed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    before = json.loads(json.dumps(asdict(Settings()))) | before
    return sorted(key for key in now if before.get(key) != now[key])


def checksum(model: keras.Model) -> str:
    """Return a sha256 over a network's weights."""
    digest = hashlib.sha256()
    for weights in model.get_weights():
        digest.update(weights.tobytes())
    return digest.hexdigest()
