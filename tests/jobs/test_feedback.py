"""Corrections brought down from a bucket that moto keeps in memory."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from events.draw import png
from jobs import feedback
from tests.bulk.test_bulk import CREDENTIALS
from tests.samples.drawings import draw, encode
from training.data import corrections

BUCKET = "corrections"


@pytest.fixture(autouse=True)
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield


def put(file: bytes, label: str, name: str = "") -> str:
    """Put a file as the function does, and return its name."""
    name = name or hashlib.sha256(file).hexdigest()
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"feedback/{label}/{name}.png", Body=file)
    return name


def bring(folder: Path) -> int:
    return feedback.main([str(folder), "--bucket", BUCKET])


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def age(name: str, label: str, minutes: int) -> None:
    """Have an object seem put so many minutes earlier."""
    key = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys[f"feedback/{label}/{name}.png"]
    key.last_modified -= timedelta(minutes=minutes)


def test_all_pictures_come_into_the_folders_of_their_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {str(digit): put(png(digit), str(digit)) for digit in range(10)}
    names["none"] = put(b"a picture without a digit", "none")
    boto3.client("s3").put_object(Bucket=BUCKET, Key="feedback/slots/2026-11-26/7")
    assert bring(tmp_path) == 0
    assert files(tmp_path) == {f"{label}/{name}.png" for label, name in names.items()}
    assert (tmp_path / f"7/{names['7']}.png").read_bytes() == png(7)
    assert "11 corrections fetched" in capsys.readouterr().out


def test_an_interrupted_run_goes_on_with_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [put(png(digit), str(digit)) for digit in range(10)]
    bring(tmp_path)
    (tmp_path / f"3/{names[3]}.png").unlink()
    (tmp_path / f"3/{names[3]}.part").write_bytes(png(3)[:50])
    capsys.readouterr()
    assert bring(tmp_path) == 0
    assert "1 corrections fetched" in capsys.readouterr().out
    assert files(tmp_path) == {f"{digit}/{name}.png" for digit, name in enumerate(names)}


def test_of_two_opinions_the_later_counts(tmp_path: Path) -> None:
    name = put(png(7), "1")
    age(name, "1", minutes=2)
    bring(tmp_path / "early")
    put(png(7), "7")
    age(name, "7", minutes=1)
    put(png(7), "9")
    age(name, "9", minutes=3)
    for folder in ("early", "late"):
        bring(tmp_path / folder)
        assert files(tmp_path / folder) == {f"7/{name}.png"}


def test_a_picture_that_somebody_moved_stays_where_it_is(tmp_path: Path) -> None:
    name = put(png(7), "1")
    bring(tmp_path)
    (tmp_path / "7").mkdir()
    (tmp_path / f"1/{name}.png").rename(tmp_path / f"7/{name}.png")
    bring(tmp_path)
    assert files(tmp_path) == {f"7/{name}.png"}


def test_a_file_that_is_not_what_its_name_says_is_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(b"another picture", "7", "0" * 64)
    put(png(7), "7", "../../seven")
    assert bring(tmp_path) == 1
    assert files(tmp_path) == set()
    told = capsys.readouterr().out
    assert f"not the one that its name says: 'feedback/7/{'0' * 64}.png'" in told
    assert "not a correction: 'feedback/7/../../seven.png'" in told


def test_tuning_takes_what_was_brought(tmp_path: Path) -> None:
    for digit in range(10):
        put(png(digit), str(digit))
        put(encode(draw(digit)), str(digit))
    bring(tmp_path)
    assert len(corrections.load([tmp_path]).all) == 20


def test_a_bucket_that_is_not_there_is_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert feedback.main([str(tmp_path), "--bucket", "another"]) == 1
    assert "NoSuchBucket" in capsys.readouterr().err


def test_the_stack_names_its_bucket(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stacks = boto3.client("cloudformation")
    topic = {"Topic": {"Type": "AWS::SNS::Topic"}}
    outputs = {"FeedbackBucketName": {"Value": BUCKET}}
    for name, has in (("with", {"Outputs": outputs}), ("without", {})):
        template = {"Resources": topic, **has}
        stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    put(png(7), "7")
    assert feedback.main([str(tmp_path), "--stack", "with"]) == 0
    assert feedback.main([str(tmp_path), "--stack", "without"]) == 1
    assert "deploy it with PARAMETERS=FeedbackBucket=CREATE" in capsys.readouterr().err
