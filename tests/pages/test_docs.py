"""The documentation's pages: what is generated is current, and examples do what they show."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from docs import api
from tests.pages.test_readme import SESSION, agrees, run
from tests.project import ROOT, environment

PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
TEXT = api.FILE.read_text()
SESSIONS = [
    (command, output.strip())
    for block in re.findall(r"^```console\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    for command, output in SESSION.findall(block)
]


def without_answers(text: str) -> str:
    """Leave out what depends on the model or on the request: answers, their ids and figures."""
    return re.sub(r"^[{\[].*$", "", text, flags=re.MULTILINE)


def program(language: str, server: str) -> list[str]:
    """Return the programs shown in a language, to be asked of `server`."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```\n\nprints `([^`]+)`", TEXT, re.MULTILINE | re.DOTALL)
    assert blocks
    return [
        part
        for block, shown in blocks
        for part in (
            block.replace(api.ADDRESS.removeprefix("http://"), server.removeprefix("http://")),
            shown,
        )
    ]


def test_the_api_page_is_what_the_script_writes() -> None:
    assert without_answers(TEXT) == without_answers(api.text()), "run `python -m docs.api`"


def test_the_api_page_names_every_route() -> None:
    headings = set(re.findall(r"^### ([A-Z]+ /\S*)$", TEXT, re.MULTILINE))
    assert {"POST /predict", "POST /mnist/classify", "POST /v2/models/{name}/infer"} <= headings


@pytest.mark.parametrize(("command", "shown"), SESSIONS)
def test_each_curl_gets_the_answer_shown(command: str, shown: str, server: str) -> None:
    assert agrees(shown, run(command.replace(api.ADDRESS, server)))


def test_each_python_example_prints_what_is_said(server: str) -> None:
    parts = program("python", server)
    for code, shown in zip(parts[::2], parts[1::2], strict=True):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment() | {"PYTHONPATH": "client/src"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == shown, done.stderr


def test_the_javascript_example_prints_what_is_said(server: str) -> None:
    node, _ = compute_driver_executable()  # Playwright brings one
    code, shown = program("javascript", server)
    done = subprocess.run(
        [node, "--input-type=module", "-e", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == shown, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    folders = "functions|layers|training|events|tests|client|docs|requirements"
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_verb_that_a_page_names_exists() -> None:
    verbs = {verb for page in PAGES for verb in re.findall(r"`make ([a-z-]+)", page.read_text())}
    assert verbs >= {"serve", "test", "check"}
    for verb in verbs:
        dry = subprocess.run(
            ["make", "--dry-run", verb], cwd=ROOT, env=environment(), capture_output=True, check=False
        )
        assert dry.returncode == 0, verb


def test_every_make_that_a_session_shows_is_one() -> None:
    blocks = [
        block
        for page in [*PAGES, ROOT / "README.md"]
        for block in re.findall(r"^```console\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    ]
    lines = {line for block in blocks for line in re.findall(r"^\$ make (.+)$", block, re.MULTILINE)}
    assert len(lines) > 10
    for line in lines:
        dry = subprocess.run(
            ["make", "--dry-run", *shlex.split(line, comments=True)],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert dry.returncode == 0, f"make {line}: {dry.stderr}"


def test_pre_commit_runs_what_make_check_runs() -> None:
    hooks = re.findall(r"^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert len(hooks) == 3
    checks = subprocess.run(
        ["make", "--dry-run", "check"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for hook in hooks:
        assert hook.replace(" --force-exclude", "") in checks


def test_the_page_of_examples_is_valid_json_where_it_shows_json() -> None:
    answers = [output for _, output in SESSIONS if output.startswith("{")]
    assert len(answers) >= 5
    assert all(json.loads(answer) for answer in answers)


def test_the_clients_have_failed_nowhere_in_the_versions_that_are_pinned() -> None:
    rows = re.findall(r"^\| ([\w-]+) (\S+) \| (.+) \| (.+) \|$", (ROOT / "docs/clients.md").read_text(), re.M)
    pins = (ROOT / "requirements/clients.txt").read_text()
    assert len({name for name, *_ in rows}) == 4
    for name, version, feature, result in rows:
        assert re.search(rf"^{name}(\[\w+\])?=={re.escape(version)} ", pins, re.M), "run make clients"
        assert not result.startswith("failed"), feature


@pytest.mark.parametrize("engine", ["with_ray", "with_spark"])
def test_the_engines_that_are_shown_are_the_ones_that_run(engine: str) -> None:
    shown = (ROOT / "docs/bulk.md").read_text()
    assert f"```python\n{(ROOT / f'docs/engines/{engine}.py').read_text()}```" in shown
