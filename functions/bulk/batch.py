"""One batch of a Distributed Map: its event checked, its place among the results, its answer bounded."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from bulk.counts import MODES, Mode, Row
from bulk.errors import InvalidBatch, ItemError
from digits.errors import received

# Bytes of the input and of the output of any state of a workflow.
# Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
STATE_LIMIT = 262_144
# What a row takes in the answer at most, beside its key or what is wrong with that; and what the answer
# takes beside its rows.
ROW_BYTES = 320
ENVELOPE_BYTES = 4_096
MAX_KEY_BYTES = 1_024  # of an object's key in S3

RESULTS = "results"  # prefix of everything that runs leave behind


@dataclass(frozen=True)
class Batch:
    """A Distributed Map's request: items to classify, for a run."""

    run: str
    keys: list[str | ItemError]  # an error where the item names no object
    mode: Mode
    digest: str  # of the items: the same for the same batch, in a retry and in a redrive

    @property
    def place_key(self) -> str:
        """Key of the object that takes the rows of an attempt whose time ran out."""
        return f"{RESULTS}/{self.run}/rows/{self.digest}.json"

    @property
    def results_key(self) -> str:
        """Key of the object that takes the batch's rows; a retry comes to the same."""
        return f"{RESULTS}/{self.run}/rows/{self.digest}.jsonl"


def parse(event: object) -> Batch:
    """Read the event `{"BatchInput": {"Run": …, "Mode": …}, "Items": [{"Key": …}, …]}`, the mode optional.

    Raises:
        InvalidBatch: the event has another shape, or so many items that the answer might not fit.
    """
    run, mode, items = _members(event)
    keys = [_key(item) for item in items]
    needed = ENVELOPE_BYTES + sum(ROW_BYTES + len(_dump(_own_words(key))) for key in keys)
    if needed > STATE_LIMIT:
        wanted = f"The answer to a batch must fit into {STATE_LIMIT:,} bytes."
        raise InvalidBatch(f"{wanted} Received: {len(items)} items, which may take {needed:,}")
    return Batch(run, keys, mode, hashlib.sha256(_dump(items)).hexdigest()[:32])


def lines(rows: list[Row]) -> bytes:
    """Write rows as JSON Lines."""
    return b"".join(_dump(row) + b"\n" for row in rows)


def _members(event: object) -> tuple[str, Mode, list[Any]]:
    if not isinstance(event, dict):
        raise InvalidBatch(f'The event must have "BatchInput" and "Items". Received: {received(event)}')
    batch_input, items = event.get("BatchInput"), event.get("Items")
    run = batch_input.get("Run") if isinstance(batch_input, dict) else None
    if not isinstance(run, str) or not run or "/" in run:
        raise InvalidBatch(f'"BatchInput" must name a "Run". Received: {received(batch_input)}')
    mode = batch_input.get("Mode", "predict")  # type: ignore[union-attr]
    if mode not in MODES:
        raise InvalidBatch(f'"Mode" must be one of {", ".join(MODES)}. Received: {received(mode)}')
    if not isinstance(items, list) or not items:
        raise InvalidBatch(f'"Items" must be an array of items. Received: {received(items)}')
    return run, mode, items


def _key(item: object) -> str | ItemError:
    key = item.get("Key") if isinstance(item, dict) else None
    if not isinstance(key, str) or not key:
        return ItemError("invalid-item", f'An item must have a "Key". Received: {received(item)}')
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return ItemError("invalid-item", f"A key must be Unicode text. Received: {received(key)}")
    if size > MAX_KEY_BYTES:
        return ItemError("invalid-item", f"A key may have {MAX_KEY_BYTES} bytes. Received: {size}")
    return key


def _own_words(key: str | ItemError) -> str:
    """Return the part of an item's row that is as long as the item makes it."""
    return str(key) if isinstance(key, ItemError) else key


def _dump(value: object) -> bytes:
    """Write JSON as Lambda's runtime does, so that what is measured here is what is sent."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
