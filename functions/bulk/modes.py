"""What a worker does to the pictures of a run, by the run's mode."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bulk.counts import Mode, Row
from bulk.rows import MODEL_BATCH, Entry, classify
from digits.model import Model

PART_ROWS: dict[Mode, int] = {"predict": 160 * MODEL_BATCH, "read": 256}  # of a shard: 2 MB, some seconds


@dataclass(frozen=True)
class Work:
    """The work on a run's pictures."""

    mode: Mode
    version: str  # of the model
    rows: Callable[[Iterable[Entry]], Iterator[Row]]  # one for each entry, in order
    is_slow: bool  # so that a batch of single pictures may take longer than a worker has
    group: int  # rows that are made together, so that nobody looks at the clock between them
    part: int  # rows of a part of a shard


def load(mode: Mode, model: Model, folder: Path) -> Work:
    """Return the work of a mode; that of "read" loads the detector from the folder of the model.

    Raises:
        ArtefactError: a file of the detector is missing, altered, or not what detector.json describes.
    """
    if mode == "predict":
        return Work(mode, model.version, partial(classify, model), False, MODEL_BATCH, PART_ROWS[mode])
    from bulk.numbers import read  # noqa: PLC0415 - with the first run that reads numbers
    from digits.numbers import NumberReader  # noqa: PLC0415

    reader = NumberReader.load(folder, model)
    return Work(mode, model.version, partial(read, reader), True, 1, PART_ROWS[mode])
