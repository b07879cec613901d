"""Check before a deployment: a region and credentials of AWS, found as the SAM CLI finds them.

`python requirements/credentials.py ARGUMENTS…` takes the arguments of `sam deploy`.
"""

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError
from botocore.session import Session

ROOT = Path(__file__).parents[1]


def missing(arguments: Sequence[str], root: Path = ROOT) -> str | None:
    """Return what is missing and how to give it; None where nothing is, or where `--guided` will ask."""
    if {"--guided", "-g"} & set(arguments):
        return None
    profile = _option(arguments, "--profile")
    try:
        session = Session(profile=profile)
        region = (
            _option(arguments, "--region") or _stored_region(root) or session.get_config_variable("region")
        )
        credentials = session.get_credentials()
    except BotoCoreError as error:
        return f'{error}. Name another with ARGS="--profile …", or make it with `aws configure`.'
    if not region:
        ways = 'AWS_DEFAULT_REGION=eu-west-1, ARGS="--region eu-west-1", or ARGS=--guided'
        return f"No region is set. Give one: {ways}."
    if credentials is None:
        return (
            "No AWS credentials are found. Give them: AWS_PROFILE=…, AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or `aws configure`."
        )
    return None


def _option(arguments: Sequence[str], name: str) -> str | None:
    for place, argument in enumerate(arguments):
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
        if argument == name and place + 1 < len(arguments):
            return arguments[place + 1]
    return None


def _stored_region(root: Path) -> str | None:
    """Return the region that `sam deploy --guided` has stored in samconfig.toml."""
    stored = tomllib.loads((root / "samconfig.toml").read_text())
    found = stored.get("default", {})
    for name in ("deploy", "global"):
        region = found.get(name, {}).get("parameters", {}).get("region")
        if region:
            return str(region)
    return None


if __name__ == "__main__":
    sys.exit(missing(sys.argv[1:]))
