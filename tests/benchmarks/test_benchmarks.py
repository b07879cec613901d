"""The arithmetic of the benchmarks, and the contenders' answers."""

import importlib
import json
import sys
from http.server import HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest

from api.handler import handler
from benchmarks import __main__ as program
from benchmarks import questions
from benchmarks.contenders import floor, hello
from benchmarks.measure import cold, imports, load
from benchmarks.measure.cold import Starts
from benchmarks.measure.docker import FULL_PROCESSOR, limits
from benchmarks.report import costs, quotes, results
from benchmarks.report.spread import percentile, ratio, spread
from tests.project import ROOT

CONTEXT = SimpleNamespace(aws_request_id="00000000-0000-0000-0000-000000000000")


def test_a_spread_is_the_median_between_its_quartiles() -> None:
    assert spread([5, 1, 4, 2, 3]) == spread([1, 2, 3, 4, 5])
    assert vars(spread([1, 2, 3, 4, 5])) == {"median": 3, "low": 2, "high": 4, "count": 5}
    assert vars(spread([7.0])) == {"median": 7, "low": 7, "high": 7, "count": 1}


def test_ratios_are_of_what_was_measured_side_by_side() -> None:
    calm_then_busy = ratio([1, 10], [2, 20])
    assert (calm_then_busy.median, calm_then_busy.low, calm_then_busy.high) == (0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="shorter"):
        ratio([1, 2], [1])


@pytest.mark.parametrize(("share", "expected"), [(50, 50), (95, 95), (99, 99)])
def test_a_percentile_is_what_so_many_are_at_or_below(share: int, expected: float) -> None:
    assert percentile(range(101), share) == pytest.approx(expected)


def test_the_price_of_a_million_is_what_the_price_list_says() -> None:
    # 99 % at 4 ms and 1 % at 1 s, of 2 GB: 13.96 ms on average, so 27,920 GB-seconds a million.
    dollars = costs.per_million(memory=2048, warm=3.2, first=1000)
    assert dollars == pytest.approx(27_920 * 0.0000166667 + 0.20)
    assert costs.per_million(2048, 3.2, 1000, "arm64") < dollars


def test_lambdas_share_of_a_processor_grows_with_memory() -> None:
    assert limits(FULL_PROCESSOR)[-1] == "--cpus=1.000"
    assert limits(512)[-1] == "--cpus=0.289"


def test_the_emulators_report_gives_the_duration_and_not_its_wrong_init() -> None:
    log = (
        "START RequestId: a Version: $LATEST\n"
        "REPORT RequestId: a\tInit Duration: 0.07 ms\tDuration: 812.31 ms\tBilled Duration: 813 ms\n"
        "REPORT RequestId: b\tDuration: 3.52 ms\tBilled Duration: 4 ms\tMemory Size: 3008 MB\n"
    )
    assert cold._REPORT.findall(log) == ["812.31", "3.52"]


def test_import_times_count_from_where_lambdas_runtime_is_done() -> None:
    log = (
        "import time:       900 |        900 | json\n--\n"
        "import time:       100 |        350 |   numpy.core\nimport time:       250 |        600 | numpy\n"
    )
    assert imports.self_times(log) == {"numpy.core": 0.1, "numpy": 0.25}


def test_targets_tell_what_falls_short() -> None:
    fast, slow = (
        Starts([1.0], [0.5], [3.0], [2.5], [70_000_000]),
        Starts([4.0], [3.0], [9.0], [8.5], [190_000_000]),
    )
    measured = {"digits": {FULL_PROCESSOR: fast}, "keras_lambda": {FULL_PROCESSOR: slow}}
    timings = {
        "predict": [[500.0]],
        "keras_lambda": [[6000.0]],
        "classify 64": [[20_000.0]],
        "bare 64": [[15_000.0]],
    }
    document = {
        "cold": results.cold(measured),
        "ratios": results.ratios(measured, timings),
        "throughput": results.throughput(timings),
        "image_bytes_over_base": {"digits": 100, "keras_lambda": 1500},
    }
    met = {each["target"]: each["met"] for each in results.targets(document)}
    assert met == {
        "first invocation / keras_lambda": True,
        "first invocation / floor": None,
        "warm /predict in process / floor": None,
        "warm /predict in process / keras_lambda": False,
        "64 images / the bare network": True,
        "image over the base / keras_lambda": True,
        "resident MB": True,
    }


@pytest.mark.parametrize(("warm", "expected"), [(3.0, 1769), (30.0, 1024)])
def test_the_memory_recommended_starts_soonest_of_those_that_cost_little_more(
    warm: float, expected: int
) -> None:
    by_memory = {1024: 1.4, 1769: 0.8, 3008: 0.7}
    started = {memory: Starts([first], [first], [warm], [warm], [1]) for memory, first in by_memory.items()}
    summed = results.cold({"digits": started})
    assert results.recommend({"cold": summed, "cost": results.cost(summed)}) == expected


