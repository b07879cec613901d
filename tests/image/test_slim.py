"""The files that functions/slim.py takes out of the image."""

import base64
import io
import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from events import FOLDER, load_event
from slim import LITERT, UNUSED, slim
from tests.api.test_imports import fresh
from tests.emulator import RESTRICTED, invoke
from tests.image.test_stub import ELF
from tests.project import run
from tests.samples.answers import ask, same

BASE = "public.ecr.aws/lambda/python:3.13"
# Bytes over the base image: 104.5 million, 5 of them for HEIC.
CEILING = 107_000_000

pillow_heif.register_heif_opener()  # so that Pillow writes what a phone sends

# Each way that a picture may be packed needs a decoder of its own.
PACKINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {}),
    "jpeg": ("JPEG", {"quality": 95}),
    "progressive jpeg": ("JPEG", {"quality": 95, "progressive": True}),
    "webp": ("WEBP", {"lossless": True}),
    "lossy webp": ("WEBP", {"quality": 95}),
    "bmp": ("BMP", {}),
    "gif": ("GIF", {}),
    "tiff": ("TIFF", {}),
    "deflated tiff": ("TIFF", {"compression": "tiff_deflate"}),
    "lzw tiff": ("TIFF", {"compression": "tiff_lzw"}),
    "packbits tiff": ("TIFF", {"compression": "packbits"}),
    "zstd tiff": ("TIFF", {"compression": "zstd"}),
    "jpeg tiff": ("TIFF", {"compression": "jpeg"}),
    "fax tiff": ("TIFF", {"compression": "group4"}),
    "heic": ("HEIF", {"quality": 95}),
    "avif": ("AVIF", {"quality": 95}),
}
# Of what stands beside something that goes.
KEPT = {f"ai_edge_litert/{name}" for name in LITERT} | {
    "aws_lambda_powertools/utilities/__init__.py",
    "aws_lambda_powertools/utilities/jmespath_utils/__init__.py",
    "numpy/__init__.py",
    "pillow_heif.libs/libheif-x.so",
    "pillow_heif.libs/libx265-x.so",
    "pydantic/main.py",
}
# All that the image is for: every route, every packing of a picture, the bulk worker and the release hook.
EVERYTHING = """
import base64, json, sys
from types import SimpleNamespace
import api.handler, bulk.handler, bulk.rows, hooks.pre_traffic
answers = [api.handler.handler(event, SimpleNamespace(aws_request_id="x")) for event in json.load(sys.stdin)]
picture = base64.b64decode(hooks.pre_traffic.load_event("png")["body"])
entries = [bulk.rows.Entry("seven", picture), bulk.rows.Entry("none", b"")]
rows = list(bulk.rows.classify(bulk.handler.model, entries))
files = [module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
print(json.dumps([[answer["statusCode"] for answer in answers], [row.get("class") for row in rows], files]))
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Make a folder that has something for every pattern, and something that has to stay."""
    gone = [pattern.replace("**", "deep/down").replace("*", "x") for pattern in UNUSED]
    for name in [*KEPT, *gone, "ai_edge_litert/vendors/plugin.so"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "pillow_heif.libs/libheif-x.so").write_bytes(
        b"\0x265_api_get_9\0x265_cleanup\0x265_set_parameter\0"
    )
    (tmp_path / "pillow_heif.libs/libx265-x.so").write_bytes(ELF.ljust(4096))
    return tmp_path


def packed(packing: str) -> dict[str, Any]:
    """Return an event that brings a seven in a packing."""
    kind, options = PACKINGS[packing]
    file = io.BytesIO()
    with Image.open(FOLDER / "bodies/seven.png") as seven:
        grey = seven.convert("L").resize((112, 112))
        picture = grey.point(lambda level: 255 * (level > 127)).convert("1") if "fax" in packing else grey
        picture.save(file, kind, **options)
    event = load_event("png") | {"body": base64.b64encode(file.getvalue()).decode()}
    event["headers"] |= {"content-type": f"image/{kind.lower()}", "content-length": str(file.tell())}
    return event


def goes(name: Path) -> bool:
    """Return whether slim() takes a file, given below the folder of packages, or a folder that it is in."""
    if name.parts[0] == "ai_edge_litert":
        return name.parts[1] not in LITERT
    return any(fnmatchcase(str(path), pattern) for path in (name, *name.parents) for pattern in UNUSED)


def test_slimming_leaves_what_is_needed_and_nothing_else(packages: Path) -> None:
    slim(packages)
    left = {str(path.relative_to(packages)) for path in packages.rglob("*") if path.is_file()}
    assert left == KEPT


