"""LiteRT against Keras, and one image against a batch."""

import numpy as np
import pytest

from training import network
from training.litert import ParityError, check_parity, convert, infer


def test_other_weights_are_a_difference() -> None:
    model = network.committee([network.build()], 1.0)
    other = convert(network.committee([network.build()], 1.0))
    ink = np.random.default_rng(0).random((10, 28, 28, 1), np.float32)
    with pytest.raises(ParityError, match="agree within 1e-05. Received"):
        check_parity(model.predict(ink, verbose=0), infer(other, ink))


def test_an_image_is_read_alike_alone_and_among_others() -> None:
    """What is quantized on the way is scaled by its own range, not by that of its neighbors."""
    ink = np.random.default_rng(0).random((8, 28, 28, 1), np.float32)
    flatbuffer = convert(network.committee([network.build()], 1.0), quantize=True)
    others = np.concatenate([ink[:1], 0.1 * ink[1:]])
    alone = infer(flatbuffer, ink[:1])
    np.testing.assert_array_equal(infer(flatbuffer, ink)[:1], alone)
    np.testing.assert_array_equal(infer(flatbuffer, others)[:1], alone)
