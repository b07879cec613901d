"""The figures are a function of their numbers, so that a report made again is the same."""

from pathlib import Path

from training.card import charts

SCORES = {"tablets": {"count": 5, "accuracy": 0.8, "interval": [0.4, 0.96]}}


def test_the_same_numbers_draw_the_same_bytes_and_others_draw_others(tmp_path: Path) -> None:
    other = {"tablets": SCORES["tablets"] | {"accuracy": 0.6}}
    for name, scores in (("one", SCORES), ("two", SCORES), ("three", other)):
        charts.sets(scores, tmp_path / f"{name}.png")
    drawn = [(tmp_path / f"{name}.png").read_bytes() for name in ("one", "two", "three")]
    assert drawn[0] == drawn[1] != drawn[2]
