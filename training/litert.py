"""LiteRT's form of a Keras model, what it computes, and its parity with Keras."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digits.model import COMMITTEE, FIRST
from training import network

TOLERANCE = 1e-5  # largest difference between a LiteRT and a Keras probability, both of float32 weights
QUANTIZED_TOLERANCE = 0.1  # the same, once the weights are 8-bit integers
BATCH = 250  # images that LiteRT takes at once


class ParityError(Exception):
    """Raised when LiteRT computes other probabilities than Keras."""


@dataclass(frozen=True, eq=False)
class Converted:
    """A network with 8-bit weights, as it is served, and how near to Keras it is."""

    flatbuffer: bytes
    parity: dict[str, float]  # largest differences of LiteRT from Keras, with float32 and with 8-bit weights


def convert_alike(model: keras.Model, ink: NDArray[np.float32]) -> Converted:
    """Convert a committee, and check that LiteRT answers like Keras for ink (n, 28, 28, 1).

    Raises:
        ParityError: a probability differs by more than TOLERANCE, with 8-bit weights QUANTIZED_TOLERANCE.
    """
    expected = model.predict(ink, batch_size=BATCH, verbose=0)
    exact = check_parity(expected, infer(convert(model), ink))
    flatbuffer = convert_both({COMMITTEE: model, FIRST: network.first(model)})
    rounded = check_parity(expected, infer(flatbuffer, ink), QUANTIZED_TOLERANCE)
    return Converted(flatbuffer, {"float32": exact, "quantized": rounded})


def convert(model: keras.Model, *, quantize: bool = False) -> bytes:
    """Return the LiteRT flatbuffer of a Keras model, any batch size, float32 in and out.

    Quantized, its weights are 8-bit integers, a scale for each channel; what flows through it is quantized on
    the way, by the range that each image has there.
    """
    return _convert(tf.lite.TFLiteConverter.from_keras_model(model), quantize=quantize)


def convert_both(models: Mapping[str, keras.Model]) -> bytes:
    """Return one quantized flatbuffer of Keras models that share layers, a signature by its name for each.

    They take "ink". Who names none gets the first by the alphabet.
    """
    archive = keras.export.ExportArchive()
    for name, model in models.items():
        archive.track(model)
        ink = tf.TensorSpec((None, *model.input.shape[1:]), tf.float32, name="ink")
        archive.add_endpoint(name, model.call, input_signature=[ink])
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=sorted(models))
        return _convert(converter, quantize=True)


def _convert(converter: tf.lite.TFLiteConverter, *, quantize: bool) -> bytes:
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
