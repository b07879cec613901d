"""The bulk workflow: its definition read, and run by a driver that follows the language's rules."""

import csv
import importlib
import io
import itertools
import json
import os
import random
import re
import subprocess
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from time import process_time
from types import ModuleType
from typing import Any

import pytest

from bulk import errors
from bulk.batch import ENVELOPE_BYTES, ROW_BYTES, STATE_LIMIT
from bulk.counts import count
from bulk.errors import BatchUnfinished, ItemsLost, StorageDenied, StorageThrottled
from bulk.objects import READ_TIMEOUT, REQUEST_ATTEMPTS, connect
from bulk.settings import read_settings
from events.draw import amount, png
from tests.bulk.test_bulk import CREDENTIALS, Context
from tests.bulk.test_shards import tar
from tests.project import ROOT
from tests.stand_ins.cloudformation import REGION, Stack, Template, created, transform
from tests.stand_ins.s3_server import Fault, S3Server, s3_server
from tests.stand_ins.workflow_driver import Driver, StateError

SUBSTITUTIONS = {
    "Partition": "aws",
    "InputBucket": "in",
    "ResultsBucket": "out",
    "BulkFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:bulk",
    "SummaryFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:summary",
    "BatchSize": "50",
    "ReadBatchSize": "20",
    "Concurrency": "20",
    "ToleratedFailurePercentage": "5",
}
BULK, SUMMARY = SUBSTITUTIONS["BulkFunctionArn"], SUBSTITUTIONS["SummaryFunctionArn"]
MAPS = ("Prefix", "Csv", "JsonLines")


@cache
def both() -> tuple[Template, Template]:
    """Return the template as written, and as CloudFormation gets it."""
    return transform()


def source() -> str:
    """Return the workflow as the template has it, as JSON."""
    return json.dumps(both()[0]["Resources"]["BulkWorkflow"]["Properties"]["Definition"])


def substitute(text: str, values: dict[str, str]) -> str:
    """Put values for the placeholders, as CloudFormation does."""
    return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], text)


def definition(**values: str) -> Any:
    """Return the workflow, its placeholders filled."""
    return json.loads(substitute(source(), SUBSTITUTIONS | values))


def classify_states() -> dict[str, Any]:
    """Return the three Map states by the way they read items."""
    return {name: definition()["States"][f"Classify{name}"] for name in MAPS}


