"""Corrections: which are held out, which are refused, and what of them is trained on."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digits.images import decode
from digits.model import Model
from digits.normalize import normalize
from digits.recognize import Reader
from tests.samples.drawings import draw_mnist
from training.artefact import SHIPPED
from training.data import corrections
from training.data.corrections import HELD_OUT_SHARE, LEAST_HELD_OUT, Correction
from training.data.mnist import DataError
from training.data.pool import NOT_A_DIGIT


def save(folder: Path, label: str, seed: int) -> Path:
    """Save a noisy drawing of a digit, or noise, into the folder of its class."""
    rng = np.random.default_rng(seed)
    drawn = draw_mnist(int(label)) if label.isdecimal() else np.zeros((28, 28), np.uint8)
    pixels = np.maximum(drawn, rng.integers(0, 30, (28, 28), np.uint8))
    path = folder / label / f"{seed}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def fill(folder: Path, count: int) -> Path:
    for seed in range(count):
        save(folder, ("4", "7", "none")[seed % 3], seed)
    return folder


def checksums(found: tuple[Correction, ...]) -> set[str]:
    return {one.checksum for one in found}


def test_twenty_pictures_are_enough_and_some_are_held_out(tmp_path: Path) -> None:
    found = corrections.load([fill(tmp_path, 20)])
    assert found.counts() == {"4": 7, "7": 7, "none": 6}
    assert len(found.held_out) >= LEAST_HELD_OUT
    assert len(found.train) + len(found.held_out) == 20
    assert not checksums(found.train) & checksums(found.held_out)


def test_about_a_quarter_of_many_is_held_out(tmp_path: Path) -> None:
    found = corrections.load([fill(tmp_path, 400)])
    assert len(found.held_out) / 400 == pytest.approx(HELD_OUT_SHARE, abs=0.07)


def test_a_picture_once_trained_on_is_never_held_out_later(tmp_path: Path) -> None:
    sizes = (20, 25, 40, 80)
    found = [corrections.load([fill(tmp_path, size)]) for size in sizes]
    for earlier, later in pairwise(found):
        assert not checksums(earlier.train) & checksums(later.held_out)


def test_file_names_and_order_count_for_nothing(tmp_path: Path) -> None:
    first = corrections.load([fill(tmp_path / "a", 21)])
    for path in (tmp_path / "a").rglob("*.png"):
        target = tmp_path / "b" / path.parent.name / f"x{99 - int(path.stem)}.bmp"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).save(target)
    second = corrections.load([tmp_path / "b"])
    assert first.sha256 == second.sha256
    assert [one.checksum for one in first.train] == [one.checksum for one in second.train]
    assert corrections.load([tmp_path / "a", tmp_path / "b"]).sha256 == first.sha256, (
        "the same pictures twice"
    )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"folders 0 to 9 and none. Received: .*nowhere, not found"):
        corrections.load([tmp_path / "nowhere"])


def test_too_few_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Tuning needs 20 different pictures at least. Received: 19"):
        corrections.load([fill(tmp_path, 19)])


def test_a_folder_of_another_name_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, 20)
    (tmp_path / "7").rename(tmp_path / "seven")
    with pytest.raises(DataError, match="named 0 to 9, or none for what is no digit. Received: 'seven'"):
        corrections.load([tmp_path])


def test_one_picture_under_two_digits_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, 20)
    (tmp_path / "7" / "same.png").write_bytes((tmp_path / "4" / "0.png").read_bytes())
    with pytest.raises(
        DataError, match="A picture belongs to one class. Received: the same pixels under 7 and 4"
    ):
        corrections.load([tmp_path])


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, 20)
    (tmp_path / "4" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"Picture 8 of .*, labelled 4, cannot be read"):
        corrections.load([tmp_path])


@pytest.fixture(scope="module")
def unclear() -> bytes:
    """Return a picture that may be dark on light or light on dark: a cross that touches every border."""
    pixels = np.zeros((60, 60), np.uint8)
    pixels[22:38] = pixels[:, 22:38] = 255
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def see(label: int, file: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    return corrections.see((Correction(label, "0" * 64, lambda: file),), Model.load(SHIPPED))


def test_a_non_digit_is_one_in_every_way_to_see_it(unclear: bytes) -> None:
    candidates = normalize(decode(unclear))
    pictures, classes = see(NOT_A_DIGIT, unclear)
    assert len(candidates) > 1
    np.testing.assert_array_equal(pictures, candidates)
    assert classes.tolist() == [NOT_A_DIGIT] * len(candidates)


def test_a_misread_digit_is_seen_in_the_likeliest_way(unclear: bytes) -> None:
    pictures, classes = see(8, unclear)
    np.testing.assert_array_equal(pictures, normalize(decode(unclear))[:1])
    assert classes.tolist() == [8]


def test_a_digit_that_the_model_knows_is_seen_as_the_model_sees_it(tmp_path: Path) -> None:
    file = save(tmp_path, "4", 0).read_bytes()
    reading = Reader(Model.load(SHIPPED)).one(file)
    assert reading.digit == 4
    pictures, classes = see(4, file)
    np.testing.assert_array_equal(pictures, reading.input[np.newaxis])
    assert classes.tolist() == [4]
