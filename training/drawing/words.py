"""Words that mean nothing, of all letters: as text for print, or as the strokes of a hand.

In a word, an l, an O or an s is a letter; alone it could be a digit, so that none is written alone.
"""

from functools import cache

import numpy as np
from HersheyFonts import HersheyFonts  # type: ignore[import-untyped]

from training.drawing import letters
from training.drawing.hand import Hand
from training.drawing.pen import Stroke, along
from training.drawing.strokes import bend

FACES = ("futural", "futuram", "rowmans", "rowmant", "timesr", "scripts", "cursive", "gothiceng")
STARTS = "b br c ch cl d dr f fl g gl gr h j k l m n p pl pr q r s sc sh sl sp st t th tr v w z"
VOWELS = "a e i o u ai ea ee ie io oo ou y"
ENDS = "- - - b d g l ll m n nd ng nt r rs s ss st t tz x z"  # of a syllable; a dash for none
MARKS = (".", ",", ":", ";", "-", "!", "?", ")", "/")  # after a word


def spelled(rng: np.random.Generator) -> str:
    """Return a word of 2 to 14 letters: small, capitalized or all capital, at times with a mark behind it."""
    syllables = int(rng.choice([1, 2, 3, 4], p=[0.35, 0.4, 0.2, 0.05]))
    kinds = [kind.split() for kind in (STARTS, VOWELS, ENDS)]
    word = "".join(str(rng.choice(kind)) for _ in range(syllables) for kind in kinds).replace("-", "")
    style = rng.random()
    word = word.upper() if style < 0.22 else word.capitalize() if style < 0.5 else word
    return word + str(rng.choice(MARKS)) if rng.random() < 0.2 else word


def written(rng: np.random.Generator) -> list[Stroke]:
    """Return the strokes of a word from x = 0 on; it stands on y = 1, its capital letters reach y = 0."""
    if rng.random() < 0.5:
        return _of_font(spelled(rng), rng)
    return _joined(rng)


def _of_font(word: str, rng: np.random.Generator) -> list[Stroke]:
    """Return the word as a stroke font has it, a little bent."""
    font, height, base = _face(FACES[int(rng.integers(len(FACES)))])
    strokes = [(np.array([*stroke]) - (0, base)) / height for stroke in font.strokes_for_text(word)]
    standing = [along(stroke, 0.08) + np.array([0, 1]) for stroke in strokes if len(stroke) > 1]
    return bend(standing, rng, float(rng.uniform(0, 0.02)))


@cache
def _face(name: str) -> tuple[HersheyFonts, float, float]:
    """Return a stroke font, the height of its capital letters, and where they stand."""
    font = HersheyFonts()
    font.load_default_font(name)
    tall = np.vstack([np.array([*stroke]) for stroke in font.strokes_for_text("H")])
    return font, float(np.ptp(tall[:, 1])), float(tall[:, 1].max())


def _joined(rng: np.random.Generator) -> list[Stroke]:
    """Return letters of one hand that run into each other, as in a name or a note."""
    hand = Hand(rng, wobble=float(rng.uniform(0.01, 0.05)))
    place, tight = 0.0, hand.between(0.75, 1.1)
    strokes: list[Stroke] = []
    for number in range(int(rng.integers(2, 10))):
        name, ways = _letter(rng, capital=number == 0 or rng.random() < 0.08)
        tall = name.isupper() or name in "bdfhklt"
        height = hand.between(0.85, 1.1) if tall else hand.between(0.45, 0.6)
        low = 0.4 if name in "gjpqy" else 0.0  # below the base line
        own = letters.skeleton(ways[int(rng.integers(len(ways)))], hand)
        wide = float(np.ptp(np.vstack(own)[:, 0]))
        strokes += [stroke * (height * 0.8, height + low) + (place, 1 - height) for stroke in own]
        place += height * 0.8 * max(wide, 0.15) * tight + hand.between(0.0, 0.08)
    return strokes


def _letter(rng: np.random.Generator, *, capital: bool) -> tuple[str, tuple[str, ...]]:
    """Return a letter and the ways to write it, without those held out."""
    known = {name: ways[:-1] for name, ways in letters.LETTERS.items()} | letters.LOOKALIKES
    names = [name for name in known if name.isupper() == capital]
    name = names[int(rng.integers(len(names)))]
    return name, known[name]
