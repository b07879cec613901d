"""The bulk worker against S3 over HTTP: every item gets a row, or the whole batch is tried again."""

import hashlib
import importlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from bulk import objects
from bulk.batch import ENVELOPE_BYTES, MAX_KEY_BYTES, ROW_BYTES, STATE_LIMIT, lines, parse
from bulk.errors import BatchUnfinished, InvalidBatch, StorageDenied, StorageThrottled, StorageUnavailable
from bulk.settings import read_settings
from events import load_event
from events.draw import amount, png
from tests.bulk.test_shards import idx, npz, tar, zipped
from tests.project import ROOT
from tests.stand_ins.s3_server import Fault, S3Server, s3_server

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class Context:
    """Lambda's context: the time that is left, from now on, by a clock."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._end = clock, clock() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._end - self._clock()))


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """Serve S3 from memory."""
    with s3_server() as server:
        yield server


@pytest.fixture(scope="module")
def worker(s3: S3Server) -> Iterator[ModuleType]:
    """Import the worker as Lambda does, its environment set."""
    buckets = {"INPUT_BUCKET": "in", "RESULTS_BUCKET": "out", "AWS_ENDPOINT_URL_S3": s3.url}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (CREDENTIALS | buckets).items():
            patch.setenv(name, value)
        module = importlib.import_module("bulk.handler")
        # Another test may have imported it in other surroundings.
        patch.setattr(module, "settings", read_settings(os.environ))
        patch.setattr(module, "client", objects.connect())
        yield module
        module.client.close()


@pytest.fixture(autouse=True)
def afresh(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty the endpoint, and let no retry wait."""
    s3.objects.clear()
    s3.faults.clear()
    s3.asked.clear()
    s3.targets.clear()
    monkeypatch.setattr("time.sleep", lambda _: None)


def event(*keys: str) -> dict[str, Any]:
    """Return what a Distributed Map sends for these keys."""
    return {"BatchInput": {"Run": "may"}, "Items": [{"Key": key} for key in keys]}


def test_a_batch_is_answered_in_order_and_written_as_lines(worker: ModuleType, s3: S3Server) -> None:
    keys = [f"crops/{place:03}.png" for place in range(100)]
    s3.objects |= {f"in/{key}": png(place % 10) for place, key in enumerate(keys)}
    answer = worker.handler(event(*keys), None)
    assert [row["key"] for row in answer["Rows"]] == keys
    assert [row["class"] for row in answer["Rows"]] == [place % 10 for place in range(100)]
    assert all(row["is_digit"] and row["probability"] > 0.9 for row in answer["Rows"])
    assert all(row["model"] == answer["Model"] == worker.model.version for row in answer["Rows"])
    assert answer["Counts"] == {
        "items": 100,
        "classes": {str(digit): 10 for digit in range(10)},
        "not_digit": 0,
        "refused": {},
    }
    assert s3.objects[f"out/{answer['Results']}"] == lines(answer["Rows"])
    assert [json.loads(line) for line in lines(answer["Rows"]).splitlines()] == answer["Rows"]


