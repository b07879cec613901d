"""The pictures among an archive's files, each with the label that its sample has.

The members of one sample follow each other and share their name up to the first dot, and `.cls` or `.json`
members hold labels, as WebDataset keeps them. Nothing is ever unpacked to a disk, so a member's name is a key
and no path.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from bulk.errors import ItemError
from bulk.shards.member import (
    BROKEN,
    FOLDER,
    MAX_MEMBERS,
    MAX_UNPACKED,
    DamagedMember,
    DamagedShard,
    File,
    Member,
)

MAX_FILES = 3 * MAX_MEMBERS  # and folders: a picture, its label and what macOS keeps beside each
MAX_LABEL_BYTES = 65_536  # of a `.cls` or `.json` member; a label is a digit
MAX_SAMPLE = 16  # pictures that wait for a label behind them: scan.1.png, scan.2.png and so on are no sample

_LABELS = {".cls", ".json"}
_NESTED = {".tar", ".tgz", ".zip", ".npz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar"}
_HIDDEN = re.compile(r"(?:^|/)\.(?!\.?(?:/|$))")  # a part of a name that begins with a point, but . and ..


def pictures(files: Iterable[File], max_bytes: int) -> Iterator[Member]:
    """Yield the pictures among the files, each with the label that its sample has, if it is one."""
    for _, sample in groupby(_bounded(files), lambda file: _sample(file.name)):
        label, found, is_sample = None, [], True
        damage = None
        try:
            for file in sample:  # which goes on to the next sample's first file
                if _suffix(file.name) in _LABELS:
                    label = _label(file)
                else:
                    found.append((file.name, _content(file, max_bytes)))
                if len(found) > MAX_SAMPLE:
                    is_sample = False
                    yield from (Member(*each) for each in found)
                    found = []
        except (*BROKEN, DamagedShard) as error:
            damage = error
        yield from (Member(*each, label if is_sample else None) for each in found)
        if damage:
            raise damage


def _bounded(files: Iterable[File]) -> Iterator[File]:
    """Yield the files that are not hidden, up to so many of all and so many bytes."""
    total = 0
    for number, file in enumerate(files, 1):
        total += file.size
        if total > MAX_UNPACKED:
            raise DamagedShard(f"A shard may have {MAX_UNPACKED:,} bytes unpacked")
        if number > MAX_FILES:
            raise DamagedShard(f"A shard may have {MAX_FILES:,} files and folders")
        if file is not FOLDER and not _HIDDEN.search(file.name):
            yield file


def _sample(name: str) -> str:
    """Return what the members of one sample share: folders, and the name up to its first dot."""
    folder, slash, base = name.rpartition("/")
    return folder + slash + base.partition(".")[0]


def _suffix(name: str) -> str:
    """Return what a name ends in, from its last point on, in lowercase."""
    stem, _, end = name.rpartition("/")[2].rpartition(".")
    return f".{end.lower()}" if stem else ""


def _content(file: File, max_bytes: int) -> bytes | ItemError:
    if file.fault:
        return file.fault
    if file.name.startswith("/") or ".." in file.name.split("/"):
        return ItemError("unsafe-name", "A member's name may not lead out of the shard.")
    if _suffix(file.name) in _NESTED:
        return ItemError("nested-shard", "A shard may not hold archives; put their pictures into it.")
    if file.size > max_bytes:
        detail = f"A member may have {max_bytes:,} bytes. Received: {file.size:,}"
        return ItemError("object-too-large", detail)
    try:
        return file.read(max_bytes)
    except DamagedMember as error:
        return error


def _label(file: File) -> int | None:
    """Return the digit that a label member holds; anything else is none."""
    if file.size > MAX_LABEL_BYTES or file.fault:
        return None
    try:
        held = json.loads(file.read(MAX_LABEL_BYTES))
    except (ValueError, DamagedMember, RecursionError):
        return None
    if isinstance(held, dict):
        held = next((held[name] for name in ("label", "class", "cls") if name in held), None)
    return held if type(held) is int and 0 <= held <= 9 else None
