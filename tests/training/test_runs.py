"""The commit that a run notes."""

import subprocess
from pathlib import Path

import pytest

from training import runs
from training.runs import commit


def test_a_changed_file_makes_the_commit_dirty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=n", "-c", "user.email=e", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    for name in ("training/train.py", "layers/model/model.json"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(runs, "__file__", str(tmp_path / "training" / "train.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit() is None
    git("init")
    git("add", ".")
    git("commit", "--message", "a")
    (tmp_path / "layers/model/model.json").write_text("2")  # what is made, not what it is made from
    assert commit() == git("rev-parse", "HEAD").strip()
    (tmp_path / "training/train.py").write_text("2")
    assert commit() == git("rev-parse", "HEAD").strip() + "-dirty"
