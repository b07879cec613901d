"""What every training does between its epochs: score the averaged weights, write history.json, count on."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import keras


class Batches(Protocol):
    """Batches that differ from epoch to epoch."""

    epoch: int


class History(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes history.json with the scores of the averaged weights, tells the batches the epoch."""

    def __init__(
        self, folder: Path, batches: Batches, score: Callable[[keras.Model], dict[str, float]]
    ) -> None:
        super().__init__()
        self.path = folder / "history.json"
        self.batches = batches
        self.score = score
        self.rows: list[dict[str, float]] = json.loads(self.path.read_text()) if self.path.exists() else []

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Point the batches at this epoch."""
        del logs
        self.batches.epoch = epoch
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Append this epoch's row."""
        seconds = time.perf_counter() - self.began
        with averaged(self.model):
            scores = self.score(self.model)
        row = {"epoch": epoch, **(logs or {}), **scores, "seconds": seconds}
        row["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.rows = [*(old for old in self.rows if old["epoch"] < epoch), row]
        self.path.write_text(json.dumps(self.rows, indent=1))
        if logs is not None:
            logs.update(scores)


class averaged:  # noqa: N801 - reads as a verb: with averaged(model)
    """Swaps the moving average of the weights in, and the trained weights back out."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model

    def __enter__(self) -> None:
        """Put the averages in place."""
        self.trained = [keras.ops.convert_to_numpy(variable) for variable in self.model.trainable_variables]
        averages = self.model.optimizer._model_variables_moving_average
        for variable, average in zip(self.model.trainable_variables, averages, strict=True):
            variable.assign(average)

    def __exit__(self, *_: object) -> None:
        """Put the trained weights back."""
        for variable, trained in zip(self.model.trainable_variables, self.trained, strict=True):
            variable.assign(trained)
