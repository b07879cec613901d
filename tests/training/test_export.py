"""The export of a miniature run: what it writes is what serving loads, or nothing is written."""

from pathlib import Path

import keras
import numpy as np
import pytest

from digits.model import Model
from training import litert, network
from training.data import mnist
from training.export import export
from training.litert import ParityError, infer


def test_the_export_is_what_serving_loads(run: Path, tmp_path: Path, digits: mnist.Mnist) -> None:
    card = export(run, tmp_path / "model", digits, "9.9.9")
    assert (tmp_path / "model").stat().st_mode & 0o555 == 0o555, "every user may read it"
    model = Model.load(tmp_path / "model")
    answers = model.predict(digits.x_test)
    assert model.version == "9.9.9"
    assert answers.shape == (100, 11)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    errors = int((answers[:, :10].argmax(axis=1) != digits.y_test).sum())
    assert card["metrics"]["test"]["errors"] == errors
    kept = float((1 - answers[:, 10] >= card["threshold"] - 1e-6).mean())
    assert kept == pytest.approx(card["metrics"]["test"]["kept_as_digit"])
    assert [stage["epochs"] for stage in card["stages"]] == [6, 2]
    assert [(start["stage"], start["epoch"]) for start in card["members"][1]["starts"]] == [(1, 0), (2, 0)]
    assert [one["seed"] for one in card["members"]] == [1, 2]
    assert card["packages"]["keras"] == keras.version()
    saved = keras.models.load_model(tmp_path / "model/digits.keras")
    for one, network_ in zip(card["members"], network.members(saved), strict=True):
        read = network_.predict(mnist.to_ink(digits.x_test), verbose=0)[:, :10].argmax(axis=1)
        assert one["test"]["errors"] == int((read != digits.y_test).sum())
    assert card["parity"]["float32"] <= 1e-5 < card["parity"]["quantized"] <= 0.1
    ink = mnist.to_ink(digits.x_test)
    committee = infer((tmp_path / "model/digits.tflite").read_bytes(), ink)
    np.testing.assert_allclose(saved.predict(ink, verbose=0), committee, atol=0.1)


def test_an_export_that_differs_from_keras_is_refused(
    run: Path, tmp_path: Path, digits: mnist.Mnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "digits.tflite").write_text("before")
    monkeypatch.setattr(litert, "infer", lambda *given: infer(*given)[:, ::-1])
    with pytest.raises(ParityError):
        export(run, tmp_path, digits, "9.9.9")
    assert [path.name for path in tmp_path.iterdir()] == ["digits.tflite"]
    assert (tmp_path / "digits.tflite").read_text() == "before"
