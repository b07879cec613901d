"""Candidates for serving, compared: committee or one member, in float32, float16 and int8.

`python -m training.studies.candidates` writes training/report/candidates.json. Accuracy and calibration are
on validation, refusals on synthetic non-digits; the test set chooses nothing. Time is of one image on one
thread, the least of several rounds that take turns.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from rich.progress import track

from digits.model import Model
from training import artefact, litert, network
from training.artefact import REPORT, SHIPPED
from training.calibrate import KEPT
from training.data import mnist
from training.evaluation import metrics, refusals, scoring
from training.evaluation.refusals import SYNTHETIC

ROUNDS = 15  # in which every candidate is timed once
CALLS = 100  # invocations timed together
CALIBRATION = 500  # images that full int8 takes its ranges from

Ink = NDArray[np.float32]


def convert(model: keras.Model, ink: Ink) -> dict[str, bytes]:
    """Return the flatbuffer of each candidate. `ink` (n, 28, 28, 1) calibrates full int8."""

    def examples() -> Iterator[list[Ink]]:
        for image in ink[:CALIBRATION]:
            yield [image[np.newaxis]]

    def with_options(**options: Any) -> bytes:  # noqa: ANN401 - whatever the converter takes
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        for name, value in options.items():
            setattr(converter, name, value)
        flatbuffer: bytes = converter.convert()
        return flatbuffer

    optimize = [tf.lite.Optimize.DEFAULT]
    return {
        "float32": litert.convert(model),
        "float16 weights": with_options(
            optimizations=optimize, target_spec=tf.lite.TargetSpec(supported_types=[tf.float16])
        ),
        "dynamic int8": litert.convert(model, quantize=True),
        "full int8": with_options(optimizations=optimize, representative_dataset=examples),
    }


def timer(flatbuffer: bytes, image: Ink) -> Callable[[], float]:
    """Return a function that times CALLS invocations of one image: milliseconds an invocation."""
    interpreter = Interpreter(model_content=flatbuffer, num_threads=1)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], image.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)

    def once() -> float:
        began = time.perf_counter()
        for _ in range(CALLS):
            interpreter.invoke()
        return (time.perf_counter() - began) / CALLS * 1e3

    return once


def compare(
    model: keras.Model, card: dict[str, Any], digits: mnist.Mnist, nondigits: Ink
) -> list[dict[str, Any]]:
    """Return name, milliseconds, bytes, and the figures of `measure` of each candidate.

    `card` is the model.json of the model; a member alone gets the committee's temperature and background.
    """
    ink = mnist.to_ink(digits.x_val)
    examples = mnist.to_ink(digits.x_train[:CALIBRATION])
    candidates = convert(model, examples)
    first = network.committee(network.members(model)[:1], card["temperature"], card["background"])
    candidates |= {
        f"first member, {name}": flatbuffer for name, flatbuffer in convert(first, examples).items()
    }
    timers = {name: timer(flatbuffer, ink[:1]) for name, flatbuffer in candidates.items()}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in track(range(ROUNDS), description="Timing"):
        for name, once in timers.items():
            times[name].append(once())
    return [
        {
            "name": name,
            "shipped": name == "dynamic int8",
            "milliseconds": min(times[name]),
            "bytes": len(flatbuffer),
            **measure(litert.infer(flatbuffer, ink), digits.y_val, litert.infer(flatbuffer, nondigits)),
        }
        for name, flatbuffer in candidates.items()
    ]


def measure(
    known: NDArray[np.float32], labels: NDArray[np.int64], others: NDArray[np.float32]
) -> dict[str, float]:
    """Return accuracy and calibration error on digits, and the share refused of others, KEPT being kept.

    `known` and `others` are probabilities (n, 11).
    """
    threshold = metrics.threshold_keeping(KEPT, 1 - known[:, 10])
    found = scoring.score_outputs(known, labels, threshold)
    return {
        "accuracy": found["accuracy"],
        "calibration_error": found["expected_calibration_error"],
        "kept": KEPT,
        "refused": metrics.refusal_rate(1 - others[:, 10], threshold),
    }


def main() -> None:
    """Compare from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", type=Path, default=None)
    parser.add_argument("--model", type=Path, default=SHIPPED, help="folder with model.json and digits.keras")
    parser.add_argument("--json", type=Path, default=REPORT / "candidates.json")
    args = parser.parse_args()
    model = Model.load(args.model)
    nondigits = np.concatenate(list(refusals.collect(model, [], SYNTHETIC).values()))
    network_ = keras.models.load_model(args.model / "digits.keras")
    found = compare(network_, model.card, mnist.load(args.mnist), mnist.to_ink(nondigits))
    artefact.write(args.json, model, found)
    for one in found:
        print(f"{one['name']:29} {one['milliseconds']:.3f} ms {one['bytes']:>9,} bytes {one['accuracy']:.2%}")  # noqa: T201


if __name__ == "__main__":
    main()
