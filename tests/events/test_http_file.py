"""The requests for an editor's HTTP client."""

import base64
import re

import httpx
import pytest

from events import FOLDER, load_event
from events.http import FILE, text
from tests.samples.answers import answer

REQUESTS = {part.partition("\n")[0]: part.partition("\n")[2] for part in text().split("### ")[1:]}


def test_the_file_is_what_the_script_writes() -> None:
    assert FILE.read_text() == text(), "run `python -m events.http`"
    assert REQUESTS.keys() == {path.stem for path in FOLDER.glob("*.json")}


@pytest.mark.parametrize("name", REQUESTS)
def test_each_request_is_answered_as_its_event(server: str, name: str) -> None:
    head, _, body = REQUESTS[name].strip().partition("\n\n")
    line, *headers = head.splitlines()
    method, address = line.replace("{{server}}", server).split(" ")
    content = body.encode()
    if reference := re.fullmatch(r"< \./(.+)", body):
        content = (FOLDER / reference[1]).read_bytes()
        assert content == base64.b64decode(load_event(name)["body"])
    response = httpx.request(
        method, address, headers=dict(line.split(": ", 1) for line in headers), content=content
    )
    assert response.status_code == answer(name)["statusCode"]
