"""A run started and followed through the SDK, whose stubs hold every call against the service's own model."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from jobs import aws
from jobs.summary import describe
from tests.bulk.test_bulk import CREDENTIALS

WORKFLOW = "arn:aws:states:us-east-1:123456789012:stateMachine:digits-bulk"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:digits-bulk:may"
MAP_RUN = "arn:aws:states:us-east-1:123456789012:mapRun:digits-bulk/ClassifyPrefix:4a2d"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
SUMMARY = {
    "items": 1000,
    "classes": {str(digit): 99 for digit in range(10)},
    "not_digit": 3,
    "refused": {"missing": 2},
    "failed": {"StorageDenied": 5},
    "models": {"1.0.0": 995},
    "seconds": 12.5,
    "rows": "s3://out/results/may/rows/",
}


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> dict[str, Stubber]:
    """Have boto3.client() give stubbed clients."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    clients: dict[str, Any] = {
        "stepfunctions": boto3.client("stepfunctions"),
        "cloudformation": boto3.client("cloudformation"),
    }
    stubs = {name: Stubber(client) for name, client in clients.items()}
    for stub in stubs.values():
        stub.activate()
    monkeypatch.setattr(boto3, "client", clients.__getitem__)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return stubs


def execution(status: str, **members: Any) -> dict[str, Any]:
    """Answer for describe_execution."""
    return {
        "executionArn": EXECUTION,
        "stateMachineArn": WORKFLOW,
        "status": status,
        "startDate": NOW,
        **members,
    }


def counts(succeeded: int, failed: int, pending: int) -> dict[str, Any]:
    """Answer for describe_map_run."""
    items = dict.fromkeys(("running", "timedOut", "aborted", "resultsWritten"), 0)
    items |= {"succeeded": succeeded, "failed": failed, "pending": pending}
    items["total"] = succeeded + failed + pending
    return {
        "mapRunArn": MAP_RUN,
        "executionArn": EXECUTION,
        "status": "RUNNING",
        "startDate": NOW,
        "maxConcurrency": 10,
        "toleratedFailurePercentage": 1.0,
        "toleratedFailureCount": 0,
        "itemCounts": items,
        "executionCounts": items,
    }


def expect_poll(stub: Stubber, status: dict[str, Any], progress: dict[str, Any] | None) -> None:
    """Expect one look at the run: its status, its Map Run if there is one yet, and that one's counts."""
    stub.add_response("describe_execution", status, {"executionArn": EXECUTION})
    run = {"executionArn": EXECUTION, "mapRunArn": MAP_RUN, "stateMachineArn": WORKFLOW, "startDate": NOW}
    runs = [run] if progress else []
    stub.add_response("list_map_runs", {"mapRuns": runs}, {"executionArn": EXECUTION})
    if progress:
        stub.add_response("describe_map_run", progress, {"mapRunArn": MAP_RUN})


def expect_stack(stub: Stubber, *outputs: tuple[str, str]) -> None:
    """Expect a look for the stack's outputs."""
    found = [{"OutputKey": key, "OutputValue": value} for key, value in outputs]
    stack = {"StackName": "digits", "CreationTime": NOW, "StackStatus": "CREATE_COMPLETE", "Outputs": found}
    stub.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "digits"})


@pytest.mark.parametrize(
    ("flags", "source"),
    [
        (["--prefix", "crops/"], {"Prefix": "crops/"}),
        (["--prefix", ""], {"Prefix": ""}),
        (["--prefix", "shards/", "--shards"], {"Prefix": "shards/", "Shards": True}),
        (["--prefix", "a/", "--mode", "read"], {"Prefix": "a/", "Mode": "read"}),
        (["--prefix", "a/", "--mode", "predict"], {"Prefix": "a/"}),
        (["--manifest", "incoming/may.csv"], {"Manifest": "incoming/may.csv"}),
    ],
)
def test_a_run_is_started_followed_and_summed_up(
    flags: list[str],
    source: dict[str, Any],
    services: dict[str, Stubber],
    capsys: pytest.CaptureFixture[str],
) -> None:
    expect_stack(services["cloudformation"], ("Url", "https://…"), ("BulkWorkflowArn", WORKFLOW))
    states = services["stepfunctions"]
    started = {"executionArn": EXECUTION, "startDate": NOW}
    states.add_response(
        "start_execution", started, {"stateMachineArn": WORKFLOW, "input": json.dumps(source)}
    )
    expect_poll(states, execution("RUNNING"), None)
    expect_poll(states, execution("RUNNING"), counts(400, 5, 595))
    expect_poll(states, execution("SUCCEEDED", output=json.dumps(SUMMARY)), counts(995, 5, 0))
    assert aws.main(flags) == 0
    states.assert_no_pending_responses()
    shown = capsys.readouterr()
    assert EXECUTION in shown.err
    assert "1.00k/1.00k" in shown.err
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["digit", "7", "99"] in lines
    assert ["missing", "2"] in lines
    assert "5 items failed with StorageDenied" in shown.out
    assert "12.5 s; rows in s3://out/results/may/rows/" in shown.out


def test_a_run_that_read_numbers_is_summed_up_by_them() -> None:
    counts = {"with_numbers": 700, "numbers": 1_234, "digits": 5_678, "refused": {"missing": 20}}
    lines = describe(SUMMARY | counts).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["with", "numbers", "700"],
        ["without", "280"],
        ["missing", "20"],
        ["all", "1,000"],
    ]
    assert lines[4] == "1,234 numbers of 5,678 digits"


def test_a_run_that_fails_is_told_with_its_cause(
    services: dict[str, Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    failed = execution("FAILED", error="States.ExceedToleratedFailureThreshold", cause="too many failed")
    expect_poll(services["stepfunctions"], failed, counts(400, 600, 0))
    assert aws.main(["--execution", EXECUTION]) == 1
    shown = capsys.readouterr()
    assert "Received: FAILED, States.ExceedToleratedFailureThreshold: too many failed" in shown.err
    assert not shown.out


def test_a_stack_without_the_workflow_says_how_to_get_it(
    services: dict[str, Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    expect_stack(services["cloudformation"], ("Url", "https://…"))
    assert aws.main(["--prefix", "crops/"]) == 1
    assert "deploy it with PARAMETERS=BulkConcurrency=…" in capsys.readouterr().err


def test_a_refusal_of_aws_is_told_in_its_words(
    services: dict[str, Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    services["cloudformation"].add_client_error("describe_stacks", "ValidationError", "Stack digits: none")
    assert aws.main(["--prefix", "crops/"]) == 1
    assert "Stack digits: none" in capsys.readouterr().err


@pytest.mark.parametrize("flags", [[], ["--prefix", "a", "--manifest", "b"]])
def test_one_source_must_be_named(flags: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        aws.main(flags)
