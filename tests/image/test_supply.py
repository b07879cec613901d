"""The packages that ship: their sources, names and licenses."""

import json
import re
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from requirements.sbom import describe, license_of
from tests.project import ROOT, environment

PIN = re.compile(r"^([\w.-]+)==([^\s;]+)(?: ; (.*?))? \\$", re.MULTILINE)
SHIPPED = {
    name: version for name, version, _ in PIN.findall((ROOT / "functions/requirements.txt").read_text())
}
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def installed() -> dict[str, Any]:
    """Return the distributions of what ships, as far as this platform has them."""
    found = {}
    for name in SHIPPED:
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            assert name == "colorama", "the only one that is for Windows alone"
    return found


@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
def test_what_ships_has_a_wheel_for_lambdas_system_on_each_processor(processor: str, tmp_path: Path) -> None:
    """Amazon Linux 2023 has glibc 2.34; every wheel's hash must be among the pinned ones."""
    uv = [".venv/dev/bin/uv", "pip", "install", "--dry-run", "--require-hashes", "--only-binary=:all:"]
    target = [
        f"--python-platform={processor}-manylinux_2_34",
        "--python-version=3.13",
        f"--target={tmp_path}",
    ]
    command = [*uv, *target, "-r", "functions/requirements.txt"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    resolved = dict(re.findall(r"^ \+ (\S+)==(\S+)$", done.stderr, re.MULTILINE))
    assert resolved.items() <= SHIPPED.items()
    assert {"ai-edge-litert", "numpy", "pillow", "fastapi", "mangum"} <= resolved.keys()


def test_every_pin_has_its_hashes() -> None:
    for path in [ROOT / "functions/requirements.txt", *sorted((ROOT / "requirements").glob("*.txt"))]:
        entries = re.split(r"\n(?=[\w.-]+(?:\[.*?\])?==)", path.read_text())[1:]
        assert entries
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def listed() -> dict[str, str]:
    """Return the license of each package that docs/licenses.md lists."""
    rows = re.findall(r"^\| ([a-z][\w-]+) \| (\S.*) \|$", (ROOT / "docs/licenses.md").read_text(), re.M)
    return {name: terms for name, terms in rows if name != "package"}


def test_the_licenses_listed_are_those_of_what_ships() -> None:
    licenses = {name: license_of(each) for name, each in installed().items()}
    assert listed().items() <= licenses.items()
    # Of these functions/slim.py leaves nothing in the image.
    assert licenses.keys() - listed().keys() == {
        "backports-strenum",
        "flatbuffers",
        "ml-dtypes",
        "protobuf",
        "tqdm",
    }


def test_the_bill_of_materials_is_what_the_standard_asks_for() -> None:
    packages = installed().values()
    bill = describe("sha256:0123", packages)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    libraries = [each for each in json.loads(bill)["components"] if each["type"] == "library"]
    assert {(each["name"], each["version"]) for each in libraries} <= SHIPPED.items()
    assert len(libraries) == len(packages)
    assert all(each["licenses"] and each["purl"].startswith("pkg:pypi/") for each in libraries)


@pytest.mark.docker
@pytest.mark.usefixtures("built")
def test_make_build_writes_the_bill_of_the_image() -> None:
    bill = (ROOT / ".aws-sam/sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    read = json.loads(bill)
    held = {each["name"]: each["version"] for each in read["components"] if each["type"] == "library"}
    assert held.items() <= SHIPPED.items()
    assert held.keys() == listed().keys()
    inspect = ["docker", "image", "inspect", "--format={{.Id}}", "apifunction:latest"]
    identity = subprocess.run(inspect, env=environment(), capture_output=True, text=True, check=True).stdout
    assert read["metadata"]["component"]["version"] == identity.strip()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
class TestWorkflows:
    def test_they_run_the_verbs_that_developers_run(self, path: Path) -> None:
        verbs = {line.split(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if ":" in line}
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            commands = [step["run"] for step in job["steps"] if "run" in step]
            assert commands
            for command in commands:
                program, *words = command.split()
                named = {word for word in words if re.fullmatch("[a-z-]+", word)}
                assert (program == "make" and named <= verbs) or program == ".ci/run", command

    def test_actions_are_pinned_and_nothing_is_allowed_that_is_not_needed(self, path: Path) -> None:
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {"contents": "read"}
        uses = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", each) for each in uses)
        assert "secrets." not in path.read_text(), "the role is taken by identity"

    def test_no_text_of_a_variable_becomes_part_of_a_command(self, path: Path) -> None:
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            assert not any("${{" in step.get("run", "") for step in job["steps"])
