"""Fixtures that several test modules share: the local server, the Lambda image, its local API."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import settings

from api.app import app
from tests.emulator import RESTRICTED, emulated
from tests.project import ROOT, environment, run
from tests.servers import running

# A busy machine is no reason to fail; what must be fast is timed where it is tested.
settings.register_profile("digits", deadline=None)
settings.load_profile("digits")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve with `make serve` and return the address."""
    # which may have to install what serves
    with running("serve", tmp_path_factory.mktemp("serve") / "log", patience=900) as url:
        yield url


@pytest.fixture(scope="session")
def engine() -> None:
    """Skip where no Docker engine answers; fail there when DIGITS_REQUIRE_DOCKER is 1."""
    answers = shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False)
    if answers and answers.returncode == 0:
        return
    if os.environ.get("DIGITS_REQUIRE_DOCKER") == "1":
        pytest.fail("no Docker engine answers, and DIGITS_REQUIRE_DOCKER is 1")
    pytest.skip("no Docker engine answers")


@pytest.fixture(scope="session")
def built(engine: None) -> None:  # noqa: ARG001 - asked for its effect
    """Build the Lambda image with `make build`, once."""
    build = subprocess.run(
        ["make", "build"], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert build.returncode == 0, build.stdout + build.stderr


@pytest.fixture(scope="session")
def local_api(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001
    """Serve from the Lambda image with `make start-api` and return the address."""
    log = tmp_path_factory.mktemp("start-api") / "log"
    # The template's seconds are for Lambda's processors; here a container may have to wait for its turn.
    with running("start-api", log, 300, "PARAMETERS=Timeout=120") as url:
        yield url


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """Yield a client that sees what any HTTP client sees: an exception that got out would fail the test."""
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def image(engine: None) -> Iterator[str]:  # noqa: ARG001
    """Build the image without the SAM CLI, from the root of the project, and yield its name."""
    name = f"digits-test-{os.getpid()}"
    run("docker", "build", "--quiet", "--file", "functions/Dockerfile", "--tag", name, ".")
    yield name
    run("docker", "rmi", "--force", name)


@pytest.fixture(scope="session")
def container(image: str) -> Iterator[str]:
    """Start the image's default command under Lambda's terms and return where the emulator is invoked."""
    with emulated(image, *RESTRICTED) as emulator:
        yield emulator.url
