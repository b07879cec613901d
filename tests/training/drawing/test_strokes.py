"""Written digits are whole, inside their box, repeatable, and varied."""

import numpy as np
import pytest

from training.drawing import strokes
from training.drawing.hand import Form, Hand
from training.drawing.pen import Stroke
from training.drawing.skeletons import FORMS

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


def named(label: int, part: str) -> list[Form]:
    return [form for form in FORMS[label] if part in form.strokes.__name__]


@pytest.mark.parametrize("form", named(1, "hooked"), ids=lambda form: form.strokes.__name__)
def test_the_flag_of_a_hooked_one_falls_too_steeply_for_the_bar_of_a_seven(form: Form) -> None:
    for seed in range(200):
        path = strokes.written(form, np.random.default_rng(seed))[0]
        apex = int(path[:, 1].argmin())
        across, down = np.abs(path[0] - path[apex])
        assert np.rad2deg(np.arctan2(down, across)) > 30


@pytest.mark.parametrize(
    "form", named(7, "plain") + named(7, "seven_crossed"), ids=lambda form: form.strokes.__name__
)
def test_the_top_bar_of_a_seven_lies_too_flat_for_the_flag_of_a_one(form: Form) -> None:
    for seed in range(200):
        path = strokes.written(form, np.random.default_rng(seed))[0]
        corner = path[int((path[:, 0] - path[:, 1]).argmax())]
        across, down = np.abs(corner - path[0])
        assert np.rad2deg(np.arctan2(down, across)) < 38


def test_a_form_that_is_not_accepted_is_written_again() -> None:
    asked: list[int] = []

    def third_time(written: list[Stroke]) -> bool:
        asked.append(len(written))
        return len(asked) == 3

    strokes.written(
        Form(1, lambda hand: [hand.line((0, 0), (1, 1))], accept=third_time), np.random.default_rng(0)
    )
    assert asked == [1, 1, 1]


def test_some_ones_are_ruled_bars() -> None:
    rng = np.random.default_rng(0)
    bars = [strokes.ruled_one(rng, 80) for _ in range(50)]
    for bar in bars:
        rows, columns = np.nonzero(bar)
        assert len(np.unique(bar)) == 2, "one shade of ink"
        assert np.ptp(rows) > 1.5 * np.ptp(columns), "upright"
        widths = (bar > 0).sum(axis=1)[rows.min() + 2 : rows.max() - 1]
        assert np.ptp(widths) <= 2, "straight edges"


def test_haste_brings_other_forms() -> None:
    plain, hasty = (strokes.render(9, np.random.default_rng(1), haste) for haste in (0.0, 1.0))
    assert not np.array_equal(plain, hasty)
    for label in range(10):
        assert strokes.render(label, np.random.default_rng(label), haste=1.0).max() > 100
