import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.errors import InvalidPixels
from digits.pixels import from_pixels
from tests.samples.drawings import draw

SEVEN = draw(7, 64)


def test_integers_are_taken_as_they_are() -> None:
    assert np.array_equal(from_pixels(SEVEN.tolist()), SEVEN)


def test_fractions_up_to_1_are_scaled_and_rounded() -> None:
    assert np.array_equal(from_pixels((SEVEN / 255).tolist()), SEVEN)


def test_a_picture_of_zeros_and_ones_is_on_the_scale_of_1() -> None:
    assert set(np.unique(from_pixels((SEVEN // 255).tolist()))) == {0, 255}


def test_a_value_above_1_makes_it_the_scale_of_255() -> None:
    rows = [[0.4] * 8 for _ in range(7)] + [[254.6] * 8]
    assert np.unique(from_pixels(rows)).tolist() == [0, 255]


@pytest.mark.parametrize("shape", [(28, 28), (8, 8), (8, 1024), (1024, 8), (31, 17)])
def test_any_rectangle_of_8_to_1024_a_side_is_taken(shape: tuple[int, int]) -> None:
    assert from_pixels(np.zeros(shape, int).tolist()).shape == shape


@pytest.mark.parametrize("shape", [(7, 28), (28, 7), (1025, 8), (8, 1025), (1, 784), (28, 0), (0, 0)])
def test_other_sizes_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(
        InvalidPixels, match=f"8 to 1024 rows and columns. Received: {shape[0]} rows of {shape[1]}"
    ):
        from_pixels(np.zeros(shape, int).tolist())


@pytest.mark.parametrize("rows", [None, "x" * 28, 3, {}, True, [1, 2], [[1], None], [["x"], "x"]])
def test_what_is_not_rows_is_refused(rows: object) -> None:
    with pytest.raises(InvalidPixels, match=r"array of rows of numbers(, not text)?\. Received: "):
        from_pixels(rows)


def test_ragged_rows_are_refused() -> None:
    rows: list[list[int]] = [[0] * 28 for _ in range(28)]
    rows[5].append(0)
    with pytest.raises(InvalidPixels, match="Received: 28 values in row 0, 29 in row 5"):
        from_pixels(rows)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-1, "-1"),
        (256, "256"),
        (-0.01, "-0.01"),
        (255.01, "255.01"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (10**400, "an integer of 1329 bits"),
        (True, "true"),
        (None, "null"),
        ("7", "'7'"),
        ([0], "an array of 1"),
        ({}, "an object with 0 members"),
    ],
)
@pytest.mark.parametrize("others", [0, 0.5])
def test_a_bad_value_is_named_with_its_place(value: object, shown: str, others: float) -> None:
    rows: list[list[Any]] = [[others] * 28 for _ in range(28)]
    rows[3][14] = value
    with pytest.raises(InvalidPixels, match="Row 3, column 14 must be") as refusal:
        from_pixels(rows)
    assert str(refusal.value).endswith(f"Received: {shown}")


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=40)
)
def test_any_json_gives_a_picture_or_a_clear_refusal(rows: object) -> None:
    with pytest.raises(InvalidPixels, match="Received: "):
        from_pixels(rows)


@given(st.integers(8, 40), st.integers(8, 40), st.data())
def test_any_numbers_in_range_are_a_picture(height: int, width: int, data: st.DataObject) -> None:
    number = st.integers(0, 255) | st.floats(0, 255)
    row = data.draw(st.lists(number, min_size=width, max_size=width))
    grey = from_pixels([row] * height)
    assert grey.shape == (height, width)
    assert grey.dtype == np.uint8
