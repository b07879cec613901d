"""The requests of the second replaced system's client, and the answers that it understands.

It reads a folder's files, or images of MNIST that it saved as files, puts the base64 of each into one
request, and posts it to its `--server` with "/mnist/classify" after it; its default ends with a slash, so
that the path begins with two. Of each response it prints `class` and `probability`.
"""

import base64
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from events.draw import draw


def ask(server: str, folder: Path) -> list[tuple[str, int, float]]:
    """Do what the old client does with `--folderpath` and `--server`."""
    names = sorted(path.name for path in folder.iterdir())
    images = [base64.b64encode((folder / name).read_bytes()).decode("utf-8") for name in names]
    request = urllib.request.Request(
        server + "/mnist/classify",
        data=json.dumps({"requests": [{"image": image} for image in images]}).encode("utf-8"),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request) as response:
        assert response.headers["content-type"] == "application/json"
        answers = json.load(response)["responses"]
    return [
        (name, answer["class"], answer["probability"]) for name, answer in zip(names, answers, strict=True)
    ]


@pytest.fixture(params=["png", "jpeg"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a folder of ten 28×28 grey images."""
    for digit in range(10):
        Image.fromarray(draw(digit)).save(tmp_path / f"{digit}.{request.param}")
    return tmp_path


@pytest.mark.parametrize(
    "form", [lambda server: server, lambda server: f"{server}/"], ids=["--server=", "its default"]
)
def test_the_old_client_gets_its_answers(server: str, folder: Path, form: Callable[[str], str]) -> None:
    answers = ask(form(server), folder)
    assert [digit for _, digit, _ in answers] == list(range(10))
    assert all(type(digit) is int and 0.5 < probability <= 1 for _, digit, probability in answers)
    assert [name.partition(".")[0] for name, _, _ in answers] == [str(digit) for digit in range(10)]
