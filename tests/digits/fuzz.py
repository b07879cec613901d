"""A search for pictures that take the most time and memory: `python -m tests.digits.fuzz seconds [folder]`.

It keeps the costliest of each format, changes bytes of their headers, and prints the worst ten of all, which
the folder gets as files.
"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.digits.meter import Cost, Meter
from tests.samples.drawings import encode
from tests.samples.hostile import BODY, COSTLY, at_the_limit, odd_modes, tiled_noise

KEPT = 6  # of each format
HEAD = 400  # bytes in which most headers end
MEGABYTES = 350  # that weigh as much as a second
NUMBERS = (0, 1, 8, 255, 256, 4000, 16_384, 65_535)
VALUES = (0, 1, 2, 3, 4, 7, 8, 16, 32, 64, 127, 128, 255)
Scored = tuple[float, Cost, bytes]


def score(cost: Cost) -> float:
    """Return one number for time and memory, each as a share of its bound."""
    return max(cost.seconds, cost.megabytes / MEGABYTES) + 0.1 * min(cost.seconds, cost.megabytes / MEGABYTES)


def drawn(random: np.random.Generator) -> bytes:
    """Return a sound picture near the limits, of random format, size, content and options."""
    mode = str(random.choice(["L", "RGB", "RGBA", "CMYK"]))
    width = int(random.integers(1000, 4001))
    size = (width, min(16_000_000 // width, int(random.integers(1000, 12_000))))
    picture = tiled_noise(max(size), 3, int(random.integers(2, 300))).crop((0, 0, *size))
    if random.random() < 0.3:
        picture = Image.new("RGB", size)
    kind, options = _options(mode, random)
    return encode(picture.convert(mode if kind != "GIF" else "L"), kind, **options)


def _options(mode: str, random: np.random.Generator) -> tuple[str, dict[str, Any]]:
    """Return a format that holds the mode, and how it is written."""
    quality, coin = int(random.integers(1, 60)), bool(random.random() < 0.5)
    jpeg = {"quality": quality, "progressive": coin, "subsampling": int(random.integers(0, 3))}
    packers = ["tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd"]
    tiff = {"compression": str(random.choice(packers))}
    choices: list[tuple[str, dict[str, Any]]] = [("TIFF", tiff)]
    if mode != "RGBA":
        choices.append(("JPEG", jpeg))
    if mode != "CMYK":
        choices.append(("PNG", {"compress_level": int(random.integers(1, 7))}))
        choices.append(("WEBP", {"quality": quality, "method": 0, "lossless": coin}))
        choices.append(("AVIF", {"quality": quality, "speed": 10}))
        choices.append(("GIF", {"interlace": int(coin)}))
    return choices[int(random.integers(0, len(choices)))]


def changed(data: bytes, random: np.random.Generator) -> bytes:
    """Return the file with one to four changes of bytes, numbers or repeated pieces, most in its head."""
    file = bytearray(data)
    for _ in range(int(random.integers(1, 5))):
        place = int(random.integers(0, min(HEAD, len(file)) if random.random() < 0.8 else len(file)))
        if random.random() < 0.15:
            place = len(file) - 1 - place  # TIFF has its directory there
        match int(random.integers(0, 3)):
            case 0:
                file[place] = int(random.choice(VALUES))
            case 1:
                value = int(random.choice(NUMBERS))
                file[place : place + 4] = value.to_bytes(4, "big" if random.random() < 0.5 else "little")
            case _:
                piece = bytes(file[place : place + int(random.integers(2, 64))])
                room = max(1, (BODY - len(file)) // len(piece))
                file[place:place] = piece * int(random.integers(1, 1 + room) if random.random() < 0.2 else 1)
    return bytes(file[:BODY])


def main(seconds: str, folder: str = "") -> None:
    """Search for so long, and print what was found."""
    random = np.random.default_rng(time.time_ns())
    found: dict[bytes, list[Scored]] = {}
    tried = 0
    seeds = [make() for make in COSTLY.values()] + [*at_the_limit(), *odd_modes()]
    deadline = time.monotonic() + float(seconds)
    with Meter(300) as meter:
        while time.monotonic() < deadline:
            if seeds:
                data = seeds.pop()
            elif random.random() < 0.15 or not found:
                data = drawn(random)
            else:
                family = list(found.values())[int(random.integers(0, len(found)))]
                data = changed(family[int(random.integers(0, len(family)))][2], random)
            if len(data) > 6_000_000:
                continue
            tried += 1
            cost = meter.cost(data)
            best = found.setdefault(data[:2], [])
            best.append((score(cost), cost, data))
            best.sort(key=lambda scored: -scored[0])
            del best[KEPT:]
            if len(found) > 12:
                del found[min(found, key=lambda magic: found[magic][0][0])]
    worst = sorted((scored for family in found.values() for scored in family), key=lambda scored: -scored[0])[
        :10
    ]
    print(f"{tried} pictures tried")  # noqa: T201
    for number, (_, cost, data) in enumerate(worst):
        print(f"{cost.seconds:.2f} s {cost.megabytes} MB {len(data)} bytes {data[:16]!r} {cost.outcome}")  # noqa: T201
        if folder:
            (Path(folder) / f"{number}").write_bytes(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
