"""The worker of the bulk workflow: one batch of objects in, one row for each out."""

import os
from functools import cache
from typing import Any

from bulk.batch import lines, parse
from bulk.counts import Mode, add, count
from bulk.errors import ItemError
from bulk.modes import Work, load
from bulk.objects import connect, store
from bulk.parts import Shards
from bulk.pictures import Pictures
from bulk.settings import read_settings
from bulk.shards import kind_of
from digits.model import Model

settings = read_settings(os.environ)
model = Model.load(settings.model_dir)
client = connect(settings.concurrency)


def handler(event: object, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's, which has no type
    """Read a batch of objects, pictures and shards, and write its rows to the results bucket.

    Returns:
        `Results`, the key of the rows' object, `Model`, the version, `Listed`, how many items the batch
        has, `Counts` of their pictures, as counts.count() gives them, and in mode "predict" `Rows`: for each
        item that is no shard, in order, its key and either class, probability, digit_score and is_digit, or
        error and detail. The rows of shards are in objects of their own; those of mode "read", which may
        be longer than an answer, stand in the results bucket alone.

    Raises:
        InvalidBatch: the event is none that this function can answer.
        BatchUnfinished: time runs out; the workflow tries again, and that goes on from here.
        StorageDenied, StorageThrottled, StorageUnavailable: as BatchUnfinished.
    """
    batch = parse(event)
    shards = [key for key in batch.keys if isinstance(key, str) and kind_of(key)]
    work = _work(batch.mode)
    singles = [key for key in batch.keys if isinstance(key, ItemError) or not kind_of(key)]
    rows = _pictures(work).read(singles, batch.place_key, lambda: _seconds_left(context)) if singles else []
    if rows:
        store(client, settings.results_bucket, batch.results_key, lines(rows), "application/x-ndjson")
    job = Shards(
        client, work, settings.input_bucket, settings.results_bucket, batch.run, settings.max_object_bytes
    )
    counts = [count(rows, batch.mode)]
    counts += [dict(job.classify(key, lambda: _seconds_left(context))) for key in shards]
    answer = {"Results": batch.results_key, "Model": model.version, "Listed": len(batch.keys)}
    answer["Counts"] = add(counts, batch.mode) if shards else counts[0]
    return answer | ({"Rows": rows} if batch.mode == "predict" else {})


@cache
def _work(mode: Mode) -> Work:
    return load(mode, model, settings.model_dir)


def _pictures(work: Work) -> Pictures:
    return Pictures(
        client,
        work,
        settings.input_bucket,
        settings.results_bucket,
        settings.max_object_bytes,
        settings.concurrency,
    )


def _seconds_left(context: Any) -> float:  # noqa: ANN401
    return float(context.get_remaining_time_in_millis() / 1000)
