import numpy as np
import pytest
from PIL import Image, ImageDraw

from digits.raster import Mask, bounding_box
from digits.rings import is_circle, without_ring

SIDE = 112
Line = list[tuple[int, int]]
SEVEN: Line = [(38, 34), (72, 34), (50, 96)]  # its foot reaches into a ring whose radius is 48
ONE: Line = [(46, 40), (56, 30), (56, 103)]


def drawn(*lines: Line, ring: int | None = 48, pen: int = 5, width: int = 4) -> Mask:
    """Return lines, in a ring of a radius around the middle unless that is None."""
    canvas = Image.new("L", (SIDE, SIDE))
    brush = ImageDraw.Draw(canvas)
    for line in lines:
        brush.line(line, fill=255, width=pen)
    if ring is not None:
        brush.ellipse((56 - ring, 56 - ring, 56 + ring, 56 + ring), outline=255, width=width)
    return np.asarray(canvas) > 0


@pytest.mark.parametrize("line", [SEVEN, ONE])
def test_a_ring_goes_though_the_digit_touches_it(line: Line) -> None:
    rest = without_ring(drawn(line))
    assert rest is not None
    alone = drawn(line, ring=None)
    assert np.count_nonzero(rest & alone) > 0.85 * np.count_nonzero(alone)
    assert np.count_nonzero(rest & ~alone) < 0.02 * np.count_nonzero(alone)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "nothing inside"),
        ([[(90, 22), (22, 90)]], "a slash that touches the ring at both ends"),
        ([[(50, 50), (62, 62)]], "a dot inside"),
        ([[(8, 56), (40, 56)]], "ink beside the middle"),
    ],
)
def test_a_zero_keeps_its_ring(lines: list[Line], why: str) -> None:
    assert without_ring(drawn(*lines)) is None, why


@pytest.mark.parametrize(
    "mask",
    [drawn(SEVEN, ring=None), drawn(SEVEN, width=16), drawn(SEVEN)[:, 30:], np.eye(SIDE, dtype=np.bool_)],
    ids=["no ring", "a ring thicker than any pen", "an arc", "a line from corner to corner"],
)
def test_what_is_no_ring_stays(mask: Mask) -> None:
    assert without_ring(mask) is None


@pytest.mark.parametrize("radius", [20, 35, 52])
@pytest.mark.parametrize("width", [1, 4, 7])
def test_a_circle_around_nothing_is_known(radius: int, width: int) -> None:
    mask = drawn(ring=radius, width=width)
    assert is_circle(mask, bounding_box(mask))


def hollow(across: float, wobble: float) -> Mask:
    """Return a 0 as a hand draws it: `across` times as wide as high, its radius off by `wobble` in waves."""
    turns = np.linspace(0, 2 * np.pi, 200)
    radii = 48 * (1 + wobble * np.sin(3 * turns + 1))
    points = np.column_stack([56 + across * radii * np.sin(turns), 56 + radii * np.cos(turns)])
    return drawn([(round(x), round(y)) for x, y in points.tolist()], ring=None)


@pytest.mark.parametrize(
    "mask",
    [hollow(0.9, 0), hollow(1, 0.05), drawn(ONE), drawn([(8, 56), (30, 56)]), drawn(SEVEN, ring=None)],
    ids=["an oval", "a shaky circle", "a 1 in a ring", "a ring with a tick inside", "a 7"],
)
def test_a_zero_by_hand_is_no_circle(mask: Mask) -> None:
    assert not is_circle(mask, bounding_box(mask))
