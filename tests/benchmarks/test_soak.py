"""The soak's requests, and its rule for a leak."""

import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.load import soak
from benchmarks.load.soak import slope
from events.draw import base64_text


def test_a_leak_is_told_from_memory_that_comes_and_goes() -> None:
    seconds = np.arange(60.0)
    busy = 75 + 180 * (np.random.default_rng(1).random(60) < 0.3)
    assert slope(list(zip(seconds, busy, strict=True))) == pytest.approx(0, abs=0.1)
    leaking = busy + 4 * seconds / 60
    assert slope(list(zip(seconds, leaking, strict=True))) == pytest.approx(4, abs=1)


def test_the_images_traffic_is_usual_and_hostile_in_turn() -> None:
    pictures = [b"one", b"two", b"too large" * 1_000_000]
    bodies = [json.loads(body).get("body") for *_, body in soak.events(pictures)]
    assert len(bodies) == 4
    assert set(bodies[1::2]) == {base64_text(b"one"), base64_text(b"two")}
    assert not set(bodies[::2]) & set(bodies[1::2])


def test_a_short_run_fails_on_large_leaks_only() -> None:
    assert not soak.leaks(1.9, 600), "within what is allowed"
    assert soak.leaks(2.3, 600)
    assert not soak.leaks(8, 60), "6 MB in all"
    assert soak.leaks(25, 60)


def test_a_process_that_ends_under_load_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "WARM_UP", 0)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    memory = soak.Memory(process.pid)
    memory.start()
    process.communicate(b"\n")
    memory.join(10)
    assert memory.ended


def test_a_process_that_outlives_the_load_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "WARM_UP", 0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        memory = soak.Memory(process.pid)
        memory.start()
        memory.join(5 * soak.EVERY)
        memory.stop()
        process.communicate(b"\n")
    assert memory.looks
    assert not memory.ended
