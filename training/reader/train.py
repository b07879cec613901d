"""The training of the detector.

A run's folder holds settings, sources, history, a checkpoint each epoch and, in the end, the averaged
weights. Started again, a run resumes at its last epoch.
"""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import keras
import numpy as np

from digits.detect import decode
from training.artefact import describe
from training.history import History, averaged
from training.network import blend
from training.optimizer import adamw
from training.reader import network, pool, targets
from training.reader.batches import Batches
from training.reader.recipe import Settings
from training.runs import WEIGHTS, commit, read

THRESHOLD = 0.3  # of a digit's score, in the figure that tells the epochs apart
LARGEST = 5.0  # norm of a batch's gradients, to which larger ones are brought down


def validate(model: keras.Model, pictures: pool.Pictures) -> dict[str, float]:
    """Return the share of composed lines that are read right, of those no digit of which is cut off."""
    whole = [number for number, labels in enumerate(pictures.labels) if (labels >= 0).all()]
    ink = pictures.ink[whole].astype(np.float32)[..., np.newaxis] / pool.LEVELS
    right = 0
    for number, maps in zip(whole, model.predict(ink, batch_size=16, verbose=0), strict=True):
        boxes, scores = decode(maps.astype(np.float32), THRESHOLD)
        read = scores.argmax(axis=1)[np.argsort(boxes[:, 0] + boxes[:, 2] / 2)]
        known = pictures.boxes[number]
        right += read.tolist() == pictures.labels[number][np.argsort(known[:, 0] + known[:, 2] / 2)].tolist()
    return {"val_lines_right": right / max(len(whole), 1)}


def compile_network(settings: Settings) -> keras.Model:
    """Return the network with its optimizer and loss."""
    keras.config.set_dtype_policy(settings.precision)
    model = network.build(settings.widths)
    optimizer = adamw(
        settings.epochs * settings.steps,
        rate=settings.rate,
        warm_up=settings.warm_up,
        decay=settings.decay,
        average=settings.average,
        clip=LARGEST,
    )
    model.compile(optimizer, targets.loss(settings.size_weight), jit_compile=False)
    return model


def train(
    settings: Settings, folder: Path, pictures: Path, held_out: pool.Pictures, start: Path | None = None
) -> keras.Model:
    """Train to the end, or go on from the last epoch in `folder`; returns the averaged network.

    `pictures` is the folder that `pool.build` filled; `start` holds weights to begin with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / WEIGHTS).exists():
        return load(folder)
    _note_start(folder, settings, pictures, start)
    keras.utils.set_random_seed(settings.seed)
    batches = Batches(settings, pictures)
    model = compile_network(settings)
    if start is not None:
        model.load_weights(start)
    callbacks = [
        History(folder, batches, partial(validate, pictures=held_out)),
        keras.callbacks.BackupAndRestore(folder / "checkpoint", delete_checkpoint=False),
    ]
    model.fit(batches, epochs=settings.epochs, callbacks=callbacks, shuffle=False, verbose=2)
    with averaged(model):
        if start is not None:
            keep(model, settings.kept, start)
        model.save_weights(folder / WEIGHTS)
    model.load_weights(folder / WEIGHTS)
    return model


def keep(model: keras.Model, share: float, start: Path) -> None:
    """Mix this share of the weights in `start` into those of the network."""
    trained = model.get_weights()
    model.load_weights(start)
    model.set_weights(blend(model.get_weights(), trained, share))


def load(folder: Path) -> keras.Model:
    """Return the averaged network of a run in float32."""
    keras.config.set_dtype_policy("float32")
    settings = read(folder, "settings")
    model = network.build(tuple(settings["widths"]))
    model.load_weights(folder / WEIGHTS)
    return model


def _note_start(folder: Path, settings: Settings, pictures: Path, start: Path | None) -> None:
    """Write what a new run is trained with and on. Raises SystemExit where a run has other settings."""
    now = json.loads(json.dumps(asdict(settings)))
    path = folder / "settings.json"
    if path.exists() and json.loads(path.read_text()) != now:
        raise SystemExit(f"{folder} holds a run with other settings. Give another --run.")
    path.write_text(json.dumps(now, indent=1))
    sources = {
        "pictures_sha256": pool.checksum(pictures),
        "start_sha256": start and describe(start)["sha256"],
        "git_commit": commit(),
    }
    (folder / "sources.json").write_text(json.dumps(sources, indent=1))
