import hashlib
import json
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from api.settings import Settings
from digits import detect
from digits.detect import Detection, Detector, keep_best, scales, tiles
from digits.errors import ArtefactError
from digits.raster import Grey
from training.drawing import marks, numbers
from training.drawing.numbers import Line, Written

SHIPPED = Settings().model_dir
CLEAR = 0.2  # score of what the tests call found; below lies what the reader of numbers weighs


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load(SHIPPED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("detector.json", "detector.tflite"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


def edit_card(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "detector.json").read_text())
    edit(card)
    (folder / "detector.json").write_text(json.dumps(card))


def write(text: str, seed: int = 3) -> tuple[Grey, Written]:
    """Return a number in our own hand, dark on white, and where its digits are."""
    rng = np.random.default_rng(seed)
    fields = np.stack([marks.written_digit(int(digit), rng) for digit in text])
    known = marks.Marks(fields, np.array([int(digit) for digit in text]))
    sheet, written = numbers.blank(64, 36 * len(text) + 24), Written()
    line = Line(height=36, pen=3.5, slant=0.05, gap=0.2, unsteady=0.03)
    numbers.write_number(sheet, known, list(range(len(text))), 10, 50, line, rng, written)
    return (255 - 255 * numbers.ink(sheet, line.pen)).astype(np.uint8), written


def clear(found: list[Detection]) -> list[Detection]:
    return [one for one in found if one.score > CLEAR]


def read(found: list[Detection]) -> str:
    ordered = sorted(clear(found), key=lambda one: one.box[0] + one.box[2] / 2)
    return "".join(str(one.digit) for one in ordered)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return two boxes' intersection over their union."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(wide, 0) * max(high, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


NUMBERS = ["3141", "2718", "90652", "47", "806", "1234567"]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_drawn_number_is_found_with_a_box_around_each_digit(detector: Detector, text: str) -> None:
    picture, written = write(text)
    found = sorted(clear(detector.detect(picture)), key=lambda one: one.box[0])
    assert read(found) == text
    assert all(overlap(one.box, box) > 0.5 for one, box in zip(found, written.boxes, strict=True))


@pytest.mark.parametrize("scale", [0.5, 1.7, 4.0, 9.0])
def test_the_size_of_a_number_makes_no_difference(detector: Detector, scale: float) -> None:
    picture, _ = write("3141")
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    assert read(detector.detect(np.asarray(Image.fromarray(picture).resize(size)))) == "3141"


def test_white_on_black_is_found_as_black_on_white_is(detector: Detector) -> None:
    picture, _ = write("90652")
    assert read(detector.detect(255 - picture)) == "90652"


def test_digits_anywhere_on_a_large_page_are_found_once_each(detector: Detector) -> None:
    page = np.full((1200, 1600), 255, np.uint8)
    picture, _ = write("806")
    places = [(40, 30), (430, 440), (440, 900), (900, 1400), (1100, 500)]  # some on the borders of tiles
    for top, left in places:
        page[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    found = detector.detect(page)
    assert sorted(one.digit for one in clear(found)) == sorted([8, 0, 6] * len(places))


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_an_empty_picture_has_no_digits(detector: Detector, tone: int) -> None:
    assert detector.detect(np.full((300, 400), tone, np.uint8)) == []


@pytest.mark.parametrize("shape", [(8, 8), (8, 1024), (20, 60), (1024, 8), (2399, 31)])
def test_every_size_that_an_image_may_have_is_taken(detector: Detector, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(4).integers(0, 256, shape, np.uint8)
    for one in detector.detect(noise):
        assert np.isfinite(one.box).all()
        assert one.scores.shape == (10,)
        assert one.score == one.scores[one.digit] >= detector.threshold


def test_threads_that_share_a_detector_get_what_they_would_get_alone(detector: Detector) -> None:
    pictures = [write(text)[0] for text in NUMBERS]
    alone = [[one.box for one in detector.detect(picture)] for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        shared = [[one.box for one in found] for found in pool.map(detector.detect, pictures * 3)]
    assert shared == alone * 3


def test_time_grows_no_faster_than_the_page(detector: Detector) -> None:
    small = np.random.default_rng(5).integers(0, 256, (800, 800), np.uint8)
    large = np.tile(small, (2, 2))
    once = min(_seconds(detector, small) for _ in range(3))
    assert min(_seconds(detector, large) for _ in range(3)) < 8 * once


def _seconds(detector: Detector, picture: Grey) -> float:
    begin = time.process_time()
    detector.detect(picture)
    return time.process_time() - begin


def test_looks_halve_until_no_digit_has_room() -> None:
    assert scales((58, 175)) == [1.0, 0.5]
    assert scales((20, 60)) == [2.0]
    assert scales((2000, 1500))[0] == 1.0
    assert scales((4000, 3000))[-1] == detect.COARSEST


def test_a_thick_digit_that_fills_a_large_picture_is_found(detector: Detector) -> None:
    sheet = Image.new("L", (3_000, 3_000), 255)
    pen = ImageDraw.Draw(sheet)
    pen.ellipse((900, 1_400, 2_100, 2_600), outline=40, width=150)
    pen.arc((900, 400, 3_000, 3_600), 180, 255, fill=40, width=150)
    assert read(clear(detector.detect(np.asarray(sheet)))) == "6"


@pytest.mark.parametrize("shape", [(30, 30), (512, 512), (513, 900), (1700, 64)])
def test_tiles_cover_every_stroke(shape: tuple[int, int]) -> None:
    ink = np.ones(shape, np.float32)
    covered = np.zeros(shape, np.bool_)
    for top, left, tile in tiles(ink):
        assert tile.shape[0] % detect.MULTIPLE == tile.shape[1] % detect.MULTIPLE == 0
        covered[top : top + detect.TILE, left : left + detect.TILE] = True
    assert covered.all()


def test_of_two_boxes_that_show_one_digit_the_surer_one_is_kept() -> None:
    sure, same, part, other = (
        Detection(box, np.full(10, score, np.float32))
        for box, score in (
            ((0, 0, 20, 40), 0.9),
            ((2, 3, 19, 38), 0.8),
            ((0, 0, 18, 16), 0.7),
            ((19, 0, 20, 40), 0.6),
        )
    )
    assert keep_best([part, other, same, sure]) == [sure, other]
    assert keep_best([]) == []


def test_a_missing_file_is_an_error(folder: Path) -> None:
    (folder / "detector.tflite").unlink()
    with pytest.raises(ArtefactError, match="cannot be read"):
        Detector.load(folder)


def test_an_altered_network_is_an_error(folder: Path) -> None:
    with (folder / "detector.tflite").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ArtefactError, match="must have sha256"):
        Detector.load(folder)


def test_a_file_that_is_no_network_is_an_error(folder: Path) -> None:
    (folder / "detector.tflite").write_bytes(b"nonsense")
    sha256 = hashlib.sha256(b"nonsense").hexdigest()
    edit_card(folder, lambda card: card["files"]["detector.tflite"].update(sha256=sha256))
    with pytest.raises(ArtefactError, match="not a network"):
        Detector.load(folder)


def test_another_network_is_an_error(folder: Path) -> None:
    network = (SHIPPED / "digits.tflite").read_bytes()
    (folder / "detector.tflite").write_bytes(network)
    sha256 = hashlib.sha256(network).hexdigest()
    edit_card(folder, lambda card: card["files"]["detector.tflite"].update(sha256=sha256))
    with pytest.raises(ArtefactError, match="must map"):
        Detector.load(folder)


@pytest.mark.parametrize(
    "edit",
    [
        lambda card: card.pop("version"),
        lambda card: card.pop("files"),
        lambda card: card.update(threshold=0),
        lambda card: card.update(threshold="much"),
        lambda card: card.update(version=1),
    ],
)
def test_a_card_that_lacks_what_serving_needs_is_an_error(
    folder: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
    edit_card(folder, edit)
    with pytest.raises(ArtefactError, match=r"detector\.json"):
        Detector.load(folder)