@pytest.mark.parametrize(
    "key",
    [
        "a//b",
        "./a",
        "../../etc/passwd",
        "a b+c",
        "ü/数.png",
        "100%.png?x#y",
        "a~b",
        "'\"&<>\\",
        "\n",
        "a\r\nx: y",
        "\t\x7f\x01",
        "%2e%2e/%00",
        "..",
        "/",
        "\u202ea\ufeff",
        "e\u0301",
        "\U0001f600",
        "a" * MAX_KEY_BYTES,
        "é" * (MAX_KEY_BYTES // 2),
        "../" * 341 + "a",
    ],
    ids=lambda key: ascii(key)[:20],
)
def test_any_key_is_asked_for_as_it_is(key: str, worker: ModuleType, s3: S3Server) -> None:
    s3.objects[f"in/{key}"] = png(4)
    (row,) = worker.handler(event(key), None)["Rows"]
    assert (row["key"], row["class"]) == (key, 4)
    assert s3.asked[f"GET in/{key}"] == 1


def test_without_credentials_the_batch_is_denied(worker: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # which has found credentials before
    monkeypatch.setattr(worker, "client", objects.connect())
    with pytest.raises(StorageDenied, match="no credentials"):
        worker.handler(event("a"), None)


def test_a_retry_replaces_what_the_first_attempt_wrote(worker: ModuleType, s3: S3Server) -> None:
    s3.objects |= {"in/a.png": png(1), "in/b.png": png(2)}
    first = worker.handler(event("a.png", "b.png"), None)
    s3.objects["in/b.png"] = png(3)
    second = worker.handler(event("a.png", "b.png"), None)
    assert first["Results"] == second["Results"]
    assert [path for path in s3.objects if path.startswith("out/")] == [f"out/{second['Results']}"]
    assert s3.objects[f"out/{second['Results']}"] == lines(second["Rows"]) != lines(first["Rows"])
    assert worker.handler(event("a.png"), None)["Results"] != first["Results"]


# The words in which S3 tells of a key; its own refusal is "Access Denied".
NO_KEY = "User: worker is not authorized to perform: kms:Decrypt on this resource"
FOREIGN_KEY = "The ciphertext refers to a customer master key that you are not allowed to access."
# What S3 answers for one object, its content, and what becomes of its item: the error in its row, or the
# exception that fails the batch; None where the digit is read. Then how often the object was asked for.
Outcome = str | type[Exception] | None
FAULTS: dict[str, tuple[list[Fault], bytes | None, Outcome, int]] = {
    "no fault": ([], png(7), None, 1),
    "missing": ([], None, "missing", 1),
    "empty object": ([], b"", "invalid-image", 1),
    "truncated object": ([], png(7)[:300], "invalid-image", 1),
    "not an image": ([], b"key,class\n" * 50, "invalid-image", 1),
    "30 MB object": ([], bytes(30_000_000), "object-too-large", 1),
    "archived": ([Fault(403, "InvalidObjectState")], png(7), "archived", 1),
    "access denied": ([Fault(403, "AccessDenied")], png(7), StorageDenied, 1),
    "key of the encryption denied, with a message of today": (
        [Fault(403, "AccessDenied", NO_KEY)],
        png(7),
        "key-denied",
        1,
    ),
    "key of the encryption denied, of another account": (
        [Fault(403, "AccessDenied", FOREIGN_KEY)],
        png(7),
        "key-denied",
        1,
    ),
    "key of the encryption disabled": ([Fault(400, "KMS.DisabledException")], png(7), "key-denied", 1),
    "key of the encryption to be deleted": (
        [Fault(400, "KMS.KMSInvalidStateException")],
        png(7),
        "key-denied",
        1,
    ),
    "key of the encryption throttled": ([Fault(400, "KMS.ThrottlingException")], png(7), StorageThrottled, 1),
    "no such bucket": ([Fault(404, "NoSuchBucket")], png(7), StorageDenied, 1),
    "500 once": ([Fault(500, "InternalError")], png(7), None, 2),
    "500 always": ([Fault(500, "InternalError")] * 9, png(7), StorageUnavailable, 4),
    "503 Slow Down twice": ([Fault(503, "SlowDown")] * 2, png(7), None, 3),
    "503 Slow Down always": ([Fault(503, "SlowDown")] * 9, png(7), StorageThrottled, 4),
    "connection breaks off once": ([Fault(share=0.5)], png(7), None, 2),
    "connection breaks off always": ([Fault(share=0.5)] * 9, png(7), StorageUnavailable, 3),
    "slow": ([Fault(late=0.2)], png(7), None, 1),
    "silent once": ([Fault(late=2)], png(7), None, 2),
    "silent always": ([Fault(late=2)] * 9, png(7), StorageUnavailable, 4),
}


def inject(s3: S3Server, name: str) -> tuple[Outcome, int]:
    """Set a fault for the object `in/faulty` and return what should come of it."""
    faults, content, outcome, requests = FAULTS[name]
    s3.faults["in/faulty"] = list(faults)
    if content is not None:
        s3.objects["in/faulty"] = content
    return outcome, requests


@pytest.mark.parametrize("name", FAULTS)
def test_no_item_is_lost_to_a_fault(
    name: str, worker: ModuleType, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.startswith("silent"):  # gives up sooner than in service
        monkeypatch.setattr(objects, "READ_TIMEOUT", 1)
        monkeypatch.setattr(worker, "client", objects.connect())
    s3.objects |= {f"in/{place}": png(place) for place in range(10)}
    outcome, requests = inject(s3, name)
    keys = ["0", "1", "2", "faulty", *map(str, range(3, 10))]
    if isinstance(outcome, type):
        with pytest.raises(outcome, match=r"'faulty'"):
            worker.handler(event(*keys), None)
        assert not any(path.startswith("out/") for path in s3.objects)
    else:
        answer = worker.handler(event(*keys), None)
        assert [row["key"] for row in answer["Rows"]] == keys
        assert answer["Rows"].pop(3).get("error") == outcome
        assert [row["class"] for row in answer["Rows"]] == list(range(10))
        assert answer["Counts"]["items"] == 11
        assert answer["Counts"]["refused"] == ({outcome: 1} if outcome else {})
    assert s3.asked["GET in/faulty"] == requests


def in_words(outcome: Outcome) -> str:
    """Put an outcome as docs/bulk.md does."""
    if outcome is None:
        return "read"
    return f"row `{outcome}`" if isinstance(outcome, str) else f"raises `{outcome.__name__}`"


def test_the_fault_table_of_the_documentation_is_the_one_tested() -> None:
    table = (ROOT / "docs/bulk.md").read_text().partition("## Faults")[2]
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| (\d+) \|", table, re.MULTILINE)
    assert rows == [
        (name, in_words(outcome), str(requests)) for name, (_, _, outcome, requests) in FAULTS.items()
    ]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(403, "AccessDenied"), StorageDenied),
        (Fault(403, "AccessDenied", NO_KEY), StorageDenied),
        (Fault(503, "SlowDown"), StorageThrottled),
        (Fault(500, "InternalError"), StorageUnavailable),
    ],
)
def test_rows_that_cannot_be_written_fail_the_batch(
    fault: Fault, error: type[Exception], worker: ModuleType, s3: S3Server
) -> None:
    s3.objects["in/a"] = png(1)
    s3.faults[f"out/{parse(event('a')).results_key}"] = [fault] * 9
    with pytest.raises(error):
        worker.handler(event("a"), None)


