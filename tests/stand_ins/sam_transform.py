"""The SAM transform of a template, printed; run by the SAM CLI's Python.

Arguments: the template, then parameter overrides as `Name=value`.
"""

import json
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/digits@sha256:{64 * '0'}"


class NoManagedPolicies:
    """A map of managed policies for a template that names none."""

    def load(self) -> dict[str, str]:
        """Return the map."""
        return {}


template = yaml_parse(Path(sys.argv[1]).read_text())
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["ImageUri"] = IMAGE  # as `sam build` and `sam deploy` fill it in
given = dict(argument.split("=", 1) for argument in sys.argv[2:])
written = json.loads(json.dumps(template))  # the transform changes what it is given
json.dump([written, transform(template, given, NoManagedPolicies())], sys.stdout)
