"""The worker of the bulk workflow: one batch of objects in, one row for each out."""

import os
from typing import Any

from bulk.batch import lines, parse
from bulk.counts import count
from bulk.errors import ItemError
from bulk.objects import connect, fetch, fetch_ahead, store
from bulk.rows import Entry, classify
from bulk.settings import read_settings
from digits.model import Model

settings = read_settings(os.environ)
model = Model.load(settings.model_dir)
client = connect(settings.concurrency)


def handler(event: object, context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Classify a batch of objects and write its rows as JSON Lines to the results bucket.

    Returns:
        `Results`, the key of the rows' object, `Model`, the version, `Counts`, as counts.count() gives
        them, and `Rows`: for each item, in order, its key and either class, probability, digit_score
        and is_digit, or error and detail.

    Raises:
        InvalidBatch: the event is none that this function can answer.
        StorageDenied, StorageThrottled, StorageUnavailable: nothing was written; the workflow tries again.
    """
    batch = parse(event)
    keys = [None if isinstance(key, ItemError) else key for key in batch.keys]
    pictures = fetch_ahead(_fetch, batch.keys, settings.concurrency)
    rows = list(classify(model, map(Entry, keys, pictures)))
    store(client, settings.results_bucket, batch.results_key, lines(rows), "application/x-ndjson")
    return {"Results": batch.results_key, "Model": model.version, "Counts": count(rows), "Rows": rows}


def _fetch(key: str) -> bytes:
    return fetch(client, settings.input_bucket, key, settings.max_object_bytes)
