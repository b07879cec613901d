"""Files, folders and globs to the pictures they stand for."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from digits_client.errors import ImageUnreadable

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def find(patterns: Iterable[str]) -> list[Path]:
    """Give the files that the patterns stand for, each once, in the order named.

    A folder stands for the pictures below it, by suffix; a glob, for shells that leave it alone, for what it
    matches; a file for itself, whatever its suffix.

    Raises:
        ImageUnreadable: a pattern stands for nothing.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        matches = list(_match(pattern))
        if not matches:
            raise ImageUnreadable(f"There is no such picture. Received: {pattern}")
        found.update(dict.fromkeys(matches))
    return list(found)


def _match(pattern: str) -> Iterator[Path]:
    path = Path(pattern).expanduser()
    if path.is_dir():
        yield from _pictures(path)
    elif path.is_file():
        yield path
    elif any(character in pattern for character in "*?["):
        for match in sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))):
            yield from _pictures(match) if match.is_dir() else [match]


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
