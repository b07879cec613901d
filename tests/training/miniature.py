"""The recipe of a miniature training, and a reader of its history."""

import json
from dataclasses import replace
from pathlib import Path

from training.recipe import Settings

TINY = Settings(epochs=2, batch=32, rate=4e-3, average=0.8, precision="float32", pool_chunks=(1, 1, 1))
STAGES = (
    replace(TINY, epochs=6, blocks=(0, 1, 2)),
    replace(
        TINY,
        seed=101,
        mnist_share=0.7,
        redrawn_share=0.06,
        strokes_share=0.12,
        nondigit_share=0.12,
        dirty=0.0,
    ),
)


def history(run: Path) -> list[dict[str, float]]:
    rows: list[dict[str, float]] = json.loads((run / "history.json").read_text())
    return rows
