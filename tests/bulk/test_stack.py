"""The bulk function in the Lambda image, under the SAM CLI, against a real S3 server: moto's, over HTTP.

DIGITS_BULK_IMAGES says how many images; ten thousand take some minutes.
"""

import json
import logging
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bulk.errors import BatchUnfinished
from events import load_event
from events.draw import amount, png
from tests.bulk.test_bulk import CREDENTIALS
from tests.bulk.test_shards import tar
from tests.project import ROOT, environment

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("built")]

IMAGES = int(os.environ.get("DIGITS_BULK_IMAGES", "500"))
BATCH = 250
AMOUNTS = 20
INPUT, RESULTS = "digits-pictures", "digits-results"


@pytest.fixture(scope="module")
def s3(built: None) -> Iterator["S3Client"]:  # noqa: ARG001 - asked for its effect
    """Serve S3 where containers reach this machine, on Docker's own network."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(gateway(), 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        region_name="us-east-1",
    )
    for bucket in (INPUT, RESULTS):
        client.create_bucket(Bucket=bucket)
    yield client
    client.close()
    server.stop()


@pytest.fixture(scope="module")
def crops(s3: "S3Client") -> None:
    """Put digits into the bucket, one by one."""
    digits = [png(digit) for digit in range(10)]
    with ThreadPoolExecutor(4) as pool:
        for place in range(IMAGES):
            pool.submit(s3.put_object, Bucket=INPUT, Key=key(place), Body=digits[place % 10])


def gateway() -> str:
    """Return this machine's address on Docker's bridge, which nothing but containers can reach."""
    command = ["docker", "run", "--rm", "--add-host=gateway:host-gateway", "--entrypoint=cat"]
    command += ["public.ecr.aws/lambda/python:3.13", "/etc/hosts"]
    hosts = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (address,) = (line.split()[0] for line in hosts.splitlines() if line.endswith("gateway"))
    return address


def key(place: int) -> str:
    """Return the key of an image, by its place."""
    return f"crops/{place:06}.png"


def invoke(function: str, event: Any, s3: "S3Client", folder: Path) -> dict[str, Any]:
    """Have the SAM CLI run a function of the template in its image, in a container of its own.

    Where time runs out within a shard, a busy machine's perhaps, it goes on as often as the workflow does.
    """
    variables = {
        "INPUT_BUCKET": INPUT,
        "RESULTS_BUCKET": RESULTS,
        "AWS_ENDPOINT_URL_S3": s3.meta.endpoint_url,
    }
    (folder / "event.json").write_text(json.dumps(event))
    (folder / "variables.json").write_text(json.dumps({function: variables}))
    command = [".venv/sam/bin/sam", "local", "invoke", function]
    command += ["--event", str(folder / "event.json"), "--env-vars", str(folder / "variables.json")]
    attempts = (answered(command) for _ in range(4))
    answer = next(each for each in attempts if each.get("errorType") != BatchUnfinished.__name__)
    assert "errorType" not in answer, answer
    return answer


def answered(command: Sequence[str]) -> dict[str, Any]:
    """Run a command and return the JSON that it prints."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment() | CREDENTIALS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), f"it gave no answer, for want of time as a rule:\n{done.stderr}"
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.usefixtures("crops")
def test_every_image_of_a_bucket_is_classified_in_the_image(s3: "S3Client", tmp_path: Path) -> None:
    listed = (
        each["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=INPUT, Prefix="crops/")
        for each in page["Contents"]
    )
    keys = list(listed)
    classes: Counter[str] = Counter()
    for start in range(0, len(keys), BATCH):
        items = [{"Key": name} for name in keys[start : start + BATCH]]
        answer = invoke("BulkFunction", load_event("bulk/batch") | {"Items": items}, s3, tmp_path)
        assert [row["key"] for row in answer["Rows"]] == keys[start : start + BATCH]
        stored = s3.get_object(Bucket=RESULTS, Key=answer["Results"])["Body"].read().splitlines()
        assert [json.loads(line) for line in stored] == answer["Rows"]
        assert all(row["class"] == int(row["key"][6:12]) % 10 for row in answer["Rows"])
        classes.update(answer["Counts"]["classes"])
    assert len(keys) == IMAGES == classes.total()
    assert set(classes.values()) == {IMAGES // 10}


def test_a_shard_is_classified_in_the_image(s3: "S3Client", tmp_path: Path) -> None:
    digits = [png(digit) for digit in range(10)]
    files = {f"{place:06}.png": digits[place % 10] for place in range(IMAGES)}
    s3.put_object(Bucket=INPUT, Key="shards/digits.tar", Body=tar(files))
    answer = ask("shards", "predict", ["shards/digits.tar"], s3, tmp_path)
    assert answer["Counts"]["classes"] == {str(digit): IMAGES // 10 for digit in range(10)}
    found = rows_of("shards", s3)
    assert [row["key"] for row in found] == list(files)
    assert all(row["class"] == int(row["key"][:6]) % 10 for row in found)


def test_all_numbers_are_read_in_the_image(s3: "S3Client", tmp_path: Path) -> None:
    files = {f"{place:06}.png": amount() for place in range(AMOUNTS)}
    s3.put_object(Bucket=INPUT, Key="amounts/many.tar", Body=tar(files))
    s3.put_object(Bucket=INPUT, Key="amounts/one.png", Body=amount())
    answer = ask("amounts", "read", ["amounts/one.png", "amounts/many.tar"], s3, tmp_path)
    assert (answer["Counts"]["numbers"], answer["Counts"]["digits"]) == (AMOUNTS + 1, 5 * AMOUNTS + 5)
    assert "Rows" not in answer
    found = rows_of("amounts", s3)
    assert sorted(row["key"] for row in found) == [*files, "amounts/one.png"]
    assert {row["text"] for row in found} == {"18014"}


def ask(run: str, mode: str, keys: list[str], s3: "S3Client", folder: Path) -> dict[str, Any]:
    """Have the image read a batch of a run in a mode."""
    event = {"BatchInput": {"Run": run, "Mode": mode}, "Items": [{"Key": name} for name in keys]}
    return invoke("BulkFunction", event, s3, folder)


def rows_of(run: str, s3: "S3Client") -> list[dict[str, Any]]:
    """Return the rows that a run has left."""
    listed = s3.list_objects_v2(Bucket=RESULTS, Prefix=f"results/{run}/rows/")["Contents"]
    keys = [each["Key"] for each in listed if each["Key"].endswith(".jsonl")]
    bodies = [s3.get_object(Bucket=RESULTS, Key=name)["Body"].read() for name in keys]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


@pytest.mark.usefixtures("crops")
def test_a_run_is_summed_up_in_the_image(s3: "S3Client", tmp_path: Path) -> None:
    batch = load_event("bulk/batch")
    answer = invoke("BulkFunction", batch, s3, tmp_path)
    record = {name: answer[name] for name in ("Results", "Model", "Listed", "Counts")}
    place, run = "results/may/batches/4a2d", batch["BatchInput"]["Run"]
    listing = {"SUCCEEDED": [{"Key": f"{place}/SUCCEEDED_0.jsonl"}], "FAILED": [], "PENDING": []}
    s3.put_object(Bucket=RESULTS, Key=f"{place}/SUCCEEDED_0.jsonl", Body=json.dumps(record).encode())
    manifest = json.dumps({"ResultFiles": listing}).encode()
    s3.put_object(Bucket=RESULTS, Key=f"{place}/manifest.json", Body=manifest)
    asked = load_event("bulk/summary") | {"Listed": len(batch["Items"])}
    summary = invoke("SummaryFunction", asked, s3, tmp_path)
    assert summary["items"] == len(batch["Items"])
    assert summary["refused"] == {"missing": 1}
    stored = s3.get_object(Bucket=RESULTS, Key=f"results/{run}/summary.json")["Body"].read()
    assert json.loads(stored) == summary
