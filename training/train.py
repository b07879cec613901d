"""Trains the network; `python -m training --help` lists every setting.

A run has a folder for every member of the committee and every stage of the recipe: settings.json,
sources.json, starts.json, a checkpoint each epoch, history.json, and in the end the exponential moving
average of the weights. Started again, it resumes at its last epoch, and leaves finished stages as they are.
"""

import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training import network
from training.data import augment, mnist, pool
from training.evaluation import metrics
from training.recipe import Settings

WEIGHTS = "weights.weights.h5"
MADE = (":(top,exclude)layers/model", ":(top,exclude)training/report")  # not what anything is made from
LEAST_STEPS = 50  # of an epoch, however few the digits


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Mixed, augmented batches; batch `i` of epoch `e` is the same in every run with the same seed."""

    def __init__(self, settings: Settings, digits: mnist.Mnist, examples: Path) -> None:
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        self.settings = settings
        self.strength = replace(augment.MNIST_STRENGTH.times(settings.strength), dirty=settings.dirty)
        self.epoch = 0
        x, y, source = pool.load(examples)
        shares = (settings.redrawn_share, settings.strokes_share)
        kinds = [(source == code) & (y != pool.NOT_A_DIGIT) for code in (0, 1)] + [y == pool.NOT_A_DIGIT]
        parts = [(digits.x_train, digits.y_train, settings.mnist_share)]
        parts += [
            (x[kind], y[kind], share)
            for kind, share in zip(kinds, (*shares, settings.nondigit_share), strict=True)
        ]
        self.parts = [(xs, ys, round(share * settings.batch)) for xs, ys, share in parts if share]

    def __len__(self) -> int:
        """Return the steps of an epoch: one pass over the training digits, or more where they are few."""
        return max(LEAST_STEPS, len(self.parts[0][1]) // self.parts[0][2])

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return ink (batch, 28, 28, 1) and one-hot classes (batch, 11)."""
        step = self.epoch * len(self) + index
        rng = np.random.default_rng([self.settings.seed, step])
        xs, ys = [], []
        for number, (x, y, count) in enumerate(self.parts):
            chosen = self._chosen(number, len(y), step, count)
            strength = augment.POOL_STRENGTH if number else self.strength
            xs.append(augment.augment(mnist.to_ink(x[chosen])[..., 0], rng, strength))
            ys.append(y[chosen])
        classes = np.eye(network.CLASSES, dtype=np.float32)[np.concatenate(ys)]
        return np.concatenate(xs)[..., np.newaxis], classes

    def _chosen(self, part: int, size: int, step: int, count: int) -> NDArray[np.int64]:
        """Return the next `count` indices of a part, each pass over it in an order of its own."""
        places = np.arange(step * count, (step + 1) * count)
        orders = [self._order(part, size, int(turn)) for turn in np.unique(places // size)]
        chosen: NDArray[np.int64] = np.concatenate(orders)[places - places[0] // size * size]
        return chosen

    @lru_cache(maxsize=8)  # noqa: B019 - lives as long as the run
    def _order(self, part: int, size: int, turn: int) -> NDArray[np.int64]:
        return np.random.default_rng([self.settings.seed, part, turn]).permutation(size)


class History(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes history.json, scores the averaged weights on validation, tells the batches the epoch."""

    def __init__(self, folder: Path, batches: Batches, digits: mnist.Mnist) -> None:
        super().__init__()
        self.path = folder / "history.json"
        self.batches = batches
        self.digits = digits
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
            scores = validate(self.model, self.digits)
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


def validate(model: keras.Model, digits: mnist.Mnist) -> dict[str, float]:
    """Return, on validation, cross-entropy over the eleven classes and accuracy over the ten digits."""
    logits = model.predict(mnist.to_ink(digits.x_val), batch_size=500, verbose=0)
    return {
        "val_loss": metrics.cross_entropy(logits, digits.y_val),
        "val_accuracy": metrics.accuracy(digits.y_val, logits[:, :10].argmax(axis=1)),
    }


def compile_network(settings: Settings, steps: int) -> keras.Model:
    """Return the network with its optimizer: AdamW, warm-up and cosine, moving average of the weights."""
    keras.config.set_dtype_policy(settings.precision)
    model = network.build(settings.blocks)
    warm = round(settings.warm_up * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        settings.rate / 25, steps - warm, alpha=0.0, warmup_target=settings.rate, warmup_steps=warm
    )
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=settings.decay, use_ema=True, ema_momentum=settings.average
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.smoothing)
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    return model


def train(  # noqa: PLR0913, PLR0917 - what a run is made of
    settings: Settings,
    folder: Path,
    digits: mnist.Mnist,
    examples: Path,
    start: keras.Model | None = None,
    extra: Sequence[keras.callbacks.Callback] = (),
) -> keras.Model:
    """Train to the end, or go on from the last epoch in `folder`; returns the averaged network.

    `examples` is the folder that `pool.build` filled, `start` a network whose weights to begin with, `extra`
    are further Keras callbacks. Raises SystemExit where `folder` holds a run with other settings or sources.
    """
    folder.mkdir(parents=True, exist_ok=True)
    examples_sha256 = pool.checksum(examples)
    sources = {
        "digits_sha256": digits.sha256,
        "examples_sha256": examples_sha256,
        "start_sha256": start and _checksum(start),
    }
    _remember(folder, sources=sources, settings=json.loads(json.dumps(asdict(settings))))
    if (folder / WEIGHTS).exists():
        return load_member(folder)
    _note_start(folder, examples_sha256)
    keras.utils.set_random_seed(settings.seed)
    batches = Batches(settings, digits, examples)
    model = compile_network(settings, settings.epochs * len(batches))
    if start is not None:
        network.grow(model, start)
    callbacks = [
        History(folder, batches, digits),
        keras.callbacks.BackupAndRestore(folder / "checkpoint", delete_checkpoint=False),
        *extra,
    ]
    model.fit(batches, epochs=settings.epochs, callbacks=callbacks, shuffle=False, verbose="auto")
    with averaged(model):
        model.save_weights(folder / WEIGHTS)
    model.load_weights(folder / WEIGHTS)
    return model


def train_members(
    stages: Sequence[Settings],
    run: Path,
    digits: mnist.Mnist,
    examples: Path,
    starts: Sequence[keras.Model | None],
) -> None:
    """Train a member from each of `starts`, None being nothing, through all stages, by consecutive seeds."""
    for number, start in enumerate(starts):
        model = start
        for settings, folder in zip(stages, stage_folders(run, number, len(stages)), strict=True):
            own = replace(settings, seed=settings.seed + number)
            model = train(own, folder, digits, examples, model)


def load_member(folder: Path) -> keras.Model:
    """Return the averaged network that a stage ended with in float32, logits out."""
    keras.config.set_dtype_policy("float32")
    settings = json.loads((folder / "settings.json").read_text())
    model = network.build(tuple(settings["blocks"]))
    model.load_weights(folder / WEIGHTS)
    return model


def stage_folders(run: Path, number: int, stages: int) -> list[Path]:
    """Return the folders, within that of a run, of the stages of member `number`, counted from 0."""
    return [run / f"member-{number + 1}" / f"stage-{stage + 1}" for stage in range(stages)]


def finished(run: Path) -> list[list[Path]]:
    """Return the folders of the stages trained to the end, in their order, for each of a run's members."""
    folders = [
        sorted(path.parent for path in one.glob(f"*/{WEIGHTS}")) for one in sorted(run.glob("member-*"))
    ]
    return [stages for stages in folders if stages]


def histories(run: Path) -> list[list[dict[str, float]]]:
    """Return every member's epochs, those of all stages in a row."""
    return [
        [row for stage in stages for row in json.loads((stage / "history.json").read_text())]
        for stages in finished(run)
    ]


def _note_start(folder: Path, examples_sha256: str) -> None:
    """Append to starts.json from which epoch, commit and examples the run was started or resumed."""
    path = folder / "starts.json"
    starts = json.loads(path.read_text()) if path.exists() else []
    history = folder / "history.json"
    epoch = len(json.loads(history.read_text())) if history.exists() else 0
    start = {"epoch": epoch, "git_commit": commit(), "examples_sha256": examples_sha256}
    path.write_text(json.dumps([*starts, start], indent=1))


def commit() -> str | None:
    """Return the commit that is checked out, with "-dirty" where files differ; None outside a repository."""
    found = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", *MADE)
    return f"{found}-dirty" if found and changes else found or None


def _git(*arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    here = Path(__file__).parent
    done = subprocess.run([git, *arguments], cwd=here, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip()


def _remember(folder: Path, **now: dict[str, Any]) -> None:
    """Write what a new stage is trained with and on, or make sure that a resumed one goes on with the same.

    Of its sources an older run says nothing: they are taken to be the same.
    """
    new = not (folder / "settings.json").exists()
    for name, given in now.items():
        path = folder / f"{name}.json"
        if new:
            path.write_text(json.dumps(given, indent=1))
        elif path.exists() and (before := json.loads(path.read_text())) != given:
            changed = sorted(key for key in given if before.get(key) != given[key])
            raise SystemExit(
                f"{folder} holds a run with other {name}: {', '.join(changed)}. Give another --run."
            )


def _checksum(model: keras.Model) -> str:
    """Return a sha256 over a network's weights."""
    digest = hashlib.sha256()
    for weights in model.get_weights():
        digest.update(weights.tobytes())
    return digest.hexdigest()
