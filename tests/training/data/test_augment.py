"""Augmented digits stay digits: other pixels, the same place, the same range."""

import numpy as np
import pytest

from training.data import augment
from training.data.augment import DIRT, MNIST_STRENGTH, POOL_STRENGTH, Dirt, Strength
from training.data.augment import augment as change

STILL = Strength(turn=0, slant=0, stretch=0, shift=0, bend=0, ink=0, dirty=0)


@pytest.fixture
def batch() -> augment.Batch:
    """Return 64 pictures of a bright square in the middle."""
    pictures = np.zeros((64, 28, 28), np.float32)
    pictures[:, 8:20, 10:18] = 1
    return pictures


def test_strengths_of_nothing_only_sharpen_the_ink(batch: augment.Batch) -> None:
    np.testing.assert_allclose(change(batch, np.random.default_rng(0), STILL), batch, atol=1e-6)


def test_a_weaker_strength_moves_less_but_soils_as_many() -> None:
    weaker = MNIST_STRENGTH.times(0.5)
    assert weaker.turn == MNIST_STRENGTH.turn / 2
    assert weaker.ink == MNIST_STRENGTH.ink / 2
    assert weaker.dirty == MNIST_STRENGTH.dirty


@pytest.mark.parametrize("strength", [MNIST_STRENGTH, POOL_STRENGTH])
def test_pictures_change_each_in_its_own_way(batch: augment.Batch, strength: Strength) -> None:
    changed = change(batch, np.random.default_rng(0), strength)
    assert changed.shape == batch.shape
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert len({picture.tobytes() for picture in changed}) == len(batch)


def test_the_ink_stays_about_where_it_is(batch: augment.Batch) -> None:
    changed = change(batch, np.random.default_rng(0), MNIST_STRENGTH)
    assert changed[:, 12:16, 12:16].mean() > 0.7
    assert changed[:, :3].mean() < 0.1


def test_the_same_draw_changes_the_same_way(batch: augment.Batch) -> None:
    one, other = (change(batch, np.random.default_rng(3), MNIST_STRENGTH) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_a_turn_is_a_turn() -> None:
    bar = np.zeros((200, 28, 28), np.float32)
    bar[:, 4:24, 13:15] = 1
    turned = change(bar, np.random.default_rng(0), Strength(15, 0, 0, 0, 0, 0, 0))
    columns = np.arange(28)
    lean = (turned[:, 6] @ columns) / turned[:, 6].sum(axis=1) - (turned[:, 21] @ columns) / turned[
        :, 21
    ].sum(axis=1)
    assert 2 < lean.std() < 6  # 15 rows apart, tangent of 15 degrees: 4 pixels


@pytest.mark.parametrize("dirt", DIRT, ids=lambda dirt: dirt.__name__.strip("_"))
def test_dirt_changes_pictures_and_leaves_the_digit(dirt: Dirt) -> None:
    shape = np.zeros((28, 28), np.float32)
    shape[6:22, 12:15] = 1
    soiled = np.clip(dirt(np.stack([shape] * 200), np.random.default_rng(0)), 0, 1)
    assert soiled.shape == (200, 28, 28)
    assert np.isfinite(soiled).all()
    changed = np.abs(soiled - shape).max(axis=(1, 2)) > 0.05
    assert changed.mean() > 0.7, "some lines and patches miss the picture"
    alike = [np.corrcoef(shape[4:24, 9:19].ravel(), one[4:24, 9:19].ravel())[0, 1] for one in soiled]
    assert np.median(alike) > 0.4


def test_dirt_comes_as_often_as_told(batch: augment.Batch) -> None:
    dirty = Strength(0, 0, 0, 0, 0, 0, dirty=0.5)
    many = np.concatenate([batch] * 20)
    changed = change(many, np.random.default_rng(0), dirty)
    share = (np.abs(changed - change(many, np.random.default_rng(0), STILL)).max(axis=(1, 2)) > 0.02).mean()
    assert 0.35 < share < 0.55
