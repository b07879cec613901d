"""The template says what production needs; the linters see to its form (`make check`)."""

import json
import subprocess
from typing import Any

import pytest

from tests.conftest import ROOT

# The SAM CLI's own reader knows the short forms (!Ref, !Sub) and lives in its own environment.
READER = (
    "import json, pathlib; from samcli.yamlhelper import yaml_parse; "
    "print(json.dumps(yaml_parse(pathlib.Path('template.yaml').read_text())))"
)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """Return the template as a dictionary, its short forms written out."""
    command = [".venv/sam/bin/python", "-c", READER]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the resources of a type, by logical id."""
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def test_every_parameter_says_what_it_is_for_and_has_a_default(template: dict[str, Any]) -> None:
    for name, parameter in template["Parameters"].items():
        assert {"Description", "Default"} <= parameter.keys(), name


def test_every_function_states_its_limits_and_comes_from_the_one_image(template: dict[str, Any]) -> None:
    functions = of_type(template, "AWS::Serverless::Function")
    assert functions
    for name, function in functions.items():
        properties = function["Properties"]
        assert {"MemorySize", "Timeout", "Architectures", "LoggingConfig"} <= properties.keys(), name
        assert properties["PackageType"] == "Image", name
        assert function["Metadata"]["Dockerfile"] == "functions/Dockerfile", name


def test_the_images_default_command_is_the_api_handler(template: dict[str, Any]) -> None:
    handler = template["Resources"]["ApiFunction"]["Properties"]["ImageConfig"]["Command"]
    dockerfile = (ROOT / "functions/Dockerfile").read_text()
    assert dockerfile.rstrip().endswith(f"CMD {json.dumps(handler)}")


def test_the_api_has_no_stage_in_its_paths(template: dict[str, Any]) -> None:
    apis = of_type(template, "AWS::Serverless::HttpApi")
    assert [api["Properties"]["StageName"] for api in apis.values()] == ["$default"]


def test_logs_are_not_kept_for_ever(template: dict[str, Any]) -> None:
    groups = of_type(template, "AWS::Logs::LogGroup")
    functions = of_type(template, "AWS::Serverless::Function")
    assert len(groups) >= len(functions)
    assert all("RetentionInDays" in group["Properties"] for group in groups.values())
