import hashlib
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.settings import Settings
from digits.errors import ArtefactError
from digits.model import CLASSES, Model
from tests.samples.drawings import draw_mnist

SHIPPED = Settings().model_dir
DIGITS = np.stack([draw_mnist(digit) for digit in range(10)])


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(SHIPPED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("model.json", "digits.tflite"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


def edit_card(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "model.json").read_text())
    edit(card)
    (folder / "model.json").write_text(json.dumps(card))


def test_digits_drawn_clearly_are_read(model: Model) -> None:
    assert model.predict(DIGITS)[:, :10].argmax(axis=1).tolist() == list(range(10))


def test_a_blank_image_is_no_digit(model: Model) -> None:
    assert model.predict(np.zeros((1, 28, 28), np.uint8)).argmax() == CLASSES - 1


def test_the_answer_is_a_distribution_over_the_digits_and_none_of_them(model: Model) -> None:
    answer = model.predict(DIGITS)
    assert answer.shape == (10, CLASSES)
    assert answer.dtype == np.float32
    assert np.allclose(answer.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("sizes", [(1, 2, 1, 64, 3, 1)])
def test_a_batch_of_any_size_gets_the_answers_of_its_images(model: Model, sizes: tuple[int, ...]) -> None:
    single = np.concatenate([model.predict(image[np.newaxis]) for image in DIGITS])
    for size in sizes:
        chosen = np.arange(size) % 10
        assert np.allclose(model.predict(DIGITS[chosen]), single[chosen], atol=1e-5)


def test_an_answer_stays_when_the_next_one_is_made(model: Model) -> None:
    first = model.predict(DIGITS[:1])
    before = first.copy()
    model.predict(DIGITS[5:6])
    assert np.array_equal(first, before)


def test_threads_may_share_a_model(model: Model) -> None:
    expected = model.predict(DIGITS)

    def check(start: int) -> bool:
        size = 1 + start % 10
        return np.allclose(model.predict(DIGITS[:size]), expected[:size], atol=1e-5)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(check, range(400)))


def test_a_batch_is_one_invocation(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    invoke = model._interpreter.invoke
    monkeypatch.setattr(model._interpreter, "invoke", lambda: calls.append(invoke()))
    model.predict(DIGITS)
    assert len(calls) == 1


def test_the_card_is_what_model_json_holds(model: Model) -> None:
    assert model.card == json.loads((SHIPPED / "model.json").read_text())
    assert model.version == model.card["version"]


@pytest.mark.parametrize("name", ["model.json", "digits.tflite"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtefactError, match=f"{name} cannot be read: No such file"):
        Model.load(folder)


def test_an_altered_network_is_refused(folder: Path) -> None:
    network = bytearray((folder / "digits.tflite").read_bytes())
    network[-1] ^= 1
    (folder / "digits.tflite").write_bytes(network)
    with pytest.raises(ArtefactError, match=r"must have sha256 \w{64}. Received: \w{64}"):
        Model.load(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": {}}', "\x00"])
def test_a_broken_card_is_refused(folder: Path, text: str) -> None:
    (folder / "model.json").write_text(text)
    with pytest.raises(ArtefactError, match="model.json is not a model's description"):
        Model.load(folder)


@pytest.mark.parametrize(("member", "value"), [("version", 1), ("threshold", 1.5), ("threshold", -1)])
def test_a_card_without_what_serving_needs_is_refused(folder: Path, member: str, value: object) -> None:
    edit_card(folder, lambda card: card.update({member: value}))
    with pytest.raises(ArtefactError, match="must hold a version, a sha256 and a threshold"):
        Model.load(folder)


def test_a_file_that_is_no_network_is_refused_though_the_card_vouches_for_it(folder: Path) -> None:
    swapped = b"PK\x03\x04" + bytes(1000)
    (folder / "digits.tflite").write_bytes(swapped)
    digest = hashlib.sha256(swapped).hexdigest()
    edit_card(folder, lambda card: card["files"]["digits.tflite"].update(sha256=digest))
    with pytest.raises(ArtefactError, match="not a network that LiteRT runs"):
        Model.load(folder)
