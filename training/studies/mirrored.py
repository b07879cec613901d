"""Mirrored 4s, 7s and 9s, as children write them: 40 corrections, and 200 fresh ones to read afterwards.

`python -m training.studies.mirrored FOLDER`, then `make tune IMAGES=FOLDER/corrections`, and before and after
it `make evaluate ARGS="--parts sets --sets FOLDER/fresh"`.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from training.drawing import scenes, strokes

DIGITS = (4, 7, 9)  # whose mirror image is no other digit, and not drawn as a non-digit in training
COUNTS = {"corrections": 40, "fresh": 200}
LEAST_SIDE = 12  # pixels; smaller crops are refused or show nothing
SEED = 7  # of the hands, pens and papers; each part has its own


def draw(digit: int, rng: np.random.Generator) -> Image.Image:
    """Return a mirrored digit on paper, as a drawing, a scan or a photograph."""
    while True:
        picture = Image.fromarray(scenes.scene(strokes.render(digit, rng)[:, ::-1].copy(), rng))
        if min(picture.size) >= LEAST_SIDE:
            return picture


def write(folder: Path) -> None:
    """Write both parts into `folder`, each in folders named for the digits."""
    for number, (part, count) in enumerate(COUNTS.items()):
        rng = np.random.default_rng([SEED, number])
        for place in range(count):
            digit = DIGITS[place % len(DIGITS)]
            path = folder / part / str(digit) / f"{place:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            draw(digit, rng).save(path)


def main() -> None:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.studies.mirrored", description=__doc__)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
