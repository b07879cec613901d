"""A search for pictures that take the most time and memory: `python -m tests.digits.fuzz seconds [folder]`.

It keeps the costliest of each format, changes bytes of their headers, and prints the worst ten of all. The
folder gets them as files every minute, so that a search that is ended has what it found so far.
"""

import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.digits.meter import Cost, Meter
from tests.samples import heif
from tests.samples.drawings import encode
from tests.samples.hostile import BODY, COSTLY, at_the_limit, odd_modes, tiled_noise

KEPT = 6  # of each format
HEAD = 400  # bytes in which most headers end
BOXES = 1200  # the same of a HEIF or AVIF, whose head is tables
FAMILIES = {
    b"\xff\xd8": "JPEG", b"\x89P": "PNG", b"GIF": "GIF", b"RIFF": "WebP", b"BM": "BMP",
    b"II": "TIFF", b"MM": "TIFF",
}  # fmt: skip
HAS_ENCODER = find_spec("pillow_heif") is not None
MEGABYTES = 350  # that weigh as much as a second
SAVED = 60  # seconds of processor between two times that the folder gets what was found
NUMBERS = (0, 1, 8, 255, 256, 4000, 16_384, 65_535)
VALUES = (0, 1, 2, 3, 4, 7, 8, 16, 32, 64, 127, 128, 255)
Scored = tuple[float, Cost, bytes]


def score(cost: Cost) -> float:
    """Return one number for time and memory, each as a share of its bound."""
    return max(cost.seconds, cost.megabytes / MEGABYTES) + 0.1 * min(cost.seconds, cost.megabytes / MEGABYTES)


def family(data: bytes) -> str:
    """Return the format that the first bytes name."""
    if data[4:8] == b"ftyp":
        return "HEIC" if b"hvcC" in data[:BOXES] else "AVIF"
    return next((name for magic, name in FAMILIES.items() if data.startswith(magic)), "none")


def drawn(random: np.random.Generator) -> bytes:
    """Return a sound picture near the limits, of random format, size, content and options."""
    return _coded(random) if random.random() < 0.3 else _plain(random)


def _coded(random: np.random.Generator) -> bytes:
    """Return a HEIC or AVIF, whole, in tiles or of one tile many times."""
    side = int(random.choice([512, 1024, 2048]))
    picture = tiled_noise(side, 4, int(random.integers(2, side + 1)))
    if random.random() < 0.5:  # smooth noise takes more time for each byte
        picture = picture.resize((side // 4, side // 4)).resize((side, side))
    mode = str(random.choice(["L", "RGB", "RGBA"]))
    quality = int(random.integers(1, 101))
    if HAS_ENCODER and random.random() < 0.6:
        chroma = str(random.choice(["420", "422", "444"]))
        file = encode(picture.convert(mode), "HEIF", quality=quality, chroma=chroma)
    else:
        chroma = str(random.choice(["4:2:0", "4:2:2", "4:4:4"]))
        grain = {"film-grain-test": str(random.integers(1, 17))} if random.random() < 0.3 else {}
        options = {"subsampling": chroma, "speed": int(random.integers(7, 11)), "advanced": grain}
        file = encode(picture.convert(mode), "AVIF", quality=quality, **options)
    most = 25_600_000 // side**2
    rows = int(random.integers(1, most + 1))
    return (
        file
        if mode == "RGBA"
        else heif.tiled(heif.coded(file), rows, int(random.integers(1, most // rows + 1)))
    )


def _plain(random: np.random.Generator) -> bytes:
    """Return a picture of another format."""
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
        choices.append(("GIF", {"interlace": int(coin)}))
    return choices[int(random.integers(0, len(choices)))]


def changed(data: bytes, random: np.random.Generator) -> bytes:
    """Return the file with one to four changes of bytes, numbers or repeated pieces, most in its head."""
    file = bytearray(data)
    for _ in range(int(random.integers(1, 5))):
        head = BOXES if data[4:8] == b"ftyp" else HEAD
        place = int(random.integers(0, min(head, len(file)) if random.random() < 0.8 else len(file)))
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


class Found:
    """The costliest files of each format."""

    def __init__(self) -> None:
        self._best: dict[str, list[Scored]] = {}
        self.tried = 0

    def take(self, data: bytes, meter: Meter) -> None:
        """Decode a file and keep it if it is among the costliest."""
        self.tried += 1
        cost = meter.cost(data)
        best = self._best.setdefault(family(data), [])
        best.append((score(cost), cost, data))
        best.sort(key=lambda scored: -scored[0])
        del best[KEPT:]

    def any(self, random: np.random.Generator) -> bytes:
        """Return one of them."""
        kept = list(self._best.values())[int(random.integers(0, len(self._best)))]
        return kept[int(random.integers(0, len(kept)))][2]

    def worst(self) -> list[Scored]:
        """Return the costliest ten of all formats."""
        return sorted((each for kept in self._best.values() for each in kept), key=lambda each: -each[0])[:10]

    def save(self, folder: Path) -> None:
        """Write the costliest ten into a folder, each with its rank as its name."""
        folder.mkdir(parents=True, exist_ok=True)
        for rank, (_, _, data) in enumerate(self.worst()):
            (folder / f"{rank}").write_bytes(data)


def search(seconds: float, random: np.random.Generator, folder: Path | None) -> Found:
    """Search for so much processor time of this process and of the one that decodes."""
    seeds = [make() for make in COSTLY.values()] + [*at_the_limit(), *odd_modes()]
    found = Found()
    saved = 0.0
    with Meter(300) as meter:
        while (used := meter.used() + time.process_time()) < seconds:
            if seeds:
                data = seeds.pop()
            elif random.random() < 0.1:
                data = drawn(random)
            else:
                data = changed(found.any(random), random)
            if len(data) <= 6_000_000:
                found.take(data, meter)
            if folder and used - saved > SAVED:
                found.save(folder)
                saved = used
    if folder:
        found.save(folder)
    return found


def main(seconds: str, folder: str = "") -> None:
    """Search for so much processor time, and print what was found."""
    if HAS_ENCODER:
        import_module("pillow_heif").register_heif_opener()
    found = search(float(seconds), np.random.default_rng(time.time_ns()), Path(folder) if folder else None)
    print(f"{found.tried} pictures tried")  # noqa: T201
    for _, cost, data in found.worst():
        print(f"{cost.seconds:.2f} s {cost.megabytes} MB {len(data)} bytes {data[:16]!r} {cost.outcome}")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
