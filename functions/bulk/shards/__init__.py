"""Shards: TAR, ZIP, NPZ and IDX files whose members are pictures, streamed one member at a time."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from bulk.errors import ItemError
from bulk.shards.arrays import idx, npz
from bulk.shards.gzipped import unpacked
from bulk.shards.member import BROKEN, MAX_MEMBERS, DamagedShard, Member
from bulk.shards.samples import pictures
from bulk.shards.tar import tar_files
from bulk.shards.zip import zip_files
from digits.errors import received

_ARCHIVES = {".tar": "tar", ".tgz": "tar", ".zip": "zip", ".npz": "npz", ".idx": "idx", ".idx3": "idx"}


def kind_of(name: str) -> str | None:
    """Return how a file of this name is read: as tar, zip, npz or idx; None for a picture."""
    plain = name.lower().removesuffix(".gz")
    if plain.endswith("-idx3-ubyte"):
        return "idx"
    return _ARCHIVES.get(PurePosixPath(plain).suffix)


def members(kind: str, file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    """Yield the pictures of a shard in its order, the same at each reading.

    A member of more than `max_bytes` is not read. A damaged member is an ItemError in its place; a
    damaged shard ends in a Member without a name that says after which member.

    Args:
        kind: as `kind_of` gives it.
        file: the shard; ZIP and NPZ seek in it, TAR and IDX read it from front to back.
        max_bytes: of one member.
    """
    number, last = 0, "the beginning"
    try:
        for number, member in enumerate(_READERS[kind](file, max_bytes), 1):
            if number > MAX_MEMBERS:
                raise DamagedShard(f"A shard may have {MAX_MEMBERS:,} members")
            yield member
            last = f"member {number:,}, {received(member.name)}"
    except (*BROKEN, DamagedShard) as error:
        detail = f"The shard cannot be read on after {last}. Received: {error or type(error).__name__}"
        yield Member(None, ItemError("damaged-shard", detail))


def _tar(file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    with unpacked(file) as stream:
        yield from pictures(tar_files(stream), max_bytes)


def _zip(file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    return pictures(zip_files(file), max_bytes)


_READERS: dict[str, Callable[[BinaryIO, int], Iterator[Member]]] = {
    "tar": _tar,
    "zip": _zip,
    "npz": npz,
    "idx": idx,
}
