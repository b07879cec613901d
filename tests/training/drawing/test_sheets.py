"""Empty sheets are light paper with shadows, in many sizes, and the seed decides."""

import numpy as np
import pytest

from training.drawing import sheets


@pytest.mark.parametrize("kind", sheets.KINDS)
def test_a_sheet_is_a_grey_picture_that_repeats_for_a_seed(kind: str) -> None:
    for seed in range(30):
        first, again = (sheets.render(sheets.KINDS[kind], np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(first, again)
        assert first.dtype == np.uint8
        assert 28 <= min(first.shape) <= max(first.shape) <= 200
        assert first.max() > 60


def test_a_ramp_darkens_along_one_direction() -> None:
    for seed in range(20):
        light = sheets.ramp(np.random.default_rng(seed), 60, 60)
        corners = light[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert light.max() == pytest.approx(corners.max())
        assert light.min() == pytest.approx(corners.min())


def test_a_finger_reaches_in_from_one_border_and_leaves_paper() -> None:
    for seed in range(20):
        light = sheets.finger(np.random.default_rng(seed), 80, 80)
        dark = light < (light.min() + light.max()) / 2
        borders = [dark[0].any(), dark[-1].any(), dark[:, 0].any(), dark[:, -1].any()]
        assert any(borders)
        assert dark.mean() < 0.6


def test_sheets_are_of_every_kind_and_now_and_then_dark() -> None:
    rng = np.random.default_rng(0)
    means = [sheets.sheet(rng).mean() for _ in range(60)]
    assert min(means) < 110
    assert max(means) > 150
