"""The last step of the bulk workflow: what its batches counted, added up, and every item accounted for."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bulk.batch import RESULTS
from bulk.counts import add
from bulk.errors import ItemsLost
from bulk.objects import connect, read_lines, store
from bulk.settings import read_settings

settings = read_settings(os.environ)
client = connect()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Add up a run from the manifest that its ResultWriter left; reads it line by line.

    Args:
        event: `Run`, its name; `Manifest`, the key of ResultWriter's manifest in the results bucket;
            `Listed`, how many items the Map Run counted; `Started`, when the run began (ISO 8601); `Mode`.
        context: Lambda's.

    Returns:
        The summary, which also stands at results/<run>/summary.json: `items` read, `objects` listed,
        what counts.count() counts in the run's mode, `refused` by kind of error, `failed` by the error that
        their batch ended with, the `models` that answered, `seconds` since the start and the prefix of the
        `rows`.

    Raises:
        ItemsLost: the items counted are not as many as were listed.
    """
    (manifest,) = _records([{"Key": event["Manifest"]}])
    files = manifest["ResultFiles"]
    models: Counter[str] = Counter()
    listed: Counter[str] = Counter()
    totals = add(_counts(files["SUCCEEDED"], models, listed), event["Mode"])
    failed = _failures([*files["FAILED"], *files["PENDING"]])
    accounted = listed.total() + failed.total()
    if accounted != event["Listed"]:
        raise ItemsLost(f"{event['Listed']:,} items were listed. Received: results of {accounted:,}")
    seconds = (datetime.now(UTC) - datetime.fromisoformat(event["Started"])).total_seconds()
    summary = {
        **totals,
        "items": totals["items"] + failed.total(),
        "objects": accounted,
        "failed": dict(failed),
        "models": dict(models),
        "seconds": round(seconds, 1),
        "rows": f"s3://{settings.results_bucket}/{RESULTS}/{event['Run']}/rows/",
    }
    place = f"{RESULTS}/{event['Run']}/summary.json"
    store(client, settings.results_bucket, place, json.dumps(summary).encode(), "application/json")
    return summary


def _counts(
    files: list[dict[str, Any]], models: Counter[str], listed: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Yield the counts of each batch that succeeded; adds its pictures and objects to those of its model."""
    for batch in _records(files):
        listed[batch["Model"]] += batch["Listed"]
        models[batch["Model"]] += batch["Counts"]["items"]
        yield batch["Counts"]


def _failures(files: list[dict[str, Any]]) -> Counter[str]:
    """Count the items of batches that failed, or were never begun, by the error."""
    failed: Counter[str] = Counter()
    for execution in _records(files):
        failed[execution.get("Error", execution["Status"])] += len(json.loads(execution["Input"])["Items"])
    return failed


def _records(files: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for file in files:
        yield from map(json.loads, read_lines(client, settings.results_bucket, file["Key"]))
