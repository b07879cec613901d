"""The corruption suite: each kind does what its name says, to every image, and the same for the same seed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluation.corruptions import CORRUPTIONS, SIDE, corrupt

Images = NDArray[np.uint8]
DETERMINED = {"scale", "brightness", "stripe", "canny_edges"}  # nothing random about them


@pytest.fixture
def sevens() -> Images:
    """Return six rough sevens: a bar, and a stroke that slants down from its right end."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[6:9, 7:20] = 255
    for row in range(9, 23):
        image[row, 18 - (row - 9) // 2 : 21 - (row - 9) // 2] = 200
    return np.stack([image] * 6)


def test_there_are_the_fifteen_kinds_of_mnist_c() -> None:
    assert len(CORRUPTIONS) == 15
    assert {"shot_noise", "glass_blur", "fog", "zigzag", "canny_edges"} <= CORRUPTIONS.keys()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_changes_pixels_but_neither_shape_nor_type(name: str, sevens: Images) -> None:
    before = sevens.copy()
    after = corrupt(name, sevens, seed=1)
    assert after.shape == sevens.shape
    assert after.dtype == np.uint8
    assert np.all((after != before).reshape(len(before), -1).any(axis=1))
    np.testing.assert_array_equal(sevens, before)  # the input stays as it was


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_same_seed_corrupts_the_same_way(name: str, sevens: Images) -> None:
    np.testing.assert_array_equal(corrupt(name, sevens, seed=1), corrupt(name, sevens, seed=1))


@pytest.mark.parametrize("name", sorted(CORRUPTIONS.keys() - DETERMINED))
def test_another_seed_corrupts_another_way(name: str, sevens: Images) -> None:
    assert np.any(corrupt(name, sevens, seed=1) != corrupt(name, sevens, seed=2))


@pytest.mark.parametrize("name", ["shot_noise", "glass_blur", "shear", "rotate", "translate", "canny_edges"])
def test_an_empty_image_stays_empty_under_what_only_moves_or_thins_ink(name: str) -> None:
    assert not corrupt(name, np.zeros((3, SIDE, SIDE), np.uint8), seed=1).any()


def test_impulses_hit_their_share_of_pixels() -> None:
    hit = corrupt("impulse_noise", np.full((50, SIDE, SIDE), 128, np.uint8), seed=3)
    assert np.mean(hit == 255) == pytest.approx(0.085, abs=0.01)
    assert np.mean(hit == 0) == pytest.approx(0.085, abs=0.01)
    assert np.mean(hit == 128) == pytest.approx(0.83, abs=0.01)


def test_shot_noise_keeps_the_mean_of_middling_light() -> None:
    noisy = corrupt("shot_noise", np.full((50, SIDE, SIDE), 51, np.uint8), seed=3)
    assert noisy.mean() == pytest.approx(51, rel=0.05)
    assert noisy.std() > 40


def test_brightness_lifts_the_ground_to_half_and_saturates_the_ink(sevens: Images) -> None:
    bright = corrupt("brightness", sevens, seed=0)
    assert bright[0, 0, 0] == 128
    assert bright[0, 7, 10] == 255


def test_translation_moves_the_ink_three_pixels_along_both_axes(sevens: Images) -> None:
    moved = corrupt("translate", sevens, seed=0)
    before = np.argwhere(sevens[0]).mean(axis=0)
    shifts = np.array([np.argwhere(image).mean(axis=0) - before for image in moved])
    np.testing.assert_allclose(np.abs(shifts), 3)
    assert len(np.unique(shifts, axis=0)) > 1


def test_scaling_shrinks_the_ink_to_seven_tenths(sevens: Images) -> None:
    small = corrupt("scale", sevens, seed=0)
    assert small[0].sum() / sevens[0].sum() == pytest.approx(0.49, rel=0.05)


def test_shear_moves_rows_sideways_and_keeps_each_row_in_its_place() -> None:
    column = np.zeros((8, SIDE, SIDE), np.uint8)
    column[:, 4:24, 13:15] = 255
    slanted = corrupt("shear", column, seed=0)
    np.testing.assert_allclose(slanted.sum(axis=2), column.sum(axis=2), rtol=0.02)
    mean = (slanted * np.arange(SIDE)).sum(axis=2)[:, 4:24] / slanted.sum(axis=2)[:, 4:24]
    np.testing.assert_allclose(np.abs(np.diff(mean, axis=1)), 0.4, atol=0.02)
    assert np.unique(np.sign(mean[:, -1] - mean[:, 0])).size == 2


def test_rotation_keeps_the_ink_and_turns_its_main_axis_by_its_angle() -> None:
    bar = np.zeros((8, SIDE, SIDE), np.uint8)
    bar[:, 13:15, 5:23] = 255
    turned = corrupt("rotate", bar, seed=0)
    np.testing.assert_allclose(turned.sum(axis=(1, 2)), bar.sum(axis=(1, 2)), rtol=0.02)
    for image in turned:
        points = np.argwhere(image > 100).astype(float)
        _, _, axes = np.linalg.svd(points - points.mean(axis=0))
        assert abs(np.arctan(axes[0, 0] / axes[0, 1])) == pytest.approx(0.4, abs=0.05)


def test_stripes_invert_seven_columns_at_either_side_and_twice_is_nothing(sevens: Images) -> None:
    striped = corrupt("stripe", sevens, seed=0)
    assert (striped[:, 0, :7] == 255).all()
    assert (striped[:, 0, -7:] == 255).all()
    np.testing.assert_array_equal(striped[:, :, 7:21], sevens[:, :, 7:21])
    np.testing.assert_array_equal(corrupt("stripe", striped, seed=0), sevens)


def test_motion_blur_leaves_the_sum_of_ink_that_stays_inside(sevens: Images) -> None:
    smeared = corrupt("motion_blur", sevens, seed=0)
    np.testing.assert_allclose(smeared.sum(axis=(1, 2)), sevens.sum(axis=(1, 2)), rtol=0.02)
    assert np.all(smeared[:, 7].max(axis=1) <= sevens[:, 7].max(axis=1))
    assert np.all((smeared > 0).sum(axis=(1, 2)) > 1.5 * (sevens > 0).sum(axis=(1, 2)))


def test_fog_keeps_a_quarter_of_the_contrast() -> None:
    dark = corrupt("fog", np.zeros((4, SIDE, SIDE), np.uint8), seed=5).astype(int)
    light = corrupt("fog", np.full((4, SIDE, SIDE), 255, np.uint8), seed=5).astype(int)
    np.testing.assert_allclose(light - dark, 255 / 4, atol=1)
    assert dark.std() > 10


def test_spatter_covers_part_of_a_bright_image_with_mud() -> None:
    splashed = corrupt("spatter", np.full((20, SIDE, SIDE), 255, np.uint8), seed=5)
    assert 0.05 < np.mean(splashed < 128) < 0.5
    assert splashed.min() == 63


def test_a_dotted_line_inks_every_second_pair_of_columns_from_edge_to_edge() -> None:
    drawn = corrupt("dotted_line", np.zeros((5, SIDE, SIDE), np.uint8), seed=5).max(axis=1)
    inked = np.arange(SIDE) // 2 % 2 == 1
    assert (drawn[:, inked] > 128).all()
    assert not drawn[:, ~inked].any()


def test_a_zigzag_turns_back_at_least_four_times() -> None:
    drawn = corrupt("zigzag", np.zeros((20, SIDE, SIDE), np.uint8), seed=9)[:, :, 3:25]
    inside = drawn[~drawn[:, [0, -1]].any(axis=(1, 2))]  # the line stays off the upper and lower edge
    assert len(inside) >= 10
    middle = (inside * np.arange(SIDE)[:, None]).sum(axis=1) / inside.sum(axis=1)
    turns = (np.diff(np.sign(np.diff(middle, axis=1)), axis=1) != 0).sum(axis=1)
    assert (turns >= 4).all()


def test_edges_outline_a_square_without_filling_it() -> None:
    square = np.zeros((1, SIDE, SIDE), np.uint8)
    square[0, 8:20, 8:20] = 255
    edges = corrupt("canny_edges", square, seed=0)[0]
    assert set(np.unique(edges)) == {0, 255}
    assert not edges[11:17, 11:17].any()
    assert not edges[:5].any()
    assert 2 <= edges[:, 12:16].any(axis=1).sum() <= 4