def lint(machine: Any, folder: Path) -> subprocess.CompletedProcess[str]:
    """Have cfn-lint read a workflow, which it does where the definition stands in a template."""
    properties = {"RoleArn": "arn:aws:iam::123456789012:role/bulk", "Definition": machine}
    template = {"Resources": {"Bulk": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
    path = folder / "template.json"
    path.write_text(json.dumps(template))
    command = [".venv/sam/bin/cfn-lint", str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_linter_accepts_the_workflow(tmp_path: Path) -> None:
    linted = lint(definition(), tmp_path)
    assert linted.returncode == 0, linted.stdout


def test_the_linter_would_tell_a_broken_one(tmp_path: Path) -> None:
    machine = definition()
    del machine["States"]["ClassifyCsv"]["ItemProcessor"]
    assert "ItemProcessor" in lint(machine, tmp_path).stdout


def test_the_workflow_reaches_step_functions_as_written() -> None:
    """SAM writes out the anchors, and CloudFormation fills the placeholders."""
    machine = both()[1]["Resources"]["BulkWorkflow"]["Properties"]
    text = "\n".join(machine["DefinitionString"]["Fn::Join"][1])
    assert json.loads(substitute(text, SUBSTITUTIONS)) == definition()


def test_every_state_named_exists_and_is_reached() -> None:
    machine = definition()
    text = json.dumps(machine["States"])
    named = set(re.findall(r'"(?:Next|Default)": "(\w+)"', text)) | {machine["StartAt"]}
    assert named == set(machine["States"])


def test_the_three_ways_differ_in_nothing_but_their_reader() -> None:
    plain = {
        re.sub(rf"(Classify|Batch){name}", r"\1", json.dumps(state | {"ItemReader": None}))
        for name, state in classify_states().items()
    }
    assert len(plain) == 1


def test_what_the_worker_raises_is_tried_again_if_that_may_help() -> None:
    ours = {name for name, each in vars(errors).items() if isinstance(each, type)}
    for name, state in classify_states().items():
        retriers = state["ItemProcessor"]["States"][f"Batch{name}"]["Retry"]
        retried = {error for retrier in retriers for error in retrier["ErrorEquals"]}
        mended = {name for name in ours if name.startswith("Storage")} | {BatchUnfinished.__name__}
        assert {error for error in retried if "." not in error} == mended
        assert retried >= {"Lambda.TooManyRequestsException", "Lambda.ServiceException", "Sandbox.Timedout"}
        assert "States.ALL" not in retried
        assert all(retrier["JitterStrategy"] == "FULL" for retrier in retriers)
        assert state["Catch"][0]["ErrorEquals"] == ["States.ALL"]


def waits(retrier: dict[str, Any]) -> float:
    """Return the longest that all the pauses of a retrier can take together, in seconds."""
    longest: float = retrier.get("MaxDelaySeconds", float("inf"))
    first, rate = retrier["IntervalSeconds"], retrier["BackoffRate"]
    return sum((min(first * rate**n, longest) for n in range(retrier["MaxAttempts"])), 0.0)


def test_all_attempts_that_fail_in_one_way_fit_into_an_express_execution(
    templates: tuple[Template, Template],
) -> None:
    """Five minutes; an attempt ends when S3 has been silent to each of its requests, or with the worker."""
    storage, worker, unfinished = classify_states()["Prefix"]["ItemProcessor"]["States"]["BatchPrefix"][
        "Retry"
    ]
    assert "StorageUnavailable" in storage["ErrorEquals"]
    assert "Sandbox.Timedout" in worker["ErrorEquals"]
    backoff = 3  # more than urllib3 and the SDK wait between an object's requests
    silence = REQUEST_ATTEMPTS * READ_TIMEOUT + backoff
    timeout = templates[0]["Resources"]["BulkFunction"]["Properties"]["Timeout"]
    for retrier, attempt in ((storage, silence), (worker, timeout), (unfinished, timeout)):
        assert waits(retrier) + attempt * (retrier["MaxAttempts"] + 1) < 300


# ---- What the template makes of it.


@pytest.fixture(scope="module")
def templates() -> tuple[Template, Template]:
    """Return the template as written and as transformed."""
    return both()


def test_the_template_fills_every_placeholder_and_ties_the_limits(
    templates: tuple[Template, Template],
) -> None:
    template, _ = templates
    workflow = template["Resources"]["BulkWorkflow"]["Properties"]
    given = workflow["DefinitionSubstitutions"]
    assert given.keys() == set(re.findall(r"\$\{(\w+)\}", source())) == SUBSTITUTIONS.keys()
    function = template["Resources"]["BulkFunction"]["Properties"]
    assert function["ReservedConcurrentExecutions"] == given["Concurrency"] == {"Ref": "BulkConcurrency"}
    largest = template["Parameters"]["BulkBatchSize"]["MaxValue"]
    for state in classify_states().values():
        keys = state["ItemBatcher"]["MaxInputBytesPerBatch"]
        assert ENVELOPE_BYTES + largest * ROW_BYTES + keys <= STATE_LIMIT


def bulk_resources(stack: Stack, transformed: Template) -> set[str]:
    """Return the resources of the bulk workflow that are made."""
    return {
        name
        for name, each in transformed["Resources"].items()
        if re.match("Bulk|Summary|InputBucket|ResultsBucket", name) and stack.holds(each.get("Condition"))
    }


def test_nothing_of_it_is_made_unless_asked_for(templates: tuple[Template, Template]) -> None:
    with created(templates[1]) as stack:
        assert not bulk_resources(stack, templates[1])


@pytest.mark.parametrize("own", [False, True])
def test_it_is_made_over_buckets_of_ones_own_or_new_private_ones(
    own: bool, templates: tuple[Template, Template]
) -> None:
    given = {"BulkInputBucket": "my-pictures", "BulkResultsBucket": "my-results"} if own else {}
    with created(templates[1], BulkConcurrency="7", **given) as stack:
        made = bulk_resources(stack, templates[1])
        assert made >= {"BulkWorkflow", "BulkFunction", "SummaryFunction", "BulkFailedAlarm"}
        assert ({"InputBucket", "ResultsBucket"} <= made) == (not own)
        function = stack.properties("BulkFunction")
        assert int(function["ReservedConcurrentExecutions"]) == 7
        variables = function["Environment"]["Variables"]
        if own:
            assert (variables["INPUT_BUCKET"], variables["RESULTS_BUCKET"]) == ("my-pictures", "my-results")
        for name in {"InputBucket", "ResultsBucket"} & made:
            assert refuses_without_tls(stack, name)
            bucket = stack.properties(name)
            assert all(bucket["PublicAccessBlockConfiguration"].values())
            assert bucket["BucketEncryption"]
        assert not made & {"InputBucket"} or stack.properties("ResultsBucket")["LifecycleConfiguration"]
        assert allowed(stack, "BulkRole") == {
            f"arn:aws:s3:::{variables['INPUT_BUCKET']}": {"s3:ListBucket"},
            f"arn:aws:s3:::{variables['RESULTS_BUCKET']}": {"s3:ListBucket"},
            f"arn:aws:s3:::{variables['INPUT_BUCKET']}/*": {"s3:GetObject"},
            f"arn:aws:s3:::{variables['RESULTS_BUCKET']}/results/*/rows/*": {"s3:GetObject", "s3:PutObject"},
            **logs_and_traces(stack),
        }
        assert allowed(stack, "SummaryRole") == {
            f"arn:aws:s3:::{variables['RESULTS_BUCKET']}/results/*/batches/*": {"s3:GetObject"},
            f"arn:aws:s3:::{variables['RESULTS_BUCKET']}/results/*/summary.json": {"s3:PutObject"},
            **logs_and_traces(stack),
        }
        everywhere = allowed(stack, "BulkWorkflowRole").pop("*")
        assert {action.partition(":")[0] for action in everywhere} == {"logs", "xray"}


def refuses_without_tls(stack: Stack, bucket: str) -> bool:
    """Return whether a bucket denies whatever is asked without TLS."""
    (statement,) = stack.properties(f"{bucket}Policy")["PolicyDocument"]["Statement"]
    arn = f"arn:aws:s3:::{stack.properties(f'{bucket}Policy')['Bucket']}"
    return bool(
        statement["Effect"] == "Deny"
        and (statement["Principal"], statement["Action"]) == ("*", "s3:*")
        and statement["Resource"] == [arn, f"{arn}/*"]
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}
    )


def test_a_start_that_fails_is_kept_and_alarmed(templates: tuple[Template, Template]) -> None:
    resources = templates[1]["Resources"]
    (target,) = resources["BulkWorkflowManifest"]["Properties"]["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["BulkFailedStarts", "Arn"]}}
    (statement,) = resources["BulkFailedStartsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    rule = {"Fn::GetAtt": ["BulkWorkflowManifest", "Arn"]}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rule}}
    alarm = resources["BulkFailedStartsAlarm"]["Properties"]
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["BulkFailedStarts", "QueueName"]}
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)


def logs_and_traces(stack: Stack) -> dict[str, set[str]]:
    """Return what each function may do beside its work."""
    group = stack.properties("BulkFunction")["LoggingConfig"]["LogGroup"]
    return {
        f"arn:aws:logs:{REGION}:123456789012:log-group:{group}": {
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        },
        "*": {"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
    }


def allowed(stack: Stack, role: str) -> dict[str, set[str]]:
    """Return a role's actions by resource."""
    found: dict[str, set[str]] = {}
    for policy in stack.properties(role)["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions, resources = (
                [value] if isinstance(value, str) else value
                for value in (statement["Action"], statement["Resource"])
            )
            assert statement["Effect"] == "Allow"
            assert not [action for action in actions if "*" in action]
            for resource in resources:
                found.setdefault(resource, set()).update(actions)
    return found


# ---- The workflow run.


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """Serve S3 from memory."""
    with s3_server() as server:
        yield server


@pytest.fixture
def functions(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """Import both functions as Lambda does, connected to an empty endpoint."""
    s3.objects.clear()
    s3.faults.clear()
    s3.asked.clear()
    monkeypatch.setattr("time.sleep", lambda _: None)
    buckets = {"INPUT_BUCKET": "in", "RESULTS_BUCKET": "out", "AWS_ENDPOINT_URL_S3": s3.url}
    for name, value in (CREDENTIALS | buckets).items():
        monkeypatch.setenv(name, value)
    modules = {name: importlib.import_module(f"bulk.{name}") for name in ("handler", "summary")}
    for module in modules.values():  # which another test may have imported in other surroundings
        monkeypatch.setattr(module, "settings", read_settings(os.environ))
        monkeypatch.setattr(module, "client", connect())
    return modules


def drive(
    s3: S3Server, functions: dict[str, ModuleType], worker: Callable[[Any], Any] | None = None, **values: str
) -> Driver:
    """Return a driver of the workflow over what the endpoint holds."""

    def read_items(reader: Any) -> Iterator[Any]:
        place = f"in/{reader['Parameters'].get('Key', '')}"
        match reader.get("ReaderConfig", {}).get("InputType"):
            case "CSV":
                yield from csv.DictReader(io.StringIO(s3.objects[place].decode()))
            case "JSONL":
                yield from map(json.loads, s3.objects[place].splitlines())
            case None:
                start = place + reader["Parameters"]["Prefix"]
                yield from ({"Key": path[3:]} for path in sorted(s3.objects) if path.startswith(start))

    driver = Driver(
        definition(**values),
        tasks={
            BULK: worker or (lambda event: functions["handler"].handler(event, Context(50))),
            SUMMARY: lambda event: functions["summary"].handler(event, None),
            "aws-sdk:sfn:describeMapRun": lambda _: {"ItemCounts": {"Total": driver.listed}},
        },
        read_items=read_items,
        write=lambda key, content: s3.objects.update({f"out/{key}": content}),
        context={"Execution": {"Name": "may", "StartTime": "2026-05-01T12:00:00.000Z"}},
    )
    return driver


def fill(s3: S3Server, number: int) -> list[str]:
    """Put that many digits, one in ten of them no image, under crops/; return their keys."""
    keys = [f"crops/{place:04}.png" for place in range(number)]
    s3.objects |= {f"in/{key}": png(place % 10) for place, key in enumerate(keys)}
    s3.objects |= {f"in/{key}": b"no image" for key in keys[9::10]}
    s3.objects["in/other/0.png"] = png(0)
    return keys


def written(s3: S3Server) -> list[dict[str, Any]]:
    """Return every row in the results bucket."""
    return [
        json.loads(line)
        for path, content in sorted(s3.objects.items())
        if path.startswith("out/results/may/rows/")
        for line in content.splitlines()
    ]


def test_a_prefix_is_classified_and_summed_up(s3: S3Server, functions: dict[str, ModuleType]) -> None:
    keys = fill(s3, 320)
    driver = drive(s3, functions)
    summary = driver.run({"Prefix": "crops/"})
    assert driver.batches == 7
    assert sorted(row["key"] for row in written(s3)) == keys
    assert {name: summary[name] for name in ("items", "not_digit", "refused", "failed")} == {
        "items": 320,
        "not_digit": 0,
        "refused": {"invalid-image": 32},
        "failed": {},
    }
    assert summary["classes"] == {str(digit): 32 * (digit != 9) for digit in range(10)}
    assert summary["models"] == {functions["handler"].model.version: 320}
    assert summary["rows"] == "s3://out/results/may/rows/"
    assert json.loads(s3.objects["out/results/may/summary.json"]) == summary


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_manifest_is_classified(kind: str, s3: S3Server, functions: dict[str, ModuleType]) -> None:
    keys = fill(s3, 60)[:-1:2]
    listing = {
        "csv": "Label,Key\n" + "".join(f"x,{key}\n" for key in keys) + "y\n",
        "jsonl": "".join(json.dumps({"Key": key}) + "\n" for key in keys) + '{"Name": "no key"}\n',
    }
    s3.objects[f"in/incoming/some.{kind}"] = listing[kind].encode()
    summary = drive(s3, functions).run({"Manifest": f"incoming/some.{kind}"})
    assert summary["items"] == len(keys) + 1
    assert summary["refused"] == {"invalid-item": 1}
    assert {row["key"] for row in written(s3)} == {*keys, None}


def test_shards_are_classified_one_to_an_invocation_and_gone_on_with(
    s3: S3Server, functions: dict[str, ModuleType]
) -> None:
    """DIGITS_BULK_SHARDED=100000 makes it a hundred thousand pictures in ten shards."""
    pictures = int(os.environ.get("DIGITS_BULK_SHARDED", "900"))
    size = min(pictures // 3, 10_000)
    digits = [png(digit) for digit in range(10)]
    files = {f"{place:05}.png": digits[place % 10] for place in range(size)}
    s3.objects |= {f"in/shards/{shard}.tar": tar(files) for shard in range(pictures // size)}
    moments, attempts = random.Random(7), itertools.count()

    def worker(event: Any) -> Any:
        """Let each second attempt run out of processor time somewhere within its shard."""
        time_left = 10 + size * moments.uniform(0, 0.0002) if next(attempts) % 2 else 50
        return functions["handler"].handler(event, Context(time_left, process_time))

    driver = drive(s3, functions, worker)
    summary = driver.run({"Prefix": "shards/", "Shards": True})
    assert driver.batches == pictures // size
    assert [error for error, *_ in driver.waits] == [BatchUnfinished.__name__] * (driver.batches - 1)
    assert (summary["items"], summary["objects"]) == (pictures, driver.batches)
    assert summary["classes"] == {str(digit): pictures // 10 for digit in range(10)}
    parts = [path for path in s3.objects if path.startswith("out/results/may/rows/") and path.endswith("l")]
    assert len(parts) == 2 * driver.batches - 1
    found = [json.loads(line) for path in parts for line in s3.objects[path].splitlines()]
    assert sorted((row["shard"], row["key"]) for row in found) == [
        (f"shards/{shard}.tar", name) for shard in range(driver.batches) for name in files
    ]


def test_all_numbers_are_read_where_the_mode_says_so(s3: S3Server, functions: dict[str, ModuleType]) -> None:
    s3.objects |= {f"in/amounts/{place:03}.png": amount() for place in range(45)}
    s3.objects |= {"in/amounts/none.png": b"", "in/amounts/shard.tar": tar({"a.png": amount()})}
    driver = drive(s3, functions)
    summary = driver.run({"Prefix": "amounts/", "Mode": "read"})
    assert driver.batches == 3
    expected = {
        "items": 47,
        "with_numbers": 46,
        "numbers": 46,
        "digits": 230,
        "refused": {"invalid-image": 1},
    }
    assert {name: summary[name] for name in expected} == expected
    assert "classes" not in summary
    assert {row["text"] for row in written(s3) if "error" not in row and "key" in row} == {"18014"}
    with pytest.raises(StateError, match=r"InvalidInput: The Mode of the input must be predict or read\."):
        drive(s3, functions).run({"Prefix": "amounts/", "Mode": "look"})


@pytest.mark.parametrize("given", [{}, {"Manifest": "a.xml"}, {"Prefix": 5}, {"Manifest": None}], ids=ascii)
def test_an_input_that_names_no_source_fails_the_run(
    given: Any, s3: S3Server, functions: dict[str, ModuleType]
) -> None:
    with pytest.raises(StateError, match="InvalidInput"):
        drive(s3, functions).run(given)


def test_throttling_is_waited_out(s3: S3Server, functions: dict[str, ModuleType]) -> None:
    keys = fill(s3, 100)
    s3.faults[f"in/{keys[3]}"] = [Fault(503, "SlowDown")] * 10  # the SDK's four attempts, twice, and two
    driver = drive(s3, functions)
    assert driver.run({"Prefix": "crops/"})["items"] == len(written(s3)) == 100
    assert [(error, longest) for error, longest, _ in driver.waits] == [
        (StorageThrottled.__name__, 1),
        (StorageThrottled.__name__, 2),
    ]
    assert all(0 <= drawn <= longest for _, longest, drawn in driver.waits)


@pytest.mark.parametrize(("tolerated", "fails"), [("10", False), ("9", True)])
def test_a_batch_that_is_denied_is_accounted_for(
    tolerated: str, fails: bool, s3: S3Server, functions: dict[str, ModuleType]
) -> None:
    keys = fill(s3, 500)
    s3.faults[f"in/{keys[70]}"] = [Fault(403, "AccessDenied")] * 9
    driver = drive(s3, functions, ToleratedFailurePercentage=tolerated)
    if fails:
        with pytest.raises(StateError, match=r"States\.ExceedToleratedFailureThreshold"):
            driver.run({"Prefix": "crops/"})
    else:
        summary = driver.run({"Prefix": "crops/"})
        assert (summary["items"], summary["failed"]) == (500, {StorageDenied.__name__: 50})
    assert len(written(s3)) == 450
    assert s3.asked[f"GET in/{keys[70]}"] == 3


def test_errors_of_lambda_itself_are_tried_again(s3: S3Server, functions: dict[str, ModuleType]) -> None:
    fill(s3, 100)
    failing = iter(["Lambda.TooManyRequestsException"] * 5 + ["Sandbox.Timedout", "Lambda.ServiceException"])

    def worker(event: Any) -> Any:
        if error := next(failing, None):
            raise StateError(error, "as the test asks")
        return functions["handler"].handler(event, None)

    driver = drive(s3, functions, worker)
    assert driver.run({"Prefix": "crops/"})["items"] == 100
    assert [longest for _, longest, _ in driver.waits] == [1, 2, 4, 8, 16, 5, 20]


def test_a_run_that_lost_items_says_so(s3: S3Server, functions: dict[str, ModuleType]) -> None:
    fill(s3, 100)

    def worker(event: Any) -> Any:
        return functions["handler"].handler(event | {"Items": event["Items"][1:]}, None)

    with pytest.raises(StateError, match=rf"{ItemsLost.__name__}: 100 items .* Received: results of 98"):
        drive(s3, functions, worker).run({"Prefix": "crops/"})


def peak_of(keys: int, s3: S3Server, functions: dict[str, ModuleType]) -> int:
    """Run the workflow over that many keys, with a worker that reads no object; return the bytes needed."""

    def worker(event: Any) -> Any:
        rows = [{"key": item["Key"], "class": 1, "is_digit": True} for item in event["Items"]]
        answer = {"Results": "results/may/rows/x", "Model": "1.0.0", "Listed": len(rows)}
        return answer | {"Counts": count(rows), "Rows": rows}

    driver = drive(s3, functions, worker, BatchSize="400")
    driver.read_items = lambda _: ({"Key": f"crops/{place:08}.png", "Size": 400} for place in range(keys))
    tracemalloc.start()
    try:
        summary = driver.run({"Prefix": "crops/"})
        assert driver.batches == -(-keys // 400)
        assert Counter(summary["classes"]).total() == summary["items"] == driver.listed == keys
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_keys_are_listed_and_batched_in_little_memory(s3: S3Server, functions: dict[str, ModuleType]) -> None:
    """DIGITS_BULK_KEYS=1000000 makes it a million; a tenth of the keys should need about as much."""
    keys = int(os.environ.get("DIGITS_BULK_KEYS", "20000"))
    few, many = (peak_of(number, s3, functions) for number in (keys // 10, keys))
    # What grows is what ResultWriter keeps here, and S3 in service: some hundred bytes to a batch.
    assert many - few < 100_000 + keys / 400 * 1_000
