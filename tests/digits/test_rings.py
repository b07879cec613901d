import numpy as np
import pytest
from PIL import Image, ImageDraw

from digits.raster import Mask
from digits.rings import without_ring

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
