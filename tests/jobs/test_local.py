"""A folder classified on this machine: every file gets a row, once, however often it is interrupted."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from typing import Any, cast

import pytest

from environment import BUNDLED_MODEL
from events.draw import amount, png, sheet
from jobs import local
from jobs.crew import _CONTEXT, Limits, _work
from jobs.results import Part, Results
from jobs.summary import table
from jobs.tasks import Setup, Task, Worker
from tests.bulk.test_shards import tar
from tests.jobs.kills import fill, kill_often
from tests.project import ROOT

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([".", "functions", "layers/python"])}
SUFFIXES = pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
KILLS = 4  # of a format; `python -m tests.jobs.kills 100` tries more

# Names that are hard on a line, on CSV and on a spreadsheet.
HOSTILE = [
    "a, b.png",
    'say "seven".png',
    "two\nlines.png",
    "back\rback.png",
    "=cmd|' C calc'!A0",
    "@sum.png",
]
HOSTILE += ["-1.png", "+1.png", "ünï.png", "100%.png", os.fsdecode(b"\xff.png")]
KEYS = {*(f"deeper/{digit}.png" for digit in range(10)), *HOSTILE, "notes.txt", "pipe.png", "empty.png"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of digits, deeper ones, hard names, faulty files and a hidden one."""
    folder = tmp_path / "scans"
    (folder / "deeper").mkdir(parents=True)
    for digit in range(10):
        (folder / "deeper" / f"{digit}.png").write_bytes(png(digit))
    for name in HOSTILE:
        (folder / name).write_bytes(png(3))
    (folder / "notes.txt").write_text("no image")
    (folder / "empty.png").touch()
    (folder / ".hidden.png").write_bytes(png(1))
    os.mkfifo(folder / "pipe.png")
    return folder


def run(folder: Path, output: Path, processes: int = 1, **limits: Any) -> dict[str, Any]:
    """Classify a folder."""
    return local.run(Setup(folder, BUNDLED_MODEL, output), processes, Limits(**limits))


def rows(output: Path) -> list[dict[str, Any]]:
    """Read results back, as a reader of the format does."""
    if output.suffix == ".jsonl":
        return [
            json.loads(line) for line in output.read_bytes().decode(errors="surrogatepass").split("\n")[:-1]
        ]
    with output.open(newline="", errors="surrogateescape") as file:
        return list(csv.DictReader(file, strict=True))


def neutral(key: str, output: Path) -> str:
    """Return a key as the format has it."""
    return f"'{key}" if output.suffix == ".csv" and key.startswith(("=", "+", "-", "@")) else key


@SUFFIXES
def test_every_file_gets_a_row_once(suffix: str, folder: Path) -> None:
    output = folder / f"results{suffix}"  # in the folder itself: no file to classify
    counts = run(folder, output, processes=2)
    written = {row["key"]: row for row in rows(output)}
    assert written.keys() == {neutral(key, output) for key in KEYS}
    assert len(rows(output)) == counts["items"] == len(KEYS)
    assert {key: int(row["class"]) for key, row in written.items() if not row.get("error")} == {
        **{f"deeper/{digit}.png": digit for digit in range(10)},
        **{neutral(name, output): 3 for name in HOSTILE},
    }
    assert (written["notes.txt"]["error"], written["pipe.png"]["error"]) == ("invalid-image", "unreadable")
    assert counts["refused"] == {"invalid-image": 2, "unreadable": 1}

    before = output.read_bytes()
    (folder / "new.png").write_bytes(png(5))
    assert run(folder, output)["items"] == len(KEYS) + 1  # of the whole, not of the rest
    assert output.read_bytes().startswith(before)
    assert {row["key"] for row in rows(output)} == {neutral(key, output) for key in KEYS | {"new.png"}}


@SUFFIXES
def test_a_picture_that_changed_is_read_again(suffix: str, folder: Path) -> None:
    output = folder.parent / f"results{suffix}"
    run(folder, output)
    (folder / "deeper/3.png").write_bytes(png(8))
    counts = run(folder, output)
    written = {row["key"]: row for row in rows(output)}
    assert len(rows(output)) == len(written) == counts["items"] == len(KEYS)
    assert int(written["deeper/3.png"]["class"]) == 8


@SUFFIXES
def test_results_cut_at_any_byte_beyond_the_last_commit_are_completed(suffix: str, folder: Path) -> None:
    output = folder.parent / f"results{suffix}"
    journal = output.with_name(f"{output.name}.journal")
    run(folder, output)
    whole, log = output.read_bytes(), journal.read_bytes().splitlines(keepends=True)
    lines = sorted(whole.splitlines())
    for cut in random.Random(5).sample(range(len(whole)), 5):
        # As a kill leaves it: some bytes of what was not committed, and half a line of the journal.
        output.write_bytes(whole[:cut])
        journal.write_bytes(b"".join(log[:2]) + log[2][: cut % len(log[2])])
        run(folder, output)
        assert sorted(output.read_bytes().splitlines()) == lines


