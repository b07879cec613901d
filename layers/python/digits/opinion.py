"""The single-digit model's second opinion on what the detector found, where that doubts which digit it is."""

from collections.abc import Mapping, Sequence
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from digits.contrast import even_ink
from digits.detect import Detection, scaled
from digits.model import Model
from digits.normalize import normalize
from digits.raster import Grey
from digits.recognize import Reading, read_candidates

Box = tuple[float, float, float, float]  # x, y, width, height in pixels of the picture

CONSIDERED = 0.3  # share of the threshold from which a score is worth a second look
ASKED = 200  # places looked at again in one picture at most: each takes about a millisecond
RIM = 0.05  # of a box's height: what is cut out around it
SMALLEST = 4  # pixels of a crop's side: less shows no digit
WEIGHT = 0.2  # of the second opinion's log probabilities beside the detector's; more loses real amounts
SQUARE = 1.5  # longer side over shorter: a picture of one digit is no longer than that
FEW = 6  # detections: more are no single digit
CLEAR = 0.75  # score of a digit that the detector is sure of
FILLED = 0.5  # share of the picture's height that a single digit takes
BAR = 0.35  # width over height at most of ink that is one bar
BAR_SIDE = 80  # pixels of the picture's shorter side, while a bar is looked for: paper's grain is gone
CLEAR_INK = 1.0  # units of even ink: a clear stroke
CERTAIN = 0.7  # probability with which the single-digit model is believed
LEAST = 1e-3  # probability that the second opinion leaves to a digit at least: it can be wrong altogether


def ask_again(model: Model, picture: Grey, found: Sequence[Detection], threshold: float) -> list[Detection]:
    """Return the detections, those that may be several digits with what the model says weighed in.

    `threshold` is the score from which a place is a digit. One call of the model reads all that is asked.
    """
    doubtful = {place: one.box for place, one in enumerate(found) if _is_doubtful(one, threshold)}
    readings = read_places(model, picture, doubtful)
    return [
        weigh(one, readings[place].probabilities) if place in readings else one
        for place, one in enumerate(found)
    ]


def read_places(model: Model, picture: Grey, boxes: Mapping[int, Box]) -> dict[int, Reading]:
    """Return by place how the model reads what is within its box: the first ASKED, none of a few pixels."""
    crops = {place: cut(picture, box) for place, box in [*boxes.items()][:ASKED]}
    crops = {place: crop for place, crop in crops.items() if min(crop.shape) >= SMALLEST}
    if not crops:
        return {}
    readings = read_candidates(model, [normalize(crop, "always") for crop in crops.values()])
    return dict(zip(crops, readings, strict=True))


def alone(model: Model, picture: Grey, found: Sequence[Detection]) -> Detection | None:
    """Return the one digit that fills a picture by the single-digit model; None where it does not see one.

    It is asked only about pictures about as wide as high, in which the detector sees no two clear digits and
    whose height is nearly filled by what it sees, or by a bar that is all of the ink.
    """
    height, width = picture.shape
    clear = sum(one.score > CLEAR for one in found)
    if len(found) > FEW or clear > 1 or max(height, width) > SQUARE * min(height, width):
        return None
    box = _covered(found)
    if box is None or box[3] < FILLED * height:
        box = _bar(picture)
    if box is None:
        return None
    (reading,) = read_candidates(model, [normalize(picture, "auto")])
    if not reading.is_digit or reading.probability < CERTAIN:
        return None
    return Detection(box, reading.probabilities * np.float32(reading.digit_score))


def _covered(found: Sequence[Detection]) -> Box | None:
    """Return the box around all detections; None where there are none."""
    if not found:
        return None
    boxes = np.array([one.box for one in found])
    low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    (left, top), (wide, tall) = low.tolist(), (high - low).tolist()
    return left, top, wide, tall


def _bar(picture: Grey) -> Box | None:
    """Return the box of a picture's ink where that is one upright bar, high enough and off the edges.

    The detector hardly sees such ones: in a row of digits they are more often teeth of a comb and rules.
    """
    scale = min(1.0, BAR_SIDE / min(picture.shape))
    strokes = even_ink(scaled(picture, scale)) > CLEAR_INK
    down, across = np.flatnonzero(strokes.any(axis=1)), np.flatnonzero(strokes.any(axis=0))
    if not down.size:
        return None
    (top, bottom), (left, right) = (int(down[0]), int(down[-1]) + 1), (int(across[0]), int(across[-1]) + 1)
    inside = min(top, left) > 0 and bottom < strokes.shape[0] and right < strokes.shape[1]
    tall, wide = bottom - top, right - left
    if not inside or tall < FILLED * strokes.shape[0] or wide > BAR * tall:
        return None
    return left / scale, top / scale, wide / scale, tall / scale


def cut(picture: Grey, box: Box) -> Grey:
    """Return the part of a picture within a box, and the RIM around it."""
    x, y, width, height = box
    rim = RIM * height
    rows = slice(max(0, floor(y - rim)), max(0, ceil(y + height + rim)))
    return picture[rows, max(0, floor(x - rim)) : max(0, ceil(x + width + rim))]


def weigh(found: Detection, opinion: NDArray[np.float32]) -> Detection:
    """Return a detection of the same score whose digits are also weighed by the opinion (10,)."""
    shares = found.scores * (opinion + LEAST) ** WEIGHT
    return Detection(found.box, (shares * (found.score / shares.max())).astype(np.float32))


def _is_doubtful(found: Detection, threshold: float) -> bool:
    """Return whether a detection may be a digit, of which an opinion can change which it is."""
    second = float(np.partition(found.scores, -2)[-2])
    return found.score > CONSIDERED * threshold and second > found.score * LEAST**WEIGHT
