"""The geometry of written numbers: which digits stand next to each other, and in which line.

Boxes are float arrays (n, 4): x, y, width, height in pixels; a place is the index of one. A number is the
list of its places, a line a list of numbers.
"""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
Places = list[int]  # of the digits of a number, from left to right

# Measured in heights: the mean of the two digits' heights.
GAP = 1.05  # the widest space within a number, which a point or a comma may take up
LEVEL = 0.3  # share of the lower digit's height that neighbors must have at the same level: zeros may be tiny
CLOSEST = 0.15  # between the middles of two digits: nearer, they are one digit seen twice
STEEPEST = 0.35  # slope of a line: about 19 degrees; steeper writing is not told from a diagonal of a table
SAME_LINE = 0.5  # share of the lower number's height that it has at the level of the line it continues


def numbers(boxes: Boxes) -> list[Places]:
    """Return the numbers that the boxes make up, in no particular order."""
    follower = _followers(boxes)
    follows = set(follower.tolist())
    found = []
    for start in range(len(boxes)):
        if start in follows:
            continue
        number = [start]
        while (after := int(follower[number[-1]])) >= 0:
            number.append(after)
        found.append(number)
    return found


def _followers(boxes: Boxes) -> NDArray[np.int64]:
    """Return for each box the one to its right in the same number, -1 where there is none."""
    distance = _distances(boxes)
    follower, taken = np.full(len(boxes), -1), np.zeros(len(boxes), np.bool_)
    near = np.nonzero(np.isfinite(distance))
    for left, right in np.transpose(near)[np.argsort(distance[near], kind="stable")].tolist():
        if follower[left] < 0 and not taken[right]:
            follower[left], taken[right] = right, True
    return follower


def _distances(boxes: Boxes) -> NDArray[np.float64]:
    """Return how far the second box (columns) is from the first (rows), infinite where it cannot follow."""
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    height = (boxes[:, None, 3] + boxes[None, :, 3]) / 2
    across = (middle[None, :, 0] - middle[:, None, 0]) / height
    down = np.abs(middle[None, :, 1] - middle[:, None, 1]) / height
    follows = (across > CLOSEST) & (gaps(boxes, boxes) <= GAP) & (levels(boxes, boxes) >= LEVEL)
    return np.where(follows, across + down, np.inf)


def gaps(left: Boxes, right: Boxes) -> NDArray[np.float64]:
    """Return the spaces (n, m) from each left box to each right one, in heights; negative: an overlap."""
    height = (left[:, None, 3] + right[None, :, 3]) / 2
    space: NDArray[np.float64] = right[None, :, 0] - left[:, None, 0] - left[:, None, 2]
    return space / height


def covered(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Return the share (n, m) of each box's width that lies over or under each of the others."""
    left = np.maximum(boxes[:, None, 0], others[None, :, 0])
    right = np.minimum((boxes[:, 0] + boxes[:, 2])[:, None], (others[:, 0] + others[:, 2])[None, :])
    share: NDArray[np.float64] = np.clip(right - left, 0, None) / boxes[:, None, 2]
    return share


def levels(left: Boxes, right: Boxes) -> NDArray[np.float64]:
    """Return the share (n, m) of the lower box's height that both have at the same level."""
    top = np.maximum(left[:, None, 1], right[None, :, 1])
    bottom = np.minimum((left[:, 1] + left[:, 3])[:, None], (right[:, 1] + right[:, 3])[None, :])
    shared: NDArray[np.float64] = (bottom - top) / np.minimum(left[:, None, 3], right[None, :, 3])
    return shared


def lines(boxes: Boxes, found: list[Places]) -> list[list[Places]]:
    """Return the numbers in reading order: lines from top to bottom, each from left to right."""
    slope = _slope(boxes, found)
    flat = boxes.copy()  # the lines made level, so that they are compared by height alone
    flat[:, 1] -= slope * (boxes[:, 0] + boxes[:, 2] / 2)
    rows: list[list[Places]] = []
    for number in sorted(found, key=lambda one: boxes[one[0], 0]):
        shares = [_shared_level(flat[row[-1]], flat[number]) for row in rows]
        if shares and max(shares) >= SAME_LINE:
            rows[int(np.argmax(shares))].append(number)
        else:
            rows.append([number])
    return sorted(rows, key=lambda row: _middle(flat[[place for number in row for place in number]]))


def _slope(boxes: Boxes, found: list[Places]) -> float:
    """Return by how many pixels the lines go down for each to the right, by all neighbors' middles."""
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    steps = [np.diff(middle[number], axis=0) for number in found if len(number) > 1]
    if not steps:
        return 0.0
    across, down = np.concatenate(steps).T
    return float(np.clip((across @ down) / (across @ across), -STEEPEST, STEEPEST))


def _shared_level(last: Boxes, number: Boxes) -> float:
    """Return the share of the lower number's height that both have; 0 where one is above the other."""
    if number[0, 0] < last[-1, 0] + last[-1, 2] / 2:
        return 0.0
    (top, bottom), (above, below) = _band(last), _band(number)
    return (min(bottom, below) - max(top, above)) / min(bottom - top, below - above)


def _band(boxes: Boxes) -> tuple[float, float]:
    """Return the mean upper and the mean lower border of a number's digits."""
    return float(boxes[:, 1].mean()), float((boxes[:, 1] + boxes[:, 3]).mean())


def _middle(boxes: Boxes) -> float:
    return float((boxes[:, 1] + boxes[:, 3] / 2).mean())
