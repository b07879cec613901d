import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from digits.raster import Grey, Mask, bounding_box, close, dilate, erode, histogram, label, otsu, quantile

FEW = settings(max_examples=60, deadline=None, derandomize=True)
shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24)
greys = arrays(np.uint8, shapes)
masks = arrays(np.bool_, shapes)
sizes = st.integers(1, 7).map(lambda half: 2 * half + 1)


@FEW
@given(masks)
def test_labels_are_those_of_scipy(mask: Mask) -> None:
    labels, count = label(mask)
    expected, expected_count = ndimage.label(mask, np.ones((3, 3)))
    assert count == expected_count
    np.testing.assert_array_equal(labels, expected)


@FEW
@given(greys, sizes)
def test_dilation_is_the_maximum_filter(grey: Grey, size: int) -> None:
    np.testing.assert_array_equal(dilate(grey, size), ndimage.maximum_filter(grey, size, mode="constant"))


@FEW
@given(greys, sizes)
def test_erosion_is_the_minimum_filter(grey: Grey, size: int) -> None:
    np.testing.assert_array_equal(erode(grey, size), ndimage.minimum_filter(grey, size, mode="constant"))


@FEW
@given(greys, st.floats(0.01, 1))
def test_a_quantile_is_numpys(grey: Grey, share: float) -> None:
    assert quantile(histogram(grey), share) == np.quantile(grey, share, method="inverted_cdf")


@FEW
@given(masks.filter(np.any))
def test_a_bounding_box_is_that_of_scipy(mask: Mask) -> None:
    ((rows, columns),) = ndimage.find_objects(mask.astype(int))
    assert bounding_box(mask) == (rows.start, rows.stop, columns.start, columns.stop)


@FEW
@given(greys)
def test_a_histogram_is_numpys(grey: Grey) -> None:
    np.testing.assert_array_equal(histogram(grey), np.histogram(grey, 256, (0, 256))[0])


def test_nothing_has_no_bounding_box() -> None:
    with pytest.raises(ValueError, match="not found"):
        bounding_box(np.zeros((4, 5), np.bool_))


@FEW
@given(greys)
def test_otsus_threshold_leaves_the_least_variance_within_its_classes(grey: Grey) -> None:
    within = [_variance(grey[grey <= level]) + _variance(grey[grey > level]) for level in range(256)]
    assert within[otsu(histogram(grey))] == pytest.approx(min(within))


def _variance(levels: Grey) -> float:
    """Return the sum of squared distances from the mean."""
    return float(levels.size * levels.var()) if levels.size else 0.0


def test_closing_fills_what_is_dark_and_narrower_and_no_more() -> None:
    grey = np.full((40, 40), 200, np.uint8)
    grey[:, 10:14] = 50
    grey[20:, 20:] = 90
    closed = close(grey, 7)
    assert (closed[5:-5, 10:14] == 200).all()
    assert (closed[25:-5, 25:-5] == 90).all()
