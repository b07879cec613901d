"""The candidates are one network in four encodings: the same answers, fewer bytes."""

import numpy as np
import pytest

from tests.drawings import draw_mnist
from training import candidates, data, export, network

pytestmark = pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")


def test_smaller_encodings_answer_nearly_the_same() -> None:
    ink = data.to_ink(np.stack([draw_mnist(digit) for digit in range(10)]))
    found = candidates.convert(network.committee([network.build()], 1.0), ink)
    sizes = {name: len(flatbuffer) for name, flatbuffer in found.items()}
    assert sizes["full int8"] < sizes["float16 weights"] < sizes["float32"]
    exact = export.infer(found["float32"], ink)
    assert exact.shape == (10, 11)
    for name in ("float16 weights", "dynamic int8", "full int8"):
        np.testing.assert_allclose(export.infer(found[name], ink), exact, atol=0.05, err_msg=name)
    assert candidates.timer(found["float32"], ink[:1])() > 0
