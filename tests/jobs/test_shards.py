"""A folder packed into shards: every file once, names and order kept."""

from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from bulk.shards import members
from events.draw import png
from jobs.shards import main, pack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of ten digits, in two folders, and a hidden file."""
    folder = tmp_path / "crops"
    for digit in range(10):
        path = folder / ("a" if digit % 2 else "b") / f"{digit}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(digit))
    (folder / ".hidden").touch()
    return folder


def contents(into: Path) -> list[Any]:
    """Return the members of each shard."""
    found = []
    for path in sorted(into.iterdir()):
        with path.open("rb") as file:
            found.append([(each.name, each.content) for each in members("tar", file, 10_000)])
    return found


def test_every_file_stands_in_one_shard_in_order(folder: Path, tmp_path: Path) -> None:
    into = folder / "shards"  # below the folder itself: nothing of it is packed
    assert pack(folder, into, 4) == 3
    names = [f"a/{digit}.png" for digit in range(1, 10, 2)] + [f"b/{digit}.png" for digit in range(0, 10, 2)]
    packed = contents(into)
    assert [len(each) for each in packed] == [4, 4, 2]
    assert [*chain(*packed)] == [(name, (folder / name).read_bytes()) for name in names]
    again = tmp_path / "again"
    pack(folder, again, 4)
    # `into` was there by then, and is a folder like any other.
    assert (again / "00000.tar").read_bytes() == (into / "00000.tar").read_bytes()


def test_shards_are_not_written_over(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = tmp_path / "shards"
    assert main([str(folder), str(into)]) == 0
    assert "1 shard in" in capsys.readouterr().out
    before = (into / "00000.tar").read_bytes()
    assert main([str(folder), str(into)]) == 1
    assert "Received: " in capsys.readouterr().err
    assert (into / "00000.tar").read_bytes() == before
    assert main([str(folder), str(tmp_path / "other"), "--size=0"]) == 1
