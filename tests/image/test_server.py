"""The image for every platform: an HTTP server on $PORT, without rights, with a health check."""

import json
import os
from collections.abc import Iterator

import httpx
import pytest

from tests import patient
from tests.project import ROOT, run
from tests.servers import until

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def server_image(image: str) -> Iterator[str]:
    """Build the image on the layers of Lambda's, and yield its name."""
    del image  # whose layers it shares, and which is built by then
    name = f"digits-test-server-{os.getpid()}"
    build = ["docker", "build", "--quiet", "--file", "functions/Dockerfile", "--target", "server"]
    run(*build, "--tag", name, ".")
    yield name
    run("docker", "rmi", "--force", name)


@pytest.fixture(scope="module")
def container(server_image: str) -> Iterator[str]:
    """Run it on another port than its own, with nothing writable but /tmp, and yield its name."""
    options = ["--env=PORT=9123", "--publish=127.0.0.1::9123", "--read-only", "--tmpfs=/tmp"]
    name = run("docker", "run", "--detach", *options, server_image).strip()
    yield name
    run("docker", "rm", "--force", name)


@pytest.fixture(scope="module")
def address(container: str) -> str:
    """Return where the container answers, once it does."""
    url = "http://" + run("docker", "port", container, "9123/tcp").strip()

    def answers() -> bool:
        try:
            return patient.get(f"{url}/health").is_success
        except httpx.TransportError:
            assert run("docker", "inspect", "--format={{.State.Running}}", container).strip() == "true"
            return False

    until(answers, patient.PATIENCE)
    return url


def test_it_reads_a_digit_over_http(address: str) -> None:
    picture = (ROOT / "events/bodies/seven.png").read_bytes()
    answer = patient.post(f"{address}/predict", content=picture, headers={"content-type": "image/png"})
    assert answer.json()["prediction"] == "7"


def test_it_answers_on_the_address_that_other_machines_use(address: str, container: str) -> None:
    assert patient.get(f"{address}/health").status_code == 200
    inside = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    own = run("docker", "inspect", "--format", inside, container).strip()
    assert patient.get(f"http://{own}:9123/health").json()["status"] == "ok"


def test_it_runs_as_a_user_without_rights(address: str, container: str) -> None:
    assert address
    assert run("docker", "exec", container, "id", "-u").strip() == "65534"


def test_its_health_check_notices_that_it_answers(address: str, container: str) -> None:
    assert address
    state = ["docker", "inspect", "--format={{.State.Health.Status}}", container]
    until(lambda: run(*state).strip() == "healthy", patient.PATIENCE)


def test_it_shares_every_layer_of_the_lambda_image(image: str, server_image: str) -> None:
    layers = [
        json.loads(run("docker", "inspect", "--format", "{{json .RootFS.Layers}}", name))
        for name in (image, server_image)
    ]
    assert layers[1][: len(layers[0])] == layers[0]
