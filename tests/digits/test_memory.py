"""The bound on memory: it holds for a process of one thread, and never keeps another thread from starting."""

import subprocess
import sys

import pytest

from tests.project import ROOT

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux holds the bound")

ALONE = """
from digits.memory import bounded
import resource
before = resource.getrlimit(resource.RLIMIT_DATA)
try:
    with bounded(10 << 20):
        bytearray(200 << 20)
except MemoryError:
    print("refused", resource.getrlimit(resource.RLIMIT_DATA) == before)
bytearray(200 << 20)
"""
AMONG_THREADS = """
import threading
from digits.memory import bounded
leave = threading.Event()
threading.Thread(target=leave.wait, daemon=True).start()
with bounded(1 << 20):
    started = [threading.Thread(target=leave.wait, daemon=True) for _ in range(40)]
    for thread in started:
        thread.start()
leave.set()
print(len(started))
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "layers/python")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_a_process_of_one_thread_is_bounded_and_free_again_afterwards() -> None:
    assert run(ALONE) == "refused True"


def test_a_process_of_several_threads_can_start_more() -> None:
    assert run(AMONG_THREADS) == "40"
