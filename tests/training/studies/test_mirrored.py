"""The mirrored digits of the study of tuning."""

from pathlib import Path

import numpy as np
from PIL import Image

from digits.images import decode
from training.studies import mirrored


def test_both_parts_are_drawn_and_differ(tmp_path: Path) -> None:
    mirrored.write(tmp_path)
    found = {part: sorted((tmp_path / part).rglob("*.png")) for part in mirrored.COUNTS}
    assert {part: len(files) for part, files in found.items()} == mirrored.COUNTS
    assert {file.parent.name for file in found["fresh"]} == {str(digit) for digit in mirrored.DIGITS}
    assert not {file.read_bytes() for file in found["fresh"]} & {
        file.read_bytes() for file in found["corrections"]
    }
    assert all(decode(file.read_bytes()).size for file in found["corrections"])


def test_the_same_pictures_are_drawn_every_time() -> None:
    first, second = (mirrored.draw(7, np.random.default_rng(3)) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert isinstance(first, Image.Image)
