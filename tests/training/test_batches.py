"""The batches: their shares, their order, and their steps."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.training.miniature import TINY
from training.batches import Batches
from training.data import mnist, pool
from training.recipe import Settings

CORRECTED = replace(
    TINY,
    mnist_share=0.5,
    redrawn_share=0.0,
    strokes_share=0.125,
    nondigit_share=0.125,
    corrections_share=0.25,
)


def corrected(folder: Path, examples: Path) -> Path:
    """Return a pool with corrections: bright 7s, and one that is no digit."""
    for file in examples.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    bright = np.full((4, 28, 28), 255, np.uint8)
    pool.add_corrections(folder, bright, np.array([7, 7, 7, pool.NOT_A_DIGIT], np.uint8))
    return folder


def test_a_batch_has_its_shares(digits: mnist.Mnist, examples: Path, tmp_path: Path) -> None:
    batches = Batches(CORRECTED, digits, corrected(tmp_path, examples))
    assert [part.count for part in batches.parts] == [16, 4, 4, 8]
    ink, classes = batches[0]
    assert ink.shape == (32, 28, 28, 1)
    assert classes.shape == (32, 11)
    labels = classes.argmax(axis=1)
    assert set(labels[20:24]) == {pool.NOT_A_DIGIT}
    assert sorted(labels[24:]) == [7] * 6 + [pool.NOT_A_DIGIT] * 2, "two passes over four corrections"
    assert ink[24:].mean() > ink[:24].mean()


def test_corrections_are_no_part_of_the_drawn_non_digits(
    digits: mnist.Mnist, examples: Path, tmp_path: Path
) -> None:
    batches = Batches(replace(TINY), digits, corrected(tmp_path, examples))
    assert not any((part.x == 255).all(axis=(1, 2)).any() for part in batches.parts)


def test_the_same_seed_gives_the_same_batches(digits: mnist.Mnist, examples: Path) -> None:
    first, second, other = (
        Batches(settings, digits, examples)[3] for settings in (TINY, TINY, replace(TINY, seed=2))
    )
    np.testing.assert_array_equal(first[0], second[0])
    assert not np.array_equal(first[0], other[0])


def test_an_epoch_is_a_pass_over_the_digits_unless_its_steps_are_given(
    digits: mnist.Mnist, examples: Path
) -> None:
    def steps(settings: Settings) -> int:
        return len(Batches(settings, digits, examples))

    assert steps(replace(TINY, batch=4)) == 320 // 2
    assert steps(TINY) == 50, "few digits are passed over more than once"
    assert steps(replace(TINY, steps=7)) == 7