@pytest.mark.parametrize(
    "item",
    [{"Key": 7}, {"Key": ""}, {"key": "a"}, "a", None, {"Key": "a" * 1025}, {"Key": "\ud800"}],
    ids=ascii,
)
def test_an_item_without_a_usable_key_gets_a_row(item: object, worker: ModuleType, s3: S3Server) -> None:
    s3.objects["in/a"] = png(1)
    answer = worker.handler({"BatchInput": {"Run": "may"}, "Items": [item, {"Key": "a"}]}, None)
    bad, good = answer["Rows"]
    assert (bad["key"], bad["error"], good["class"]) == (None, "invalid-item", 1)
    assert "Received: " in bad["detail"]
    assert answer["Counts"]["items"] == 2


@pytest.mark.parametrize(
    "asked",
    [
        None,
        {},
        {"Items": [{"Key": "a"}]},
        {"BatchInput": {"Run": "a/b"}, "Items": [{"Key": "a"}]},
        {"BatchInput": {"Run": ""}, "Items": [{"Key": "a"}]},
        {"BatchInput": {"Run": "may", "Mode": "look"}, "Items": [{"Key": "a"}]},
        {"BatchInput": {"Run": "may", "Mode": None}, "Items": [{"Key": "a"}]},
        {"BatchInput": {"Run": "may"}, "Items": []},
        {"BatchInput": {"Run": "may"}, "Items": "a"},
    ],
    ids=ascii,
)
def test_what_is_no_batch_is_refused_by_name(asked: object) -> None:
    with pytest.raises(InvalidBatch, match="Received: "):
        parse(asked)


def test_the_longest_answer_fits_into_a_state(worker: ModuleType, s3: S3Server) -> None:
    """Of any batch that is taken: keys as long as they may be, as many as are let in."""
    names = [f"{place:03}{'ü' * 510}"[:MAX_KEY_BYTES] for place in range(400)]
    while True:
        try:
            parse(event(*names))
            break
        except InvalidBatch:
            names.pop()
    assert 150 < len(names) < 400
    for faulty in (b"\0" * 5_999_999, b""):
        s3.objects |= {f"in/{name}": faulty for name in names[:4]}
        answer = worker.handler(event(*names[:4]), None)
        row = max(len(lines([row])) - len(row["key"].encode()) for row in answer["Rows"])
        assert row < ROW_BYTES
    envelope = lines([answer | {"Rows": []}])
    assert len(envelope) < ENVELOPE_BYTES
    assert ENVELOPE_BYTES + sum(ROW_BYTES + len(name.encode()) for name in names) <= STATE_LIMIT


