"""The optimizer of every training."""

import keras


def adamw(  # noqa: PLR0913 - its hyperparameters
    steps: int, *, rate: float, warm_up: float, decay: float, average: float, clip: float | None = None
) -> keras.optimizers.Optimizer:
    """Return AdamW with warm-up and cosine over `steps`, and a moving average of the weights.

    Args:
        steps: of the whole training.
        rate: highest learning rate.
        warm_up: share of the steps in which the rate rises.
        decay: of weights; biases and normalization have none.
        average: momentum of the moving average.
        clip: norm of all gradients together that a larger one is brought down to.
    """
    warm = round(warm_up * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 25, steps - warm, alpha=0.0, warmup_target=rate, warmup_steps=warm
    )
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=decay, use_ema=True, ema_momentum=average, global_clipnorm=clip
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
