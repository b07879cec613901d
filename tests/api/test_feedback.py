"""POST /feedback: kept once, without metadata, within its limits; and not there unless it is switched on."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from api.feedback import Feedback
from api.problems import Problem
from digits.errors import DigitsError
from events.draw import base64_text, draw, png
from tests.api.test_imports import PATH


def body(image: bytes, right: object = 7) -> bytes:
    return json.dumps({"image": base64_text(image), "class": right}).encode()


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(tmp_path, 3, 5)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_picture_is_kept_once_under_its_latest_class(feedback: Feedback, tmp_path: Path) -> None:
    name = feedback.keep(body(png(7)))["id"]
    assert feedback.keep(body(png(7)))["id"] == name
    assert files(tmp_path) == [f"7/{name}.png"]
    feedback.keep(body(png(7), None))
    assert files(tmp_path) == [f"none/{name}.png"]


def test_pixels_stay_and_metadata_go(feedback: Feedback, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a name"
    exif[0x0112] = 6  # to be turned clockwise
    file = io.BytesIO()
    picture = Image.fromarray(draw(4)).convert("RGB")
    picture.save(file, "PNG", exif=exif)
    name = feedback.keep(body(file.getvalue(), 4))["id"]
    with Image.open(tmp_path / f"4/{name}.png") as kept:
        assert not kept.info
        assert not kept.getexif()
        assert np.array_equal(np.asarray(kept), np.rot90(np.asarray(picture), -1))
    assert b"a name" not in (tmp_path / f"4/{name}.png").read_bytes()


@pytest.mark.parametrize("right", [10, -1, "7", True, 7.0])
def test_another_class_is_refused(feedback: Feedback, right: object) -> None:
    with pytest.raises(Problem, match="must be a digit, or null"):
        feedback.keep(body(png(7), right))


@pytest.mark.parametrize("image", [b"no image", png(7)[:60]])
def test_a_picture_that_does_not_decode_is_refused(feedback: Feedback, tmp_path: Path, image: bytes) -> None:
    with pytest.raises(DigitsError):
        feedback.keep(body(image))
    assert not files(tmp_path)


def test_a_huge_picture_is_refused(feedback: Feedback) -> None:
    file = io.BytesIO()
    Image.new("L", (4000, 3000)).save(file, "JPEG")
    with pytest.raises(DigitsError, match="4,000,000 pixels"):
        feedback.keep(body(file.getvalue()))


def test_no_more_are_kept_than_the_limit(feedback: Feedback) -> None:
    for digit in range(3):
        feedback.keep(body(png(digit), digit))
    with pytest.raises(Problem, match="At most 3 corrections are kept") as refused:
        feedback.keep(body(png(3), 3))
    assert refused.value.kind == "too-much-feedback"


def test_no_more_are_taken_in_a_minute_than_the_rate(feedback: Feedback) -> None:
    for _ in range(5):
        feedback.keep(body(png(7)))
    with pytest.raises(Problem, match="At most 5 corrections a minute") as refused:
        feedback.keep(body(png(7)))
    assert refused.value.headers == {"Retry-After": "60"}


def test_it_is_not_there_unless_it_is_switched_on(client: TestClient) -> None:
    assert client.post("/feedback", content=body(png(7))).status_code == 404
    assert "feedback" not in client.get("/health").json()


def test_switched_on_it_is_offered_and_answers_202(tmp_path: Path) -> None:
    program = f"""
import sys
from fastapi.testclient import TestClient
from api.app import app
client = TestClient(app)
print(client.get("/health").json()["feedback"], "api.feedback" in sys.modules)
print(client.post("/feedback", content={body(png(7))!r}).status_code)
print("/feedback" in client.get("/openapi.json").json()["paths"])
"""
    environment = os.environ | {"PYTHONPATH": PATH, "FEEDBACK_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False", "202", "True"]
    assert len(files(tmp_path)) == 1
