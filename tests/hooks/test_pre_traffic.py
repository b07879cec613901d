"""The release hook over HTTP, as CodeDeploy runs it: sound models pass, broken ones stop the release."""

import base64
import hashlib
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageOps

import api.handler
from api.settings import read_settings
from digits.model import Model
from digits.recognize import Reader
from events import load_event
from hooks.pre_traffic import CORRECTIONS, find_faults, handler
from tests import patient
from tests.project import ROOT, environment
from tests.servers import until
from tests.stand_ins.aws_server import AwsServer, aws_server

EVENT = {"DeploymentId": "d-ABCDEF123", "LifecycleEventHookExecutionId": "eyJlbmNyeXB0"}
VERSION = "arn:aws:lambda:us-east-1:123456789012:function:digits-api:7"
CONTEXT = SimpleNamespace(aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
MODEL_DIR = read_settings({}).model_dir

Function = Callable[[Any], Any]


def answer(event: Any) -> Any:
    """Answer as the function does."""
    return api.handler.handler(event, CONTEXT)


def release(function: Function, monkeypatch: pytest.MonkeyPatch, **endpoints: str) -> AwsServer:
    """Run the hook for a new version and return what AWS was told."""
    with aws_server(function) as aws:
        given = {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": aws.url,
            "NEW_VERSION": VERSION,
        }
        for name, value in (given | endpoints).items():
            monkeypatch.setenv(name, value)
        handler(EVENT, CONTEXT)
        return aws


def write_mislabelled(folder: Path) -> Path:
    """Write a model that takes every digit for the next: whole, with a right checksum, and wrong."""
    network = (MODEL_DIR / "digits.tflite").read_bytes()
    interpreter = Interpreter(model_content=network)
    last = [each for each in interpreter.get_tensor_details() if each["shape"][:1].tolist() == [11]]
    assert last, "the last layer's weights have a row for each class"
    for tensor in last:
        weights = interpreter.get_tensor(tensor["index"])
        assert network.count(weights.tobytes()) == 1
        rows = np.concatenate([np.roll(weights[:10], 1, axis=0), weights[10:]])
        network = network.replace(weights.tobytes(), rows.tobytes())
    card = json.loads((MODEL_DIR / "model.json").read_text())
    card["files"]["digits.tflite"]["sha256"] = hashlib.sha256(network).hexdigest()
    (folder / "digits.tflite").write_bytes(network)
    (folder / "model.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a model that takes every digit for the next."""
    return write_mislabelled(tmp_path_factory.mktemp("broken"))


def test_a_sound_version_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = release(answer, monkeypatch)
    assert aws.verdicts == [
        {
            "target": "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus",
            "deploymentId": EVENT["DeploymentId"],
            "lifecycleEventHookExecutionId": EVENT["LifecycleEventHookExecutionId"],
            "status": "Succeeded",
        }
    ]
    assert aws.invoked == [f"/2015-03-31/functions/{VERSION.replace(':', '%3A')}/invocations"] * 4


def test_a_broken_model_stops_the_release(
    broken: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("api.app.reader", Reader(Model.load(broken)))
    aws = release(answer, monkeypatch)
    assert [verdict["status"] for verdict in aws.verdicts] == ["Failed"]
    assert "an image file should be ('7', True). Received: ('8', True)" in caplog.text


def test_a_version_that_answers_500_stops_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = release(lambda _: {"statusCode": 500, "body": "{}"}, monkeypatch)
    assert [verdict["status"] for verdict in aws.verdicts] == ["Failed"]


def test_a_version_that_cannot_start_stops_the_release(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def start(_: Any) -> Any:
        raise ImportError("No module named 'api'")

    aws = release(start, monkeypatch)
    assert [verdict["status"] for verdict in aws.verdicts] == ["Failed"]
    assert "No module named 'api'" in caplog.text


@pytest.mark.parametrize("body", ["", "[]", "{}", "null"])
def test_an_answer_of_another_shape_is_a_fault(body: str) -> None:
    assert len(find_faults(lambda _: {"statusCode": 200, "body": body}, CORRECTIONS)) == 4


def test_a_version_that_takes_everything_for_a_digit_is_at_fault() -> None:
    def sees_digits(event: Any) -> Any:
        return json.loads(json.dumps(answer(event)).replace('\\"is_digit\\":false', '\\"is_digit\\":true'))

    (fault,) = find_faults(sees_digits, CORRECTIONS)
    assert fault == "The answer to a blank sheet should be False. Received: True"


def test_nothing_is_wrong_with_the_model_that_ships() -> None:
    assert find_faults(answer, CORRECTIONS) == []


def write_corrections(path: Path, *labelled: tuple[Image.Image, int | None]) -> Path:
    """Write corrections as tuning does."""
    corrections = []
    for picture, label in labelled:
        file = io.BytesIO()
        picture.save(file, "PNG")
        corrections.append({"image": base64.b64encode(file.getvalue()).decode(), "label": label})
    path.write_text(json.dumps(corrections))
    return path


def picture(digit: int) -> Image.Image:
    """Return a digit of the sample events, 28×28."""
    request = json.loads(load_event("classify")["body"])["requests"][digit]
    return Image.open(io.BytesIO(base64.b64decode(request["image"])))


def test_a_version_that_reads_the_corrections_right_is_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = [(picture(number % 10), number % 10) for number in range(11)]
    blank: tuple[Image.Image, None] = (Image.new("L", (28, 28)), None)
    path = write_corrections(tmp_path / "corrections.json", *learned, blank)
    monkeypatch.setattr("hooks.pre_traffic.CORRECTIONS", path)
    aws = release(answer, monkeypatch)
    assert [verdict["status"] for verdict in aws.verdicts] == ["Succeeded"]
    assert len(aws.invoked) == 6, "twelve corrections take two requests beside the four others"


def test_a_model_that_unlearned_a_correction_stops_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mirrored = (ImageOps.mirror(picture(7)), 7)  # which no model reads that was not tuned on such ones
    path = write_corrections(tmp_path / "corrections.json", (picture(7), 7), mirrored)
    monkeypatch.setattr("hooks.pre_traffic.CORRECTIONS", path)
    aws = release(answer, monkeypatch)
    assert [verdict["status"] for verdict in aws.verdicts] == ["Failed"]
    assert "The answer to corrections from 1 on should be [7, 7]. Received: [7, None]" in caplog.text


@pytest.mark.docker
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("verdict", ["Succeeded", "Failed"])
def test_the_image_with_a_model_gets_its_verdict(
    verdict: str, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken.chmod(0o755)  # pytest's folders are for their owner alone
    mount = ["--env=MODEL_DIR=/model", f"--volume={broken}:/model:ro"] if verdict == "Failed" else []
    start = ["docker", "run", "--detach", "--publish=127.0.0.1::8080", "--read-only", "--tmpfs=/tmp"]
    name = docker(*start, *mount, "apifunction:latest")
    try:
        url = f"http://{docker('docker', 'port', name, '8080/tcp')}"
        wait_for(url)
        given = {"NEW_VERSION": "function", "AWS_ENDPOINT_URL_LAMBDA": url}
        aws = release(answer, monkeypatch, **given)
        assert [each["status"] for each in aws.verdicts] == [verdict]
        assert aws.invoked == [], "the image answered"
    finally:
        docker("docker", "rm", "--force", name)


def docker(*command: str) -> str:
    """Run a command and return its output."""
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def wait_for(url: str) -> None:
    """Wait until the emulator listens."""

    def listens() -> bool:
        try:
            patient.get(url)
        except httpx.TransportError:
            return False
        return True

    until(listens, patient.PATIENCE)
