"""A correction's way from the Lambda image through S3 over HTTP into a folder. Needs a Docker engine."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from events.draw import base64_text, png
from events.sources import http_v2
from jobs import feedback
from tests.bulk.test_bulk import CREDENTIALS
from tests.bulk.test_stack import gateway
from tests.emulator import RESTRICTED, emulated, invoke

pytestmark = pytest.mark.docker

BUCKET = "corrections"


@pytest.fixture
def s3(engine: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: ARG001 - asked for its effect
    """Serve S3 where containers reach this machine, and yield its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(gateway(), 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL_S3": address}).items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    yield address
    server.stop()


def test_a_correction_sent_to_the_image_is_brought_down_from_the_bucket(
    image: str, s3: str, tmp_path: Path
) -> None:
    settings = CREDENTIALS | {"AWS_ENDPOINT_URL_S3": s3, "FEEDBACK_BUCKET": BUCKET}
    body = json.dumps({"image": base64_text(png(7)), "class": None})
    with emulated(
        image, *RESTRICTED, *(f"--env={name}={value}" for name, value in settings.items())
    ) as there:
        answer = invoke(there.url, http_v2("POST", "/feedback", body))
    assert answer["statusCode"] == 202
    assert feedback.main([str(tmp_path), "--bucket", BUCKET]) == 0
    (file,) = tmp_path.rglob("*.png")
    assert file == tmp_path / "none" / f"{json.loads(answer['body'])['id']}.png"
