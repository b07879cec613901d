"""The verbs."""

import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from jobs import aws
from tests.project import ROOT, environment

VERBS = [
    "serve",
    "image",
    "test",
    "soak",
    "check",
    "audit",
    "train",
    "tune",
    "evaluate",
    "report",
    "bench",
    "build",
    "pin-base",
    "start-api",
    "invoke",
    "deploy",
    "bulk",
    "bulk-local",
    "feedback",
    "shards",
    "engines",
    "clients",
    "pins",
]


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run `make` in the root of the project, or in another folder with its Makefile."""
    command = ["make", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)


def fresh(folder: Path) -> Path:
    """Put what `make serve` starts from into the folder, without any environment, and return it."""
    (folder / "requirements").mkdir()
    for name in ("Makefile", "requirements/install.py", "requirements/serve.txt"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def test_make_alone_lists_every_verb_on_a_line_of_its_own() -> None:
    lines = make("--silent").stdout.splitlines()
    assert [line.split()[1] for line in lines] == VERBS
    assert all(re.fullmatch(r"make [a-z-]+ +\w.{10,}", line) for line in lines)


def test_an_old_python_is_refused_by_its_version(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    program = (
        "import runpy, sys; sys.version_info, sys.version = (3, 9, 18), '3.9.18'; del sys.argv[0]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{program}" "$@"\n')
    old.chmod(0o755)
    refused = make("serve", f"PYTHON={old}", folder=fresh(tmp_path))
    assert refused.returncode == 2
    assert "Python 3.11 or newer is needed" in refused.stderr
    assert "Received: Python 3.9.18" in refused.stderr


@pytest.mark.parametrize(
    ("verb", "variable"), [("tune", "IMAGES"), ("bulk-local", "FOLDER"), ("feedback", "INTO")]
)
def test_a_verb_that_lacks_a_variable_installs_nothing(tmp_path: Path, verb: str, variable: str) -> None:
    for given in ((), (f"{variable}=",)):
        refused = make(verb, *given, folder=fresh(tmp_path) if not given else tmp_path)
        assert refused.returncode == 2
        assert f"{variable} is missing: give it as make … {variable}=path/to/" in refused.stderr
        assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("verb", "variable"), [("tune", "IMAGES"), ("bulk-local", "FOLDER"), ("shards", "FOLDER")]
)
def test_a_folder_that_is_not_there_is_named_before_anything_is_installed(
    tmp_path: Path, verb: str, variable: str
) -> None:
    refused = make(verb, f"{variable}=no where", folder=fresh(tmp_path))
    assert refused.returncode == 2
    assert f"{variable} must be there already. Received: no where, not found" in refused.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_folder_with_a_space_in_its_name_is_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my digits"
    folder.mkdir()
    for verb, variable in (("tune", "IMAGES"), ("bulk-local", "FOLDER"), ("shards", "FOLDER")):
        line = make("--dry-run", verb, f"{variable}={folder}").stdout.splitlines()[-1]
        assert str(folder) in shlex.split(line)


def test_who_serves_already_needs_no_more_to_read_a_folder() -> None:
    for verb in ("bulk-local", "shards"):
        assert ".venv/serve/bin/python" in make("--dry-run", verb, "FOLDER=tests").stdout
        assert ".venv/bulk" not in make("--dry-run", verb, "FOLDER=tests").stdout
    program = "import sys, jobs.local, jobs.shards; sys.exit(any('boto' in name for name in sys.modules))"
    here = environment() | {"PYTHONPATH": "functions:layers/python"}
    subprocess.run([".venv/serve/bin/python", "-c", program], cwd=ROOT, env=here, check=True)


def test_an_installation_says_how_far_it_is() -> None:
    """Of the lines that pip writes for 25 packages of 30, as some are for other systems."""
    steps = runpy.run_path(str(ROOT / "requirements/install.py"))["steps"]
    lines = [
        line
        for place in range(1, 26)
        for line in (f"Collecting p{place}==1.0 (from -r x.txt (line 3))\n", "  Downloading p.whl (9 kB)\n")
    ]
    assert list(
        steps([*lines, "Installing collected packages: p1, p2\n", "Successfully installed\n"], 30)
    ) == [
        "  fetching package 10 of 30 at most, p10",
        "  fetching package 20 of 30 at most, p20",
        "  unpacking 25 packages",
    ]


def test_make_bulk_without_a_source_installs_nothing(tmp_path: Path) -> None:
    refused = make("bulk", folder=fresh(tmp_path))
    assert refused.returncode == 2
    assert "Say what to read: PREFIX=path/ (empty for the whole bucket) or MANIFEST=file" in refused.stderr
    assert not (tmp_path / ".venv").exists()


def test_two_starts_at_once_install_once(tmp_path: Path) -> None:
    folder = fresh(tmp_path)
    (folder / "requirements/serve.txt").write_text("# nothing\n")
    command = [sys.executable, "requirements/install.py", "serve"]
    both = [subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Installing requirements/serve.txt" in each for each in told) == 1
    assert (folder / ".venv/serve/pins.txt").read_text() == "# nothing\n"


def test_make_serve_serves_from_an_environment_without_tensorflow(server: str) -> None:
    assert httpx.get(f"{server}/health", timeout=60).json()["status"] == "ok"
    listing = [".venv/serve/bin/python", "-m", "pip", "list", "--format=freeze"]
    installed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "fastapi==" in installed
    assert not re.search("(?im)^(tensorflow|keras)", installed)


def bulk_command(*arguments: str) -> list[str]:
    """Return what `make bulk` would hand to the command."""
    line = make("--dry-run", "bulk", *arguments).stdout.splitlines()[-1]
    return shlex.split(line.partition("jobs.aws")[2])


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["PREFIX=a b/"], ["--prefix", "a b/"]),
        (["PREFIX="], ["--prefix", ""]),
        (["MANIFEST=may.csv"], ["--manifest", "may.csv"]),
        (["ARGS=--execution arn:x"], ["--execution", "arn:x"]),
    ],
)
def test_make_bulk_names_the_one_source_that_it_was_given(arguments: list[str], options: list[str]) -> None:
    assert bulk_command(*arguments) == options


@pytest.mark.parametrize("arguments", [[], ["PREFIX=a/", "MANIFEST=may.csv"]])
def test_make_bulk_starts_nothing_without_one_source(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.aws.boto3", None)  # so that nothing can be asked for
    with pytest.raises(SystemExit) as left:
        aws.main(bulk_command(*arguments))
    assert left.value.code == 2


def test_make_bulk_local_starts_nothing_without_a_folder() -> None:
    refused = make("bulk-local")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "FOLDER is missing: give it as make … FOLDER=" in refused.stderr


def test_the_pins_satisfy_each_other() -> None:
    for name in ("serve", "dev", "sam"):
        check = [f".venv/{name}/bin/python", "-m", "pip", "check"]
        done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_every_pins_file_agrees_with_what_ships() -> None:
    pin = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
    shipped = set(pin.findall((ROOT / "functions/requirements.txt").read_text()))
    assert shipped
    for name in ("serve", "dev"):
        assert shipped <= set(pin.findall((ROOT / f"requirements/{name}.txt").read_text())), name


def test_an_audit_that_cannot_ask_about_a_package_fails() -> None:
    (command,) = [line for line in make("--dry-run", "audit").stdout.splitlines() if "pip_audit" in line]
    assert "--strict" in command, "a package that no database knows is a failure, not a note"


def test_an_event_that_is_not_there_is_named_before_anything_is_built(tmp_path: Path) -> None:
    refused = make("invoke", "EVENT=events/missing.json", folder=fresh(tmp_path))
    assert refused.returncode == 2
    assert "EVENT must name a file" in refused.stderr
    assert "Received: events/missing.json" in refused.stderr
    assert not (tmp_path / ".venv").exists()


NOWHERE = {"HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.mark.parametrize(
    ("given", "arguments", "said"),
    [
        ({}, [], "No region is set"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, [], "No AWS credentials are found"),
        ({}, ["--region", "eu-west-1"], "No AWS credentials are found"),
        ({"AWS_PROFILE": "nobody"}, [], "nobody"),
        ({}, ["--guided"], ""),
        ({"AWS_DEFAULT_REGION": "x", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, [], ""),
    ],
)
def test_what_a_deployment_lacks_is_said_before_it_builds(
    given: dict[str, str], arguments: list[str], said: str
) -> None:
    done = subprocess.run(
        [".venv/sam/bin/python", "requirements/credentials.py", *arguments],
        cwd=ROOT,
        env=NOWHERE | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, said in done.stderr) == (1 if said else 0, True), done.stderr