@SUFFIXES
@pytest.mark.parametrize("content", ["key,class\na.png,7", "\n", "half a li"])
def test_a_file_that_is_not_ours_is_not_touched(content: str, suffix: str, folder: Path) -> None:
    output = folder.parent / f"results{suffix}"
    output.write_text(content)
    with pytest.raises(ValueError, match="name another file. Received: "):
        run(folder, output)
    assert output.read_text() == content


@SUFFIXES
@pytest.mark.parametrize(
    "change", [lambda old: old + b"more\n", lambda old: old[:-5], lambda old: b"x" + old[1:]]
)
def test_results_that_somebody_changed_are_not_touched(change: Any, suffix: str, folder: Path) -> None:
    output = folder.parent / f"results{suffix}"
    run(folder, output)
    changed = change(output.read_bytes())
    output.write_bytes(changed)
    with pytest.raises(ValueError, match="was changed since a run wrote it"):
        run(folder, output)
    assert output.read_bytes() == changed


def test_results_of_another_folder_model_or_setting_are_refused(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "results.jsonl"
    run(folder, output)
    before = output.read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    model = tmp_path / "model"
    model.mkdir()
    card = json.loads((BUNDLED_MODEL / "model.json").read_text()) | {"version": "0.0.0-other"}
    (model / "model.json").write_text(json.dumps(card))
    (model / "digits.tflite").write_bytes((BUNDLED_MODEL / "digits.tflite").read_bytes())
    for what, setup in {
        "folder": Setup(other, BUNDLED_MODEL, output),
        "model": Setup(folder, model, output),
        "labels": Setup(folder, BUNDLED_MODEL, output, labels=True),
        "mode": Setup(folder, BUNDLED_MODEL, output, "read"),
    }.items():
        with pytest.raises(ValueError, match=f"results of another {what}; name another file"):
            local.run(setup, 1)
    assert output.read_bytes() == before


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
    assert ["all", str(len(KEYS))] in [line.split() for line in done.stdout.splitlines()]
    refused = python("-m", "jobs.local", folder, folder.parent / "results.xml")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Received: results.xml" in refused.stderr


def test_links_that_lead_nowhere_or_round_and_devices_get_rows(tmp_path: Path) -> None:
    folder, output = tmp_path / "scans", tmp_path / "results.jsonl"
    folder.mkdir()
    (folder / "seven.png").write_bytes(png(7))
    for name, target in (
        ("itself.png", "itself.png"),
        ("there.png", "back.png"),
        ("back.png", "there.png"),
        ("nowhere.png", "none"),
        ("zero.png", "/dev/zero"),
        ("round", "."),
        ("up", ".."),
    ):
        (folder / name).symlink_to(target)
    assert run(folder, output)["refused"] == {"unreadable": 5}
    assert {row["key"]: row.get("class") for row in rows(output)} == {
        "seven.png": 7,
        **dict.fromkeys(["itself.png", "there.png", "back.png", "nowhere.png", "zero.png"]),
    }


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_full_disk_ends_the_run_with_a_word_and_the_next_goes_on(suffix: str, tmp_path: Path) -> None:
    """A limit on a file's size stands for the disk: it, too, fails in the middle of a write."""
    folder, output = tmp_path / "scans", tmp_path / f"results{suffix}"
    folder.mkdir()
    for place in range(600):
        (folder / f"{place:03}.png").write_bytes(png(place % 10))
    command = [sys.executable, "-m", "jobs.local", str(folder), str(output), "--processes", "1"]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 20; exec "$@"', "limited", *command],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert run(folder, output)["items"] == 600
    assert [row["key"] for row in rows(output)] == [f"{place:03}.png" for place in range(600)]


# The command, which says so when its first rows are written and then does not end by itself.
HELD = """
import sys, time
from jobs import local

append = local._append

def hold(*given):
    append(*given)
    print("written", flush=True)
    time.sleep(3600)

local._append = hold
sys.exit(local.main())
"""


def test_ctrl_c_pressed_again_and_again_ends_the_run_as_pressed_once(tmp_path: Path) -> None:
    folder, output = tmp_path / "scans", tmp_path / "results.jsonl"
    folder.mkdir()
    for place in range(2000):
        (folder / f"{place:04}.png").write_bytes(png(place % 10))
    command = [sys.executable, "-c", HELD, str(folder), str(output), "--processes", "1"]
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "written\n"
        while running.poll() is None:
            running.send_signal(signal.SIGINT)
            time.sleep(0.01)
        assert running.stderr
        told = running.stderr.read()
    assert running.returncode == 130
    assert "the same command goes on from there" in told
    assert "Traceback" not in told
    assert run(folder, output)["items"] == 2000
    assert len({row["key"] for row in rows(output)}) == 2000


def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path, folder: Path) -> None:
    output = tmp_path / "results.jsonl"
    results = Results(output, {})
    with pytest.raises(ValueError, match="Another run is at work"):
        run(folder, output)
    results.close()


