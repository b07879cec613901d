"""The template as CloudFormation sees it: transformed by SAM, its parameters and conditions resolved."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import clean_json, resource_class_from_type
from moto.core.models import DEFAULT_ACCOUNT_ID

from tests.project import ROOT

REGION = "us-east-1"
Template = dict[str, Any]


def transform(path: str = "template.yaml", **parameters: str) -> tuple[Template, Template]:
    """Return a template as written, with its short forms written out, and as transformed by SAM."""
    given = [f"{name}={value}" for name, value in parameters.items()]
    done = subprocess.run(
        [".venv/sam/bin/python", "tests/stand_ins/sam_transform.py", path, *given],
        cwd=ROOT,
        env=os.environ | {"AWS_DEFAULT_REGION": REGION},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written, transformed = json.loads(done.stdout)
    return written, transformed


class Stack:
    """A stack that was created on moto: what stands in each resource once everything is resolved."""

    def __init__(self, name: str, transformed: Template) -> None:
        stacks = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].stacks.values()
        self._map = next(each for each in stacks if each.name == name).resource_map
        self._resources = transformed["Resources"]
        self.name = name

    def holds(self, condition: str | None) -> bool:
        """Return whether a condition holds."""
        return condition is None or bool(self._map.lazy_condition_map[condition])

    def properties(self, resource: str) -> Any:
        """Return a resource's properties as its service would get them."""
        return clean_json(self._resources[resource]["Properties"], self._map)

    def of_type(self, kind: str) -> dict[str, Any]:
        """Return the properties of each resource of a type that is made, by logical id."""
        return {
            name: self.properties(name)
            for name, each in self._resources.items()
            if each["Type"] == kind and self.holds(each.get("Condition"))
        }


@contextmanager
def created(transformed: Template, **parameters: str) -> Iterator[Stack]:
    """Create a stack of a transformed template on moto.

    Where moto knows a type of resource from its own API alone, a topic stands in for it, under the same
    condition, so that every reference and condition of the others resolves.
    """
    stands_in = {
        name: each if resource_class_from_type(each["Type"]) and _creatable(each) else _stand_in(each)
        for name, each in transformed["Resources"].items()
    }
    with mock_aws(config={"lambda": {"use_docker": False}}):
        client = boto3.client("cloudformation", region_name=REGION)
        client.create_stack(
            StackName="digits",
            TemplateBody=json.dumps(transformed | {"Resources": stands_in}),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        (stack,) = client.describe_stacks(StackName="digits")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        yield Stack("digits", transformed)


def _creatable(resource: Template) -> bool:
    """Return whether moto can make the resource: a permission for an alias is none, as it makes no alias."""
    return bool(resource["Type"] != "AWS::Lambda::Permission")


def _stand_in(resource: Template) -> Template:
    return {"Type": "AWS::SNS::Topic", **{key: resource[key] for key in ("Condition",) if key in resource}}
