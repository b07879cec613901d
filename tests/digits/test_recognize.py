from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from api.settings import Settings
from digits.errors import ImageTooLarge, InvalidImage, InvalidPixels
from digits.model import Model
from digits.recognize import (
    AGREED,
    MEAN,
    SURE,
    Limits,
    Reader,
    Reading,
    Stage,
    read_candidates,
    settle,
    temper,
)
from tests.samples.drawings import draw, draw_mnist, encode


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Model.load(Settings().model_dir))


class Answers:
    """A model that gives prepared answers and notes what it was asked."""

    def __init__(self, *answers: list[float]) -> None:
        self.answers = np.array(answers, np.float32)
        self.card: dict[str, Any] = {"threshold": 0.5}
        self.asked: list[int] = []

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.asked.append(len(images))
        return self.answers


def scores(digit: int, share: float, score: float) -> list[float]:
    """Return softmax outputs: `share` of the digits' part on one digit, digit score `score`."""
    digits = [(1 - share) / 9 * score] * 10
    digits[digit] = share * score
    return [*digits, 1 - score]


def images(*tones: int) -> NDArray[np.uint8]:
    return np.stack([np.full((28, 28), tone, np.uint8) for tone in tones])


def test_drawn_digits_read_as_themselves(reader: Reader) -> None:
    readings = reader.many([partial(draw, digit) for digit in range(10)])
    assert [(reading.digit, reading.is_digit) for reading in readings if isinstance(reading, Reading)] == [
        (digit, True) for digit in range(10)
    ]


def test_a_file_is_read_as_what_it_decodes_to(reader: Reader) -> None:
    assert reader.one(encode(draw(6))).to_json() == reader.one(draw(6)).to_json()


def test_an_item_at_fault_takes_no_other_with_it(reader: Reader) -> None:
    def fail() -> bytes:
        raise InvalidPixels("x")

    first, broken, failing, last = reader.many([partial(draw, 1), bytes, fail, partial(draw, 2)])
    assert isinstance(first, Reading)
    assert isinstance(last, Reading)
    assert (first.digit, last.digit) == (1, 2)
    assert (type(broken), type(failing)) == (InvalidImage, InvalidPixels)


def test_limits_hold_for_each_picture_and_for_a_batch() -> None:
    picture = encode(draw(7, 200))
    limited = Reader(Model.load(Settings().model_dir), Limits(pixels=40_000, batch_pixels=80_000))
    outcomes = limited.many([partial(bytes, picture)] * 3)
    assert [isinstance(outcome, ImageTooLarge) for outcome in outcomes] == [False, False, True]
    with pytest.raises(ImageTooLarge):
        limited.one(encode(draw(7, 201)))
    assert limited.one(picture).digit == 7


def test_each_stage_is_timed() -> None:
    stages: list[Stage] = []

    def clock(stage: Stage) -> AbstractContextManager[None]:
        stages.append(stage)
        return nullcontext()

    Reader(Model.load(Settings().model_dir), clock=clock).many([partial(draw, 3)] * 2)
    assert stages == ["decode", "normalize", "decode", "normalize", "infer"]


def test_digits_in_mnist_format_are_seen_as_they_are(reader: Reader) -> None:
    for digit in range(10):
        reading = reader.one(draw_mnist(digit), "never")
        assert reading.digit == digit
        assert np.array_equal(reading.input, draw_mnist(digit))


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_a_blank_image_of_any_tone_is_no_digit(reader: Reader, tone: int) -> None:
    reading = reader.one(np.full((100, 80), tone, np.uint8))
    assert not reading.is_digit


def test_probabilities_are_those_of_the_digits_alone(reader: Reader) -> None:
    reading = reader.one(draw(8))
    assert reading.probabilities.shape == (10,)
    assert reading.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert reading.probability == reading.probabilities[reading.digit] == reading.probabilities.max()
    assert 0 <= reading.digit_score <= 1


def test_never_refuses_what_is_not_28_by_28(reader: Reader) -> None:
    with pytest.raises(InvalidPixels):
        reader.one(draw(3, 29), "never")


def test_all_candidates_of_all_images_go_to_the_model_at_once() -> None:
    model = Answers(scores(1, 0.9, 0.9), scores(2, 0.9, 0.9), scores(3, 0.9, 0.9))
    readings = read_candidates(model, [images(1, 2), images(3)])  # type: ignore[arg-type]
    assert model.asked == [3]
    assert [reading.digit for reading in readings] == [1, 3]


def test_the_more_digit_like_candidate_wins() -> None:
    model = Answers(scores(1, 0.9, 0.3), scores(2, 0.6, 0.9), scores(3, 0.99, 0.5))
    (reading,) = read_candidates(model, [images(1, 2, 3)])  # type: ignore[arg-type]
    assert (reading.digit, reading.input[0, 0]) == (2, 2)
    assert reading.probability == pytest.approx(0.6)
    assert reading.digit_score == pytest.approx(0.9)


def test_the_preferred_candidate_wins_a_draw() -> None:
    model = Answers(scores(4, 0.9, 0.9), scores(5, 0.9, 0.9))
    (reading,) = read_candidates(model, [images(1, 2)])  # type: ignore[arg-type]
    assert reading.digit == 4


