"""Takes out of the image's packages what serving never loads; functions/Dockerfile runs it at build time."""

import re
import shutil
import sys
from pathlib import Path

from stub import stub

# Of LiteRT only the interpreter: the rest is compilers, vendor plug-ins, WebGPU, converters and tools.
LITERT = {
    "__init__.py",
    "_pywrap_litert_interpreter_wrapper.so",
    "interpreter.py",
    "libpywrap_litert_common.so",
    "metrics_interface.py",
    "metrics_portable.py",
}

# Patterns below the folder of packages; each has to match something, so that an update cannot make one idle.
UNUSED = (
    "bin",
    "**/*.pyi",
    # LiteRT's requirements, which its interpreter does not import.
    "backports",
    "flatbuffers",
    "google",
    "ml_dtypes",
    "tqdm",
    # Numpy's tests with what only they use, its headers and its Fortran compiler.
    "numpy/**/tests",
    "numpy/testing",
    "numpy/_core/*_tests.*",
    "numpy/_core/_simd.*",
    "numpy/_core/include",
    "numpy/_core/lib",
    "numpy/f2py",
    # The parts of numpy that it imports when they are first asked for; its quantiles ask for numpy.ma.
    "numpy/ctypeslib",
    "numpy/fft",
    "numpy/polynomial",
    "numpy/random",
    # Powertools beside its logger, which imports jmespath_utils.
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/[!_j]*",
    # Pillow's fonts, color management and Tk, with the libraries that only they load.
    "PIL/_imagingcms.*",
    "PIL/_imagingft.*",
    "PIL/_imagingtk.*",
    "pillow.libs/libbrotli*",
    "pillow.libs/libfreetype-*",
    "pillow.libs/libharfbuzz-*",
    "pillow.libs/liblcms2-*",
    "pillow.libs/libpng16-*",
    # Of fastapi-offline only Swagger UI's two files.
    "fastapi_offline/*.py",
    "fastapi_offline/static/favicon.png",
    "fastapi_offline/static/redoc*",
    # FastAPI takes its absence for a no.
    "pydantic/v1",
)


def slim(packages: Path) -> None:
    """Remove what is not needed below a folder of installed packages.

    Raises:
        SystemExit: a pattern matches nothing: a package has changed, so the lists above need a look.
    """
    idle = [name for name in sorted(LITERT) if not (packages / "ai_edge_litert" / name).exists()]
    for path in (packages / "ai_edge_litert").iterdir():
        if path.name not in LITERT:
            _remove(path)
    for pattern in UNUSED:
        matches = list(packages.glob(pattern))
        idle += [] if matches else [pattern]
        for path in matches:
            _remove(path)
    for records in packages.glob("*.dist-info"):
        if not _has_code(packages, records):
            shutil.rmtree(records)  # so that a bill of materials lists what is there
    idle += _stub_encoder(packages / "pillow_heif.libs")
    if idle:
        sys.exit(f"Each pattern must match something in {packages}. Received: {', '.join(idle)}")


def _stub_encoder(libraries: Path) -> list[str]:
    """Put a stub in place of x265, which libheif would write with; return the patterns that match nothing.

    Only this library is under the GPL, and it is larger than all else that reads HEIC.
    """
    found = {pattern: [*libraries.glob(pattern)] for pattern in ("libheif-*", "libx265-*")}
    if not all(found.values()):
        return [f"{libraries.name}/{pattern}" for pattern, paths in found.items() if not paths]
    names = set(re.findall(rb"\0(x265_(?:api_get_\d+|cleanup))(?=\0)", found["libheif-*"][0].read_bytes()))
    encoder = found["libx265-*"][0]
    encoder.write_bytes(stub(encoder.read_bytes(), sorted(names)))
    return []


def _has_code(packages: Path, records: Path) -> bool:
    """Return whether anything is left of a package beside the records of its installation."""
    files = [line.split(",")[0] for line in (records / "RECORD").read_text().splitlines()]
    return any((packages / file).exists() for file in files if not file.startswith(f"{records.name}/"))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # an earlier pattern may have taken its folder


if __name__ == "__main__":
    slim(Path(sys.argv[1]))