def test_a_batch_whose_answer_might_not_fit_is_refused_before_any_work(
    worker: ModuleType, s3: S3Server
) -> None:
    with pytest.raises(InvalidBatch, match=r"262,144 bytes.*Received: 900 items"):
        worker.handler(event(*map(str, range(900))), None)
    assert not s3.asked


def test_all_numbers_of_a_picture_are_read_where_the_mode_says_so(worker: ModuleType, s3: S3Server) -> None:
    asked = load_event("bulk/numbers")
    s3.objects["in/amounts/000007.png"] = amount()
    answer = worker.handler(asked, Context(50))
    found, missing = map(json.loads, s3.objects[f"out/{answer['Results']}"].splitlines())
    assert (found["key"], found["text"], found["size"]) == ("amounts/000007.png", "18014", [240, 72])
    (number,) = found["numbers"]
    assert "".join(str(digit["class"]) for digit in number["digits"]) == number["text"] == "18014"
    assert all(len(each["box"]) == 4 and each["probability"] > 0.5 for each in (number, *number["digits"]))
    assert (missing["key"], missing["error"]) == ("amounts/none.png", "missing")
    assert answer == {  # no rows: those of pages do not fit into a state
        "Results": answer["Results"],
        "Model": worker.model.version,
        "Listed": 2,
        "Counts": {"items": 2, "with_numbers": 1, "numbers": 1, "digits": 5, "refused": {"missing": 1}},
    }


def test_a_batch_of_numbers_is_gone_on_with_after_each_picture(worker: ModuleType, s3: S3Server) -> None:
    keys = [f"{place}.png" for place in range(4)]
    s3.objects |= {f"in/{key}": amount() for key in keys if key != "1.png"}
    asked = {"BatchInput": {"Run": "may", "Mode": "read"}, "Items": [{"Key": key} for key in keys]}
    for done in (1, 2):
        with pytest.raises(BatchUnfinished, match=f"goes on after item {done} of 4"):
            worker.handler(asked, Context(0))
        assert not [path for path in s3.objects if path.endswith(".jsonl")], "rows that are not all"
    answer = worker.handler(asked, Context(50))
    rows = [json.loads(line) for line in s3.objects[f"out/{answer['Results']}"].splitlines()]
    assert [(row["key"], row.get("text"), row.get("error")) for row in rows] == [
        (key, None, "missing") if key == "1.png" else (key, "18014", None) for key in keys
    ]
    assert answer["Counts"]["items"] == 4


# ---- Shards.

DIGITS = {f"{place:04}.png": png(place % 10) for place in range(200)}


def shard_rows(s3: S3Server) -> list[dict[str, Any]]:
    """Return the rows of shards in the results bucket."""
    parts = sorted(path for path in s3.objects if path.startswith("out/") and path.endswith(".jsonl"))
    found = [json.loads(line) for path in parts for line in s3.objects[path].splitlines()]
    return [row for row in found if "shard" in row]


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.zip", "a.npz", "a-idx3-ubyte"])
@pytest.mark.parametrize("fault", [None, Fault(share=0.4), Fault(500, "InternalError")], ids=str)
def test_a_shard_is_streamed_through_faults(
    fault: Fault | None, name: str, worker: ModuleType, s3: S3Server
) -> None:
    rng = np.random.default_rng(5)
    pictures = rng.integers(0, 255, (200, 28, 28)).astype(np.uint8)
    content = {
        "a.tar": tar(DIGITS),
        "a.tar.gz": tar(DIGITS, "w:gz"),
        "a.zip": zipped(DIGITS),
        "a.npz": npz(x=pictures),
        "a-idx3-ubyte": idx(pictures),
    }
    s3.objects |= {f"in/{name}": content[name], "in/b.png": png(4)}
    s3.faults[f"in/{name}"] = [fault] if fault else []
    answer = worker.handler(event(name, "b.png"), Context(50))
    assert (answer["Listed"], answer["Counts"]["items"]) == (2, 201)
    assert [row["key"] for row in answer["Rows"]] == ["b.png"]
    found = shard_rows(s3)
    assert len(found) == 200
    assert all(row["shard"] == name and "error" not in row for row in found)
    assert s3.asked[f"GET in/{name}"] <= 6
    if name in {"a.tar", "a.tar.gz", "a.zip"}:
        assert [(row["key"], row["class"]) for row in found] == [
            (key, place % 10) for place, key in enumerate(DIGITS)
        ]


