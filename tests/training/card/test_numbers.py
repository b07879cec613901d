"""The card of reading numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from digits.model import Model
from digits.numbers import NumberReader
from tests.samples.detectors import ToldDetector, row
from training.artefact import SHIPPED
from training.card import numbers
from training.evaluation.composed import Composed

SHEET = np.full((60, 300), 255, np.uint8)


def share(value: float) -> dict[str, object]:
    return {"count": 200, "share": value, "interval": [value - 0.05, value + 0.05]}


@pytest.fixture
def found() -> dict[str, object]:
    """Return an evaluation in which every figure differs."""
    narrow = {"right": share(0.512)}
    scored = {"right_with_length": share(0.634), "boxes_found": share(0.945), "calibration_error": 0.0234}
    scored |= {"calibration_error_by_chance": 0.0198}
    return {
        "created": "2026-01-02T03:04:05+00:00",
        "model": {"version": "9.8.7", "files": {}},
        "amounts": scored | {"right": share(0.611), "by_length": {"5": share(0.587)}},
        "composed": scored
        | {
            "right": share(0.823),
            "by_length": {"2": share(0.901)},
            "by_gap": {"40% to 60%": share(0.93), "-8% to 0%": share(0.51)},
            "by_touch": {"touching": share(0.49)},
            "narrow": narrow,
        },
        "singles": {"pendigits.npz": {"right": share(0.954), "single_digit_model": share(0.976)}},
        "blanks": {"digits_per_sheet": 0.25, "digits_per_sheet_by_kind": {"print": 0.75}},
        "forms": {
            "fields_right": share(0.777),
            "fields_right_with_length": share(0.788),
            "by_paper": {"combed": share(0.766)},
        },
        "times": {"milliseconds": {"amount": 12.4}},
    }


def test_the_card_tells_every_figure(found: dict[str, object]) -> None:
    both = {"amounts": {"cuts": {"right": share(0.432)}, "detector": {"right": share(0.611)}}}
    cuts = {"detector": "7.6.5", "found": both}
    card = numbers.compose(found, cuts, wrong=17)
    for figure in (
        "61.1%",
        "82.3%",
        "90.1%",
        "49.0%",
        "97.6%",
        "0.75",
        "77.7%",
        "2.3%",
        "2.0%",
        "43.2%",
        "9.8.7",
        "7.6.5",
    ):
        assert figure in card, figure
    assert "reads 17 wrong" in card
    assert card.index("-8% to 0%") < card.index("40% to 60%")


def test_a_card_without_the_study_says_nothing_of_it(found: dict[str, object]) -> None:
    assert "lattice" not in numbers.compose(found, None, wrong=0)


def test_the_likeliest_mistakes_are_drawn_and_all_are_counted() -> None:
    reader = NumberReader(ToldDetector(row("12")), Model.load(SHIPPED))
    pictures = [Composed(SHEET, text, [], 0.1, touching=False) for text in ("12", "13", "42")]
    sheet, wrong = numbers.mistakes(pictures, [reader.read(SHEET)] * 3)
    assert wrong == 2
    assert sheet.size == (numbers.COLUMNS * numbers.CELL[0], numbers.CELL[1] + numbers.LEGEND)
    assert len(np.unique(np.asarray(sheet).reshape(-1, 3), axis=0)) > 2


@pytest.mark.parametrize(("files", "complaint"), [(None, "make evaluate"), ({"a": 1}, "another detector")])
def test_no_card_without_an_evaluation_of_this_detector(
    files: dict[str, int] | None,
    complaint: str,
    found: dict[str, object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if files:
        document = found | {"model": {"version": "9.8.7", "files": files}}
        (tmp_path / "numbers.json").write_text(json.dumps(document))
    with pytest.raises(SystemExit, match="2"):
        numbers.main(["--folder", str(tmp_path)])
    assert complaint in capsys.readouterr().err
