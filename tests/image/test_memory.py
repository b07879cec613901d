"""Memory that the Lambda image keeps after large pictures."""

from collections.abc import Iterator

import pytest

from benchmarks.load.soak import upload
from tests.emulator import RESTRICTED, Emulator, emulated, function_process, invoke, resident
from tests.samples.drawings import draw, encode

KEPT = 8  # megabytes: about 2 with what the image sets for malloc, 15 without
SMALL, LARGE = (300,), (1500, 2500, 3900, 900, 3000, 2000)  # pixels a side


@pytest.fixture
def emulator(image: str) -> Iterator[Emulator]:
    """Yield an environment that has answered nothing but a ping."""
    with emulated(image, *RESTRICTED) as emulator:
        invoke(emulator.url, {"warmup": True})
        yield emulator


@pytest.mark.docker
def test_what_large_pictures_take_is_given_back(emulator: Emulator) -> None:
    process = function_process(emulator)
    post_pictures(emulator, SMALL)  # which loads Pillow's plug-ins for good
    before = resident(process)
    post_pictures(emulator, LARGE)
    assert resident(process) - before < KEPT


def post_pictures(emulator: Emulator, sides: tuple[int, ...]) -> None:
    for side in sides:
        for kind in ("JPEG", "PNG"):
            assert invoke(emulator.url, upload(encode(draw(3, side), kind)))["statusCode"] == 200