def test_a_contender_that_gives_no_answer_is_shown_as_such() -> None:
    assert results.cold({"keras_lambda": {512: Starts(failure="killed")}}) == {
        "keras_lambda": {"512": {"failure": "killed"}}
    }


@pytest.mark.parametrize("name", questions.routes())
def test_the_function_answers_what_it_is_timed_with(name: str) -> None:
    answer = handler(questions.routes()[name], CONTEXT)
    assert answer["statusCode"] == 200
    body = json.loads(answer["body"])
    if name.startswith("classify"):
        wanted = [place % 10 for place in range(int(name.split()[1]))]
        assert [each["class"] for each in body["responses"]] == wanted
    else:
        assert body["prediction"] == {"predict": "5", "drawing": "7"}[name]


def test_the_floor_reads_the_same_digit_and_hello_says_a_constant() -> None:
    event = questions.predict_event()
    assert json.loads(floor.handler(event, CONTEXT)["body"])["prediction"] == "5"
    assert json.loads(hello.handler(event, CONTEXT)["body"]) == {"prediction": "5"}


@pytest.fixture
def with_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the contenders load the Keras model from where it is here."""
    import tensorflow as tf  # noqa: PLC0415 - takes seconds

    load_model = tf.keras.models.load_model
    monkeypatch.setattr(
        tf.keras.models, "load_model", lambda path: load_model(ROOT / "layers/model" / Path(path).name)
    )


def contender(name: str) -> ModuleType:
    """Import a contender anew."""
    sys.modules.pop(f"benchmarks.contenders.{name}", None)
    return importlib.import_module(f"benchmarks.contenders.{name}")


@pytest.mark.usefixtures("with_keras")
def test_the_lambda_with_keras_reads_the_same_digit() -> None:
    answer = contender("keras_lambda").handler(questions.template_event(), CONTEXT)
    assert json.loads(answer["body"]) == {"predicted_label": 5}


@pytest.mark.usefixtures("with_keras")
def test_the_flask_application_with_keras_reads_the_same_digits() -> None:
    client = contender("flask_keras").app.test_client()
    answer = client.post("/mnist/classify", data=questions.classify(8), content_type="application/json")
    assert [each["class"] for each in answer.json["responses"]] == list(range(8))


@pytest.mark.usefixtures("with_keras")
def test_the_http_server_with_keras_reads_the_same_digit() -> None:
    with HTTPServer(("127.0.0.1", 0), contender("http_server_keras").Handler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        answer = httpx.post(
            f"http://127.0.0.1:{server.server_port}/predict", content=questions.rows(), timeout=60
        )
    assert answer.json() == {"prediction": "5"}


@pytest.mark.docker
@pytest.mark.usefixtures("engine")
def test_the_quick_benchmark_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(load, "is_available", lambda: False)  # wrk is no requirement of the tests
    program.main(["--quick", "--without-keras"])
    shown = capsys.readouterr().out
    assert all(table in shown for table in ("Targets", "Cold starts", "Images per second", "Dollars"))


@pytest.fixture
def measured() -> dict[str, Any]:
    """Return the results in the repository."""
    return results.load()


def test_the_results_conclude_what_their_measurements_say(measured: dict[str, Any]) -> None:
    assert results.conclude(measured) == measured


@pytest.mark.parametrize("quote", quotes.quotes(results.load()), ids=lambda quote: quote.file.name)
def test_every_document_says_what_the_results_say(quote: quotes.Quote) -> None:
    text = quote.file.read_text()
    assert quote.put(text) == text, "run `make bench ARGS=--redraw`"


def test_other_figures_are_quoted_as_such(measured: dict[str, Any]) -> None:
    measured["recommended_memory_mb"] = 512
    measured["machine"]["load"] = 0.03
    measured["targets"][0]["measured"] = 0.2
    said = {quote.file.name: quote.text for quote in quotes.quotes(measured)}
    assert "20 × 0.50 GB × 2.63 million seconds × $0.0000166667 ≈ $440" in said["operate.md"]
    assert "first invocation 5× faster" in said["README.md"]
    assert "load 0.03." in said["benchmarks.md"]
    assert "512 MB is `MemorySize`" in said["benchmarks.md"]


def test_the_template_gives_the_memory_that_the_results_recommend(measured: dict[str, Any]) -> None:
    default = f"    Default: {measured['recommended_memory_mb']}\n"
    parameter = (ROOT / "template.yaml").read_text().partition("\n  MemorySize:\n")[2]
    assert default in parameter.partition("\n  M")[0]


def test_a_document_that_has_lost_its_place_is_named() -> None:
    with pytest.raises(ValueError, match=r"README.md must have one place of .* Received: 0"):
        quotes.quotes(results.load())[1].put("Nothing.")
