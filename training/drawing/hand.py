"""A writer's hand, which all strokes are made with, and the description of a written form."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.drawing.pen import Stroke

Point = tuple[float, float]


class Hand:
    """One writer's hand: draws parameters, and wobbles the control points it passes through."""

    def __init__(self, rng: np.random.Generator, wobble: float = 0.02) -> None:
        self.rng = rng
        self.wobble = wobble

    def between(self, low: float, high: float) -> float:
        """Return a number between `low` and `high`, all equally likely."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return bool(self.rng.random() < probability)

    def line(self, *points: Point) -> Stroke:
        """Return straight pieces through the wobbled points."""
        path = np.array(points, dtype=np.float64)
        return path + self.rng.normal(0, self.wobble, path.shape)

    def curve(self, *points: Point) -> Stroke:
        """Return a Catmull-Rom spline through the wobbled points."""
        path = self.line(*points)
        path = np.vstack([2 * path[0] - path[1], path, 2 * path[-1] - path[-2]])
        knots = np.stack([path[i : len(path) - 3 + i] for i in range(4)])
        smooth = np.einsum("tk,ksd->std", _CATMULL_ROM, knots).reshape(-1, 2)
        return np.vstack([smooth, path[-2]])

    def arc(self, center: Point, radii: Point, start: float, stop: float) -> Stroke:
        """Return part of an ellipse; degrees run clockwise from the top, backwards where stop < start."""
        angles = np.deg2rad(np.linspace(start, stop, max(4, int(abs(stop - start) / 12))))
        spread = 1 + self.rng.normal(0, self.wobble, 2)
        return np.array(center) + np.column_stack([np.sin(angles), -np.cos(angles)]) * radii * spread


@dataclass(frozen=True)
class Form:
    """A way to write a digit: how often, its widest pen (heights), its slants (degrees, right positive)."""

    weight: float
    strokes: Callable[[Hand], list[Stroke]]
    pen: float = 0.22
    slant: tuple[float, float] = (-25, 32)
    rotation: float = 10
    accept: Callable[[list[Stroke]], bool] | None = None  # asked of the slanted, turned strokes


_STEPS = np.arange(7)[:, None] / 7
_CATMULL_ROM = 0.5 * np.hstack(
    [
        -_STEPS + 2 * _STEPS**2 - _STEPS**3,
        2 - 5 * _STEPS**2 + 3 * _STEPS**3,
        _STEPS + 4 * _STEPS**2 - 3 * _STEPS**3,
        -(_STEPS**2) + _STEPS**3,
    ]
)
