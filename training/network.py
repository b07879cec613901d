"""The network: a small residual CNN (He et al., 2015) for 28×28 ink, eleven classes out.

It reads at 28×28, 14×14 and 7×7; global average pooling keeps it small. What is served is a committee of such
networks, trained from different seeds (Lakshminarayanan et al., 2017), as one graph.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

CLASSES = 11  # the ten digits, then "not a digit"
WIDTHS = (16, 48, 96)  # filters at 28, 14 and 7 pixels a side: few where a filter costs sixteen times as much
MOMENTUM = 0.98  # of the normalization's moving averages, a memory of 50 steps; batches are mixed alike


class FusedBatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Keras' layer, by TensorFlow's fused kernel while training: a step takes a third less on a processor."""

    def call(
        self, inputs: keras.KerasTensor, training: bool | None = None, mask: keras.KerasTensor | None = None
    ) -> keras.KerasTensor:
        """Return (n, h, w, c) normalized by the batch while training, else by the moving averages."""
        if not training or keras.backend.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf  # noqa: PLC0415 - other backends go without it

        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + value * (1 - self.momentum))
        return outputs


def build(blocks: tuple[int, int, int] = (1, 2, 2)) -> keras.Model:
    """Return the network from (n, 28, 28, 1) ink in 0-1 to (n, 11) logits.

    At each resolution, 28, 14 and 7 pixels a side, a convolution comes first, then so many residual blocks.
    """
    ink = keras.Input((28, 28, 1), name="ink")
    x = ink
    for side, count, width in zip((28, 14, 7), blocks, WIDTHS, strict=True):
        x = _convolve(x, width, f"at{side}", strides=1 if side == 28 else 2)
        for number in range(count):
            x = _residual(x, width, f"at{side}_block{number + 1}")
    x = layers.GlobalAveragePooling2D(dtype="float32")(x)
    logits = layers.Dense(CLASSES, dtype="float32", name="logits")(x)
    return keras.Model(ink, logits, name="digits")


def _convolve(x: keras.KerasTensor, filters: int, name: str, strides: int = 1) -> keras.KerasTensor:
    return layers.ReLU()(_normalized(x, filters, name, strides))


def _normalized(x: keras.KerasTensor, filters: int, name: str, strides: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False, name=name)(x)
    return FusedBatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)


def _residual(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    y = _normalized(_convolve(x, filters, f"{name}_open"), filters, f"{name}_close")
    return layers.ReLU()(layers.Add()([x, y]))


def grow(network: keras.Model, trained: keras.Model) -> None:
    """Copy the weights of a network with fewer blocks, so that both compute the same.

    What `trained` lacks begins as the identity, its last scale being 0 (Goyal et al., 2017). Raises
    ValueError if it has what the network lacks.
    """
    known = {layer.name: layer for layer in trained.layers if layer.weights}
    if unknown := known.keys() - {layer.name for layer in network.layers}:
        raise ValueError(f"The network has no place for the weights of {', '.join(sorted(unknown))}")
    for layer in network.layers:
        if layer.name in known:
            layer.set_weights(known[layer.name].get_weights())
        elif layer.name.endswith("_close_norm"):
            layer.gamma.assign(keras.ops.zeros_like(layer.gamma))


def blend(
    first: Sequence[NDArray[np.float32]], trained: Sequence[NDArray[np.float32]], kept: float
) -> list[NDArray[np.float32]]:
    """Return weights on the line from `trained`, where 0 of `first` is kept, to `first`, where all is."""
    return [kept * old + (1 - kept) * new for old, new in zip(first, trained, strict=True)]


def plain(network: keras.Model, name: str) -> keras.Model:
    """Return a copy made of Keras' own layers, which loads without this module, in float32."""
    copy = keras.models.clone_model(network, clone_function=_plain_layer)
    copy.set_weights(network.get_weights())
    return keras.Model(copy.input, copy.output, name=name)


def _plain_layer(layer: keras.Layer) -> keras.Layer:
    kind = layers.BatchNormalization if isinstance(layer, FusedBatchNormalization) else type(layer)
    return kind.from_config({**layer.get_config(), "dtype": "float32"})


def committee(
    networks: Sequence[keras.Model], temperature: float, background: float = -np.inf
) -> keras.Model:
    """Return what is served: the mean of the logits over the temperature (Guo et al., 2017), softmax.

    "Not a digit" gets e**background on top, whatever the image: where the evidence for every digit is weak,
    that is its energy high (Liu et al., 2020), this outweighs it, though the eleventh logit is low, too.
    """
    ink = keras.Input((28, 28, 1), name="ink")
    logits = [plain(network, f"member_{number}")(ink) for number, network in enumerate(networks, 1)]
    mean = layers.Average(name="mean")(logits) if len(logits) > 1 else logits[0]
    cooled = layers.Rescaling(1 / temperature, name="temperature")(mean)
    odds = layers.Activation("exponential", name="odds")(cooled)
    always = [0.0] * (CLASSES - 1) + [float(np.exp(background))]
    odds = layers.Rescaling(1.0, always, name="background")(odds)
    return keras.Model(ink, odds / keras.ops.sum(odds, axis=-1, keepdims=True), name="digits")


def first(served: keras.Model) -> keras.Model:
    """Return a committee's first member alone, with the committee's temperature and background.

    It shares the committee's layers, so that one file holds both with their weights once.
    """
    odds = members(served)[0](served.input)
    for name in ("temperature", "odds", "background"):
        odds = served.get_layer(name)(odds)
    return keras.Model(served.input, odds / keras.ops.sum(odds, axis=-1, keepdims=True), name="first")


def members(served: keras.Model) -> list[keras.Model]:
    """Return the networks of a committee, logits out."""
    return [layer for layer in served.layers if isinstance(layer, keras.Model)]