# ---- What ends a run, or a process of it.


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """Make a folder of two thousand digits."""
    folder = tmp_path / "crops"
    folder.mkdir()
    for place in range(2_000):
        name = folder / f"{place:04}.png"
        name.write_bytes(png(place)) if place < 10 else name.hardlink_to(folder / f"{place % 10:04}.png")
    return folder


@SUFFIXES
def test_a_run_killed_at_any_moment_loses_and_doubles_nothing(suffix: str, tmp_path: Path) -> None:
    fill(tmp_path / "scans")
    found = kill_often(tmp_path / "scans", tmp_path / f"results{suffix}", KILLS, random.Random(7))
    assert found.kills == KILLS
    assert (found.lost, found.doubled, found.wrong) == (0, 0, 0)


class Trap:
    """The place of a process, which strikes its process at its fifth item, once in a run."""

    def __init__(self, place: Any, number: signal.Signals, sprung: Path) -> None:
        self._place, self._number, self._sprung = place, number, sprung

    @property
    def value(self) -> int:
        return int(self._place.value)

    @value.setter
    def value(self, place: int) -> None:
        self._place.value = place
        if place == 5 and not self._sprung.exists():
            self._sprung.touch()
            os.kill(os.getpid(), self._number)


def work_in_a_trap(number: signal.Signals, setup: Setup, memory: int, pipe: Any, place: Any) -> None:
    """Do a process's work, in that process."""
    _work(setup, memory, pipe, cast("Any", Trap(place, number, setup.output.with_name("sprung"))))


