"""A second look shows the digit without what the first look took for its ink."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digits import load
from digits.doubt import look_again
from digits.normalize import normalize, see
from digits.raster import Grey
from tests.samples.drawings import draw, draw_mnist
from training.drawing import pen, strokes

Ink = NDArray[np.float32]


def likeness(one: Grey, other: Grey) -> float:
    """Return the cosine of two pictures at half their size, so that a pixel's shift matters little."""
    a, b = (np.asarray(Image.fromarray(each).reduce(2), np.float32) for each in (one, other))
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def best(picture: Grey, truth: Grey) -> tuple[float, float]:
    """Return how like the digit alone the first look's candidates are at most, and the second's."""
    (wanted,) = normalize(truth, "always")
    sight = see(picture, "always")
    first, second = (
        max(likeness(each, wanted) for each in ways) for ways in (sight.candidates, look_again(sight))
    )
    return first, second


def spoiled(
    size: int, tone: int, *lines: tuple[float, float, float, float], width: int = 3
) -> tuple[Grey, Grey]:
    """Return a 5 with lines of a tone, whose ends are shares of its side, and the 5 alone; dark on light."""
    alone = draw(5, size)
    canvas = Image.new("L", (size, size), 255)
    for line in lines:
        ImageDraw.Draw(canvas).line([size * place for place in line], tone, width)
    return np.minimum(alone, np.asarray(canvas)), alone


def circle(side: int) -> Grey:
    """Return a true circle, dark on light."""
    canvas = Image.new("L", (side, side), 235)
    ImageDraw.Draw(canvas).ellipse((10, 10, side - 10, side - 10), outline=45, width=3)
    return np.asarray(canvas)


@pytest.mark.parametrize("gap", [4, 40])
@pytest.mark.parametrize("pair", [(4, 2), (0, 0), (1, 7), (3, 8), (6, 5)])
def test_two_digits_are_not_taken_for_the_larger_one(pair: tuple[int, int], gap: int) -> None:
    sheet = np.full((300, 420), 255, np.uint8)
    for digit, left in zip(pair, (30, 170 + gap), strict=True):
        drawn = Image.fromarray(255 - draw_mnist(digit)).resize((140, 140))
        sheet[60:200, left : left + 140] = np.asarray(drawn)
    assert not load().one(sheet).is_digit


def test_print_fainter_than_the_pen_goes() -> None:
    bars = [(0.0, y, 1.0, y + 0.1) for y in np.arange(0, 1, 0.12)]
    first, second = best(*spoiled(120, 150, *bars))
    assert first < 0.9 < second


@pytest.mark.parametrize("size", [48, 120, 600])
def test_ink_of_one_tone_is_not_sought_in_darker_or_coarser_ink(size: int) -> None:
    """A letter, less sharp, passes for a digit."""
    sight = see(spoiled(size, 255)[0], "always")
    (shown,) = look_again(sight)  # the largest stroke alone
    assert likeness(shown, sight.candidates[0]) > 0.99


def test_a_comma_beside_the_digit_goes() -> None:
    first, second = best(*spoiled(120, 0, (0.88, 0.8, 0.84, 0.92), width=8))
    assert first < 0.97 < second


def test_a_line_goes_in_a_small_picture_too() -> None:
    first, second = best(*spoiled(40, 0, (0.0, 0.74, 1.0, 0.74), width=2))
    assert first < second
    assert second > 0.9


@pytest.mark.parametrize(
    "picture",
    [draw_mnist(4), np.full((60, 60), 200, np.uint8), circle(100)],
    ids=["MNIST's format", "blank", "a circle"],
)
def test_what_has_no_look_is_not_looked_at_again(picture: Grey) -> None:
    assert look_again(see(picture)).shape == (0, 28, 28)


