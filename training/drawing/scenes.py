"""Scenes of a digit: on a canvas, a scan, a photo of paper, a tight crop, a coarse bitmap.

A `drawing` is uint8 (h, w), ink bright on dark, at pen resolution (about 80 pixels); a `scene` is a grey
picture of any size and polarity, as `digits.normalize` gets it. Training renders scenes and normalizes them,
so that the network learns what serving makes of them.
"""

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digits.normalize import normalize

Picture = NDArray[np.uint8]
PEN_SIDE = 84  # pixels: three to each of MNIST's
PURE = 0.82  # share of ink that is the drawing's; with less, print hides the digit, and people cannot read it


class Seen(NamedTuple):
    """The outcome of normalizing a scene."""

    right: Picture | None  # (28, 28): the candidate that shows the drawing, if one does
    wrong: list[Picture]  # candidates that show something else: ink and paper swapped, shadows


def enlarge(digit: Picture, rng: np.random.Generator) -> Picture:
    """Redraw one of MNIST's (28, 28) digits at pen resolution, its strokes thicker or thinner."""
    large = Image.fromarray(digit).resize((PEN_SIDE, PEN_SIDE), Image.Resampling.BICUBIC)
    soft = np.asarray(large.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2.5))), np.float32) / 255
    level = rng.uniform(0.22, 0.62)
    edge = rng.uniform(0.05, 0.25)
    return _bytes((soft - level) / edge + 0.5)


def warp(drawing: Picture, rng: np.random.Generator) -> Picture:
    """Slant, turn, stretch and bend a drawing at random, as another hand would."""
    side = drawing.shape[0]
    picture = Image.fromarray(drawing)
    margin = side // 6
    canvas = Image.new("L", (side + 2 * margin, side + 2 * margin))
    canvas.paste(picture, (margin, margin))
    turn = np.deg2rad(rng.normal(0, 6))
    slant = rng.normal(0, 0.15)
    stretch = np.exp(rng.normal(0, 0.12, 2))
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.array([[1, slant], [0, 1]]) @ np.diag(stretch)
    middle = canvas.width / 2
    shift = middle - matrix @ [middle, middle]
    affine = (*matrix[0], shift[0], *matrix[1], shift[1])
    canvas = canvas.transform(canvas.size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)
    if rng.random() < 0.6:
        canvas = _bend(canvas, rng)
    return np.asarray(canvas)


