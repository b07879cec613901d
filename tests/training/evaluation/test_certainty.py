"""The fit of a number's probability to how often numbers are right."""

import json
from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest

from digits.model import Model
from digits.numbers import CROPPED, NumberReader
from tests.samples.detectors import ToldDetector, row, seen
from training.artefact import SHIPPED
from training.data.amounts import Written
from training.evaluation import certainty

SHEET = np.full((60, 300), 255, np.uint8)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(SHIPPED)


def observed(odds: list[float], right: list[bool]) -> certainty.Observed:
    digits = np.full((len(odds), certainty.LONGEST), np.inf)
    digits[:, 0] = odds
    return certainty.Observed(digits, np.full(len(odds), -np.inf), np.array(right))


def test_the_curve_that_made_the_numbers_right_is_found() -> None:
    rng = np.random.default_rng(3)
    odds = rng.normal(0, 2, 5_000)
    right = rng.random(5_000) < 1 / (1 + np.exp(-(1.5 * odds + 0.5)))
    (slope, offset), _ = certainty.fit(observed(odds.tolist(), right.tolist()))
    assert slope == pytest.approx(1.5, abs=0.2)
    assert offset == pytest.approx(0.5, abs=0.2)


def test_the_curve_of_places_left_out_is_found_beside_that_of_digits() -> None:
    rng = np.random.default_rng(5)
    digits, missed = rng.normal(2, 1, 8_000), rng.normal(-2, 1, 8_000)
    odds = np.full((len(digits), certainty.LONGEST), np.inf)
    odds[:, 0] = digits
    none = certainty.Observed(odds, missed, np.zeros(len(digits), np.bool_))
    right = rng.random(len(digits)) < none.probabilities((1.2, 0.5), (2.0, 1.0))
    curves = certainty.fit(certainty.Observed(odds, missed, right))
    assert np.ravel(curves) == pytest.approx([1.2, 0.5, 2.0, 1.0], abs=0.35)


def test_what_is_observed_gives_the_readers_probabilities_back(model: Model) -> None:
    found = [*row("123"), seen(5, (106, 10, 24, 40), score=0.2)]
    reader = NumberReader(ToldDetector(found), model)
    page = reader.read(SHEET)
    observations = certainty.observe([Written(SHEET, "123", [])], [page])
    assert observations.right.tolist() == [True]
    assert observations.probabilities((1.0, 0.0), (1.0, 0.0)) == pytest.approx(
        [page.numbers[0].probability], rel=1e-6
    )


def test_pictures_read_as_several_numbers_or_none_are_left_out(model: Model) -> None:
    several = NumberReader(ToldDetector([*row("1"), *row("2", x=200)]), model).read(SHEET)
    none = NumberReader(ToldDetector([]), model).read(SHEET)
    picture = Written(SHEET, "12", [])
    assert certainty.observe([picture, picture], [several, none]).right.size == 0


def test_the_highest_threshold_that_reads_most_right_is_chosen(model: Model) -> None:
    found = [*row("12"), seen(7, (74, 10, 24, 40), score=0.3)]
    read_to = 1 / (1 + np.exp(-np.log(0.3 / 0.7) - CROPPED))  # the threshold up to which the 7 is read
    reader = NumberReader(ToldDetector(found), model)
    pictures = [Written(SHEET, "12", [])] * 4 + [Written(SHEET, "127", [])]
    assert certainty.calibrate(reader, pictures).threshold == max(certainty.THRESHOLDS)
    pictures = [Written(SHEET, "127", [])] * 4 + [Written(SHEET, "12", [])]
    assert certainty.calibrate(reader, pictures).threshold == max(
        one for one in certainty.THRESHOLDS if one < read_to
    )


def test_the_shipped_calibration_is_one_that_was_fitted() -> None:
    card = json.loads((SHIPPED / "detector.json").read_text("utf-8"))
    found = NumberReader.load(SHIPPED, Model.load(SHIPPED)).calibration
    assert card["calibration"] == {
        "threshold": found.threshold,
        "slope": found.slope,
        "offset": found.offset,
        "missed_slope": found.missed_slope,
        "missed_offset": found.missed_offset,
    }
    assert card["threshold"] < found.threshold in certainty.THRESHOLDS


def test_missing_sets_are_an_error(tmp_path: Path) -> None:
    for name in ("detector.json", "detector.tflite"):
        copyfile(SHIPPED / name, tmp_path / name)
    before = (tmp_path / "detector.json").read_bytes()
    with pytest.raises(FileNotFoundError):
        certainty.main(["--sets", str(tmp_path), "--detector", str(tmp_path)])
    assert (tmp_path / "detector.json").read_bytes() == before
