"""A folder classified on this machine: every file gets a row, once, however often it is interrupted."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from events.draw import png
from jobs.local import BATCH, run
from tests.project import ROOT

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([".", "functions", "layers/python"])}
KEYS = {*(f"deeper/{digit}.png" for digit in range(10)), "a, b.png", "notes.txt", "pipe.png"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of digits, deeper ones, faulty files and a hidden one."""
    folder = tmp_path / "scans"
    (folder / "deeper").mkdir(parents=True)
    for digit in range(10):
        (folder / "deeper" / f"{digit}.png").write_bytes(png(digit))
    (folder / "a, b.png").write_bytes(png(3))
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_bytes(png(1))
    os.mkfifo(folder / "pipe.png")
    return folder


def rows(output: Path) -> list[dict[str, Any]]:
    """Read results back."""
    if output.suffix == ".jsonl":
        return [json.loads(line) for line in output.read_text().splitlines()]
    with output.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_every_file_gets_a_row_once(suffix: str, folder: Path) -> None:
    output = folder / f"results{suffix}"  # in the folder itself: no file to classify
    counts = run(folder, output, processes=2)
    written = {row["key"]: row for row in rows(output)}
    assert written.keys() == KEYS
    assert len(rows(output)) == counts["items"] == 13
    assert {key: int(row["class"]) for key, row in written.items() if not row.get("error")} == {
        **{f"deeper/{digit}.png": digit for digit in range(10)},
        "a, b.png": 3,
    }
    assert (written["notes.txt"]["error"], written["pipe.png"]["error"]) == ("invalid-image", "unreadable")
    assert counts["refused"] == {"invalid-image": 1, "unreadable": 1}

    before = output.read_bytes()
    (folder / "new.png").write_bytes(png(5))
    assert run(folder, output, processes=1)["items"] == 1
    assert output.read_bytes().startswith(before)
    assert {row["key"] for row in rows(output)} == KEYS | {"new.png"}


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_row_cut_off_is_written_again(suffix: str, folder: Path) -> None:
    output = folder.parent / f"results{suffix}"
    run(folder, output, processes=1)
    whole = output.read_bytes()
    output.write_bytes(whole[:-20])
    assert run(folder, output, processes=1)["items"] == 1
    assert sorted(output.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_rows_of_another_model_are_not_mixed_in(folder: Path) -> None:
    output = folder.parent / "results.jsonl"
    output.write_text(json.dumps({"key": "a", "model": "0.0.0-other"}) + "\n")
    with pytest.raises(ValueError, match=r"Received: 0\.0\.0-other"):
        run(folder, output, processes=1)


def python(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python in the root of the project."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300
    )


def test_the_command_prints_a_table_and_refuses_by_name(folder: Path) -> None:
    done = python("-m", "jobs.local", folder, folder.parent / "results.csv")
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stderr
    assert ["all", "13"] in [line.split() for line in done.stdout.splitlines()]
    refused = python("-m", "jobs.local", folder, folder.parent / "results.xml")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Received: results.xml" in refused.stderr


# Ends the process, as a power cut would, before the third batch is counted.
CUT = """
import os, sys
from pathlib import Path
from jobs import local

def cut(rows, real=local.count, batches=[]):
    batches.append(rows)
    return real(rows) if len(batches) < 3 else os._exit(9)

if __name__ == "__main__":
    local.count = cut
    local.run(Path(sys.argv[1]), Path(sys.argv[2]), processes=1)
"""


def test_a_run_killed_midway_goes_on_where_it_ended(tmp_path: Path) -> None:
    folder, output, program = tmp_path / "scans", tmp_path / "results.jsonl", tmp_path / "cut.py"
    folder.mkdir()
    program.write_text(CUT)
    names = [f"{place:04}.png" for place in range(6 * BATCH)]
    for place, name in enumerate(names):
        (folder / name).write_bytes(png(place)) if place < 10 else (folder / name).hardlink_to(
            folder / names[place % 10]
        )
    assert python(program, folder, output).returncode == 9  # its processes end too, or this would wait
    assert len(rows(output)) == 3 * BATCH
    assert run(folder, output, processes=1)["items"] == 3 * BATCH
    assert sorted(row["key"] for row in rows(output)) == names
    assert all(row["class"] == int(row["key"][:4]) % 10 for row in rows(output))
