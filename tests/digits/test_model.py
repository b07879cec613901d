import hashlib
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from api.settings import Settings
from digits.errors import ArtefactError
from digits.model import CLASSES, COMMITTEE, FIRST, Model
from tests.samples.drawings import draw_mnist
from training import litert, network

Ink = NDArray[np.float32]  # (n, 28, 28, 1)

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


@pytest.fixture
def asked(model: Model, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Ink]]:
    """Return what each network of the model gets from now on."""
    seen: dict[str, list[Ink]] = {"_first": [], "_committee": []}

    def watch(name: str) -> None:
        ask = getattr(model, name)

        def note(ink: Ink) -> Any:
            seen[name].append(ink)
            return ask(ink=ink)

        monkeypatch.setattr(model, name, note)

    watch("_first")
    watch("_committee")
    return seen


def test_a_batch_of_what_is_clear_is_one_invocation_of_one_network(
    model: Model, asked: dict[str, list[Ink]]
) -> None:
    model.predict(np.concatenate([DIGITS, np.zeros((1, 28, 28), np.uint8)]))
    assert [len(ink) for ink in asked["_first"]] == [11]
    assert not asked["_committee"]


def test_the_committee_is_asked_about_what_is_in_doubt_alone(
    model: Model, asked: dict[str, list[Ink]]
) -> None:
    pairs = combinations(range(10), 2)
    mixed = np.stack([*DIGITS, *(DIGITS[one] // 2 + DIGITS[other] // 2 for one, other in pairs)])
    answers = model.predict(mixed)
    (every,), (doubtful,) = asked["_first"], asked["_committee"]
    assert len(every) == len(mixed)
    assert 0 < len(doubtful) < len(mixed) - 10, "mixtures are in doubt, but not all"
    whole = litert.infer((SHIPPED / "digits.tflite").read_bytes(), doubtful)
    places = [int(np.flatnonzero((every == ink).all(axis=(1, 2, 3)))[0]) for ink in doubtful]
    assert np.array_equal(answers[places], whole)


def test_without_a_name_the_committee_answers() -> None:
    """Whoever opens the file with LiteRT gets the whole network."""
    interpreter = Interpreter(model_path=str(SHIPPED / "digits.tflite"))
    assert sorted(interpreter.get_signature_list()) == [COMMITTEE, FIRST]
    ink = (DIGITS[:1, ..., np.newaxis] / 255).astype(np.float32)
    answer = litert.infer((SHIPPED / "digits.tflite").read_bytes(), ink)
    runner = interpreter.get_signature_runner(COMMITTEE)
    assert np.array_equal(answer, *runner(ink=ink).values())


def test_a_network_of_one_signature_answers_alone() -> None:
    keras.utils.set_random_seed(1)
    plain = network.committee([network.build((0, 0, 1))], 1.0)
    model = Model(litert.convert(plain), {"version": "1"})
    assert np.allclose(
        model.predict(DIGITS), plain.predict(DIGITS[..., np.newaxis] / 255, verbose=0), atol=1e-5
    )


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
