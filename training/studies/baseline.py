"""The baseline: a plain CNN trained on MNIST without augmentation, as in a tutorial.

`python -m training.studies.baseline FOLDER` writes its artefact in the shape of the shipped one; then
`python -m training.evaluation --model FOLDER --parts corruptions --json training/report/baseline.json`.
"""

import argparse
import json
from pathlib import Path

import keras
from keras import layers

from training import network
from training.artefact import describe
from training.data import mnist
from training.litert import convert

EPOCHS = 8  # passes over MNIST's training digits
SEED = 1  # of weights and order


def build() -> keras.Model:
    """Return two convolutions, two poolings, one hidden layer; an eleventh class is there, never learned."""
    ink = keras.Input((28, 28, 1), name="ink")
    x = ink
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return keras.Model(ink, layers.Dense(network.CLASSES, activation="softmax")(layers.Dropout(0.5)(x)))


def train(digits: mnist.Mnist, epochs: int = EPOCHS) -> keras.Model:
    """Return the plain CNN after Adam at its defaults."""
    keras.utils.set_random_seed(SEED)
    model = build()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    seen = mnist.to_ink(digits.x_val), digits.y_val
    model.fit(mnist.to_ink(digits.x_train), digits.y_train, 128, epochs, validation_data=seen)
    return model


def write(model: keras.Model, folder: Path) -> None:
    """Write the network and the least of a model.json, which loads it for evaluation."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digits.tflite").write_bytes(convert(model))
    files = {"digits.tflite": describe(folder / "digits.tflite")}
    card = {"version": "plain", "files": files, "threshold": 0.0, "settings": {"batch": 128}}
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")


def main() -> None:
    """Train and write from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mnist", type=Path, default=None)
    args = parser.parse_args()
    write(train(mnist.load(args.mnist)), args.folder)


if __name__ == "__main__":
    main()
