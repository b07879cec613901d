import numpy as np
import pytest

from digits.contrast import BRIGHTEST, Ink, even_ink
from digits.raster import Grey


def draw_bars(ground: int, ink: int) -> Grey:
    picture = np.full((60, 120), ground, np.uint8)
    picture[10:50, 20:24] = ink
    picture[10:50, 60:64] = ink
    return picture


def stroke_over_ground(ink: Ink) -> float:
    return float(ink[20:40, 20:24].mean() - ink[20:40, 35:50].mean())


@pytest.mark.parametrize(("ground", "ink"), [(255, 0), (0, 255), (120, 60), (60, 90)])
def test_ink_is_bright_whatever_the_polarity_and_the_contrast(ground: int, ink: int) -> None:
    assert stroke_over_ground(even_ink(draw_bars(ground, ink))) > 0.8


@pytest.mark.parametrize("dark", [True, False])
def test_ink_that_is_told_to_be_dark_or_bright_is_that(dark: bool) -> None:
    picture = draw_bars(200, 40) if dark else draw_bars(40, 200)
    np.testing.assert_array_equal(even_ink(picture, dark), even_ink(picture))
    np.testing.assert_array_equal(even_ink(picture, not dark), -even_ink(picture))


def test_a_picture_and_its_negative_look_alike() -> None:
    picture = draw_bars(200, 40)
    assert np.allclose(even_ink(picture), even_ink(255 - picture), atol=1e-3)


def test_light_that_falls_off_is_evened_out() -> None:
    light = np.linspace(1, 0.4, 120)
    dimmed = even_ink((draw_bars(240, 60) * light).astype(np.uint8))
    left, right = dimmed[20:40, 20:24].mean(), dimmed[20:40, 60:64].mean()
    assert right == pytest.approx(left, rel=0.35)


def test_faint_noise_is_not_stretched_to_ink() -> None:
    noise = np.random.default_rng(1).normal(200, 1, (64, 64)).astype(np.uint8)
    assert np.abs(even_ink(noise)).max() < 0.6


@pytest.mark.parametrize("shape", [(8, 8), (9, 131), (64, 256), (203, 17)])
def test_every_size_keeps_its_shape_and_stays_in_range(shape: tuple[int, int]) -> None:
    ink = even_ink(np.random.default_rng(2).integers(0, 256, shape, np.uint8))
    assert ink.shape == shape
    assert ink.dtype == np.float32
    assert np.isfinite(ink).all()
    assert np.abs(ink).max() <= BRIGHTEST


def test_a_picture_of_one_tone_has_no_ink() -> None:
    assert not even_ink(np.full((40, 40), 77, np.uint8)).any()
