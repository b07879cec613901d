"""The second opinion on what the detector found."""

from pathlib import Path

import numpy as np
import pytest

from digits import opinion
from digits.images import decode
from digits.model import Model
from digits.raster import Grey
from tests.samples.detectors import seen
from training.artefact import SHIPPED


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(SHIPPED)


@pytest.fixture(scope="module")
def seven() -> Grey:
    return decode(Path("events/bodies/seven.png").read_bytes())


def whole(picture: Grey) -> tuple[float, float, float, float]:
    return (0.0, 0.0, float(picture.shape[1]), float(picture.shape[0]))


def test_the_single_digit_model_settles_a_doubt(model: Model, seven: Grey) -> None:
    doubtful = seen(1, whole(seven), score=0.5, other=7)
    (settled,) = opinion.ask_again(model, seven, [doubtful], threshold=0.3)
    assert (doubtful.digit, settled.digit) == (1, 7)
    assert settled.score == pytest.approx(doubtful.score)
    assert settled.box == doubtful.box


def test_what_the_detector_is_sure_of_is_not_asked_again(model: Model, seven: Grey) -> None:
    sure = seen(1, whole(seven), score=0.9)
    assert opinion.ask_again(model, seven, [sure], threshold=0.3) == [sure]


def test_what_is_far_below_the_threshold_is_not_asked_again(model: Model, seven: Grey) -> None:
    faint = seen(1, whole(seven), score=0.05, other=7)
    assert opinion.ask_again(model, seven, [faint], threshold=0.3) == [faint]


def test_what_no_opinion_can_change_is_not_asked_about(model: Model, seven: Grey) -> None:
    against = np.zeros(10, np.float32)
    against[7] = 1
    for share in np.linspace(0.05, 0.9, 18):
        found = seen(1, whole(seven), score=0.5)
        found.scores[7] = share * found.score
        kept = opinion.ask_again(model, seven, [found], threshold=0.3) == [found]
        assert kept == (opinion.weigh(found, against).digit == 1)


@pytest.mark.parametrize("box", [(5.6, 5.0, 1.0, 9.0), (5_000.0, 5_000.0, 20.0, 40.0)])
def test_a_sliver_or_a_place_outside_is_left_as_it_is(
    box: tuple[float, float, float, float], model: Model, seven: Grey
) -> None:
    sliver = seen(1, box, score=0.5, other=7)
    assert opinion.ask_again(model, seven, [sliver], threshold=0.3) == [sliver]


def test_a_crop_is_the_box_with_a_rim_within_the_picture() -> None:
    picture = np.arange(100 * 50, dtype=np.int64).reshape(100, 50).astype(np.uint8)
    assert opinion.cut(picture, (10, 20, 20, 40)).shape == (44, 24)
    assert opinion.cut(picture, (-5, -5, 20, 40)).shape == (37, 17)
    assert opinion.cut(picture, (40, 80, 20, 40)).shape == (22, 12)


def test_an_opinion_against_a_sure_detection_does_not_overrule_it() -> None:
    against = np.full(10, 1e-6, np.float32)
    against[2] = 1
    assert opinion.weigh(seen(1, (0, 0, 9, 9), score=0.9), against).digit == 1


def test_one_digit_that_fills_a_picture_is_read_whole(model: Model, seven: Grey) -> None:
    x, y, width, height = whole(seven)
    parts = [seen(1, (x, y, width, height / 2), score=0.5), seen(4, (x, y, width / 2, height), score=0.4)]
    found = opinion.alone(model, seven, parts)
    assert found is not None
    assert found.digit == 7
    assert found.box == (x, y, width, height)


def bar(x: int = 76, top: int = 28, bottom: int = 130, width: int = 6) -> Grey:
    """Return a sheet of 160×160 with a grey upright bar."""
    sheet = np.full((160, 160), 240, np.uint8)
    sheet[top:bottom, x : x + width] = 110
    return sheet


@pytest.mark.parametrize("width", [5, 8, 16])
def test_a_lone_bar_of_which_the_detector_sees_little_is_a_one(model: Model, width: int) -> None:
    for parts in ([], [seen(1, (76, 92, 5, 41), score=0.1)]):
        found = opinion.alone(model, bar(width=width), parts)
        assert found is not None
        assert found.digit == 1
        assert found.box == pytest.approx((76, 28, width, 102), abs=4)


def test_a_rule_over_the_edge_a_short_bar_and_one_beside_other_ink_are_no_lone_one(model: Model) -> None:
    two = np.minimum(bar(x=30), bar(x=120))
    for sheet in (bar(top=0), bar(top=60, bottom=100), bar().T, two, np.full((160, 160), 240, np.uint8)):
        assert opinion.alone(model, sheet, []) is None


def test_two_clear_digits_a_wide_picture_or_none_are_no_single_digit(model: Model, seven: Grey) -> None:
    clear = [seen(7, whole(seven), score=0.9), seen(1, whole(seven), score=0.9)]
    assert opinion.alone(model, seven, clear) is None
    wide = np.hstack([seven, seven])
    assert opinion.alone(model, wide, clear[:1]) is None
    assert opinion.alone(model, seven, []) is None
    assert opinion.alone(model, seven, [seen(7, (0, 0, 5, 0.3 * len(seven)))]) is None
