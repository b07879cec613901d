"""The model card says what the evaluation found, and nothing else."""

import json
from typing import Any

import pytest

from tests.samples import evaluations
from training.artefact import REPORT, SHIPPED
from training.card import __main__ as report
from training.card import text as card
from training.data.augment import DIRT
from training.evaluation.corruptions import CORRUPTIONS, RESEMBLED

Json = dict[str, Any]


@pytest.fixture
def model() -> Json:
    return evaluations.model()


@pytest.fixture
def evaluation(model: Json) -> Json:
    return evaluations.evaluation(model)


def test_the_card_says_what_the_json_says(model: Json, evaluation: Json) -> None:
    text = card.compose(model, evaluation, {})
    assert text.startswith("# Model card: digits 3.1.4\n")
    for share in (
        evaluation["mnist"]["test"]["never"]["accuracy"],
        evaluation["mnist"]["validation"]["always"]["accuracy"],
        evaluation["sets"][0]["digits"]["accuracy"],
        evaluation["sets"][1]["nondigits"]["refused"],
        evaluation["nondigits"]["unseen"]["refused"],
        evaluation["trials"]["empty"]["refused"],
        evaluation["trials"]["letters"]["refused"],
        *(1 - scores["never"]["accuracy"] for scores in evaluation["corruptions"].values()),
    ):
        assert f"{100 * share:.2f} %" in text


@pytest.mark.parametrize(
    "text",
    [
        "2 of 10,000 wrong",
        "less 5,000 that",
        "1→7 (8), 4→9 (5)",
        "| on security print | 1,000 | 76.5 % |",
        "sure and wrong with these\nscenes: in a box, on security print.",
        "1,234,567 bytes",
        "commit `c0ffee`, first seed 42",
        "temperature of 1.2345",
        "reaches 0.61803",
        "| `rate` | 0.00271 | 0.00137 |",
        "| tablets | 0.111 | 0.222 | 0.333 |",
        "of MNIST's arrays: `abababab",
        "SHA-256 `cdcdcdcd",
        "into 15 bins",
        "canny edges, zigzag and dotted line cost most",
        "in batches of 64",
    ],
)
def test_the_card_takes_over(text: str, model: Json, evaluation: Json) -> None:
    assert text in card.compose(model, evaluation, {})


def test_settings_that_an_older_stage_lacks_are_marked(model: Json, evaluation: Json) -> None:
    model["stages"] = [{"tempo": 3, "dirty": 0.2, "rate": 0.1}, {"strength": 0.6, "seed": 5, "rate": 0.1}]
    text = card.compose(model, evaluation, {})
    rows = [
        "`seed` | – | 5",
        "`strength` | – | 0.6",
        "`dirty` | 0.2 | –",
        "`rate` | 0.1 | 0.1",
        "`tempo` | 3 | –",
    ]
    assert "".join(f"| {row} |\n" for row in rows) in text
    assert "–: the commit that trained the stage had no such setting." in text


def test_the_versions_that_made_it_are_told_where_they_are_known(model: Json, evaluation: Json) -> None:
    assert "| with |" not in card.compose(model, evaluation, {})
    model["packages"] = {"keras": "3.99.0", "numpy": "9.8.7"}
    assert "| with | keras 3.99.0, numpy 9.8.7 |" in card.compose(model, evaluation, {})


def test_other_numbers_make_another_card(model: Json, evaluation: Json) -> None:
    assert "**99.73 %**" in card.compose(model, evaluation, {})
    evaluation["mnist"]["test"]["never"] = evaluations.score(9876, 10000)
    text = card.compose(model, evaluation, {})
    assert "**98.76 %**" in text
    assert "99.73 %" not in text


def test_every_table_is_rectangular(model: Json, evaluation: Json) -> None:
    blocks = card.compose(model, evaluation, {}).split("\n\n")
    tables = [block for block in blocks if block.startswith("|")]
    assert len(tables) >= 6
    for table in tables:
        assert len({line.count("|") for line in table.splitlines() if line.startswith("|")}) == 1


def test_a_baseline_gets_a_column(model: Json, evaluation: Json) -> None:
    scores = {name: {"never": evaluations.score(543, 1000)} for name in CORRUPTIONS}
    text = card.compose(model, evaluation, {"baseline": {"corruptions": scores}})
    assert text.count("| 45.70 % |\n") == len(CORRUPTIONS)
    assert "**45.70 %** |\n" in text


