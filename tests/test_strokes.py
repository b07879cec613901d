"""Written digits are whole, inside their box, repeatable, and varied."""

import numpy as np
import pytest

from training import strokes
from training.skeletons import FORMS, Form, Hand

EVERY_FORM = [pytest.param(label, form, id=form.strokes.__name__) for label in FORMS for form in FORMS[label]]


@pytest.mark.parametrize("label", range(10))
def test_digit_fills_the_unit_square(label: int) -> None:
    for seed in range(30):
        points = np.vstack(strokes.digit(label, np.random.default_rng(seed)))
        assert points.shape[1] == 2
        assert points.min() >= -1e-9
        assert points.max() <= 1 + 1e-9
        assert np.ptp(points, axis=0).max() == pytest.approx(1)


@pytest.mark.parametrize("label", range(10))
def test_render_is_a_square_picture_with_ink_and_ground(label: int) -> None:
    for seed in range(30):
        picture = strokes.render(label, np.random.default_rng(seed))
        assert picture.dtype == np.uint8
        assert picture.shape[0] == picture.shape[1]
        assert 64 <= picture.shape[0] <= 96
        assert 0.01 < (picture > 40).mean() < 0.6


@pytest.mark.parametrize("label", range(10))
def test_same_seed_same_digit_other_seed_other_digit(label: int) -> None:
    first, again, other = (strokes.render(label, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("label", "form"), EVERY_FORM)
def test_every_form_gives_finite_strokes_of_two_points_or_more(label: int, form: Form) -> None:
    assert 0 <= label <= 9
    for seed in range(20):
        for stroke in form.strokes(Hand(np.random.default_rng(seed))):
            assert stroke.ndim == 2
            assert stroke.shape[0] >= 2
            assert np.isfinite(stroke).all()


@pytest.mark.parametrize("form", [form for form in FORMS[1] if "hooked" in form.strokes.__name__])
def test_the_flag_of_a_hooked_one_falls_steeply_enough_not_to_be_a_seven(form: Form) -> None:
    for seed in range(200):
        path = strokes.written(form, np.random.default_rng(seed))[0]
        apex = int(path[:, 1].argmin())
        across, down = np.abs(path[0] - path[apex])
        assert np.rad2deg(np.arctan2(down, across)) > 20


@pytest.mark.parametrize("form", [form for form in FORMS[7] if "serif" not in form.strokes.__name__])
def test_the_top_bar_of_a_seven_is_near_horizontal(form: Form) -> None:
    for seed in range(200):
        path = strokes.written(form, np.random.default_rng(seed))[0]
        corner = path[: len(path) // 2][path[: len(path) // 2, 0].argmax()]
        across, down = np.abs(corner - path[0])
        assert np.rad2deg(np.arctan2(down, across)) < 25