def test_the_encoder_becomes_a_stub_with_the_functions_asked_for(packages: Path) -> None:
    slim(packages)
    library = (packages / "pillow_heif.libs/libx265-x.so").read_bytes()
    assert len(library) < 600
    assert b"\0x265_api_get_9\0x265_cleanup\0" in library
    assert b"x265_set_parameter" not in library


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("numpy/f2py", "numpy/f2py"),
        ("ai_edge_litert/interpreter.py", "interpreter.py"),
        ("pillow_heif.libs/libx265-x.so", "pillow_heif.libs/libx265-*"),
    ],
)
def test_slimming_names_what_a_new_version_has_moved(name: str, told: str, packages: Path) -> None:
    (packages / name).unlink()
    with pytest.raises(SystemExit, match=re.escape(f"Received: {told}")):
        slim(packages)


@pytest.mark.parametrize(("code", "stays"), [("flatbuffers/a.py", False), ("numpy/kept.py", True)])
def test_the_records_of_a_package_go_with_the_last_of_its_code(
    code: str, stays: bool, packages: Path
) -> None:
    records = packages / "some-1.0.dist-info"
    records.mkdir()
    (records / "RECORD").write_text(f"some-1.0.dist-info/RECORD,,\n{code},sha256=x,1\n")
    (packages / "numpy/kept.py").touch()
    slim(packages)
    assert records.exists() == stays


def test_nothing_that_goes_is_ever_imported() -> None:
    events = [load_event(path.stem) for path in sorted(FOLDER.glob("*.json"))]
    events += [packed(packing) for packing in PACKINGS]
    events += [load_event("health") | {"rawPath": path} for path in ("/docs", "/openapi.json")]
    statuses, classes, files = json.loads(fresh(EVERYTHING, json.dumps(events)).splitlines()[-1])
    assert len(statuses) == len(events)
    assert statuses.count(200) >= len(events) - 6, "a bad image, bad JSON, four paths with a prefix"
    assert classes == [7, None]
    folder = Path(np.__file__).parents[1]
    names = [Path(file).relative_to(folder) for file in files if Path(file).is_relative_to(folder)]
    assert len(names) > 300
    assert [str(name) for name in names if goes(name)] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [("numpy/random/__init__.py", True), ("numpy/lib/tests/a.py", True), ("numpy/lib/a.py", False)],
)
def test_what_goes_is_told_by_the_patterns(name: str, expected: bool) -> None:
    assert goes(Path(name)) is expected


@pytest.mark.docker
def test_the_image_stays_small(image: str) -> None:
    sizes = run("docker", "image", "inspect", "--format={{.Size}}", image, BASE).split()
    ours, base = map(int, sizes)
    assert ours - base < CEILING


@pytest.mark.docker
@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_of_a_picture_is_still_read(packing: str, container: str) -> None:
    event = packed(packing)
    answered = invoke(container, event)
    assert answered["statusCode"] == 200, answered["body"]
    assert same(answered["body"], ask(event)["body"])


@pytest.mark.docker
def test_every_library_that_is_left_finds_those_it_needs(image: str) -> None:
    program = (
        "import ctypes, pathlib; found = [*pathlib.Path('/var/task').rglob('*.so*')]; "
        "[ctypes.CDLL(str(path)) for path in found]; print(len(found))"
    )
    loaded = run("docker", "run", "--rm", "--entrypoint=python", *RESTRICTED, image, "-c", program)
    assert int(loaded) > 20


@pytest.mark.docker
def test_no_module_is_compiled_at_a_start(image: str) -> None:
    program = """
import api.handler, json, pathlib, sys
cached = [pathlib.Path(m.__cached__) for m in list(sys.modules.values()) if getattr(m, "__cached__", None)]
ours = [path for path in cached if path.is_relative_to("/var/task") or path.is_relative_to("/opt")]
print(json.dumps({str(path): path.read_bytes()[4] if path.exists() else None for path in ours}))
"""
    flags = json.loads(run("docker", "run", "--rm", "--entrypoint=python", *RESTRICTED, image, "-c", program))
    assert len(flags) > 200
    assert set(flags.values()) == {1}, "1 is a hash that is not compared with the source (PEP 552)"


@pytest.mark.docker
def test_the_function_starts_no_thread_of_its_own(image: str) -> None:
    program = "import api.handler, os; print(len(os.listdir('/proc/self/task')))"
    assert run("docker", "run", "--rm", "--entrypoint=python", *RESTRICTED, image, "-c", program) == "1\n"
