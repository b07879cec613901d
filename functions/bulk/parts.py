"""The rows of one shard of a bucket: written in parts, each with the place to go on from."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from bulk.batch import RESULTS, lines
from bulk.counts import Row, add, count
from bulk.errors import BatchUnfinished, ItemError
from bulk.modes import Work
from bulk.objects import ObjectStream, load, store
from bulk.rows import Entry
from bulk.shards import kind_of, members

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MARGIN = 10.0  # seconds left at which a worker stops: a part and its place are written in less than one


def in_time(rows: Iterator[Row], group: int, seconds_left: Callable[[], float]) -> Iterator[Row]:
    """Yield rows as long as there is time; at least the first group, whose rows are made together."""
    while made := list(islice(rows, group)):
        yield from made
        if seconds_left() < MARGIN:
            return


@dataclass(frozen=True)
class Place:
    """The place in a shard up to which its rows are written."""

    tag: str | None = None  # the object's ETag, so that its rest is of the same object
    next: int = 0  # member to go on with
    counts: Mapping[str, Any] | None = None  # of the rows written
    is_done: bool = False


@dataclass(frozen=True)
class Shards:
    """The shards of a run: where they are, and where their rows go."""

    client: "S3Client"
    work: Work
    source: str  # bucket
    target: str  # bucket
    run: str
    max_bytes: int  # of a member

    def classify(self, key: str, seconds_left: Callable[[], float]) -> Mapping[str, Any]:
        """Write the rows of a shard that are not written yet, and return the counts of all.

        Raises:
            BatchUnfinished: time is running out; the next call goes on from here.
            StorageDenied, StorageThrottled, StorageUnavailable: as for `objects.fetch`.
        """
        place = self._load(key)
        if not place.is_done:
            with ObjectStream(self.client, self.source, key, place.tag) as stream:
                rows = self.work.rows(self._entries(key, stream, place.next))
                while part := list(in_time(islice(rows, self.work.part), self.work.group, seconds_left)):
                    place = self._write(key, place, part, stream.tag)
                    if seconds_left() < MARGIN:
                        raise BatchUnfinished(f"The shard {key!a} goes on after member {place.next:,}")
            place = Place(place.tag, place.next, place.counts, is_done=True)
            self._save(key, place)
        return place.counts or add([], self.work.mode)

    def _entries(self, key: str, stream: ObjectStream, start: int) -> Iterator[Entry]:
        found = members(kind_of(key) or "", cast("BinaryIO", stream), self.max_bytes)
        try:
            for member in islice(found, start, None):
                yield Entry(member.name, member.content, {"shard": key})
        except ItemError as error:  # the fault is the whole object's
            yield Entry(None, error, {"shard": key})

    def _write(self, key: str, place: Place, part: list[Row], tag: str | None) -> Place:
        """Write a part, then the place after it: a part that was written without it is written over."""
        name = f"{self._prefix(key)}-{place.next:07}.jsonl"
        store(self.client, self.target, name, lines(part), "application/x-ndjson")
        counts = [place.counts] if place.counts else []
        counts.append(count(part, self.work.mode))
        after = Place(tag, place.next + len(part), add(counts, self.work.mode))
        self._save(key, after)
        return after

    def _prefix(self, key: str) -> str:
        return f"{RESULTS}/{self.run}/rows/{hashlib.sha256(key.encode()).hexdigest()[:32]}"

    def _save(self, key: str, place: Place) -> None:
        content = json.dumps({"shard": key, **asdict(place)}).encode()
        store(self.client, self.target, f"{self._prefix(key)}.json", content, "application/json")

    def _load(self, key: str) -> Place:
        found = load(self.client, self.target, f"{self._prefix(key)}.json")
        if found is None:
            return Place()
        members = json.loads(found)
        return Place(members["tag"], members["next"], members["counts"], members["is_done"])
