"""The image for every platform: an HTTP server on $PORT, without rights, with a health check."""

import json
import os
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.project import ROOT, run

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
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return url
    pytest.fail(run("docker", "logs", container))


def test_it_reads_a_digit_over_http(address: str) -> None:
    picture = (ROOT / "events/bodies/seven.png").read_bytes()
    answer = httpx.post(f"{address}/predict", content=picture, headers={"content-type": "image/png"})
    assert answer.json()["prediction"] == "7"


def test_it_answers_on_the_address_that_other_machines_use(address: str, container: str) -> None:
    assert httpx.get(f"{address}/health").status_code == 200
    inside = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    own = run("docker", "inspect", "--format", inside, container).strip()
    assert httpx.get(f"http://{own}:9123/health").json()["status"] == "ok"


def test_it_runs_as_a_user_without_rights(address: str, container: str) -> None:
    assert address
    assert run("docker", "exec", container, "id", "-u").strip() == "65534"


def test_its_health_check_notices_that_it_answers(address: str, container: str) -> None:
    assert address
    deadline = time.monotonic() + 60
    state = "starting"
    while state == "starting" and time.monotonic() < deadline:
        time.sleep(1)
        state = run("docker", "inspect", "--format", "{{.State.Health.Status}}", container).strip()
    assert state == "healthy"


def test_it_shares_every_layer_of_the_lambda_image(image: str, server_image: str) -> None:
    layers = [
        json.loads(run("docker", "inspect", "--format", "{{json .RootFS.Layers}}", name))
        for name in (image, server_image)
    ]
    assert layers[1][: len(layers[0])] == layers[0]
