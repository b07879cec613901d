"""The files of a network, checked against the card beside it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from digits.errors import ArtefactError


def load(card_path: Path, name: str) -> tuple[bytes, dict[str, Any]]:
    """Return the network of this name, which lies beside its card, and the card.

    Raises:
        ArtefactError: a file is missing, altered, or not what the card describes.
    """
    card = _read_card(card_path, name)
    path = card_path.with_name(name)
    network = _read(path)
    expected = card["files"][name]["sha256"]
    found = hashlib.sha256(network).hexdigest()
    if found != expected:
        raise ArtefactError(f"{path} must have sha256 {expected}. Received: {found}")
    return network, card


def _read_card(path: Path, name: str) -> dict[str, Any]:
    """Read a card and make sure of what serving relies on."""
    text = _read(path)
    try:
        card: dict[str, Any] = json.loads(text)
        shipped = card["files"][name]["sha256"]
        known = isinstance(card["version"], str) and isinstance(shipped, str) and 0 <= card["threshold"] <= 1
    except (ValueError, LookupError, TypeError) as error:
        raise ArtefactError(f"{path} is not a model's description: {error!r}") from error
    if not known:
        raise ArtefactError(f"{path} must hold a version, a sha256 and a threshold of 0 to 1.")
    return card


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{path} cannot be read: {error.strerror}") from error
