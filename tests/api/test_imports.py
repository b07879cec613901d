"""The imports of a cold start, and their cost compared with the least that FastAPI and Mangum can do."""

import os
import resource
import subprocess
import sys

import pytest

from tests.project import ROOT

HELLO = """
from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/")
async def hello() -> dict[str, str]:
    return {"hello": "world"}


handler = Mangum(app, lifespan="off")
"""
PATH = os.pathsep.join(str(ROOT / folder) for folder in ("functions", "layers/python", "."))
# As the image sets them.
SETTINGS = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
# As the stack sets them for the bulk worker.
BUCKETS = {"INPUT_BUCKET": "in", "RESULTS_BUCKET": "out", "AWS_DEFAULT_REGION": "us-east-1"}


def fresh(program: str, standard_input: str = "") -> str:
    """Run a program in an interpreter of its own and return what it prints."""
    environment = os.environ | SETTINGS | BUCKETS | {"PYTHONPATH": PATH}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        input=standard_input,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def processor_time(program: str) -> float:
    """Return the seconds of processor time that a program takes in an interpreter of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    fresh(program)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Return the modules that the function's import brings."""
    return set(fresh("import api.handler, sys; print(*sys.modules, sep='\\n')").split())


def test_importing_the_function_costs_little_more_than_hello_world() -> None:
    rounds = [(processor_time("import api.handler"), processor_time(HELLO)) for _ in range(5)]
    ours, hello = (min(times) for times in zip(*rounds, strict=True))
    assert ours / hello < 1.6


@pytest.mark.parametrize("package", ["tensorflow", "keras", "boto3", "matplotlib", "scipy", "training"])
def test_nothing_that_serving_does_not_need_is_imported(package: str, imported: set[str]) -> None:
    assert package not in imported


def test_nothing_of_the_sdk_is_imported_but_an_empty_package_by_powertools(imported: set[str]) -> None:
    assert {name for name in imported if name.partition(".")[0] in {"boto3", "botocore"}} <= {"botocore"}


def test_nothing_of_reading_numbers_is_imported_or_loaded_before_it_is_asked_for(imported: set[str]) -> None:
    assert not {"api.numbers", "digits.numbers", "digits.detect"} & imported
    program = """
import os, sys
from types import SimpleNamespace
opened = []
sys.addaudithook(lambda name, given: opened.append(str(given[0])) if name == "open" else None)
from api.handler import handler
from events import load_event
context = SimpleNamespace(aws_request_id="x")
handler(load_event("png"), context)
before = any("detector" in path for path in opened)
answer = handler(load_event("amount"), context)
print("loaded:", before, any("detector" in path for path in opened), answer["statusCode"])
"""
    assert fresh(program).splitlines()[-1] == "loaded: False True 200"


def test_nothing_of_corrections_is_imported_before_there_is_one(imported: set[str]) -> None:
    assert not {name for name in imported if name.startswith("api.feedback")}


def test_no_module_of_pydantic_1_is_imported(imported: set[str]) -> None:
    assert not {name for name in imported if name.startswith("pydantic.v1.")}


def test_openapi_models_are_built_for_openapi_alone() -> None:
    program = """
import api.handler
from fastapi.openapi.models import OpenAPI
print(OpenAPI.__pydantic_complete__)
print("paths" in api.app.app.openapi(), OpenAPI.__pydantic_complete__)
"""
    assert fresh(program).split() == ["False", "True", "True"]


def test_the_garbage_collector_is_back_at_work_and_spares_what_is_there_to_stay() -> None:
    program = "import api.handler, gc; print(gc.isenabled(), gc.get_freeze_count() > len(gc.get_objects()))"
    assert fresh(program).split() == ["True", "True"]


def test_only_lambdas_start_touches_the_collector_and_pydantic() -> None:
    package = ROOT / "functions/api"
    names = [path.relative_to(package.parent).with_suffix("").parts for path in package.rglob("*.py")]
    modules = [".".join(parts).removesuffix(".__init__") for parts in names]
    leaves = sorted(set(modules) - {"api.handler"})
    program = f"""
import gc, importlib, sys
from pydantic import BaseModel
before = dict(BaseModel.model_config)
for name in {leaves}:
    importlib.import_module(name)
print(gc.isenabled(), gc.get_freeze_count(), BaseModel.model_config == before)
print(None in sys.modules.values())
"""
    assert fresh(program).split() == ["True", "0", "True", "False"]


def test_the_numeric_libraries_start_no_thread() -> None:
    assert fresh("import api.handler, os; print(len(os.listdir('/proc/self/task')))") == "1\n"


@pytest.mark.parametrize("name", ["predict", "page"])
def test_the_first_request_imports_nothing_more(name: str) -> None:
    program = f"""
import sys
from types import SimpleNamespace
from api.handler import handler
from events import load_event
before = set(sys.modules)
assert handler(load_event({name!r}), SimpleNamespace(aws_request_id="x"))["statusCode"] == 200
print("imported:", *set(sys.modules) - before)
"""
    assert fresh(program).splitlines()[-1] == "imported:"


def test_no_format_of_pictures_is_imported_before_there_is_a_picture(imported: set[str]) -> None:
    assert "PIL.Image" in imported
    assert not {name for name in imported if name.startswith("PIL.") and name.endswith("ImagePlugin")}
