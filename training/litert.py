"""LiteRT's form of a Keras model, what it computes, and its parity with Keras."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

TOLERANCE = 1e-5  # largest difference between a LiteRT and a Keras probability, both of float32 weights
QUANTIZED_TOLERANCE = 0.1  # the same, once the weights are 8-bit integers
BATCH = 250  # images that LiteRT takes at once


class ParityError(Exception):
    """Raised when LiteRT computes other probabilities than Keras."""


@dataclass(frozen=True, eq=False)
class Converted:
    """A network with 8-bit weights, as it is served, and how near to Keras it is."""

    flatbuffer: bytes
    probabilities: NDArray[np.float32]  # (n, 11), of the ink that parity was checked on
    parity: dict[str, float]  # largest differences of LiteRT from Keras, with float32 and with 8-bit weights


def convert_alike(model: keras.Model, ink: NDArray[np.float32]) -> Converted:
    """Convert a Keras model, and check that LiteRT answers like Keras for ink (n, 28, 28, 1).

    Raises:
        ParityError: a probability differs by more than TOLERANCE, with 8-bit weights QUANTIZED_TOLERANCE.
    """
    expected = model.predict(ink, batch_size=BATCH, verbose=0)
    exact = check_parity(expected, infer(convert(model), ink))
    flatbuffer = convert(model, quantize=True)
    served = infer(flatbuffer, ink)
    rounded = check_parity(expected, served, QUANTIZED_TOLERANCE)
    return Converted(flatbuffer, served, {"float32": exact, "quantized": rounded})


def convert(model: keras.Model, *, quantize: bool = False) -> bytes:
    """Return the LiteRT flatbuffer of a Keras model, any batch size, float32 in and out.

    Quantized, its weights are 8-bit integers, a scale for each channel; what flows through it is quantized on
    the way, by the range that each image has there.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if quantize:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converted: bytes = converter.convert()
    return converted


def infer(flatbuffer: bytes, ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what LiteRT computes for ink (n, 28, 28, 1): probabilities (n, 11)."""
    interpreter = Interpreter(model_content=flatbuffer, num_threads=1)
    entry, exit_ = (
        puts[0]["index"] for puts in (interpreter.get_input_details(), interpreter.get_output_details())
    )
    outputs = []
    for batch in np.array_split(ink, -(-len(ink) // BATCH)):
        interpreter.resize_tensor_input(entry, batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(entry, batch)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(exit_))
    return np.concatenate(outputs)


def check_parity(
    expected: NDArray[np.float32], received: NDArray[np.float32], tolerance: float = TOLERANCE
) -> float:
    """Return the largest difference of LiteRT from Keras. Raises ParityError over the tolerance."""
    worst = float(np.abs(expected - received).max())
    if not worst <= tolerance:
        raise ParityError(f"LiteRT and Keras have to agree within {tolerance}. Received: {worst:.2e}")
    return worst
