"""Non-digits of every kind are pictures, repeatable, and never of a held-out form in training."""

import numpy as np
import pytest

from training.drawing import glyphs, nondigits, shapes
from training.drawing.hand import Hand

EMPTY = {"blank"}


@pytest.mark.parametrize("kind", nondigits.KINDS)
def test_every_kind_draws_the_size_asked_for(kind: str) -> None:
    _, renderer = nondigits.KINDS[kind]
    for seed in range(20):
        picture = renderer(np.random.default_rng(seed), 72)
        assert picture.shape == (72, 72)
        assert picture.dtype == np.uint8
        assert picture.flags.writeable
        if kind not in EMPTY:
            assert np.ptp(picture) > 50


@pytest.mark.parametrize("kind", nondigits.KINDS)
def test_every_kind_repeats_for_a_seed_and_varies_between_seeds(kind: str) -> None:
    _, renderer = nondigits.KINDS[kind]
    first, again = (renderer(np.random.default_rng(7), 64) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    others = [renderer(np.random.default_rng(seed), 64) for seed in range(8, 14)]
    assert any(not np.array_equal(first, other) for other in others)


def test_render_is_a_square_of_64_to_96() -> None:
    sides = set()
    for seed in range(100):
        picture = nondigits.render(np.random.default_rng(seed))
        assert picture.shape[0] == picture.shape[1]
        sides.add(picture.shape[0])
    assert min(sides) >= 64
    assert max(sides) <= 96
    assert len(sides) > 10


def test_held_out_forms_are_not_drawn_in_training() -> None:
    assert not set(shapes.HELD_OUT_SHAPES) & {
        *shapes.SHAPES,
        *shapes.LINES,
        *shapes.SCRIBBLES,
        *shapes.SCRAWLS,
    }
    assert not set(glyphs.HELD_OUT_HERSHEY) & set(glyphs.HERSHEY)
    assert not set(glyphs.HELD_OUT_FONTS) & set(glyphs.FONTS)


@pytest.mark.parametrize("held_out", [False, True])
def test_glyphs_are_picked_from_their_own_side_of_the_split(
    monkeypatch: pytest.MonkeyPatch, *, held_out: bool
) -> None:
    picked: list[tuple[str, str]] = []
    pick = glyphs._pick

    def recorded(*arguments: object, **options: object) -> tuple[str, str]:
        picked.append(pick(*arguments, **options))  # type: ignore[arg-type]
        return picked[-1]

    monkeypatch.setattr(glyphs, "_pick", recorded)
    rng = np.random.default_rng(0)
    for _ in range(150):
        glyphs.written(rng, 64, held_out=held_out)
        glyphs.printed(rng, 64, held_out=held_out)
    faces = {*glyphs.HELD_OUT_HERSHEY, *glyphs.HELD_OUT_FONTS}
    for name, glyph in picked:
        unseen = name in faces or glyph in glyphs.HELD_OUT_GLYPHS
        assert unseen == held_out, (name, glyph)


@pytest.mark.parametrize("face", [*glyphs.HERSHEY, *glyphs.HELD_OUT_HERSHEY])
def test_every_listed_character_of_a_stroke_font_has_strokes(face: str) -> None:
    listed = {**glyphs.HERSHEY, **glyphs.HELD_OUT_HERSHEY}[face]
    missing = [glyph for glyph in listed if not glyphs._hershey(face).get(glyph)]
    assert missing == []


@pytest.mark.parametrize("name", [*glyphs.FONTS, *glyphs.HELD_OUT_FONTS])
def test_every_listed_character_of_an_outline_font_exists(name: str) -> None:
    font = glyphs.outline(name, 40)
    absent = bytes(font.getmask("\U0010fffe"))
    listed = {**glyphs.FONTS, **glyphs.HELD_OUT_FONTS}[name]
    assert [glyph for glyph in listed if bytes(font.getmask(glyph)) == absent] == []


def test_look_alikes_of_digits_are_in_no_list_of_latin_letters() -> None:
    for listed in (glyphs.ROMAN, glyphs.SCRIPT, glyphs.GOTHIC, glyphs.PRINT):
        assert not set(listed) & set("OoQlI|/\\SsZzBbgq0123456789()]}>-_")


def test_a_lone_line_is_never_upright_enough_for_a_one() -> None:
    for seed in range(200):
        (line,) = shapes.level_line(Hand(np.random.default_rng(seed)))
        across, down = np.abs(line[-1] - line[0])
        assert np.rad2deg(np.arctan2(down, across)) < 42