def test_a_shard_that_takes_longer_than_a_worker_has_is_gone_on_with(
    worker: ModuleType, s3: S3Server
) -> None:
    s3.objects["in/a.tar"] = tar(DIGITS)
    for _ in range(3):  # 64 images each
        with pytest.raises(BatchUnfinished, match="'a.tar' goes on after member"):
            worker.handler(event("a.tar"), Context(10.001))
    answer = worker.handler(event("a.tar"), Context(50))
    assert answer["Counts"]["items"] == 200
    assert [row["key"] for row in shard_rows(s3)] == list(DIGITS)
    again = worker.handler(event("a.tar"), Context(50))  # as a redrive does
    assert again["Counts"] == answer["Counts"]
    assert len(shard_rows(s3)) == 200


def test_a_shard_is_gone_on_with_wherever_its_worker_ends(worker: ModuleType, s3: S3Server) -> None:
    """Each write fails once: a part, the place after it, and the last place."""
    s3.objects["in/a.tar"] = tar(DIGITS)
    rows = f"out/results/may/rows/{hashlib.sha256(b'a.tar').hexdigest()[:32]}"
    well, denied = Fault(), Fault(403, "AccessDenied")
    parts = [f"{rows}-{start:07}.jsonl" for start in range(0, 200, 64)]
    s3.faults |= {part: [denied] for part in parts}
    s3.faults[f"{rows}.json"] = [well, well, denied, well, well] * len(parts) + [well, denied]
    for _ in parts:
        for error in (StorageDenied, StorageDenied, BatchUnfinished):
            with pytest.raises(error):
                worker.handler(event("a.tar"), Context(10.001))
    with pytest.raises(StorageDenied):
        worker.handler(event("a.tar"), Context(10.001))
    assert not any(s3.faults.values())
    assert worker.handler(event("a.tar"), Context(50))["Counts"]["items"] == 200
    assert [row["key"] for row in shard_rows(s3)] == list(DIGITS)


@pytest.mark.parametrize(("change", "error"), [(tar({"new.png": png(1)}), "changed"), (None, "missing")])
def test_a_shard_that_changes_between_attempts_ends_in_a_row_that_says_so(
    change: bytes | None, error: str, worker: ModuleType, s3: S3Server
) -> None:
    s3.objects["in/a.tar"] = tar(DIGITS)
    with pytest.raises(BatchUnfinished):
        worker.handler(event("a.tar"), Context(10.001))
    if change is None:
        del s3.objects["in/a.tar"]
    else:
        s3.objects["in/a.tar"] = change
    worker.handler(event("a.tar"), Context(50))
    *before, last = shard_rows(s3)
    assert [row["key"] for row in before] == list(DIGITS)[: len(before)]
    assert (last["key"], last["error"]) == (None, error)


def test_a_shard_of_numbers_is_gone_on_with_after_each_picture(worker: ModuleType, s3: S3Server) -> None:
    s3.objects["in/a.tar"] = tar({f"{place}.png": amount() for place in range(4)})
    asked = {"BatchInput": {"Run": "may", "Mode": "read"}, "Items": [{"Key": "a.tar"}]}
    for _ in range(2):
        with pytest.raises(BatchUnfinished, match="'a.tar' goes on after member"):
            worker.handler(asked, Context(10.0001))
    assert [row["key"] for row in shard_rows(s3)] == ["0.png", "1.png"]
    answer = worker.handler(asked, Context(50))
    assert [(row["key"], row["text"]) for row in shard_rows(s3)] == [
        (f"{place}.png", "18014") for place in range(4)
    ]
    assert (answer["Counts"]["items"], answer["Counts"]["digits"]) == (4, 20)


def test_a_damaged_shard_ends_in_a_row_that_says_where(worker: ModuleType, s3: S3Server) -> None:
    s3.objects["in/a.tar"] = tar(DIGITS)[:50_000]
    answer = worker.handler(event("a.tar"), Context(50))
    assert answer["Counts"]["refused"] == {"damaged-shard": 1}
    assert "after member" in shard_rows(s3)[-1]["detail"]