def test_members_are_listed_with_their_mean_and_spread(model: Json, evaluation: Json) -> None:
    text = card.compose(model, evaluation, {})
    assert "| 43 | 99.84 % (8 wrong) | 99.82 % (18 wrong) |" in text
    assert "| mean ± standard deviation | 99.840 % ± 0.020 | 99.820 % ± 0.010 |" in text
    assert f"| 44 | 2 | 0 | `c0ffee3` | `{'ef' * 32}` |" in text


def test_the_scores_that_could_refuse_are_compared(model: Json, evaluation: Json) -> None:
    shares: Json = {"refused": {"letters": 0.9876}, "auroc": {"letters": 0.9912}, "kept": 0.9975}
    shares["ruled_ones_refused"] = 0.012
    found = [
        {"score": "extra class", "shipped": True} | shares,
        {"score": "energy", "shipped": False} | shares,
    ]
    text = card.compose(model, evaluation, {"rejection": found})
    assert "| **extra class** | 98.8 % (0.9912) | 1.2 % |" in text
    assert "| energy | 98.8 % (0.9912) | 1.2 % |" in text
    assert "keeps 99.75 % of" in text


def test_the_candidates_are_compared(model: Json, evaluation: Json) -> None:
    found = [evaluations.candidate(name, shipped=name == "int8") for name in ("float32", "int8")]
    text = card.compose(model, evaluation, {"candidates": found})
    assert "| float32 | 0.234 | 345,678 | 99.50 % | 0.234 % | 98.8 % |" in text
    assert "| **int8** | 0.234 |" in text


def test_corruptions_like_those_of_training_are_marked_and_left_out_of_a_second_mean(
    model: Json, evaluation: Json
) -> None:
    assert set(RESEMBLED) < set(CORRUPTIONS)
    assert set(RESEMBLED.values()) <= {dirt.__name__.strip("_") for dirt in DIRT}
    for name, scores in evaluation["corruptions"].items():
        for by_mode in scores.values():
            by_mode["accuracy"] = 0.5 if name in RESEMBLED else 0.75
    text = card.compose(model, evaluation, {})
    assert "| zigzag | line | 50.00 % | 50.00 % |" in text
    assert "| rotate | – | 25.00 % | 25.00 % |" in text
    assert "| **mean of those like no dirt in training** |  | **25.00 %** | **25.00 %** |" in text
    assert "| the same, of kinds like no dirt in training | 25.00 % |" in text


def test_a_tuned_model_tells_what_it_was_tuned_on(model: Json, evaluation: Json) -> None:
    assert "make tune" not in card.compose(model, evaluation, {})
    model["base"] = {"version": "1.1.1", "sha256": "ba" * 32}
    tuning = {"corrections": 30, "held_out": 10, "sha256": "c0" * 32}
    model["tunings"] = [tuning | {"before": {"held_out": {"right": 1}}, "after": {"held_out": {"right": 9}}}]
    text = card.compose(model, evaluation, {})
    assert f"went on from version 1.1.1 (`digits.keras` with SHA-256 `{'ba' * 32}`) with 30" in text
    assert "version 1.1.1 read 1 of them right, this one 9." in text
    assert "`make tune` with these settings" in text


def test_the_committed_card_is_what_its_documents_make() -> None:
    """When a document beside the card or its text is changed, `make report` writes it again."""
    shipped = json.loads((SHIPPED / "model.json").read_text("utf-8"))
    written = (REPORT / "README.md").read_text("utf-8")
    assert written == card.compose(shipped, *report.documents(REPORT, shipped)), "run `make report`"


def test_figures_that_nothing_was_drawn_for_are_not_shown(model: Json, evaluation: Json) -> None:
    evaluation |= {"sets": [], "mistakes": []}
    text = card.compose(model, evaluation, {})
    for figure in ("learning-curves", "candidates", "mistakes"):
        assert f"({figure}.png)" not in text
    extras: Json = {"history": [{}], "candidates": [evaluations.candidate("int8", shipped=True)]}
    text = card.compose(model, evaluation, extras)
    assert "(learning-curves.png)" in text
    assert "(candidates.png)" in text
    words = " ".join(text.split())
    assert "Keras's by 0.035 at most, and those of the same graph in float32 by 3.2e-07" in words
