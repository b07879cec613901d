"""Scenes are pictures as users send them, and it is known whether normalization gets them right."""

import numpy as np
import pytest

from digits.normalize import normalize
from tests.samples.drawings import draw, draw_mnist
from training.drawing import scenes, strokes, surroundings


@pytest.mark.parametrize("seed", range(40))
def test_scenes_are_grey_pictures_of_many_sizes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = scenes.scene(scenes.warp(strokes.render(seed % 10, rng), rng), rng)
    assert picture.dtype == np.uint8
    assert picture.ndim == 2
    assert 6 <= min(picture.shape) <= max(picture.shape) <= 200
    assert np.ptp(picture) > 10


def test_scenes_have_both_polarities_and_margins_from_none_to_wide() -> None:
    rng = np.random.default_rng(0)
    drawing = strokes.render(0, rng)
    corners = [scenes.scene(drawing, rng)[0, 0] for _ in range(60)]
    assert min(corners) < 60
    assert max(corners) > 200


@pytest.mark.parametrize("digit", range(10))
def test_enlarging_keeps_the_digit(digit: int) -> None:
    small = draw_mnist(digit)
    large = scenes.enlarge(small, np.random.default_rng(digit))
    assert large.shape == (scenes.PEN_SIDE, scenes.PEN_SIDE)
    again = scenes.squash(large).astype(np.float32)
    assert np.corrcoef(again.ravel(), small.ravel())[0, 1] > 0.8


@pytest.mark.parametrize("digit", range(10))
def test_a_clear_scene_is_seen_right(digit: int) -> None:
    drawing = draw(digit, 96, ink=255, paper=0)
    seen = scenes.see(drawing, 255 - drawing)
    assert seen.right is not None
    assert not seen.wrong


def test_a_scene_of_something_else_is_seen_wrong() -> None:
    seen = scenes.see(draw(1, 96, ink=255, paper=0), draw(0, 96))
    assert seen.right is None
    assert len(seen.wrong) == 1


def test_security_print_lies_under_faint_ink_on_few_pixels() -> None:
    rng = np.random.default_rng(0)
    pictures = [scenes.security(strokes.render(label, rng), rng) for label in range(10)]
    assert all(max(picture.shape) < 64 for picture in pictures)
    assert all(picture.max() < 256 and np.ptp(picture) > 25 for picture in pictures)
    again = scenes.security(strokes.render(4, np.random.default_rng(3)), np.random.default_rng(5))
    other = scenes.security(strokes.render(4, np.random.default_rng(3)), np.random.default_rng(5))
    np.testing.assert_array_equal(again, other)


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_with_its_surroundings_is_seen_right_with_them_or_without(digit: int) -> None:
    drawing = draw(digit, 96, ink=255, paper=0)
    whole = surroundings.draw(drawing, surroundings.comb, np.random.default_rng(digit))
    seen = scenes.see(drawing, np.pad(255 - whole, 12, constant_values=255), whole)
    assert seen.right is not None


def test_a_ring_with_a_digit_in_it_is_no_digit() -> None:
    drawing = draw(3, 96, ink=255, paper=0)
    whole = surroundings.draw(drawing, surroundings.ring, np.random.default_rng(1))
    ringed = scenes.see_ringed(drawing, np.pad(255 - whole, 12, constant_values=255), whole)
    alone = scenes.see_ringed(drawing, np.pad(255 - drawing, 12, constant_values=255), whole)
    assert alone.right is not None
    assert not alone.wrong
    assert (ringed.right is None) == bool(ringed.wrong)


def show(monkeypatch: pytest.MonkeyPatch, candidate: scenes.Picture) -> None:
    """Let normalization find this candidate in every scene that is not a drawing of bright ink."""
    monkeypatch.setattr(
        "training.drawing.scenes.normalize",
        lambda picture, mode: normalize(picture, mode) if picture.max() == 255 else [candidate],
    )


def test_print_that_hides_a_digit_makes_no_example_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing, scene = draw(8, 96, ink=255, paper=0), np.zeros((9, 9), np.uint8)
    (digit,) = normalize(drawing, "always")
    printed = digit.copy()
    printed[4:24:3, 7:21] = 255
    printed[:, 6:22:5] = 255
    for candidate, shown in ((digit, True), (printed, False)):
        with monkeypatch.context() as patched:
            show(patched, candidate)
            assert (scenes.see(drawing, scene, busy=True).right is not None) == shown
    assert scenes._likeness(digit.astype(np.float32), printed.astype(np.float32)) > 0.8


def test_a_digit_that_dirt_has_moved_is_not_seen_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = draw(7, 96, ink=255, paper=0)
    show(monkeypatch, np.roll(normalize(drawing, "always")[0], (4, 4), axis=(0, 1)))
    assert scenes.see(drawing, np.zeros((9, 9), np.uint8)) == scenes.Seen(None, [])


def test_a_digit_whose_ring_normalization_drops_is_seen_right() -> None:
    drawing = draw(3, 96, ink=255, paper=0)
    plain = np.pad(255 - drawing, 12, constant_values=255)
    seen = scenes.see_ringed(drawing, plain, drawing)
    assert seen.right is not None
    assert not seen.wrong
