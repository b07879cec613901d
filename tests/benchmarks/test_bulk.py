"""The figures of docs/bulk.md are those measured, and prices follow from AWS's."""

import json

import pytest

from benchmarks.bulk.__main__ import FILE, PAGE, tables, update
from benchmarks.bulk.prices import price, price_of_shards


def test_the_page_shows_the_figures_measured() -> None:
    page = PAGE.read_text()
    assert update(page, tables(json.loads(FILE.read_text()))) == page
    assert "| 50 ms |" in page


def test_a_run_is_priced_by_its_parts() -> None:
    dollars, hours = price(1_000_000, size=250, per_second=1000, concurrency=100)
    seconds = 0.25 + 0.02  # a batch, and the invocation
    gets, puts, lists = 0.40, 4000 * 0.000005, 1000 * 0.000005
    functions = 4000 * (seconds * 1769 / 1024 * 0.0000166667 + 0.0000002)
    children = 4000 * (0.000001 + seconds * 0.0625 * 0.00001667)
    assert dollars == pytest.approx(gets + puts + lists + functions + children)
    assert hours == pytest.approx(40 * seconds / 3600)


def test_shards_are_priced_by_their_parts() -> None:
    seconds = 10 + 0.02  # a shard, and the invocation
    requests = 100 * (2 * 0.0000004 + 3 * 0.000005) + 0.000005
    functions = 100 * (seconds * 1769 / 1024 * 0.0000166667 + 0.0000002)
    children = 100 * (0.000001 + seconds * 0.0625 * 0.00001667)
    expected = requests + functions + children
    assert price_of_shards(1_000_000, 10_000, 1000, "predict") == pytest.approx(expected)
    more = 100 * 2 * 39 * 0.000005  # where all numbers are read, 256 rows to a part: 40 parts, not one
    assert price_of_shards(1_000_000, 10_000, 1000, "read") == pytest.approx(expected + more)


def test_a_larger_batch_costs_less_and_more_workers_take_less_time() -> None:
    assert price(10**6, 400, 500, 100)[0] < price(10**6, 50, 500, 100)[0]
    assert price(10**6, 100, 500, 1000)[1] < price(10**6, 100, 500, 100)[1]
