"""Every form of a digit hangs together as far as its strokes do, and has the loops that make it legible."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.raster import label as components
from training.drawing import strokes
from training.drawing.hand import Form, Hand
from training.drawing.pen import Stroke, along
from training.drawing.skeletons import FORMS, HASTY, curled, displays, five_to_nine, zero_to_four

ONE_STROKE = [
    curled.zero_begun,
    curled.two_closed,
    curled.four_stepped,
    curled.nine_knotted,
    curled.nine_ribbon,
    curled.nine_rho,
    five_to_nine.five_snake,
    five_to_nine.six_spiral,
    five_to_nine.eight_ribbon,
    five_to_nine.nine_stemmed,
    five_to_nine.nine_looped,
    zero_to_four.zero_flat,
    zero_to_four.zero_tied,
    zero_to_four.one_roof,
    zero_to_four.one_bowed,
    zero_to_four.two_rolled,
]
EVERY_FORM = [
    pytest.param(form, id=f"{label} {form.strokes.__name__}")
    for label, forms in FORMS.items()
    for form in forms
]
Write = Callable[[Hand], list[Stroke]]


def form_of(write: Write) -> Form:
    return next(form for forms in FORMS.values() for form in forms if form.strokes is write)


def ink(form: Form, seed: int) -> NDArray[np.bool_]:
    """Return where a pen of middling width leaves ink on 96×96 when the form is written."""
    return inked(strokes.written(form, np.random.default_rng(seed)))


def inked(written: list[Stroke]) -> NDArray[np.bool_]:
    canvas = np.zeros((96, 96), np.bool_)
    for stroke in written:
        for x, y in along(stroke, 0.004):
            row, column = round(8 + 80 * y), round(8 + 80 * x)
            canvas[row - 1 : row + 2, column - 1 : column + 2] = True
    return canvas


@pytest.mark.parametrize("form", EVERY_FORM)
def test_a_form_hangs_together_in_no_more_parts_than_it_has_strokes(form: Form) -> None:
    for seed in range(8):
        written = strokes.written(form, np.random.default_rng(seed))
        drawn = inked(written)
        assert not np.concatenate([drawn[:4].ravel(), drawn[-4:].ravel()]).any()
        assert 1 <= components(drawn)[1] <= len(written)


@pytest.mark.parametrize("write", ONE_STROKE, ids=lambda write: write.__name__)
def test_what_is_written_in_one_stroke_is_one_part(write: Write) -> None:
    for seed in range(20):
        assert len(write(Hand(np.random.default_rng(seed)))) == 1
        assert components(ink(form_of(write), seed))[1] == 1


def holes(drawn: NDArray[np.bool_]) -> int:
    return components(~drawn)[1] - 1


def share_with_holes(write: Write, at_least: int) -> float:
    return float(np.mean([holes(ink(form_of(write), seed)) >= at_least for seed in range(40)]))


def test_a_crossed_zero_is_a_ring_cut_in_two_by_a_slash_that_overshoots_it() -> None:
    form = form_of(zero_to_four.zero_crossed)
    for seed in range(40):
        ring, slash = form.strokes(Hand(np.random.default_rng(seed)))
        away = (slash[[0, -1]] - 0.5) / (np.ptp(ring, axis=0) / 2)  # 1 is on the ring
        assert (np.hypot(*away.T) > 0.75).all()
        assert np.hypot(*away.T).sum() > 1.9
    assert share_with_holes(zero_to_four.zero_crossed, 2) > 0.7


def test_loops_are_closed() -> None:
    assert share_with_holes(five_to_nine.nine_stemmed, 1) > 0.9
    assert share_with_holes(five_to_nine.nine_looped, 1) > 0.9
    assert share_with_holes(zero_to_four.zero_flat, 1) > 0.5
    for write in (curled.nine_knotted, curled.nine_sealed, curled.nine_ribbon, curled.nine_rho):
        assert share_with_holes(write, 1) > 0.85


@pytest.mark.parametrize("write", [curled.four_bowl, curled.four_stepped, curled.nine_undone])
def test_rings_that_stay_open_are_open(write: Write) -> None:
    assert share_with_holes(write, 1) < 0.2


def test_a_long_flag_falls_too_steeply_for_the_bar_of_a_seven() -> None:
    for write in (curled.one_flagged, curled.one_flagged_based):
        for seed in range(100):
            path = strokes.written(form_of(write), np.random.default_rng(seed))[0]
            across, down = np.abs(path[0] - path[int(path[:, 1].argmin())])
            assert np.rad2deg(np.arctan2(down, across)) > 30


def test_every_digit_has_forms_for_a_hand_in_haste() -> None:
    assert set(HASTY) == set(range(10))
    assert all(HASTY.values())


def test_the_ribbon_of_an_eight_is_open_at_its_top() -> None:
    assert share_with_holes(five_to_nine.eight_ribbon, 2) < 0.35


@pytest.mark.parametrize("label", range(10))
def test_a_display_lights_the_bars_of_the_digit(label: int) -> None:
    for seed in range(20):
        bars = displays.shown(label, Hand(np.random.default_rng(seed), wobble=0))
        lit = len(displays.LIT[label])
        assert len(bars) in {lit, lit + (label == 7)}
        for bar in bars:
            assert np.ptp(bar, axis=0).min() == 0, "a bar is level or upright"
            assert bar.min() >= 0
            assert bar[:, 1].max() <= 1


def test_no_two_digits_light_the_same_bars() -> None:
    assert len({frozenset(bars) for bars in displays.LIT.values()}) == 10


def test_displays_are_a_small_share_of_the_forms() -> None:
    for forms in FORMS.values():
        share = forms[-1].weight / sum(form.weight for form in forms)
        assert share == pytest.approx(displays.SHARE)
