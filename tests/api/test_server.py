"""The server outside of Lambda: what it is told, what it says, who can reach it."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from api.server import addresses, read_settings
from environment import SettingsError
from tests import patient
from tests.project import ROOT
from tests.servers import free_port, until, until_healthy


def test_it_serves_this_machine_alone_with_one_process_unless_told_otherwise() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)


@pytest.mark.parametrize("bad", [{"PORT": "eighty"}, {"PORT": "70000"}, {"WORKERS": "0"}])
def test_a_bad_setting_is_named(bad: dict[str, str]) -> None:
    (name, value), *_ = bad.items()
    with pytest.raises(SettingsError, match=f"{name}: .* Received: '{value}'"):
        read_settings(bad)


@pytest.mark.parametrize("bad", [{"PORT": "eighty"}, {"MAX_PIXELS": "many"}])
def test_a_bad_setting_ends_the_start_in_one_line(bad: dict[str, str]) -> None:
    command = [".venv/serve/bin/python", "-m", "api.server"]
    environment = {"PYTHONPATH": "functions:layers/python", **bad}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    (name, value), *_ = bad.items()
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"The server cannot start\. {name}: .* Received: '{value}'\n", done.stderr)


def test_one_address_is_told_as_it_is() -> None:
    assert addresses("127.0.0.1", 8123) == ["http://127.0.0.1:8123"]
    assert addresses("::1", 8123) == ["http://[::1]:8123"]


def test_of_every_address_those_are_told_that_a_browser_can_open() -> None:
    here, *others = addresses("0.0.0.0", 8123)
    assert here == "http://127.0.0.1:8123"
    assert all(other.endswith(":8123") and "0.0.0.0" not in other for other in others)


def test_two_workers_answer_on_the_address_that_is_printed(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": "functions:layers/python",
        "PORT": str(port),
        "WORKERS": "2",
    }
    log = tmp_path / "log"
    with log.open("w") as output:
        command = [".venv/serve/bin/python", "-m", "api.server"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        url = until_healthy(f"http://127.0.0.1:{port}", process, log, patience=60)
        assert patient.get(f"{url}/health").json()["status"] == "ok"
        assert f"Digits answers on {url}" in log.read_text()
        # One worker answers before the other has started.
        until(lambda: log.read_text().count("Started server process") == 2, patience=60)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in {0, -signal.SIGTERM}
