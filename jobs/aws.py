"""The command that runs the deployed bulk workflow, follows it and prints its summary: `make bulk`."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from tqdm import tqdm

from bulk.counts import MODES
from jobs.stack import find_output
from jobs.summary import describe

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_stepfunctions import SFNClient

POLL_SECONDS = 5.0  # between two looks at a run, which takes minutes


class RunFailed(Exception):
    """Raised when a run did not succeed, with what the workflow says of it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its flags are in --help."""
    options = _parse(arguments)
    workflows = boto3.client("stepfunctions")
    try:
        execution = options.execution
        if not execution:
            workflow = find_workflow(boto3.client("cloudformation"), options.stack)
            source = {"Manifest": options.manifest} if options.manifest else {"Prefix": options.prefix}
            source |= {"Shards": True} if options.shards else {}
            source |= {"Mode": options.mode} if options.mode != MODES[0] else {}
            execution = start(workflows, workflow, source)
            print(f"Started {execution}", file=sys.stderr)  # noqa: T201
        print(describe(follow(workflows, execution)))  # noqa: T201
    except (BotoCoreError, ClientError, LookupError, RunFailed) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print(f"The run goes on; follow it with --execution {execution}", file=sys.stderr)  # noqa: T201
        return 130
    return 0


def find_workflow(stacks: "CloudFormationClient", stack: str) -> str:
    """Return the ARN of a stack's bulk workflow.

    Raises:
        LookupError: the stack was deployed without one.
    """
    otherwise = "has no bulk workflow; deploy it with PARAMETERS=BulkConcurrency=…"
    return find_output(stacks, stack, "BulkWorkflowArn", otherwise)


def start(workflows: "SFNClient", workflow: str, source: dict[str, Any]) -> str:
    """Start a run over a source, as the workflow takes it; return the ARN of its execution."""
    return workflows.start_execution(stateMachineArn=workflow, input=json.dumps(source))["executionArn"]


def follow(workflows: "SFNClient", execution: str) -> dict[str, Any]:
    """Wait for a run to end, showing how many items are done; return its summary.

    Raises:
        RunFailed: it ended otherwise than in success.
    """
    with tqdm(unit="item", unit_scale=True) as bar:
        while (status := workflows.describe_execution(executionArn=execution))["status"] == "RUNNING":
            _show(workflows, execution, bar)
            time.sleep(POLL_SECONDS)
        _show(workflows, execution, bar)
    if status["status"] != "SUCCEEDED":
        reason = f"{status.get('error', 'no error named')}: {status.get('cause', 'no cause given')}"
        raise RunFailed(f"The run must succeed. Received: {status['status']}, {reason}")
    summary: dict[str, Any] = json.loads(status["output"])
    return summary


def _show(workflows: "SFNClient", execution: str, bar: "tqdm[Any]") -> None:
    """Bring the bar to what the Map Run counts, once there is one."""
    for run in workflows.list_map_runs(executionArn=execution)["mapRuns"]:
        counts = workflows.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
        bar.total = counts["total"]
        bar.n = counts["succeeded"] + counts["failed"] + counts["timedOut"] + counts["aborted"]
        bar.set_postfix(failed=counts["failed"] + counts["timedOut"], running=counts["running"])


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jobs.aws", description="Run the bulk workflow.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--prefix", help="read every object whose key begins so")
    source.add_argument("--manifest", help="key of a .csv or .jsonl file that lists the objects")
    source.add_argument("--execution", help="ARN of a run to follow, instead of starting one")
    parser.add_argument("--shards", action="store_true", help="the objects are shards: one to an invocation")
    parser.add_argument(
        "--mode",
        choices=MODES,
        default=MODES[0],
        help="one digit a picture, or all numbers (default: %(default)s)",
    )
    parser.add_argument("--stack", default="digits", help="name of the deployed stack (default: digits)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
