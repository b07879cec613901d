"""The detector's network: a small residual pyramid from ink to where digits are.

Its maps are CenterNet's (Zhou et al., 2019, "Objects as Points"): a heat map for each digit, boxes beside.
Fully convolutional: any height and width that are multiples of 16; one place of its maps is 4×4 pixels.
"""

import keras
from keras import layers

from digits.detect import DIGITS
from training.network import FusedBatchNormalization

# Of a place: ten scores, then log width, log height, and the middle's way right and down.
CHANNELS = DIGITS + 4
_RARE = -4.6  # log odds of a digit at a place before any training: 1 %, as few places hold one


def build(widths: tuple[int, int, int, int, int] = (16, 32, 72, 128, 48)) -> keras.Model:
    """Return the network from ink (n, h, w, 1) to (n, h/4, w/4, CHANNELS): log odds first, then the boxes."""
    stem, quarter, eighth, sixteenth, maps = widths
    ink = keras.Input((None, None, 1), name="ink")
    x = _convolve(ink, stem, "stem", strides=2)
    x = _convolve(x, quarter, "at4", strides=2)
    x = at4 = _residual(x, quarter, "at4_block")
    x = _convolve(x, eighth, "at8", strides=2)
    x = at8 = _residual(_residual(x, eighth, "at8_block1"), eighth, "at8_block2")
    x = _convolve(x, sixteenth, "at16", strides=2)
    x = _residual(_residual(x, sixteenth, "at16_block1"), sixteenth, "at16_block2")
    x = _convolve(_merge(x, at8, eighth, "back8"), eighth, "back8")
    x = _convolve(_merge(x, at4, maps, "back4"), maps, "back4")
    x = _convolve(x, maps, "maps")
    bias = keras.initializers.Constant([_RARE] * DIGITS + [0.0] * 4)
    found = layers.Conv2D(CHANNELS, 1, bias_initializer=bias, dtype="float32", name="found")(x)
    return keras.Model(ink, found, name="detector")


def _merge(coarse: keras.KerasTensor, fine: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Bring a coarse and a fine map to the same depth, and add them at the size of the fine one."""
    coarse = layers.UpSampling2D(2, name=f"{name}_up")(_convolve(coarse, filters, f"{name}_coarse", kernel=1))
    return layers.Add(name=f"{name}_sum")([coarse, _convolve(fine, filters, f"{name}_fine", kernel=1)])


def _convolve(
    x: keras.KerasTensor, filters: int, name: str, strides: int = 1, kernel: int = 3
) -> keras.KerasTensor:
    return layers.ReLU(name=f"{name}_relu")(_normalized(x, filters, name, strides, kernel))


def _normalized(
    x: keras.KerasTensor, filters: int, name: str, strides: int = 1, kernel: int = 3
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False, name=name)(x)
    return FusedBatchNormalization(momentum=0.98, name=f"{name}_norm")(x)


def _residual(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    y = _normalized(_convolve(x, filters, f"{name}_open"), filters, f"{name}_close")
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([x, y]))
