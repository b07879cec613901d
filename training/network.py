"""The network: a small residual CNN (He et al., 2015) for 28×28 ink, eleven classes out.

A full-resolution stem feeds 14×14 and 7×7 stages; global average pooling keeps it small.
"""

import keras
from keras import layers

CLASSES = 11  # the ten digits, then "not a digit"


def build(stem: int = 16, narrow: int = 48, wide: int = 96, blocks: tuple[int, int] = (1, 2)) -> keras.Model:
    """Return the network from (n, 28, 28, 1) ink in 0-1 to (n, 11) logits."""
    ink = keras.Input((28, 28, 1), name="ink")
    x = _convolve(ink, stem)
    x = _convolve(x, narrow, strides=2)
    for _ in range(blocks[0]):
        x = _residual(x, narrow)
    x = _convolve(x, wide, strides=2)
    for _ in range(blocks[1]):
        x = _residual(x, wide)
    x = layers.GlobalAveragePooling2D(dtype="float32")(x)
    logits = layers.Dense(CLASSES, dtype="float32", name="logits")(x)
    return keras.Model(ink, logits, name="digits")


def _convolve(x: keras.KerasTensor, filters: int, strides: int = 1) -> keras.KerasTensor:
    return layers.ReLU()(_normalized(x, filters, strides))


def _normalized(x: keras.KerasTensor, filters: int, strides: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=0.98)(x)


def _residual(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    y = _normalized(_convolve(x, filters), filters)
    return layers.ReLU()(layers.Add()([x, y]))


def calibrated(network: keras.Model, temperature: float) -> keras.Model:
    """Return the network that is served: logits over the temperature (Guo et al., 2017), then softmax."""
    cooled = layers.Rescaling(1 / temperature, name="temperature")(network.output)
    return keras.Model(network.input, layers.Softmax(name="probabilities")(cooled), name="digits")
