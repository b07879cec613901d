"""Runs both engines over drawn digits and holds their answers against the package's own: `make engines`."""

import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from digits import load
from digits.errors import DigitsError
from events.draw import png

PICTURES = 10_000
HERE = Path(__file__).parent
# Both engines stay on this machine, and Ray may take its time to start where much else runs.
LOCAL = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "PYSPARK_PYTHON": sys.executable,
    "RAY_raylet_start_wait_time_s": "300",
}


def main() -> None:
    """Run both; the first that answers otherwise fails."""
    number = int(sys.argv[1]) if sys.argv[1:] else PICTURES
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "pictures")
        draw(folder, number)
        expected = answers_of_the_package(folder)
        for engine in ("with_ray", "with_spark"):
            begun = time.monotonic()
            output = Path(place, engine)
            command: list[str | Path] = [sys.executable, HERE / f"{engine}.py", folder, output]
            subprocess.run(command, check=True, env=os.environ | LOCAL)  # noqa: S603
            compare(engine, pd.read_parquet(output), expected)
            print(f"{engine}: {number:,} answers alike, {time.monotonic() - begun:.0f} s with its start")  # noqa: T201


def draw(folder: Path, number: int) -> None:
    """Write digits, each with noise of its own, and one file that is no image."""
    folder.mkdir()
    drawn = [np.asarray(Image.open(io.BytesIO(png(digit))).convert("L"), np.int16) for digit in range(10)]
    noise = np.random.default_rng(5)
    for place in range(number - 1):
        pixels = drawn[place % 10] + noise.normal(0, 12, drawn[0].shape)
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / f"{place:06}.png")
    (folder / "none.png").write_bytes(b"no image")


def answers_of_the_package(folder: Path) -> dict[str, tuple[int, float]]:
    """Return digit and score by file, read one by one."""
    reader, found = load(), {}
    for path in folder.iterdir():
        try:
            reading = reader.one(path.read_bytes())
            found[path.name] = (reading.digit, reading.digit_score)
        except DigitsError:
            found[path.name] = (-1, 0.0)
    return found


def compare(engine: str, answers: pd.DataFrame, expected: dict[str, tuple[int, float]]) -> None:
    """Stop unless an engine has answered every picture once, and alike."""
    found = {
        Path(path).name: (int(digit), float(score))
        for path, digit, score in answers[["path", "digit", "score"]].itertuples(index=False)
    }
    alike = sum(
        found[name][0] == digit and abs(found[name][1] - score) < 1e-6
        for name, (digit, score) in expected.items()
        if name in found
    )
    if not alike == len(expected) == len(answers):
        sys.exit(
            f"{engine} must answer each of {len(expected):,} alike. Received: {alike:,} of {len(answers):,}"
        )


if __name__ == "__main__":
    main()
