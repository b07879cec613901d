"""Letters and signs are drawn as they are listed, and held-out hands only where asked for."""

import numpy as np
import pytest

from digits.raster import label as components
from training.drawing import letters
from training.drawing.hand import Hand

EVERY_WAY = [
    pytest.param(way, id=f"{name} {number}")
    for table in (letters.LETTERS, letters.LOOKALIKES, letters.SIGNS)
    for name, ways in table.items()
    for number, way in enumerate(ways)
]


@pytest.mark.parametrize("way", EVERY_WAY)
def test_every_way_gives_finite_strokes_in_about_the_unit_square(way: str) -> None:
    for seed in range(5):
        strokes = letters.skeleton(way, Hand(np.random.default_rng(seed)))
        assert len(strokes) == way.count("/") + 1
        points = np.vstack(strokes)
        assert np.isfinite(points).all()
        assert np.ptp(points, axis=0).max() > 0.25
        assert points.min() > -0.3
        assert points.max() < 2.7


@pytest.mark.parametrize("draw", [letters.written, letters.signed, letters.signature])
def test_the_seed_decides_and_ink_hangs_together(draw: letters.Draw) -> None:
    for seed in range(12):
        first, again, other = (draw(np.random.default_rng(s), 80) for s in (seed, seed, seed + 100))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)
        assert first.shape == (80, 80)
        assert 0.005 < (first > 60).mean() < 0.6
        assert components(first > 60)[1] < 40


def test_look_alikes_of_digits_are_not_among_the_letters() -> None:
    assert not set(letters.LETTERS) & set(letters.LOOKALIKES)
    assert set(letters.LOOKALIKES) == set("OoQqlIiSsZzBbGgDPp")


def test_training_and_evaluation_share_no_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for held_out, ways in seen.items():
        monkeypatch.setattr(
            letters, "skeleton", lambda way, hand, ways=ways: ways.add(way) or [hand.line((0, 0), (1, 1))]
        )
        rng = np.random.default_rng(0)
        for _ in range(400):
            letters.written(rng, 64, held_out=held_out)
            letters.signed(rng, 64, held_out=held_out)
        if not held_out:
            for _ in range(50):
                letters.signature(rng, 64)
    assert not seen[True] & seen[False]
    assert len(seen[True]) > 30
    assert len(seen[False]) > 90