@pytest.mark.parametrize(("score", "is_digit"), [(0.5, True), (0.49, False)])
def test_the_threshold_on_the_card_decides_what_is_a_digit(score: float, is_digit: bool) -> None:
    (reading,) = read_candidates(Answers(scores(1, 1, score)), [images(1)])  # type: ignore[arg-type]
    assert reading.is_digit is is_digit


def test_where_every_digit_is_rounded_away_none_is_preferred() -> None:
    (reading,) = read_candidates(Answers([0.0] * 10 + [1.0]), [images(1)])  # type: ignore[arg-type]
    assert reading.probabilities.tolist() == pytest.approx([0.1] * 10)
    assert not reading.is_digit


def test_a_card_says_how_sure_a_digit_may_be_at_its_digit_score() -> None:
    model = Answers(scores(3, 0.96, 0.9), scores(3, 0.96, 0.5))
    plain = read_candidates(model, [images(1), images(2)])  # type: ignore[arg-type]
    model.card["certainty"] = {"digit_scores": [0.5, 0.9], "exponents": [0.5, 1.0]}
    sure, doubtful = read_candidates(model, [images(1), images(2)])  # type: ignore[arg-type]
    assert sure.probability == pytest.approx(plain[0].probability)
    odds = np.sqrt(0.96) / (np.sqrt(0.96) + 9 * np.sqrt(0.04 / 9))
    assert doubtful.probability == pytest.approx(odds, abs=1e-5)
    assert doubtful.probabilities.sum() == pytest.approx(1)
    assert (doubtful.digit, doubtful.digit_score) == (plain[1].digit, plain[1].digit_score)


def test_tempering_keeps_the_order_and_is_linear_between_scores() -> None:
    shares = np.array([[0.7, 0.2, 0.1] + [0.0] * 7, [0.1] * 10], np.float32)
    certainty = {"digit_scores": [0.2, 0.8], "exponents": [0.4, 0.8]}
    tempered = temper(shares, np.array([0.5, 0.9]), certainty)
    raised = np.array([0.7, 0.2, 0.1]) ** 0.6
    np.testing.assert_allclose(tempered[0, :3], raised / raised.sum(), rtol=1e-5)
    np.testing.assert_allclose(tempered[1], 0.1, rtol=1e-6)
    assert tempered.dtype == np.float32


def first_reading(*answer: float) -> Reading:
    (reading,) = read_candidates(Answers([*answer]), [images(1)])  # type: ignore[arg-type]
    return reading


def test_the_digit_with_most_evidence_over_all_looks_counts() -> None:
    doubtful = first_reading(*scores(1, 0.9, 0.5))
    model = Answers(scores(1, 0.9, 0.5), scores(7, 0.9, 0.4), scores(7, 0.9, 0.45))
    (reading,) = settle(model, [doubtful], [images(2, 3)])  # type: ignore[arg-type]
    assert model.asked == [3]
    assert (reading.digit, reading.input[0, 0]) == (7, 3)
    assert [way.input[0, 0] for way in reading.candidates] == [1, 2, 3]
    assert [way.digit for way in reading.candidates] == [1, 7, 7]


def test_looks_that_disagree_lower_the_digit_score() -> None:
    doubtful = first_reading(*scores(3, 1.0, 0.6))
    agreeing = Answers(scores(3, 1.0, 0.6), scores(3, 1.0, 0.5))
    torn = Answers(scores(3, 1.0, 0.6), scores(8, 1.0, 0.5))
    (one,) = settle(agreeing, [doubtful], [images(2)])  # type: ignore[arg-type]
    (other,) = settle(torn, [doubtful], [images(2)])  # type: ignore[arg-type]
    assert one.digit == other.digit == 3
    assert one.digit_score == pytest.approx(0.6 * (1 - MEAN + MEAN * 0.55 / 0.6))
    assert other.digit_score == pytest.approx(0.6 * (1 - MEAN + MEAN * 0.5) * (0.6 / 1.1) / AGREED)
    assert one.is_digit
    assert not other.is_digit


def test_a_picture_with_no_other_look_stays_as_it_was_read() -> None:
    doubtful = first_reading(*scores(2, 0.9, 0.4))
    (reading,) = settle(Answers(scores(2, 0.9, 0.4)), [doubtful], [images(1)[:0]])  # type: ignore[arg-type]
    assert reading.digit_score == pytest.approx(doubtful.digit_score)
    assert (reading.digit, len(reading.candidates)) == (2, 1)


def test_only_pictures_in_doubt_are_looked_at_again_and_alike_in_a_batch() -> None:
    stages: list[Stage] = []

    def clock(stage: Stage) -> AbstractContextManager[None]:
        stages.append(stage)
        return nullcontext()

    reader = Reader(Model.load(Settings().model_dir), clock=clock)
    blot = np.full((90, 90), 255, np.uint8)
    blot[20:70, 30:60] = np.eye(50, 30, dtype=np.uint8)[::-1] * 200
    alone = reader.one(blot)
    assert alone.digit_score * alone.probability < SURE
    assert stages == ["decode", "normalize", "infer", "normalize", "infer"]
    stages.clear()
    sure, doubtful = reader.many([partial(draw, 3), lambda: blot])
    assert stages == ["decode", "normalize", "decode", "normalize", "infer", "normalize", "infer"]
    assert isinstance(sure, Reading)
    assert isinstance(doubtful, Reading)
    assert doubtful.to_json() == alone.to_json()
    assert len(sure.candidates) == 1 < len(doubtful.candidates) == len(alone.candidates)
