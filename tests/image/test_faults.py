"""Faults of the container that runs the Lambda image."""

import pytest

from tests.image.faults import FAULTS, suffer
from tests.project import ROOT


@pytest.mark.docker
@pytest.mark.parametrize("name", FAULTS)
def test_the_one_who_asks_is_told_and_the_container_answers_again_or_ends(name: str, image: str) -> None:
    assert suffer(name, image) == (FAULTS[name].seen, FAULTS[name].then)


def test_the_documentation_says_what_is_tested() -> None:
    table = (ROOT / "docs/resilience.md").read_text().partition("## A fault of the container")[2]
    rows = [line for line in table.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    assert rows[1:] == [f"| {name} | {fault.seen} | {fault.then} |" for name, fault in FAULTS.items()]