@pytest.mark.parametrize(
    ("number", "error", "seconds"),
    [(signal.SIGKILL, "worker-died", 60), (signal.SIGSTOP, "timeout", 10)],
    ids=["dies", "hangs"],
)
def test_a_process_that_dies_or_hangs_costs_its_own_file_a_row(
    number: signal.Signals,
    error: str,
    seconds: float,
    crops: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = tmp_path / "results.jsonl"
    monkeypatch.setattr("jobs.crew._work", partial(work_in_a_trap, number))
    counts = run(crops, output, processes=1, seconds=seconds)
    assert counts["items"] == 2_000
    assert counts["refused"] == {error: 1}
    assert [row["key"] for row in rows(output) if "error" in row] == ["0005.png"]
    assert sorted(row["key"] for row in rows(output)) == [f"{place:04}.png" for place in range(2_000)]
    assert not active_children()


def test_a_picture_that_needs_more_memory_than_allowed_gets_a_row(folder: Path, tmp_path: Path) -> None:
    from PIL import Image  # noqa: PLC0415

    Image.new("RGB", (4000, 4000)).save(folder / "large.png")
    output = tmp_path / "results.jsonl"
    run(folder, output, memory=160 << 20)
    found = {row["key"]: row.get("error") for row in rows(output)}
    assert found["large.png"] in {"out-of-memory", "worker-died", "image-too-large"}
    assert found["deeper/3.png"] is None
    assert len(rows(output)) == len(KEYS) + 1


# ---- All numbers.


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Make a folder of an amount, a page of three numbers, an empty page, no picture, and a shard."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "amount.png").write_bytes(amount())
    sheet((480, 200), [("314", 30, 30, 44), ("26", 300, 34, 44), ("9753", 40, 120, 44)]).save(
        folder / "page.png"
    )
    sheet((400, 160), []).save(folder / "empty.png")
    (folder / "notes.txt").write_text("no image")
    (folder / "shard.tar").write_bytes(tar({"deeper/amount.png": amount(), "large.png": b""}))
    return folder


TEXTS = {
    "amount.png": ("18014", 1, 5),
    "page.png": ("314 26\n9753", 3, 9),
    "empty.png": ("", 0, 0),
    "deeper/amount.png": ("18014", 1, 5),
}


@SUFFIXES
def test_all_numbers_are_read_and_read_on(suffix: str, pages: Path) -> None:
    output = pages.parent / f"numbers{suffix}"
    setup = Setup(pages, BUNDLED_MODEL, output, "read")
    counts = local.run(setup, 1)
    assert counts == {
        "items": 6,
        "with_numbers": 3,
        "numbers": 5,
        "digits": 19,
        "refused": {"invalid-image": 2},
    }
    found = {row["key"]: row for row in rows(output)}
    assert {key for key, row in found.items() if row.get("error")} == {"notes.txt", "large.png"}
    for key, (text, numbers, digits) in TEXTS.items():
        row = found[key]
        assert row["text"] == text
        if suffix == ".csv":
            assert (int(row["numbers"]), int(row["digits"])) == (numbers, digits)
        else:
            assert len(row["numbers"]) == numbers
            assert sum(len(each["digits"]) for each in row["numbers"]) == digits
            assert row.get("shard") == ("shard.tar" if key == "deeper/amount.png" else None)

    (pages / "amount.png").write_bytes(png(7))
    before = len(rows(output))
    assert local.run(setup, 1)["digits"] == 15
    assert len(rows(output)) == before
    with pytest.raises(ValueError, match="results of another mode; name another file"):
        run(pages, output)
    shown = table(counts).splitlines()
    assert shown[-1] == "5 numbers of 19 digits"
    assert ["without", "1"] in [line.split() for line in shown]


def test_labels_are_for_single_digits(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        local.main([str(pages), str(pages / "x.csv"), "--mode=read", "--labels"])
    assert "Received: --mode read" in capsys.readouterr().err


# ---- Shards.


def pack(folder: Path, names: Sequence[str]) -> None:
    """Put a TAR of 600 digits with labels under each name."""
    files = {}
    for place in range(600):
        files[f"{place:04}.png"] = png(place % 10)
        files[f"{place:04}.cls"] = b"%d" % (place % 10)
    files["0007.png"] = b"no image"
    for name in names:
        (folder / name).write_bytes(tar(files))


def test_the_members_of_shards_get_rows_and_are_held_against_labels(tmp_path: Path, folder: Path) -> None:
    pack(folder, ["one.tar", "two.tar"])
    output = tmp_path / "results.jsonl"
    counts = local.run(Setup(folder, BUNDLED_MODEL, output, labels=True), 2)
    found = [row for row in rows(output) if "shard" in row]
    for name in ("one.tar", "two.tar"):
        keys = [row["key"] for row in found if row["shard"] == name]
        assert keys == [f"{place:04}.png" for place in range(600)]
    assert counts["items"] == 1_200 + len(KEYS)
    assert counts["confusion"]["7"] == {"7": 118, "refused": 2}
    assert all(row["label"] == int(row["key"][:4]) % 10 for row in found)
    shown = table(counts)
    assert "1,198 of 1,200 labels agree: 99.83%" in shown


def test_a_shard_goes_on_in_its_middle(tmp_path: Path) -> None:
    folder, output = tmp_path / "shards", tmp_path / "results.jsonl"
    folder.mkdir()
    pack(folder, ["one.tar"])
    setup = Setup(folder, BUNDLED_MODEL, output)
    results = Results(output, local._description(setup))
    place = _CONTEXT.Value("q", 0)
    chunk = next(Worker(setup, place).chunks(Task(("one.tar",), is_shard=True)))
    stamp = local._stamp(folder / "one.tar")
    results.add(chunk.content, Part(len(chunk.content), chunk.counts, {"one.tar": stamp}, chunk.next))
    results.close()
    before = output.read_bytes()
    assert run(folder, output)["items"] == 600
    assert output.read_bytes().startswith(before)
    assert [row["key"] for row in rows(output)] == [f"{place:04}.png" for place in range(600)]


def test_a_shard_that_ends_every_process_ends_in_a_row_that_says_so(tmp_path: Path) -> None:
    setup = Setup(tmp_path, BUNDLED_MODEL, tmp_path / "results.jsonl")
    pack(tmp_path, ["one.tar"])
    task = Task(
        ("one.tar",), is_shard=True, start=2, faults={4: ("worker-died", "x"), 9: ("timeout", "y")}, stop=9
    )
    chunks = list(Worker(setup, _CONTEXT.Value("q", 0)).chunks(task))
    written = [json.loads(line) for chunk in chunks for line in chunk.content.splitlines()]
    assert [row["key"] for row in written] == [f"{place:04}.png" for place in range(2, 9)] + [None]
    assert [row.get("error") for row in written] == [
        None,
        None,
        "worker-died",
        None,
        None,
        "invalid-image",
        None,
        "timeout",
    ]
