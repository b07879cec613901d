"""Ink as bright as its paper is seen by its color; all else by luminance."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digits.color import has_color, to_grey
from digits.images import decode
from digits.raster import Grey
from tests.samples.drawings import draw

Color = tuple[int, int, int]
LUMINANCE = np.array([0.299, 0.587, 0.114])
# Ink and paper of one luminance.
PAIRS = [
    ((205, 40, 40), (40, 113, 170)),  # red on blue
    ((230, 110, 30), (137, 137, 137)),  # orange on grey
    ((30, 165, 60), (215, 60, 180)),  # green on magenta
    ((150, 60, 170), (90, 110, 60)),  # violet on olive
]
both_ways = pytest.mark.parametrize(("ink", "paper"), [*PAIRS, *((paper, ink) for ink, paper in PAIRS)])


def colored(ink: Color, paper: Color, noise: float = 0) -> NDArray[np.uint8]:
    cover = draw(5, 120, ink=255, paper=0)[..., np.newaxis] / 255
    grain = np.random.default_rng(0).normal(0, noise, (120, 120, 3))
    return np.clip(np.array(paper) * (1 - cover) + np.array(ink) * cover + grain, 0, 255).astype(np.uint8)


def alike(grey: Grey, drawn: Grey) -> float:
    """Return the correlation of two pictures, whichever polarity they have."""
    return abs(float(np.corrcoef(grey.ravel(), drawn.ravel())[0, 1]))


@both_ways
@pytest.mark.parametrize("noise", [0, 4])
def test_ink_as_bright_as_its_paper_is_seen(ink: Color, paper: Color, noise: float) -> None:
    assert abs((np.array(ink) - np.array(paper)) @ LUMINANCE) < 12
    grey = np.asarray(to_grey(Image.fromarray(colored(ink, paper, noise))))
    assert alike(grey, draw(5, 120)) > 0.95
    assert np.ptp(grey) > 100


@both_ways
def test_it_is_seen_in_files(ink: Color, paper: Color) -> None:
    file = io.BytesIO()
    Image.fromarray(colored(ink, paper)).convert("RGBA").save(file, "PNG")
    assert alike(decode(file.getvalue()), draw(5, 120)) > 0.95


@both_ways
@pytest.mark.parametrize(("side", "kind"), [(1300, "PNG"), (1300, "JPEG"), (4000, "JPEG")])
def test_it_is_seen_in_large_photographs(ink: Color, paper: Color, side: int, kind: str) -> None:
    file = io.BytesIO()
    Image.fromarray(colored(ink, paper)).resize((side, side)).save(file, kind)
    seen = Image.fromarray(decode(file.getvalue())).resize((120, 120), Image.Resampling.BOX)
    assert alike(np.asarray(seen), draw(5, 120)) > 0.95


@pytest.mark.parametrize(
    ("ink", "paper"),
    [((0, 0, 0), (255, 255, 255)), ((20, 30, 120), (240, 235, 220)), ((180, 30, 30), (235, 235, 235))],
    ids=["black", "blue", "red"],
)
def test_ink_darker_than_its_paper_is_seen_by_luminance(ink: Color, paper: Color) -> None:
    image = Image.fromarray(colored(ink, paper, 3))
    np.testing.assert_array_equal(np.asarray(to_grey(image)), np.asarray(image.convert("L")))


@pytest.mark.parametrize("tone", [0, 90, 255])
def test_colorless_noise_stays_as_it_is(tone: int) -> None:
    image = Image.fromarray(colored((tone,) * 3, (tone,) * 3, 2))
    np.testing.assert_array_equal(np.asarray(to_grey(image)), np.asarray(image.convert("L")))


@pytest.mark.parametrize(
    ("mode", "expected"), [("L", False), ("LA", False), ("RGB", True), ("CMYK", True), ("RGBA", True)]
)
def test_channels_of_color_are_known(mode: str, *, expected: bool) -> None:
    assert has_color(Image.fromarray(colored(*PAIRS[0])).convert(mode)) is expected


def test_what_is_transparent_is_not_taken_for_color() -> None:
    image = Image.fromarray(colored(*PAIRS[0])).convert("RGBA")
    image.putalpha(Image.fromarray(draw(5, 120)))
    assert not has_color(image)
