"""The bill of materials of the Lambda image in CycloneDX: `python requirements/sbom.py IMAGE`.

The packages are read from the image itself, not from the pins, so that the bill tells what is there. What
AWS's base image holds is AWS's to list; here it is named.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path
from tempfile import TemporaryDirectory

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

DOCKERFILE = Path(__file__).parents[1] / "functions/Dockerfile"

# The SPDX identifiers of what older packages say in words.
_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
}


def license_of(package: Distribution) -> str:
    """Return a package's license as an SPDX expression, from the newest of the fields that say it."""
    metadata = package.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classified = [each for each in metadata.get_all("Classifier", []) if each.startswith("License :: ")]
    told = classified[0].rpartition(" :: ")[2] if classified else metadata["License"]
    return _SPDX.get(told, told)


def describe(image: str, packages: Iterable[Distribution]) -> str:
    """Write the bill of an image: JSON of CycloneDX 1.6."""
    root = Component(name="digits", version=image, type=ComponentType.CONTAINER)
    name, tag = re.findall(r"^FROM (\S+):(\S+)", DOCKERFILE.read_text(), re.MULTILINE)[-1]
    base = Component(name=name, version=tag, type=ComponentType.CONTAINER)
    parts = [base, *map(_component, packages)]
    bom = Bom(components=parts)
    bom.metadata.component = root
    bom.register_dependency(root, parts)
    return JsonV1Dot6(bom).output_as_string(indent=1)


def _component(package: Distribution) -> Component:
    name = re.sub(r"[-_.]+", "-", package.name).lower()  # as the index spells it
    return Component(
        name=name,
        version=package.version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", name=name, version=package.version),
        licenses=[LicenseFactory().make_from_string(license_of(package))],
    )


def main(image: str) -> None:
    """Print the bill of a built image."""
    identity = _docker("image", "inspect", "--format={{.Id}}", image)
    container = _docker("create", image)
    with TemporaryDirectory() as folder:
        try:
            _docker("cp", f"{container}:/var/task", folder)
        finally:
            _docker("rm", container)
        sys.stdout.write(describe(identity, distributions(path=[f"{folder}/task"])) + "\n")


def _docker(*arguments: str) -> str:
    command = ["docker", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return done.stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1])