def _bend(canvas: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Move the knots of a 4×4 grid by a few percent and let what lies between follow."""
    cells = 4
    knots = np.linspace(0, canvas.width, cells + 1)
    moved = np.stack(np.meshgrid(knots, knots), axis=-1)
    moved[1:-1, 1:-1] += rng.normal(0, 0.02 * canvas.width, (cells - 1, cells - 1, 2))
    mesh = []
    for row in range(cells):
        for column in range(cells):
            box = (knots[column], knots[row], knots[column + 1], knots[row + 1])
            corners = [
                moved[row, column],
                moved[row + 1, column],
                moved[row + 1, column + 1],
                moved[row, column + 1],
            ]
            mesh.append((tuple(int(v) for v in box), tuple(float(v) for corner in corners for v in corner)))
    return canvas.transform(canvas.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def scene(drawing: Picture, rng: np.random.Generator) -> Picture:
    """Place the drawing's ink on paper at random; returns a grey picture of 8 to 200 pixels a side."""
    ink = _place(drawing, rng)
    kind = rng.choice(["canvas", "bitmap", "paper"], p=[0.45, 0.25, 0.30])
    if kind == "canvas":
        return _canvas(ink, rng)
    if kind == "bitmap":
        return _bitmap(ink, rng)
    return _photograph(ink, rng)


def _tight(drawing: Picture) -> Picture:
    """Crop to the ink; a drawing without any stays as it is."""
    rows, columns = np.flatnonzero(drawing.max(axis=1) > 64), np.flatnonzero(drawing.max(axis=0) > 64)
    if not rows.size:
        return drawing
    return drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _place(drawing: Picture, rng: np.random.Generator) -> Picture:
    """Crop to the ink and give it a margin: none (a tight crop), even, or any."""
    ink = _tight(drawing)
    side = max(ink.shape)
    how = rng.random()
    if how < 0.3:
        margins = np.zeros(4)
    elif how < 0.6:
        margins = np.full(4, rng.uniform(0.02, 0.5))
    else:
        margins = rng.uniform(0, 0.8, 4)
    top, bottom, left, right = (margins * side).astype(int)
    return np.pad(ink, ((top, bottom), (left, right)))


def _canvas(ink: Picture, rng: np.random.Generator) -> Picture:
    """Return a drawing program's picture: flat paper, flat ink, either polarity, sometimes a coarse JPEG."""
    paper, pen = (
        (255.0, rng.uniform(0, 110)) if rng.random() < 0.6 else (rng.uniform(0, 40), rng.uniform(150, 255))
    )
    grey = _mix(ink, paper, pen)
    grey = _resize(grey, int(rng.integers(20, 160)))
    return _jpeg(grey, rng) if rng.random() < 0.3 else grey


def _bitmap(ink: Picture, rng: np.random.Generator) -> Picture:
    """Return a coarse scan of 8 to 32 pixels, in two or in many levels."""
    small = _resize(ink, int(rng.integers(8, 33)))
    if rng.random() < 0.5 and min(small.shape) >= 10:
        small = np.where(small > rng.uniform(0.28, 0.6) * small.max(), 255, 0).astype(np.uint8)
    return 255 - small if rng.random() < 0.5 else small


def _photograph(ink: Picture, rng: np.random.Generator) -> Picture:
    """Return pen on paper under uneven light, out of focus, with the sensor's noise."""
    height, width = ink.shape
    y, x = np.mgrid[0 : 1 : complex(height), 0 : 1 : complex(width)]
    light = rng.uniform(0.55, 1) + rng.uniform(-0.25, 0.25) * (x - 0.5) + rng.uniform(-0.25, 0.25) * (y - 0.5)
    if rng.random() < 0.3:  # the edge of a shadow
        along = np.cos(angle := rng.uniform(0, 2 * np.pi)) * (x - rng.uniform(0.2, 0.8)) + np.sin(angle) * (
            y - 0.5
        )
        light = light * (1 - rng.uniform(0.1, 0.45) / (1 + np.exp(-along / rng.uniform(0.01, 0.15))))
    paper = rng.uniform(170, 250)
    pen = paper * rng.uniform(0.1, 0.6)
    if rng.random() < 0.12:  # chalk
        paper, pen = rng.uniform(20, 70), rng.uniform(150, 235)
    grey = _mix(ink, paper, pen).astype(np.float32) * light
    soft = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(rng.uniform(0, 0.02) * max(ink.shape))
    )
    shot = _resize(np.asarray(soft), int(rng.integers(24, 200)))
    noisy = shot + rng.normal(0, rng.uniform(0, 9), shot.shape)
    return _jpeg(np.clip(noisy, 0, 255).astype(np.uint8), rng)


def security(drawing: Picture, rng: np.random.Generator) -> Picture:
    """Write the drawing on a cheque: faint ink over fine lines of print, cropped tightly, few pixels."""
    ink = _place(drawing, rng)
    if rng.random() < 0.7:  # boxed as tightly as a detector would
        ink = _tight(drawing)
    height, width = ink.shape
    side = max(height, width)
    paper = rng.uniform(150, 235)
    pen = paper * rng.uniform(0.25, 0.72)
    depth = (paper - pen) * rng.uniform(0.1, 0.6)
    grey = _mix(ink, paper, pen).astype(np.float32)
    for _ in range(int(rng.choice([1, 2], p=[0.65, 0.35]))):
        grey = np.minimum(grey, paper - depth * _print(rng, height, width, side * rng.uniform(0.07, 0.22)))
    soft = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(rng.uniform(0, 0.03) * side)
    )
    shot = _resize(np.asarray(soft), int(rng.integers(16, 64)))
    noisy = shot + rng.normal(0, rng.uniform(0, 7), shot.shape)
    return _jpeg(np.clip(noisy, 0, 255).astype(np.uint8), rng)


