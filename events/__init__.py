"""Sample invocations: what API Gateway, a Function URL or a load balancer hands to the function."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def load_event(name: str) -> dict[str, Any]:
    """Return the invocation in `<name>.json`."""
    event: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return event
