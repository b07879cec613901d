"""The likeliest numbers of exactly so many digits among overlapping places that may be digits.

Boxes are float arrays (n, 4): x, y, width, height in pixels, all of one line.
"""

import numpy as np
from numpy.typing import NDArray

from digits.rows import GAP, Boxes, Places, gaps, levels

# Costs are log odds, as the places' weights are.
OVERLAP = 0.85  # share of the narrower box's width within the other from which both cannot be digits
CROWDED = 6.0  # cost of an overlap of the whole width, charged above FREE
FREE = 0.4  # share of the narrower box's width that neighbors may overlap at no cost: slanted digits do
STRETCHED = 3.0  # cost of each height by which a space within a number is wider than rows.GAP
CLOSE = 3.0  # cost of each height by which a space between numbers is narrower than rows.GAP
HOLE = 1.0  # cost of each height by which a space between digits is wider than SPACE, up to GAP
SPACE = 0.4  # heights: a space that has room for no digit
LEVEL = 0.5  # share of the lower box's height that neighbors have at the same level at no cost
UNEVEN = 8.0  # cost of a whole lower height at other levels, charged below LEVEL


def numbers(boxes: Boxes, weights: NDArray[np.float64], length: int) -> list[Places]:
    """Return the numbers of exactly `length` digits each with the greatest sum of weights less costs.

    `weights` (n,) are the log odds that each place is a digit, so that places below 0 are taken only where a
    number lacks digits. Empty where no number has more evidence for it than against.
    """
    order = np.argsort(boxes[:, 0] + boxes[:, 2] / 2, kind="stable")
    boxes, weights = boxes[order], weights[order]
    within, between = _costs(boxes)
    total = np.full(
        (len(boxes), length + 1), -np.inf
    )  # of the best reading that ends with a place, by digits so far
    before = np.full((len(boxes), length + 1), -1)  # the place before that one
    for place in range(len(boxes)):
        starts = total[:place, length] - between[:place, place]
        follows = total[:place, 1:length] - within[:place, place, None]
        total[place, 1] = weights[place] + max(0.0, starts.max(initial=-np.inf))
        if starts.max(initial=-np.inf) > 0:
            before[place, 1] = starts.argmax()
        if place and length > 1:
            total[place, 2:] = weights[place] + follows.max(axis=0)
            before[place, 2:] = follows.argmax(axis=0)
    return [order[number].tolist() for number in _trace(total[:, length], before, length)]


def path(boxes: Boxes, weights: NDArray[np.float64]) -> Places:
    """Return the places from left to right with the greatest sum of weights less costs, however many.

    A place below 0 is taken where it fills a hole, and one above 0 is left out where it lies on others.
    """
    order = np.argsort(boxes[:, 0] + boxes[:, 2] / 2, kind="stable")
    boxes, weights = boxes[order], weights[order]
    within, _ = _costs(boxes)
    hole = np.clip(gaps(boxes, boxes), SPACE, GAP) - SPACE
    costs = np.where(gaps(boxes, boxes) > GAP, 0, within) + HOLE * hole
    total, before = weights.copy(), np.full(len(boxes), -1)
    for place in range(1, len(boxes)):
        sums = total[:place] - costs[:place, place]
        if sums.max() > 0:
            total[place] += sums.max()
            before[place] = sums.argmax()
    place, found = int(total.argmax()), []
    while place >= 0:
        found.append(int(order[place]))
        place = int(before[place])
    return found[::-1]


def _trace(ends: NDArray[np.float64], before: NDArray[np.int64], length: int) -> list[Places]:
    """Return the best reading's numbers from the last place back to the first."""
    if not ends.max(initial=0) > 0:
        return []
    place = int(ends.argmax())
    found: list[Places] = []
    while place >= 0:
        number = []
        for digits in range(length, 0, -1):
            number.append(place)
            place = int(before[place, digits])
        found.insert(0, number[::-1])
    return found


def _costs(boxes: Boxes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the costs (n, n) of the second place following the first: in one number, and in the next one."""
    right = boxes[:, 0] + boxes[:, 2]
    shared = np.minimum(right[:, None], right[None, :]) - np.maximum(boxes[:, None, 0], boxes[None, :, 0])
    overlap = shared / np.minimum(boxes[:, None, 2], boxes[None, :, 2])
    both = np.where(overlap > OVERLAP, np.inf, CROWDED * np.maximum(overlap - FREE, 0))
    both = both + UNEVEN * np.maximum(LEVEL - levels(boxes, boxes), 0)
    space = gaps(boxes, boxes)
    return both + STRETCHED * np.maximum(space - GAP, 0), both + CLOSE * np.maximum(GAP - space, 0)
