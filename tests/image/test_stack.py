"""The Lambda image under the SAM CLI: the same questions, the same answers. Needs a Docker engine."""

import json

import httpx
import pytest

from events import FOLDER, load_event
from tests.emulator import RESTRICTED, invoke
from tests.project import run
from tests.samples.answers import answer, same

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("built")]

EVENTS = sorted(path.stem for path in FOLDER.glob("*.json"))
# The template's seconds are for Lambda's processors; here the container may have to wait for its turn.
PATIENT = ["--parameter-overrides", "Timeout=120"]


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_answered_as_in_process(name: str) -> None:
    sam = [".venv/sam/bin/sam", "local", "invoke", "ApiFunction"]
    output = run(*sam, *PATIENT, "--event", f"events/{name}.json")
    assert same(json.loads(output), answer(name))


def test_make_invoke_prints_the_answer_alone() -> None:
    output = run("make", "invoke", "EVENT=events/health.json")
    assert json.loads(json.loads(output)["body"])["status"] == "ok"


@pytest.mark.parametrize("name", ["predict", "classify", "page", "health", "model", "bad_json"])
def test_the_local_api_answers_as_in_process(name: str, local_api: str) -> None:
    event = load_event(name)
    method = event["requestContext"]["http"]["method"]
    content = (
        {"headers": {"content-type": "application/json"}, "content": event["body"]} if "body" in event else {}
    )
    response = httpx.request(method, local_api + event["rawPath"], **content, timeout=60)
    expected = answer(name)
    assert response.status_code == expected["statusCode"]
    assert response.headers["content-type"] == expected["headers"]["content-type"]
    assert same(response.text, expected["body"])


def test_a_binary_upload_still_fails_in_the_local_api_alone(local_api: str) -> None:
    """`sam local start-api` decodes every HTTP API body as UTF-8 (aws-sam-cli 3110), as README's limits say.

    The function itself answers such a body, as API Gateway hands it over: that is the event `png`.
    """
    png = (FOLDER / "bodies/seven.png").read_bytes()
    response = httpx.post(
        f"{local_api}/predict", content=png, headers={"content-type": "image/png"}, timeout=60
    )
    assert response.status_code == 502, "it works now: take the limit out of README.md and this test"


@pytest.mark.parametrize("name", EVENTS)
def test_the_image_answers_as_a_stranger_on_a_read_only_filesystem(name: str, container: str) -> None:
    assert same(invoke(container, load_event(name)), answer(name))


def test_the_image_holds_what_serves_and_nothing_else(image: str) -> None:
    program = (
        "import api.handler, json, os, sys; "
        "print(json.dumps([[*sys.modules], os.listdir('/var/task/api'), sorted(os.listdir('/opt/model'))]))"
    )
    modules, code, model = json.loads(
        run("docker", "run", "--rm", "--entrypoint=python", *RESTRICTED, image, "-c", program)
    )
    assert not {"tensorflow", "keras"} & set(modules)
    assert "__pycache__" in code, "nothing can write bytecode in Lambda, so the image must bring it"
    assert model == ["detector.json", "detector.tflite", "digits.tflite", "model.json"]