def _print(rng: np.random.Generator, height: int, width: int, period: float) -> NDArray[np.float64]:
    """Return a family of fine parallel lines, 0 to 1, straight or wavy, in any direction, mostly level."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    angle = rng.normal(0, 0.25) if rng.random() < 0.7 else rng.uniform(0, np.pi)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    wave = rng.uniform(0, 0.8) * period * np.sin(2 * np.pi * along / rng.uniform(3 * period, 12 * period))
    phase = (across + wave) / period + rng.uniform()
    lines: NDArray[np.float64] = np.clip(np.cos(2 * np.pi * phase) - rng.uniform(0, 0.8), 0, 1)
    return lines / max(float(lines.max()), 1e-6)


def see(drawing: Picture, picture: Picture, whole: Picture | None = None, *, busy: bool = False) -> Seen:
    """Normalize a scene and sort its candidates by whether they show the drawing.

    `whole` is the drawing with what surrounds it: a candidate that shows all of that shows the drawing, too.
    On a `busy` ground print may hide the drawing, though the likeness is great: most ink has to be that of
    `whole`. Print may stick to it, too: a candidate has to be much less like it to count as something else.
    """
    shown = [_truth(drawing)] + ([] if whole is None else [_truth(whole)])
    enough, other = (0.8, 0.3) if busy else (0.7, 0.3) if whole is not None else (0.75, 0.5)
    right, wrong = None, []
    for candidate in normalize(picture, "always"):
        likeness = max(_likeness(truth, candidate.astype(np.float32)) for truth in shown)
        if likeness > enough and right is None and (not busy or _purity(shown[-1], candidate) > PURE):
            right = candidate
        elif likeness < other and not any(_shows_elsewhere(truth, candidate) for truth in shown):
            wrong.append(candidate)
    return Seen(right, wrong)


def see_ringed(drawing: Picture, picture: Picture, whole: Picture) -> Seen:
    """Normalize a digit in a ring: it is shown where the ring is gone; with its ring it is no digit."""
    alone, ringed = _truth(drawing), _truth(whole)
    if _likeness(alone, ringed) > 0.9:  # normalization takes the ring for no ink
        return see(drawing, picture)
    right, wrong = None, []
    for candidate in normalize(picture, "always"):
        seen = candidate.astype(np.float32)
        if _likeness(alone, seen) > max(0.8, _likeness(ringed, seen)):
            right = candidate if right is None else right
        elif _likeness(ringed, seen) > 0.7 or _likeness(alone, seen) < 0.5:
            wrong.append(candidate)
    return Seen(right, wrong)


def _truth(drawing: Picture) -> NDArray[np.float32]:
    """Return what a drawing looks like, canonical, where nothing is in doubt."""
    truth: NDArray[np.float32] = normalize(_padded(drawing), "always")[0].astype(np.float32)
    return truth


def squash(drawing: Picture) -> Picture:
    """Return the whole drawing at 28×28, as a client sends it that normalizes for itself, or not at all."""
    return np.asarray(Image.fromarray(drawing).resize((28, 28), Image.Resampling.BOX))


def _padded(drawing: Picture) -> Picture:
    """Leave a wide dark margin, so that there is no doubt which is ink."""
    side = drawing.shape[0]
    return np.pad(drawing, side // 2)


def _likeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return the cosine of two pictures blurred by two pixels, so that a pen's width matters little."""
    a, b = _blur(a), _blur(b)
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))


def _shows_elsewhere(truth: NDArray[np.float32], candidate: Picture) -> bool:
    """Return whether a candidate shows the drawing in another place: what is left beside it moved it."""
    soft = _blur(truth), _blur(candidate.astype(np.float32))
    across = np.fft.irfft2(np.fft.rfft2(soft[1]) * np.conj(np.fft.rfft2(soft[0])), truth.shape)
    moved = np.roll(truth, np.unravel_index(int(across.argmax()), truth.shape), axis=(0, 1))
    return _likeness(moved, candidate.astype(np.float32)) > 0.75 and _purity(moved, candidate) > PURE


def _purity(truth: NDArray[np.float32], candidate: Picture) -> float:
    """Return the share of a candidate's ink that lies within a pixel of the drawing's."""
    near = np.asarray(Image.fromarray(truth.astype(np.uint8)).filter(ImageFilter.MaxFilter(3))) > 64
    ink = candidate.astype(np.float32)
    return float(ink[near].sum() / max(float(ink.sum()), 1.0))


def _blur(a: NDArray[np.float32]) -> NDArray[np.float32]:
    soft = Image.fromarray(a.astype(np.uint8)).filter(ImageFilter.BoxBlur(1))
    return np.asarray(soft, np.float32)


def _mix(ink: Picture, paper: float, pen: float) -> Picture:
    return (paper + ink.astype(np.float32) / 255 * (pen - paper)).astype(np.uint8)


def _resize(grey: Picture, longer: int) -> Picture:
    scale = longer / max(grey.shape)
    size = max(6, round(grey.shape[1] * scale)), max(6, round(grey.shape[0] * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize(size, how))


def _jpeg(grey: Picture, rng: np.random.Generator) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "JPEG", quality=int(rng.integers(40, 96)))
    return np.asarray(Image.open(buffer))


def _bytes(values: NDArray[np.floating]) -> Picture:
    levels: Picture = (np.clip(values, 0, 1) * 255).astype(np.uint8)
    return levels
