"""POST /feedback: kept once, without metadata, within its limits; and not there unless it is switched on."""

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from botocore.exceptions import ClientError
from fastapi.testclient import TestClient
from PIL import Image

from api.feedback import Folder, parse
from api.feedback_bucket import Bucket
from api.problems import Problem
from digits.errors import DigitsError
from events.draw import base64_text, draw, png
from tests.api.test_imports import PATH
from tests.bulk.test_bulk import CREDENTIALS
from tests.stand_ins.s3_server import Fault, S3Server, s3_server


def body(image: bytes, right: object = 7) -> bytes:
    return json.dumps({"image": base64_text(image), "class": right}).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, 3, 5)


def keep(place: Folder | Bucket, image: bytes, right: object = 7) -> str:
    """Keep a picture as a request brings it, and return its id."""
    correction = parse(body(image, right))
    place.keep(correction)
    return correction.name


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_picture_is_kept_once_under_its_latest_class(folder: Folder, tmp_path: Path) -> None:
    name = keep(folder, png(7))
    assert keep(folder, png(7)) == name
    assert files(tmp_path) == [f"7/{name}.png"]
    keep(folder, png(7), None)
    assert files(tmp_path) == [f"none/{name}.png"]


def test_pixels_stay_and_metadata_go(folder: Folder, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a name"
    exif[0x0112] = 6  # to be turned clockwise
    file = io.BytesIO()
    picture = Image.fromarray(draw(4)).convert("RGB")
    picture.save(file, "PNG", exif=exif)
    name = keep(folder, file.getvalue(), 4)
    with Image.open(tmp_path / f"4/{name}.png") as kept:
        assert not kept.info
        assert not kept.getexif()
        assert np.array_equal(np.asarray(kept), np.rot90(np.asarray(picture), -1))
    assert b"a name" not in (tmp_path / f"4/{name}.png").read_bytes()


@pytest.mark.parametrize("right", [10, -1, "7", True, 7.0])
def test_another_class_is_refused(right: object) -> None:
    with pytest.raises(Problem, match="must be a digit, or null"):
        parse(body(png(7), right))


@pytest.mark.parametrize("image", [b"no image", png(7)[:60]])
def test_a_picture_that_does_not_decode_is_refused(image: bytes) -> None:
    with pytest.raises(DigitsError):
        parse(body(image))


def test_a_huge_picture_is_refused() -> None:
    file = io.BytesIO()
    Image.new("L", (4000, 3000)).save(file, "JPEG")
    with pytest.raises(DigitsError, match="4,000,000 pixels"):
        parse(body(file.getvalue()))


def test_no_more_are_kept_than_the_limit(folder: Folder) -> None:
    for digit in range(3):
        keep(folder, png(digit), digit)
    with pytest.raises(Problem, match="At most 3 corrections are kept") as refused:
        keep(folder, png(3), 3)
    assert refused.value.kind == "too-much-feedback"


def test_no_more_are_taken_in_a_minute_than_the_rate(folder: Folder) -> None:
    for _ in range(5):
        keep(folder, png(7))
    with pytest.raises(Problem, match="At most 5 corrections a minute") as refused:
        keep(folder, png(7))
    assert refused.value.headers == {"Retry-After": "60"}


class TestBucket:
    """Corrections put into S3 over HTTP."""

    @pytest.fixture
    def s3(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
        with s3_server() as server:
            for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL_S3": server.url}).items():
                monkeypatch.setenv(name, value)
            yield server

    def test_a_picture_is_put_under_its_class_and_nothing_is_ever_read(self, s3: S3Server) -> None:
        bucket = Bucket("corrections", 10)
        seven, blank = keep(bucket, png(7)), keep(bucket, png(1), None)
        kept = {key: value for key, value in s3.objects.items() if "/slots/" not in key}
        assert kept.keys() == {
            f"corrections/feedback/7/{seven}.png",
            f"corrections/feedback/none/{blank}.png",
        }
        assert all(hashlib.sha256(file).hexdigest() in key for key, file in kept.items())
        assert {asked.partition(" ")[0] for asked in s3.asked} == {"PUT"}

    def test_a_day_takes_so_many_whoever_puts_them(self, s3: S3Server) -> None:
        buckets = [Bucket("corrections", 3) for _ in range(2)]
        for digit in range(3):
            keep(buckets[digit % 2], png(digit))
        with pytest.raises(Problem, match="At most 3 corrections a day are kept") as refused:
            keep(buckets[1], png(7))
        assert refused.value.kind == "too-much-feedback"
        assert refused.value.headers == {"Retry-After": "600"}
        asked = s3.asked.total()
        with pytest.raises(Problem, match="At most 3 corrections"):
            keep(buckets[1], png(8))
        assert s3.asked.total() == asked
        assert len([key for key in s3.objects if "/slots/" not in key]) == 3

    def test_the_next_day_has_slots_of_its_own(self, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
        bucket = Bucket("corrections", 1)
        keep(bucket, png(7))
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        monkeypatch.setattr("api.feedback_bucket.datetime", SimpleNamespace(now=lambda _: tomorrow))
        keep(bucket, png(8))
        assert len({key.split("/")[3] for key in s3.objects if "/slots/" in key}) == 2

    def test_a_bucket_that_refuses_is_no_limit(self, s3: S3Server) -> None:
        denied = {f"corrections/feedback/slots/{datetime.now(UTC):%Y-%m-%d}/0": [Fault(403, "AccessDenied")]}
        s3.faults |= denied
        with pytest.raises(ClientError, match="AccessDenied"):
            keep(Bucket("corrections", 1), png(7))

    def test_the_function_loads_the_sdk_with_the_first_correction_and_counts_it(self, s3: S3Server) -> None:
        program = """
import json, sys
from types import SimpleNamespace
from api.handler import handler
from events import load_event
from events.sources import http_v2
context = SimpleNamespace(aws_request_id="x")
offered = json.loads(handler(load_event("health"), context)["body"])["feedback"]
handler(load_event("predict"), context)
before = {"boto3", "api.feedback", "api.feedback_bucket"} & set(sys.modules)
answer = handler(http_v2("POST", "/feedback", sys.stdin.read()), context)
print(json.dumps([offered, sorted(before), answer["statusCode"], "boto3" in sys.modules]))
"""
        given = os.environ | {"PYTHONPATH": PATH, "FEEDBACK_BUCKET": "corrections"}
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=given,
            input=body(png(7)).decode(),
            capture_output=True,
            text=True,
            check=True,
        )
        *metrics, last = done.stdout.splitlines()
        assert json.loads(last) == [True, [], 202, True]
        assert len([key for key in s3.objects if key.startswith("corrections/feedback/7/")]) == 1
        counted = [line for line in map(json.loads, metrics) if "Corrections" in line]
        assert [(line["class"], line["Corrections"]) for line in counted] == [("7", [1])]


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
