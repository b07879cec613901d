"""The settings of a stage, and the recipes: of the shipped model, of a quick one, of tuning."""

import math
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Settings:
    """Every choice of a stage; two with the same settings train on the same batches."""

    seed: int = 1  # of weights, batches and augmentation; the same seed gives the same run
    members: int = 2  # networks of the committee; they err apart, so two read better than one
    # Residual blocks at 28, 14 and 7 pixels a side. Those at 28 cost most, so they come in a later stage.
    blocks: tuple[int, int, int] = (1, 2, 2)
    epochs: int = 40  # passes over MNIST's training digits; the rate falls over all of them
    steps: int = 0  # of an epoch; 0 is one pass over MNIST's training digits
    batch: int = 256  # pictures a step; enough of each share below for steady averages in the normalization
    # Shares of a batch, by where its pictures come from; they sum to 1.
    mnist_share: float = 0.55  # MNIST's digits, augmented: what the model is measured by
    redrawn_share: float = 0.12  # MNIST's digits redrawn in scenes and normalized: other pens and papers
    strokes_share: float = 0.18  # digits from our own skeletons, likewise: forms that MNIST lacks
    nondigit_share: float = 0.15  # what is no digit, likewise: without it, the eleventh class learns nothing
    corrections_share: float = 0.0  # corrections, augmented as MNIST's digits; only tuning has any
    strength: float = 1.0  # factor on MNIST_STRENGTH, by which MNIST's digits are moved, bent and inked
    dirty: float = 0.2  # share of MNIST's digits that get noise, lines or other dirt
    rate: float = 2e-3  # AdamW's learning rate at its peak; later stages take less, to keep what is learned
    warm_up: float = 0.05  # share of the steps in which the rate climbs; then it falls as a cosine
    decay: float = 2e-2  # AdamW's weight decay, of convolutions and the last layer alone; against overfitting
    smoothing: float = 0.05  # of labels: the probability that the other classes get, against certainty
    average: float = 0.998  # momentum of the weights' moving average, over 500 steps; it is what is kept
    # Share of the weights that a stage begins with in those that it ends with (Wortsman et al., 2021, "Robust
    # fine-tuning of zero-shot models"): less is forgotten of what it sees little of.
    kept: float = 0.0
    precision: str = "mixed_bfloat16"  # Keras' dtype policy while training, for speed; the export is float32
    # Files of pool.CHUNK drawings each, of MNIST, of strokes and of non-digits: enough that few repeat soon.
    pool_chunks: tuple[int, int, int] = (20, 20, 30)

    def __post_init__(self) -> None:
        """Raise ValueError unless the shares make a whole batch."""
        shares = {name: value for name, value in asdict(self).items() if name.endswith("_share")}
        if not math.isclose(sum(shares.values()), 1):
            raise ValueError(f"the shares of a batch have to sum to 1. Received: {shares}")


# A recipe is one stage after another, each from the weights of the one before. Of these, the first trains a
# shallow network on as much of what MNIST lacks as of MNIST; the second deepens it, and learns mostly MNIST;
# the third sees MNIST's digits nearer to what they are (He et al., 2019, "Data Augmentation Revisited"); the
# fourth, short and gentle, learns more of hasty hands, of print and of what is none: it reads other people's
# digits better, and MNIST's as well once a quarter of the weights is what the third made; the fifth takes
# more of our own skeletons, and so learns hands whose loops, curls and knots the fourth misread; half of
# its weights stay, or it would read MNIST worse; the sixth deepens the network once more, where a block
# costs least, and so has room for all of these (of the bundled model, its second network took four epochs);
# the seventh gives what is new more time, with more print, lines and signs about the digits; the eighth
# knows letters in two thirds more hands, more signs, and digits that stray further from their forms.
_SHALLOW = Settings(blocks=(0, 1, 2))
_DEEPER = Settings(
    seed=101,
    epochs=45,
    mnist_share=0.7,
    redrawn_share=0.06,
    strokes_share=0.12,
    nondigit_share=0.12,
    dirty=0.1,
    rate=1e-3,
)
_NEARER = replace(_DEEPER, seed=201, epochs=40, strength=0.6, dirty=0.06, average=0.999)
_WIDER = replace(
    _NEARER,
    seed=301,
    epochs=7,
    mnist_share=0.6,
    redrawn_share=0.06,
    strokes_share=0.17,
    nondigit_share=0.17,
    rate=4e-4,
    average=0.998,
    kept=0.25,
    pool_chunks=(8, 24, 18),
)
_CURLED = replace(
    _WIDER,
    seed=401,
    epochs=4,
    steps=360,
    mnist_share=0.55,
    redrawn_share=0.05,
    strokes_share=0.25,
    nondigit_share=0.15,
    rate=5e-4,
    kept=0.5,
    pool_chunks=(8, 23, 14),
)
_DEEPEST = replace(
    _CURLED, seed=501, blocks=(1, 3, 4), epochs=7, rate=8e-4, kept=0.25, pool_chunks=(10, 40, 36)
)
_LONGER = replace(
    _DEEPEST,
    seed=601,
    epochs=14,
    mnist_share=0.58,
    strokes_share=0.22,
    rate=7e-4,
    kept=0.5,
    pool_chunks=(10, 40, 40),
)
_LETTERED = replace(
    _LONGER,
    seed=701,
    epochs=15,
    mnist_share=0.55,
    redrawn_share=0.04,
    strokes_share=0.25,
    nondigit_share=0.16,
    pool_chunks=(8, 38, 44),
)
FULL = (_SHALLOW, _DEEPER, _NEARER, _WIDER, _CURLED, _DEEPEST, _LONGER, _LETTERED)
QUICK = (Settings(members=1, blocks=(0, 1, 2), epochs=5, pool_chunks=(4, 4, 4), rate=3e-3, average=0.99),)
# From the shipped weights, with corrections in each batch: 120 gentle steps, most of every batch being what
# the model knows, so that it forgets little. Of 30 corrections each is seen 200 times, never twice alike.
TUNE = (
    Settings(
        blocks=_DEEPEST.blocks,
        epochs=3,
        steps=40,
        mnist_share=0.5,
        redrawn_share=0.0,
        strokes_share=0.15,
        nondigit_share=0.15,
        corrections_share=0.2,
        strength=0.6,
        dirty=0.06,
        rate=3e-4,
        average=0.98,
        pool_chunks=(0, 2, 2),
    ),
)
