import numpy as np
import pytest
from numpy.typing import NDArray

from digits.paper import SURE_SMALL, Coarse, ground, ink_is_dark, is_blank, refine, sheet_in
from digits.raster import Grey, histogram, otsu
from training.drawing import strokes
from training.drawing.pen import draw

SIDE = 112
Y, X = np.mgrid[0 : 1 : 1j * SIDE, 0 : 1 : 1j * SIDE]


def sheet(light: NDArray[np.float64], noise: float = 2) -> Grey:
    """Return paper of 230 grey levels under a light of 0 to 1, with a sensor's noise."""
    grain = np.random.default_rng(0).normal(0, noise, light.shape)
    return np.clip(230 * light + grain, 0, 255).astype(np.uint8)


def written(light: NDArray[np.float64], contrast: float = 0.6) -> Grey:
    rng = np.random.default_rng(2)
    drawn = np.pad(draw(strokes.digit(5, rng), rng, size=80, width=0.06), 16)
    return sheet(light * (1 - contrast * drawn / 255))


def vignette(depth: float) -> NDArray[np.float64]:
    light: NDArray[np.float64] = 1 - depth * ((X - 0.4) ** 2 + (Y - 0.55) ** 2) / 0.6
    return light


@pytest.mark.parametrize("angle", range(0, 360, 30))
@pytest.mark.parametrize("depth", [0.1, 0.4, 0.8])
def test_paper_lit_from_one_side_is_blank(angle: int, depth: float) -> None:
    along = np.cos(np.deg2rad(angle)) * (X - 0.5) + np.sin(np.deg2rad(angle)) * (Y - 0.5)
    look = sheet(1 - depth * (along - along.min()) / np.ptp(along))
    assert is_blank(Coarse.of(look))
    assert is_blank(Coarse.of(255 - look))


@pytest.mark.parametrize("depth", [0.2, 0.6])
def test_paper_that_is_darker_at_its_corners_is_blank(depth: float) -> None:
    assert is_blank(Coarse.of(sheet(vignette(depth))))


@pytest.mark.parametrize("side", range(4))
def test_a_table_beside_the_paper_is_blank(side: int) -> None:
    assert is_blank(Coarse.of(np.rot90(sheet(np.where(Y > 0.8, 0.3, 1.0)), side)))


@pytest.mark.parametrize("contrast", [0.25, 0.6])
@pytest.mark.parametrize("light", [np.ones_like(X), vignette(0.5), 1 - 0.5 * X])
def test_paper_with_a_digit_is_not_blank(light: NDArray[np.float64], contrast: float) -> None:
    look = written(light, contrast)
    assert not is_blank(Coarse.of(look))
    assert not is_blank(Coarse.of(255 - look))


def test_ink_is_what_less_of_the_picture_and_its_rim_is() -> None:
    for look, dark in ((written(np.ones_like(X)), True), (255 - written(np.ones_like(X)), False)):
        counts = histogram(look)
        assert ink_is_dark(look, counts, otsu(counts)) == [dark]


def test_a_picture_half_dark_is_in_doubt() -> None:
    look = np.where(X > 0.45, 0, 255).astype(np.uint8)
    assert ink_is_dark(look, histogram(look), otsu(histogram(look))) == [False, True]


def test_a_small_bitmap_is_less_in_doubt() -> None:
    middle = (np.abs(X - 0.5) < 0.32) & (np.abs(Y - 0.5) < 0.32)
    look = np.where(middle, 0, 255).astype(np.uint8)
    counts = histogram(look)
    assert ink_is_dark(look, counts, otsu(counts)) == [True, False]
    assert ink_is_dark(look, counts, otsu(counts), SURE_SMALL) == [True]


def test_even_paper_needs_no_ground() -> None:
    assert ground(Coarse.of(written(np.ones_like(X)))) is None


def test_uneven_light_is_found_under_the_ink() -> None:
    light = 1 - 0.5 * X
    shade = ground(Coarse.of(written(light)))
    assert shade is not None
    fine = refine(shade, light.shape).astype(float)
    assert np.abs(fine - 230 * light)[20:-20, 20:-20].mean() < 12


@pytest.mark.parametrize("side", range(4))
@pytest.mark.parametrize("share", [0.12, 0.4])
@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_a_sheet_ends_where_a_shadow_along_a_side_begins(side: int, share: float, slope: float) -> None:
    look = sheet(np.where(X + slope * (Y - 0.5) > 1 - share, 0.5, 1.0))
    part = sheet_in(Coarse.of(np.rot90(look, side)))
    assert part is not None
    kept = np.rot90(np.rot90(np.broadcast_to(X, look.shape), side)[part], -side)
    assert 1 - share - 0.08 < kept.max() <= 1 - share + 0.04 + slope / 2
    assert kept.min() == 0


def test_a_sheet_is_found_on_a_desk() -> None:
    desk = sheet(np.full((2 * SIDE, 2 * SIDE), 0.4))
    desk[40 : 40 + SIDE, 60 : 60 + SIDE] = written(np.ones_like(X))
    rows, columns = sheet_in(Coarse.of(desk)) or (slice(0), slice(0))
    assert (rows.start, rows.stop) == (40, 40 + SIDE)
    assert (columns.start, columns.stop) == (60, 60 + SIDE)


@pytest.mark.parametrize(
    "light",
    [
        np.ones_like(X),
        vignette(0.3),
        np.where(X > 0.97, 0.3, 1.0),  # a line
        np.where(np.hypot(X, Y) < 0.15, 0.3, 1.0),  # a finger
    ],
)
def test_a_sheet_that_fills_the_picture_is_none_in_it(light: NDArray[np.float64]) -> None:
    assert sheet_in(Coarse.of(written(light))) is None
