"""Files, folders and globs to the pictures they stand for."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from digits_client.errors import ImageUnreadable

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif", ".avif"}
)


def find(patterns: Iterable[str]) -> tuple[list[Path], Counter[str]]:
    """Return the files that the patterns stand for, each once, in the order named; and what was skipped.

    A folder stands for the pictures below it, by suffix; a glob, for shells that leave it alone, for what it
    matches; a file for itself, whatever its suffix. Skipped files are counted by their suffix.

    Raises:
        ImageUnreadable: a pattern stands for nothing.
    """
    found: dict[Path, None] = {}
    skipped: Counter[str] = Counter()
    for pattern in patterns:
        matches = list(_match(pattern, skipped))
        if not matches:
            raise ImageUnreadable(_nothing(pattern, skipped))
        found.update(dict.fromkeys(matches))
    return list(found), skipped


def describe(skipped: Counter[str]) -> str:
    """Return how many files were skipped, and of which suffixes."""
    kinds = ", ".join(f"{count} {suffix or 'without a suffix'}" for suffix, count in skipped.most_common(5))
    return f"Skipped {skipped.total()} files whose names are not those of pictures: {kinds}"


def _nothing(pattern: str, skipped: Counter[str]) -> str:
    if Path(pattern).expanduser().is_dir():
        rest = f" {describe(skipped)}." if skipped else ""
        return f"The folder holds no picture ({', '.join(sorted(SUFFIXES))}).{rest} Received: {pattern}"
    return f"There is no such picture. Received: {pattern}"


def _match(pattern: str, skipped: Counter[str]) -> Iterator[Path]:
    path = Path(pattern).expanduser()
    if path.is_dir():
        yield from _pictures(path, skipped)
    elif path.is_file():
        yield path
    elif any(character in pattern for character in "*?["):
        for match in sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))):
            yield from _pictures(match, skipped) if match.is_dir() else [match]


def _pictures(folder: Path, skipped: Counter[str]) -> Iterator[Path]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix.lower() in SUFFIXES:
            yield path
        else:
            skipped[path.suffix.lower()] += 1
