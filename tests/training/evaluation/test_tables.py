"""The terminal's tables show each part that was evaluated."""

from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from tests.samples import evaluations
from training.evaluation import tables
from training.evaluation.corruptions import CORRUPTIONS

Json = dict[str, Any]


@pytest.fixture
def evaluation() -> Json:
    return evaluations.evaluation(evaluations.model())


def printed(found: list[Table]) -> str:
    console = Console(width=80)
    with console.capture() as capture:
        for table in found:
            console.print(table)
    return capture.get()


def test_every_part_is_printed_within_eighty_columns(evaluation: Json) -> None:
    text = printed(list(tables.tables(evaluation, None)))
    assert "…" not in text
    assert "99.73 (98.73–100.00)" in text
    assert "98.38 (97.38–98.78)" in text  # the tablets' accuracy
    assert "77.70 (75.70–78.70)" in text  # the signs' refusals
    for name in (*CORRUPTIONS, "on security print", "drawn scenes, empty", "tablets", "signs", "AUROC"):
        assert name in text


def test_corruptions_end_with_their_mean_beside_the_baseline(evaluation: Json) -> None:
    baseline = {"corruptions": {name: {"never": {"accuracy": 0.4321}} for name in CORRUPTIONS}}
    last = printed([tables.corruptions(evaluation, baseline)]).strip().splitlines()[-1]
    assert last.split() == ["mean", "12.10%", "12.10%", "56.79%"]


def test_shares_of_time_add_up(evaluation: Json) -> None:
    row = next(
        line for line in printed([tables.stages(evaluation["sets"])]).splitlines() if "tablets" in line
    )
    assert row.split() == ["tablets", "800", "0", "0.67", "17%", "33%", "50%"]


def test_parts_that_were_left_out_are_left_out(evaluation: Json) -> None:
    assert len(list(tables.tables({"mnist": evaluation["mnist"]}, None))) == 1
    assert not list(tables.tables({"sets": []}, None))
