"""The worker of the bulk workflow: one batch of objects in, one row for each out."""

import os
from typing import Any

from bulk.batch import lines, parse
from bulk.counts import Row, add, count
from bulk.errors import ItemError
from bulk.objects import connect, fetch, fetch_ahead, store
from bulk.parts import Shards
from bulk.rows import Entry, classify
from bulk.settings import read_settings
from bulk.shards import kind_of
from digits.model import Model

settings = read_settings(os.environ)
model = Model.load(settings.model_dir)
client = connect(settings.concurrency)


def handler(event: object, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's, which has no type
    """Classify a batch of objects, pictures and shards, and write its rows to the results bucket.

    Returns:
        `Results`, the key of the rows' object, `Model`, the version, `Listed`, how many items the batch
        has, `Counts` of their pictures, as counts.count() gives them, and `Rows`: for each item that is no
        shard, in order, its key and either class, probability, digit_score and is_digit, or error and
        detail. The rows of shards are in objects of their own.

    Raises:
        InvalidBatch: the event is none that this function can answer.
        BatchUnfinished: time runs out; the workflow tries again, and that goes on from here.
        StorageDenied, StorageThrottled, StorageUnavailable: as BatchUnfinished.
    """
    batch = parse(event)
    shards = [key for key in batch.keys if isinstance(key, str) and kind_of(key)]
    rows = _classify([key for key in batch.keys if isinstance(key, ItemError) or not kind_of(key)])
    if rows:
        store(client, settings.results_bucket, batch.results_key, lines(rows), "application/x-ndjson")
    job = Shards(
        client, model, settings.input_bucket, settings.results_bucket, batch.run, settings.max_object_bytes
    )
    counts = [count(rows), *(job.classify(key, lambda: _seconds_left(context)) for key in shards)]
    answer = {"Results": batch.results_key, "Model": model.version, "Listed": len(batch.keys)}
    return answer | {"Counts": add(counts) if shards else count(rows), "Rows": rows}


def _classify(keys: list[str | ItemError]) -> list[Row]:
    names = [None if isinstance(key, ItemError) else key for key in keys]
    return list(classify(model, map(Entry, names, fetch_ahead(_fetch, keys, settings.concurrency))))


def _seconds_left(context: Any) -> float:  # noqa: ANN401
    return float(context.get_remaining_time_in_millis() / 1000)


def _fetch(key: str) -> bytes:
    return fetch(client, settings.input_bucket, key, settings.max_object_bytes)
