"""The training of a network, stage by stage; `python -m training --help` lists every setting.

A run has a folder for every member of the committee and every stage of the recipe: settings.json,
sources.json, starts.json, a checkpoint each epoch, history.json, and in the end the exponential moving
average of the weights. Started again, it resumes at its last epoch, and leaves finished stages as they are.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import keras

from training import network
from training.batches import Batches
from training.data import mnist, pool
from training.evaluation import metrics
from training.history import History, averaged
from training.optimizer import adamw
from training.recipe import Settings
from training.runs import WEIGHTS, checksum, load_member, note_start, remember, stage_folders


def validate(model: keras.Model, digits: mnist.Mnist) -> dict[str, float]:
    """Return, on validation, cross-entropy over the eleven classes and accuracy over the ten digits."""
    logits = model.predict(mnist.to_ink(digits.x_val), batch_size=500, verbose=0)
    return {
        "val_loss": metrics.cross_entropy(logits, digits.y_val),
        "val_accuracy": metrics.accuracy(digits.y_val, logits[:, :10].argmax(axis=1)),
    }


def compile_network(settings: Settings, steps: int) -> keras.Model:
    """Return the network with its optimizer and loss."""
    keras.config.set_dtype_policy(settings.precision)
    model = network.build(settings.blocks)
    optimizer = adamw(
        steps, rate=settings.rate, warm_up=settings.warm_up, decay=settings.decay, average=settings.average
    )
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
        "start_sha256": start and checksum(start),
    }
    remember(folder, sources=sources, settings=json.loads(json.dumps(asdict(settings))))
    if (folder / WEIGHTS).exists():
        return load_member(folder)
    note_start(folder, examples_sha256)
    keras.utils.set_random_seed(settings.seed)
    batches = Batches(settings, digits, examples)
    model = compile_network(settings, settings.epochs * len(batches))
    if start is not None:
        network.grow(model, start)
    first = model.get_weights()
    callbacks = [
        History(folder, batches, partial(validate, digits=digits)),
        keras.callbacks.BackupAndRestore(folder / "checkpoint", delete_checkpoint=False),
        *extra,
    ]
    model.fit(batches, epochs=settings.epochs, callbacks=callbacks, shuffle=False, verbose="auto")
    with averaged(model):
        trained = model.get_weights()
    model.set_weights(network.blend(first, trained, settings.kept))
    model.save_weights(folder / WEIGHTS)
    return model


def train_members(
    stages: Sequence[Settings],
    run: Path,
    digits: mnist.Mnist,
    examples: Path,
    starts: Sequence[keras.Model | None],
) -> None:
    """Train a member from each of `starts`, None being nothing, through all stages, by consecutive seeds.

    All members go through a stage before any goes on to the next, so that a run cut short is a committee.
    """
    members = list(starts)
    for stage, settings in enumerate(stages):
        for number, start in enumerate(members):
            folder = stage_folders(run, number, len(stages))[stage]
            own = replace(settings, seed=settings.seed + number)
            members[number] = train(own, folder, digits, examples, start)
