"""The second look at a picture whose first reading is in doubt: other ways to tell the digit from other ink.

Each way costs as much as the first look, so that only pictures in doubt are looked at again.
"""

import numpy as np
from numpy.typing import NDArray

from digits.lines import without_lines
from digits.look import HALF, Look, ink_under
from digits.normalize import BITMAP, LINED, SIDE, Sight, digit_of, picture
from digits.paper import ground, near_paper, refine, sheet_in
from digits.raster import LEVELS, Grey, Mask, bounding_box, dilate, histogram, otsu, quantile
from digits.strokes import leader

DARKEST = 20  # levels between the paper and the darkest ink: fainter ink is not told from other faint ink
BESIDE = 5  # pixels, a window: off the darkest ink's anti-aliased rim
OTHER = 0.002  # of the ink lies off the darkest: print, lines, a neighbor; with less, letters pass for digits
NEAR = 0.12  # of the longer side: strokes are narrower, and edges of shadows wider
DEEP = 0.3  # of the light on the paper: folds darken it by less, pens by more
RIM = 0.02  # of the longer side: a digit beside a shadow is as far from the picture's rim
SHARP = 0.25  # of the depth of the darkest ink: from paper to full ink around its edge


def look_again(sight: Sight) -> NDArray[np.uint8]:
    """Return more candidates (k, 28, 28) of a picture that was seen, k ≥ 0.

    They show, where there is fainter ink beside the darkest, the darkest alone and the picture out of focus,
    then the largest stroke alone, on unevenly lit paper the ink without shadows, the ink on a sheet that does
    not fill the picture and, in pictures too small for the first look to do so, ink without straight lines.
    """
    look = sight.look
    if look is None:
        return np.empty((0, SIDE, SIDE), np.uint8)
    ink = ink_under(look, None)
    pictures = [
        *_darkest_alone(look, ink, sight.longer),
        *_fewer_strokes(look, ink, sight.longer),
        *_beside_shadows(look),
        *_on_its_sheet(look),
    ]
    shown = [each for each in pictures if each.any()]
    return np.stack(shown) if shown else np.empty((0, SIDE, SIDE), np.uint8)


def _darkest_alone(look: Look, ink: Grey, longer: int) -> list[Grey]:
    """Return the darker of two inks, the pen's: print, lines, neighbors and what shines through are fainter.

    It comes twice: by its darkness, and as the coarse picture shows it, in which print as fine as hair goes.
    """
    paper = look.paper()
    depth = np.maximum(look.grey, paper) - look.grey
    counts = histogram(depth)
    faintest = otsu(counts)  # up to which it is paper
    counts[: faintest + 1] = 0
    if not counts.any():
        return []
    edge = otsu(counts)
    if longer > BITMAP and not _has_other(depth > faintest, depth > edge):
        if not _has_other(ink > HALF, depth > faintest):
            return []
        edge = faintest
    counts[: edge + 1] = 0
    usual = quantile(counts, 0.5) if counts.any() else 0
    return (_darker(look, depth, edge, usual) if usual >= DARKEST else []) + _out_of_focus(look)


def _has_other(ink: Mask, darkest: Mask) -> bool:
    """Return whether there is ink off the darkest, beyond its anti-aliased rim."""
    off = ink & ~dilate(darkest.view(np.uint8), BESIDE).view(np.bool_)
    return bool(np.count_nonzero(off) > OTHER * np.count_nonzero(ink))


def _darker(look: Look, depth: Grey, edge: int, usual: int) -> list[Grey]:
    """Return the ink that is darker than an edge, anti-aliased around it; its usual depth is given."""
    ramp = np.clip((LEVELS - edge) / (SHARP * usual) + 0.5, 0, 1) * 255
    return _digit(look, ramp.astype(np.uint8)[depth])


def _out_of_focus(look: Look) -> list[Grey]:
    """Return the digit in the coarse picture, in which strokes stay."""
    soft = Look.of(refine(look.coarse.grey, look.grey.shape))
    return _digit(soft, ink_under(soft, None))


def _fewer_strokes(look: Look, ink: Grey, longer: int) -> list[Grey]:
    """Return the largest stroke alone, and all strokes without lines."""
    marks = ink > HALF
    masks: list[Mask] = []
    if longer > BITMAP:  # the strokes of bitmaps are broken: the largest is a part of the digit
        masks.append(leader(marks))
    if longer < LINED and (bare := without_lines(marks, look.grey)) is not None:
        masks.append(digit_of(bare))
    return [picture(look.grey, look, ink, mask, None) for mask in masks if mask.any()]


def _beside_shadows(look: Look) -> list[Grey]:
    """Return the digit on unevenly lit paper, dark or bright, by the paper as near as a stroke is wide."""
    if ground(look.coarse) is None:
        return []
    return [seen for side in (look, look.inverted()) for seen in _by_near_paper(side)]


def _by_near_paper(look: Look) -> list[Grey]:
    """Return the digit, if any, as a share of the light of the paper near it."""
    light = near_paper(look.grey, NEAR)
    even = Look.of((look.grey.astype(np.uint16) * 255 // np.maximum(light, 1)).astype(np.uint8))
    ink = ink_under(even, None)
    marks = ink > HALF
    if not marks.any():
        return []
    mask = digit_of(marks)
    depth = 255 - quantile(histogram(even.grey[mask]), 0.5)
    is_pen = depth >= DEEP * 255 and _is_inside(mask)
    return [picture(look.grey, look, ink, mask, light)] if is_pen else []


def _on_its_sheet(look: Look) -> list[Grey]:
    """Return the digit on a sheet that lies on a desk, or on what a shadow along a side leaves of it.

    Ink and sheet are dark on bright, or bright on dark.
    """
    return [seen for side in (look, look.inverted()) for seen in _on_bright_sheet(side)]


def _on_bright_sheet(whole: Look) -> list[Grey]:
    part = sheet_in(whole.coarse)
    if part is None:
        return []
    look = Look.of(whole.grey[part])
    ink = ink_under(look, None)
    marks = ink > HALF
    if not marks.any() or not _is_inside(mask := digit_of(marks)):
        return []
    return [picture(look.grey, look, ink, mask, None)]


def _is_inside(mask: Mask) -> bool:
    """Return whether ink stays clear of the rim, from which fingers, folds and shadows come."""
    top, bottom, left, right = bounding_box(mask)
    height, width = mask.shape
    rim = max(1, int(max(mask.shape) * RIM))
    return bool(min(top, height - bottom, left, width - right) >= rim)


def _digit(look: Look, ink: Grey) -> list[Grey]:
    marks = ink > HALF
    return [picture(look.grey, look, ink, digit_of(marks), None)] if marks.any() else []
