"""Words have several letters, stand on their base line, and come out the same from the same seed."""

import numpy as np

from training.drawing import words


def test_no_letter_stands_alone_and_all_letters_occur() -> None:
    rng = np.random.default_rng(1)
    spelled = [words.spelled(rng) for _ in range(800)]
    assert min(sum(map(str.isalpha, word)) for word in spelled) > 1
    assert {character for word in spelled for character in word.lower()} >= set("abcdefghijklmnopqrstuvwxyz")


def test_a_word_is_as_high_as_its_capitals_and_goes_to_the_right() -> None:
    for seed in range(60):
        first, again = (words.written(np.random.default_rng(seed)) for _ in range(2))
        assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
        points = np.vstack(first)
        assert np.isfinite(points).all()
        assert -0.8 < points[:, 1].min() < 0.75
        assert 0.7 < points[:, 1].max() < 1.9
        assert points[:, 0].max() > 0.2
