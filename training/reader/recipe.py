"""The settings of the detector's training, stage by stage.

Each stage composes its own pictures and begins with the weights of the one before. The bundled detector took
its steps in more and shorter stages while the drawing grew: the first of them saw fewer hands.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Every choice of a run; two with the same settings train on the same batches."""

    seed: int = 1  # of marks, pictures, weights, batches
    # Filters of the stem at half size, and at 1/4, 1/8 and 1/16, then of the maps' own layers at 1/4.
    widths: tuple[int, int, int, int, int] = (16, 32, 72, 128, 48)
    epochs: int = 40  # of `steps` each: after each the averaged weights are scored
    steps: int = 400  # batches of an epoch
    batch: int = 8  # crops of a batch: all lines (64×256) or all parts of pages (128×128)
    rate: float = 1.5e-3  # AdamW's peak learning rate
    # Share of the steps in which the rate climbs to its peak; then it falls as a cosine.
    warm_up: float = 0.03
    decay: float = 1e-2  # AdamW's weight decay
    average: float = 0.998  # momentum of the weights' moving average
    # The greatest logarithm of a factor by which a crop grows or shrinks, each way alone.
    stretch: float = 0.18
    noise: float = 0.12  # the greatest spread of the noise laid over ink, in units of ink
    size_weight: float = 1.0  # of the boxes' loss beside that of the maps
    kept: float = 0.0  # share of the weights begun with in those that the stage ends with
    precision: str = "mixed_bfloat16"  # Keras' dtype policy while training; the export is float32
    mnist_digits: int = 30_000  # of MNIST's training digits that become marks
    drawn: int = 30_000  # digits of our own hand that do
    others: int = 8_000  # letters, signs and scrawls that do
    chunks: int = 24  # files of pool.CHUNK pictures for lines, and as many for parts of pages


FULL = (
    Settings(),
    Settings(seed=2, rate=1.2e-3),
    # Half of the weights kept: 319 of 400 real amounts are right; 317 with a quarter kept, 312 with them all.
    Settings(seed=3, rate=1e-3, kept=0.5),
)
QUICK = (
    Settings(epochs=3, steps=100, mnist_digits=2_000, drawn=2_000, others=1_000, chunks=1, average=0.98),
)
