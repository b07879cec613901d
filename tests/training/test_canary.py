"""The canary: what goes into it, and what it finds."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.model import Model
from tests.samples.drawings import draw_mnist
from training import canary
from training.artefact import SHIPPED
from training.canary import MOST, Canary
from training.data.corrections import Correction
from training.data.pool import NOT_A_DIGIT


def png(label: int, shade: int = 0) -> bytes:
    """Return a drawing of a digit on a ground of so many grey levels; of a blank where it is no digit."""
    drawn = np.zeros((28, 28), np.uint8) if label == NOT_A_DIGIT else draw_mnist(label)
    file = io.BytesIO()
    Image.fromarray(np.maximum(drawn, np.uint8(shade))).save(file, "PNG")
    return file.getvalue()


def correction(label: int, drawn: int, shade: int = 0) -> Correction:
    return Correction(label, f"{label}{drawn}{shade}", lambda: png(drawn, shade))


def encoded(label: int, shade: int = 0) -> str:
    return base64.b64encode(png(label, shade)).decode()


@pytest.fixture(scope="module")
def shipped() -> Model:
    """Return a model that reads the drawings."""
    return Model.load(SHIPPED)


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> Model:
    """Return a model that refuses everything."""
    refusing = Model.load(SHIPPED)
    monkeypatch.setitem(refusing.card, "threshold", 1.1)
    return refusing


def test_what_was_learned_is_chosen_and_what_was_known_or_is_wrong_is_not(
    shipped: Model, blind: Model
) -> None:
    found = canary.choose(
        [], [correction(4, 4), correction(7, 1), correction(NOT_A_DIGIT, NOT_A_DIGIT)], blind, shipped
    )
    assert [one["label"] for one in found] == [4], "the 7 is read as a 1, the blank was refused before"
    assert canary.choose([], [correction(4, 4)], shipped, shipped) == []


def test_the_earlier_ones_stay(shipped: Model, blind: Model) -> None:
    earlier = [Canary(image=encoded(9), label=9), Canary(image=encoded(NOT_A_DIGIT), label=None)]
    found = canary.choose(earlier, [correction(4, 4)], blind, shipped)
    assert [one["label"] for one in found] == [None, 4, 9]
    assert canary.find_unlearned(shipped, found) == []


def test_many_are_thinned_out_over_the_classes(shipped: Model) -> None:
    many = [Canary(image=f"{label}-{number}", label=label) for number in range(20) for label in (2, 5, None)]
    found = canary.choose(many, [], shipped, shipped)
    assert len(found) == MOST
    assert {label: sum(one["label"] == label for one in found) for label in (2, 5, None)} == {
        2: 10,
        5: 10,
        None: 10,
    }


def test_what_a_model_unlearned_is_named(shipped: Model) -> None:
    learned = [
        Canary(image=encoded(4), label=4),
        Canary(image=encoded(1), label=7),
        Canary(image=encoded(3), label=None),
    ]
    assert canary.find_unlearned(shipped, learned) == [
        "it reads an earlier correction, a 7, as a 1",
        "it reads an earlier correction, no digit, as a 3",
    ]


def test_a_canary_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert canary.load(tmp_path) == []
    learned = [Canary(image=encoded(4), label=4), Canary(image=encoded(NOT_A_DIGIT), label=None)]
    canary.write(tmp_path, learned)
    assert canary.load(tmp_path) == learned
