"""Any picture of a digit becomes the same 28×28, whatever it was drawn on."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digits.errors import InvalidPixels
from digits.images import decode
from digits.normalize import BOX, MAX_STROKE, SIDE, is_mnist_format, normalize
from digits.raster import Grey
from digits.strokes import stroke_width
from training.drawing import scenes, strokes
from training.drawing.pen import draw

FEW = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
labels = st.integers(0, 9)
seeds = st.integers(0, 2**16)


def drawing(label: int, seed: int) -> Grey:
    """Return a drawn digit, ink bright on dark, 80 to 96 pixels, with a margin."""
    rng = np.random.default_rng(seed)
    return np.pad(draw(strokes.digit(label, rng), rng, size=80, width=0.08), 16)


def canonical(grey: Grey) -> NDArray[np.float32]:
    picture: NDArray[np.float32] = normalize(grey, "always")[0].astype(np.float32)
    return picture


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return how alike two pictures are, blurred by a pixel: 1 where they are the same but for brightness.

    Centres of mass and pens are rounded to whole pixels: the least change may move or thicken a stroke.
    """
    a, b = blurred(a), blurred(b)
    moved = [np.roll(b, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(float((a * c).sum()) for c in moved) / float(np.sqrt((a * a).sum() * (b * b).sum()))


def blurred(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = np.roll(picture, 1, 0) + picture + np.roll(picture, -1, 0)
    soft: NDArray[np.float32] = np.roll(rows, 1, 1) + rows + np.roll(rows, -1, 1)
    return soft


def alike(one: Grey, other: Grey) -> float:
    """Return the cosine of what normalization makes of two pictures."""
    return cosine(canonical(one), canonical(other))


@FEW
@given(labels, seeds)
def test_a_digit_is_fitted_into_the_box_and_centred_by_mass(label: int, seed: int) -> None:
    picture = normalize(drawing(label, seed), "always")[0]
    rows, columns = np.flatnonzero(picture.max(axis=1) > 32), np.flatnonzero(picture.max(axis=0) > 32)
    assert BOX - 1 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= BOX
    along = np.arange(SIDE)
    assert abs(picture.sum(axis=1) @ along / picture.sum() - SIDE / 2) <= 1.25
    assert abs(picture.sum(axis=0) @ along / picture.sum() - SIDE / 2) <= 1.25


@FEW
@given(labels, seeds)
def test_normalizing_twice_changes_little(label: int, seed: int) -> None:
    once = normalize(drawing(label, seed), "always")[0]
    assert is_mnist_format(once)
    np.testing.assert_array_equal(normalize(once)[0], once)
    assert alike(once, drawing(label, seed)) > 0.95


@FEW
@given(labels, seeds)
def test_inverting_changes_nothing(label: int, seed: int) -> None:
    grey = drawing(label, seed)
    np.testing.assert_allclose(canonical(255 - grey), canonical(grey), atol=16)


@FEW
@given(labels, seeds, st.tuples(*[st.integers(0, 60)] * 4))
def test_padding_and_shifting_change_little(
    label: int, seed: int, margins: tuple[int, int, int, int]
) -> None:
    grey = drawing(label, seed)
    top, bottom, left, right = margins
    assert alike(np.pad(grey, ((top, bottom), (left, right))), grey) > 0.95


@FEW
@given(labels, seeds, st.integers(2, 20))
def test_scaling_up_changes_little(label: int, seed: int, factor: int) -> None:
    rng = np.random.default_rng(seed)
    small = np.pad(draw(strokes.digit(label, rng), rng, size=48, width=0.1), 8)
    side = small.shape[0] * factor
    assert alike(np.asarray(Image.fromarray(small).resize((side, side))), small) > 0.95


@FEW
@given(labels, seeds)
def test_jpeg_at_quality_60_changes_little(label: int, seed: int) -> None:
    grey = 255 - drawing(label, seed)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=60)
    assert alike(decode(file.getvalue()), grey) > 0.95


@FEW
@given(labels, seeds, st.tuples(*[st.integers(120, 255)] * 3))
def test_a_paper_colour_changes_little(label: int, seed: int, paper: tuple[int, int, int]) -> None:
    ink = drawing(label, seed)[..., np.newaxis] / 255
    colours = (np.array(paper) * (1 - ink) + np.array([20, 20, 40]) * ink).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(colours).save(file, "PNG")
    assert alike(decode(file.getvalue()), drawing(label, seed)) > 0.95


@FEW
@given(labels, seeds, st.sampled_from([0, 255]))
def test_ink_on_a_transparent_ground_is_read_whatever_its_colour(label: int, seed: int, pen: int) -> None:
    grey = drawing(label, seed)
    rgba = np.full((*grey.shape, 4), pen, np.uint8)
    rgba[..., 3] = grey
    file = io.BytesIO()
    Image.fromarray(rgba).save(file, "PNG")
    assert alike(decode(file.getvalue()), grey) > 0.95


def shaded(grey: Grey) -> Grey:
    """Return dark ink on paper that is twice as bright on one side."""
    light = np.linspace(0.45, 1, grey.shape[1])
    return ((255 - 0.75 * grey) * light).astype(np.uint8)


def specked(grey: Grey) -> Grey:
    rng = np.random.default_rng(0)
    dirty = grey.copy()
    for y, x in rng.integers(0, grey.shape[0] - 2, (12, 2)):
        dirty[y : y + 2, x : x + 2] = 255
    return dirty


def framed(grey: Grey) -> Grey:
    wide = np.pad(grey, 10)
    wide[:3] = wide[-3:] = 255
    wide[:, :3] = wide[:, -3:] = 255
    return wide


def ruled(grey: Grey) -> Grey:
    lined = np.pad(grey, 20)
    lined[-6:-4] = 255
    return lined


def beside_a_neighbour(grey: Grey) -> Grey:
    wide = np.pad(grey, 12)
    wide[25:60, -4:] = 255
    return wide


def squared(grey: Grey) -> Grey:
    lined = grey.copy()
    lined[5::12] = np.maximum(lined[5::12], 60)
    lined[:, 5::12] = np.maximum(lined[:, 5::12], 60)
    return lined


def noisy(grey: Grey) -> Grey:
    rng = np.random.default_rng(0)
    return np.clip(200 - 0.6 * grey + rng.normal(0, 8, grey.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("spoil", [shaded, specked, framed, ruled, squared, beside_a_neighbour, noisy])
@pytest.mark.parametrize("label", range(10))
def test_what_is_not_the_digit_goes(label: int, spoil: Callable[[Grey], Grey]) -> None:
    grey = drawing(label, 7)
    found = normalize(spoil(grey), "always").astype(np.float32)
    assert max(cosine(candidate, canonical(grey)) for candidate in found) > 0.93


def test_a_loose_bar_of_a_five_stays() -> None:
    bar, bowl = [(0.45, 0.1), (0.9, 0.06)], [(0.35, 0.2), (0.33, 0.5), (0.7, 0.5), (0.7, 0.85), (0.3, 0.9)]
    five = draw([np.array(bar), np.array(bowl)], np.random.default_rng(1), size=96, width=0.06)
    without = draw([np.array(bowl)], np.random.default_rng(1), size=96, width=0.06)
    assert alike(np.pad(five, 10), np.pad(without, 10)) < 0.95
    assert normalize(np.pad(five, 10), "always")[0][:8, 14:].max() > 128


@pytest.mark.parametrize("width", [2, 60])
def test_thin_pens_and_fat_markers_in_a_large_frame_become_strokes_of_mnists_width(width: int) -> None:
    frame = Image.new("L", (1200, 900), 255)
    strokes_ = np.zeros((900, 1200), np.uint8)
    strokes_[200:700, 600 - width // 2 : 600 + (width + 1) // 2] = 255
    frame.paste(0, mask=Image.fromarray(strokes_))
    one = normalize(np.asarray(frame))[0]
    assert one.max() > 200
    assert 1 <= (one[14] > 100).sum() <= 4


@pytest.mark.parametrize("label", [0, 6, 8, 9])
def test_a_fat_pen_does_not_fill_the_loops(label: int) -> None:
    rng = np.random.default_rng(5)
    fat = np.pad(draw(strokes.digit(label, rng), rng, size=120, width=0.2), 24)
    one = normalize(fat, "always")[0]
    width = stroke_width(np.asarray(Image.fromarray(one).resize((280, 280), Image.Resampling.BICUBIC)) > 127)
    assert width / 10 < MAX_STROKE + 0.8
    assert (holes(one) > 0) == (holes(fat) > 0)


def holes(ink: Grey) -> int:
    """Return how many areas of paper the ink encloses."""
    count: int = ndimage.label(np.pad(ink, 1) <= 96)[1]
    return count - 1


def test_a_patch_wider_than_any_pen_is_blank() -> None:
    picture = np.zeros((120, 120), np.uint8)
    picture[10:110, 20:100] = 255
    assert not normalize(picture, "always").any()


@pytest.mark.parametrize("level", [0, 7, 128, 255])
def test_a_blank_page_is_blank(level: int) -> None:
    assert not normalize(np.full((200, 300), level, np.uint8)).any()


def test_a_tight_crop_whose_ink_is_most_of_it_is_tried_both_ways() -> None:
    rng = np.random.default_rng(3)
    grey = draw(strokes.digit(8, rng), rng, size=96, width=0.28)
    rows, columns = np.flatnonzero(grey.max(axis=1)), np.flatnonzero(grey.max(axis=0))
    tight = grey[rows[0] + 3 : rows[-1] - 2, columns[0] + 3 : columns[-1] - 2]
    assert len(normalize(tight)) >= 2


@pytest.mark.parametrize("size", [(8, 8), (8, 40), (200, 9), (1024, 8), (16, 16)])
def test_any_size_gives_28_by_28(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    picture = normalize(rng.integers(0, 256, size).astype(np.uint8))
    assert picture.shape[1:] == (28, 28)
    assert picture.dtype == np.uint8


def test_mnist_format_is_used_unchanged_unless_told_otherwise() -> None:
    once = normalize(drawing(5, 1), "always")[0]
    np.testing.assert_array_equal(normalize(once, "auto")[0], once)
    np.testing.assert_array_equal(normalize(once, "never")[0], once)
    assert not is_mnist_format(255 - once)
    assert not is_mnist_format(np.roll(once, 4, axis=1))


def test_a_28_by_28_picture_that_is_not_in_mnists_format_is_normalized() -> None:
    squashed = scenes.squash(drawing(3, 2))
    assert not is_mnist_format(squashed)
    assert alike(normalize(squashed)[0], drawing(3, 2)) > 0.85


def test_never_refuses_another_size() -> None:
    with pytest.raises(InvalidPixels, match="Received: 20×30"):
        normalize(np.zeros((20, 30), np.uint8), "never")


def cell(grey: Grey) -> Grey:
    wide = np.pad(grey, 20)
    wide[8:11, 8:-8] = wide[-11:-8, 8:-8] = 255
    wide[8:-8, 8:11] = wide[8:-8, -11:-8] = 255
    return wide


def corner(grey: Grey) -> Grey:
    wide = np.pad(grey, 12)
    wide[-10:-8] = wide[:, 6:8] = 255
    return wide


def crossed(grey: Grey) -> Grey:
    wide = np.pad(grey, 20)
    wide[30::28] = wide[31::28] = 255
    return wide


@pytest.mark.parametrize("spoil", [cell, corner, crossed])
@pytest.mark.parametrize("label", range(10))
def test_one_candidate_is_without_the_lines_of_a_form(label: int, spoil: Callable[[Grey], Grey]) -> None:
    grey = drawing(label, 7)
    found = normalize(spoil(grey), "always").astype(np.float32)
    assert max(cosine(candidate, canonical(grey)) for candidate in found) > 0.9


def test_a_digit_alone_has_one_candidate() -> None:
    assert {len(normalize(drawing(label, 7), "always")) for label in range(10)} == {1}


@pytest.mark.parametrize("pressure", [0.12, 0.3, 0.45])
@pytest.mark.parametrize("label", [0, 2, 3, 7, 8])
def test_where_a_pencil_was_pressed_less_the_stroke_stays(label: int, pressure: float) -> None:
    grey = drawing(label, 7)
    middle = int(np.flatnonzero(grey.max(axis=1))[[0, -1]].mean())
    pressed = grey.astype(np.float32)
    pressed[:middle] *= pressure
    grain = np.random.default_rng(0).normal(0, 1.5, grey.shape)
    paper = np.clip(225 - 0.6 * pressed + grain, 0, 255).astype(np.uint8)
    assert alike(paper, grey) > 0.9


def test_a_patch_is_not_thinned_to_a_stroke() -> None:
    bar = np.zeros((120, 120), np.uint8)
    bar[20:100, 45:80] = 255
    (one,) = normalize(bar, "always")
    assert (one[14] > 127).sum() >= 8
