"""The rows of a batch's pictures, each an object of its own; an attempt goes on where the last one ended."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulk.batch import lines
from bulk.counts import Row
from bulk.errors import BatchUnfinished, ItemError
from bulk.modes import Work
from bulk.objects import fetch, fetch_ahead, load, store
from bulk.parts import in_time
from bulk.rows import Entry

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MAX_KEPT = 100_000_000  # bytes of rows that are gone on with; a page of 2,000 digits takes some 200,000


@dataclass(frozen=True)
class Pictures:
    """The pictures of a batch: where they are, and where the rows of an attempt wait for the next."""

    client: "S3Client"
    work: Work
    source: str  # bucket
    target: str  # bucket
    max_bytes: int  # of an object
    concurrency: int  # objects fetched at the same time

    def read(
        self, keys: Sequence[str | ItemError], place: str, seconds_left: Callable[[], float]
    ) -> list[Row]:
        """Return a row for each object, in order.

        Args:
            keys: of the objects, or what is wrong with an item.
            place: key of the object that takes the rows of an attempt that is not done.
            seconds_left: of the worker's time.

        Raises:
            BatchUnfinished: time is running out; the next call goes on from here.
            StorageDenied, StorageThrottled, StorageUnavailable: as for `objects.fetch`.
        """
        rows = self._load(place) if self.work.is_slow else []
        rest = keys[len(rows) :]
        names = [None if isinstance(key, ItemError) else key for key in rest]
        with closing(fetch_ahead(self._fetch, rest, self.concurrency)) as contents:
            found = self.work.rows(map(Entry, names, contents))
            rows += in_time(found, self.work.group, seconds_left) if self.work.is_slow else found
        if len(rows) < len(keys):
            store(self.client, self.target, place, lines(rows), "application/x-ndjson")
            raise BatchUnfinished(f"The batch goes on after item {len(rows)} of {len(keys)}")
        return rows

    def _load(self, place: str) -> list[Row]:
        found = load(self.client, self.target, place, MAX_KEPT)
        return [json.loads(line) for line in (found or b"").splitlines()]

    def _fetch(self, key: str) -> bytes:
        return fetch(self.client, self.source, key, self.max_bytes)
