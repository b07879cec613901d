"""Lambda's start, and the hooks around SnapStart's snapshot, which is Lambda's and has no local stand-in."""

import random
import sys
from types import ModuleType
from typing import Any

import pytest

from api.handler import WarmUpError, handler, prepare, warm_up
from tests.emulator import RESTRICTED
from tests.project import run


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[Any, ...]]]:
    """Stand in for the module of Lambda's runtime, and return what is registered with it."""
    registered: dict[str, list[tuple[Any, ...]]] = {"before": [], "after": []}
    runtime = ModuleType("snapshot_restore_py")
    runtime.register_before_snapshot = lambda *hook: registered["before"].append(hook)  # type: ignore[attr-defined]
    runtime.register_after_restore = lambda *hook: registered["after"].append(hook)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)
    return registered


def test_hooks_are_registered_where_a_snapshot_will_be_taken(
    hooks: dict[str, list[tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    prepare(handler)
    assert hooks == {"before": [(warm_up, handler)], "after": [(random.seed,)]}


def test_no_hook_is_registered_anywhere_else(
    hooks: dict[str, list[tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    prepare(handler)
    assert hooks == {"before": [], "after": []}


def test_warming_up_asks_for_a_digit_on_both_routes() -> None:
    asked: list[str] = []

    def listening(event: Any, context: Any) -> dict[str, Any]:
        asked.append(event["rawPath"])
        return handler(event, context)

    warm_up(listening)
    assert asked == ["/predict", "/classify"]


def test_a_version_that_cannot_answer_is_not_snapshotted() -> None:
    with pytest.raises(WarmUpError, match="/predict must answer 200. Received: 500 broken"):
        warm_up(lambda *_: {"statusCode": 500, "body": "broken"})


@pytest.mark.docker
def test_lambdas_runtime_runs_the_hooks(image: str) -> None:
    program = """
import random
from awslambdaric.lambda_runtime_hooks_runner import run_after_restore, run_before_snapshot
import api.handler
run_before_snapshot()
state = random.getstate()
run_after_restore()
print(random.getstate() != state)
"""
    start = ["--env=AWS_LAMBDA_INITIALIZATION_TYPE=snap-start", "--entrypoint=python", *RESTRICTED]
    assert run("docker", "run", "--rm", *start, image, "-c", program).split() == ["True"]
