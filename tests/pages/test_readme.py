"""README's commands do what README shows."""

import json
import re
import subprocess

import pytest

from tests.project import ROOT, environment
from tests.samples.answers import same

README = (ROOT / "README.md").read_text()
# A command after "$ ", continued while lines end in a backslash, then its output up to the next one.
SESSION = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
SESSIONS = [
    (command, output.strip())
    for block in re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for command, output in SESSION.findall(block)
]
CURLS = [(command, output) for command, output in SESSIONS if command.startswith("curl")]


def run(command: str) -> str:
    """Run a command of README's as a shell in the root of the project does."""
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def agrees(shown: str, got: str) -> bool:
    """Return whether an answer is the one shown: all fields, and numbers to the eye."""
    return same(json.loads(got), json.loads(shown), tolerance=0.02) if shown[:1] in "{[" else shown == got


def test_readme_shows_both_contracts() -> None:
    commands = " ".join(command for command, _ in CURLS)
    assert "/predict" in commands
    assert "/mnist/classify" in commands
    assert all(output for _, output in CURLS)


@pytest.mark.parametrize(("command", "shown"), CURLS)
def test_curl_gets_the_answer_shown(command: str, shown: str, server: str) -> None:
    assert agrees(shown, run(command.replace("http://127.0.0.1:8000", server)))


@pytest.mark.docker
@pytest.mark.parametrize(("command", "shown"), [each for each in CURLS if "image/png" not in each[0]])
def test_curl_gets_the_same_answer_from_the_lambda_image(command: str, shown: str, local_api: str) -> None:
    assert agrees(shown, run(command.replace("http://127.0.0.1:8000", local_api)))


@pytest.mark.docker
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("command", "shown"), [each for each in SESSIONS if "make invoke" in each[0]])
def test_make_invoke_prints_what_is_shown(command: str, shown: str) -> None:
    assert agrees(shown, run(command))


def test_every_verb_that_readme_names_exists() -> None:
    verbs = set(
        re.findall(r"\bmake ([a-z-]+)", "\n".join(re.findall(r"`[^`]+`|^```.*?^```", README, re.M | re.S)))
    )
    assert verbs >= {"serve", "test", "check", "start-api", "invoke", "deploy", "train", "evaluate"}
    for verb in verbs:
        dry = ["make", "--dry-run", verb]
        assert (
            subprocess.run(dry, cwd=ROOT, env=environment(), capture_output=True, check=False).returncode == 0
        ), verb


def test_every_path_that_readme_names_exists() -> None:
    paths = re.findall(r"^(?:\| )?`([\w./-]+/[\w./-]*)`", README, re.MULTILINE)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
