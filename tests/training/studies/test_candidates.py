"""The candidates are one network in four encodings: the same answers, fewer bytes."""

import numpy as np
import pytest

from tests.samples.drawings import draw_mnist
from training import litert, network
from training.data import mnist
from training.studies import candidates

pytestmark = pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")


def test_smaller_encodings_answer_nearly_the_same() -> None:
    ink = mnist.to_ink(np.stack([draw_mnist(digit) for digit in range(10)]))
    found = candidates.convert(network.committee([network.build()], 1.0), ink)
    sizes = {name: len(flatbuffer) for name, flatbuffer in found.items()}
    assert sizes["full int8"] < sizes["float16 weights"] < sizes["float32"]
    exact = litert.infer(found["float32"], ink)
    assert exact.shape == (10, 11)
    for name in ("float16 weights", "dynamic int8", "full int8"):
        np.testing.assert_allclose(litert.infer(found[name], ink), exact, atol=0.05, err_msg=name)
    assert candidates.timer(found["float32"], ink[:1])() > 0


def test_a_candidate_is_measured_at_a_threshold_of_its_own() -> None:
    known = np.full((200, 11), 0.02, np.float32)
    known[:, 3], known[:, 10] = 0.78, np.linspace(0.01, 0.03, 200)
    others = np.full((4, 11), 0.05, np.float32)
    others[:, 10] = 0.001, 0.2, 0.5, 0.9
    found = candidates.measure(known, np.full(200, 3), others)
    assert (found["accuracy"], found["refused"]) == (1.0, 0.75)
    assert found["calibration_error"] == pytest.approx(1 - 0.78 / 0.96, abs=1e-6)
