"""Where the shipped model and its report lie."""

from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "layers" / "model"
REPORT = Path(__file__).parent / "report"
