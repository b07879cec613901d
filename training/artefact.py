"""The folders of the shipped model and of its report, and the descriptions of files in both."""

import hashlib
import json
from pathlib import Path
from typing import Any

from digits.model import Model

SHIPPED = Path(__file__).parents[1] / "layers" / "model"
REPORT = Path(__file__).parent / "report"


def describe(path: Path) -> dict[str, Any]:
    """Return the sha256 and size of a file."""
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def write(path: Path, model: Model, found: list[dict[str, Any]]) -> None:
    """Write what was found as JSON, and of which model, as the report asks for."""
    document = {"model": {key: model.card[key] for key in ("version", "files")}, "found": found}
    path.write_text(json.dumps(document, indent=2) + "\n")
