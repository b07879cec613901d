"""The command that scores the reading of numbers."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from digits.model import Model
from digits.numbers import NumberReader
from tests.samples import writers
from tests.samples.detectors import ToldDetector, row
from training.evaluation import strings


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """Make a folder of sets, of pictures made here."""
    for name in (strings.PEN, strings.PHOTOGRAPHED, strings.SYMBOLS):
        writers.archive(tmp_path / name)
    with ZipFile(tmp_path / strings.AMOUNTS, "w") as file:
        file.writestr("amounts/labels.csv", 'file,label,boxes\nseven.png,12,"[[10, 10, 24, 40]]"\n')
        file.write("events/bodies/seven.png", "amounts/seven.png")
    return tmp_path


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a detector that finds the same in every picture in the place of the shipped one."""

    def load(folder: Path, model: Model) -> NumberReader:
        assert folder.is_dir(), f"nothing at {folder}"
        detector = ToldDetector(row("12"))
        return NumberReader(detector, model)

    monkeypatch.setattr(NumberReader, "load", load)


def test_every_part_is_scored_and_shown(
    sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "numbers.json"
    monkeypatch.setattr(strings, "PAGES", {"small page": (400, 300, 8, 30)})
    monkeypatch.setattr("digits.numbers.resembling", lambda *_: [])  # which sees through this detector
    strings.main(["--sets", str(sets), "--limit", "5", "--json", str(target)])
    found = json.loads(target.read_text("utf-8"))
    assert found["amounts"]["right"] == {
        "count": 1,
        "share": 1.0,
        "interval": found["amounts"]["right"]["interval"],
    }
    assert found["composed"]["right"]["count"] == 5
    assert found["composed"]["narrow"]["right"]["count"] == 5
    assert found["singles"]["bhmsds.npz"]["right"]["count"] == 5
    assert found["blanks"]["digits_per_sheet"] == 2  # this detector finds 12 on every sheet
    assert found["blanks"]["sheets_read_as_empty"]["share"] == 0
    assert found["forms"]["fields_right"]["count"] == 30
    assert found["times"]["milliseconds"].keys() == {"amount", "small page"}
    assert found["settings"]["limit"] == 5
    printed = capsys.readouterr().out
    assert "amounts right" in printed
    assert "100.00%" in printed


@pytest.mark.parametrize("arguments", [["--limit", "1"], ["--parts", "amounts"]])
def test_only_a_whole_run_goes_into_the_report(
    arguments: list[str], sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strings, "REPORT", tmp_path)
    strings.main(["--sets", str(sets), *arguments])
    assert not (tmp_path / "numbers.json").exists()


def test_missing_sets_are_said_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        strings.main(["--sets", str(tmp_path)])
    assert strings.AMOUNTS in capsys.readouterr().err.splitlines()[-1]