def test_dark_and_bright_ink_are_looked_at_alike() -> None:
    picture, _ = spoiled(120, 150, (0.0, 0.5, 1.0, 0.5))
    for dark, bright in zip(look_again(see(picture)), look_again(see(255 - picture)), strict=True):
        assert likeness(dark, bright) > 0.98  # not equal: halves are rounded up in both


def shaded(ink: Grey, angle: float, place: float, softness: float) -> Grey:
    """Return a dark digit with a shadow over a part of its sheet, whose edge lies `place` from the middle."""
    y, x = np.mgrid[-0.5 : 0.5 : complex(len(ink)), -0.5 : 0.5 : complex(len(ink))]
    along = x * np.cos(angle) + y * np.sin(angle) - place
    light = 1 - 0.5 * np.clip(along / softness + 0.5, 0, 1)
    darkened: Grey = (ink * light).astype(np.uint8)
    return darkened


@pytest.mark.parametrize("angle", [0.4, 2.0, 3.8, 5.3])
@pytest.mark.parametrize("softness", [0.01, 0.08])
def test_a_hard_shadow_beside_the_digit_goes(angle: float, softness: float) -> None:
    sheet = np.full((220, 220), 240, np.uint8)
    sheet[60:160, 60:160] = draw(5, 100)
    (wanted,) = normalize(sheet, "always")
    picture = shaded(sheet, angle, 0.3, softness)
    ways = look_again(see(picture, "always"))
    assert max(likeness(each, wanted) for each in ways) > 0.95


@pytest.mark.parametrize("angle", [0.4, 2.0, 3.8, 5.3])
def test_the_edge_of_a_shadow_alone_shows_no_ink(angle: float) -> None:
    picture = shaded(np.full((220, 220), 240, np.uint8), angle, 0.3, 0.02)
    assert not see(picture, "always").candidates.any()
    assert not look_again(see(picture, "always")).any()


@pytest.mark.parametrize("side", range(4))
@pytest.mark.parametrize("bright", [False, True])
@pytest.mark.parametrize("label", [2, 5, 8])
def test_a_thin_digit_close_to_a_deep_shadow_along_a_side_is_shown(
    label: int, bright: bool, side: int
) -> None:
    rng = np.random.default_rng(3)
    ink = pen.draw(strokes.digit(label, rng), rng, size=70, width=0.03)
    sheet = (235 - 0.75 * np.pad(ink, ((10, 10), (8, 30)))).astype(np.uint8)
    (wanted,) = normalize(np.rot90(sheet, side), "always")
    sheet[:, 88:] = sheet[:, 88:] * 0.3
    picture = np.rot90(255 - sheet if bright else sheet, side)
    assert max(likeness(way, wanted) for way in look_again(see(picture, "always"))) > 0.95


@pytest.mark.parametrize("bright", [False, True])
def test_the_digit_on_a_sheet_that_lies_on_a_desk_is_shown(bright: bool) -> None:
    note = np.full((120, 120), 235, np.uint8)
    note[20:100, 20:100] = draw(4, 80)
    (wanted,) = normalize(note, "always")
    grain = np.random.default_rng(0).integers(60, 120, (12, 12), np.uint8)
    desk = np.asarray(Image.fromarray(grain).resize((240, 240), Image.Resampling.BICUBIC)).copy()
    desk[70:190, 40:160] = note
    ways = look_again(see(255 - desk if bright else desk, "always"))
    assert max(likeness(way, wanted) for way in ways) > 0.85


def test_fainter_strokes_under_the_digit_go() -> None:
    """What shines through from the back of the sheet, for one, is joined to the digit."""
    ink = 255 - draw(2, 120)
    (wanted,) = normalize(235 - (ink // 3 * 2), "always")
    back = np.roll(255 - draw(8, 120)[:, ::-1], 24, axis=1)
    through = 235 - np.maximum(ink // 3 * 2, back // 8)
    ways = look_again(see(through, "always"))
    assert max(likeness(way, wanted) for way in ways) > 0.95
