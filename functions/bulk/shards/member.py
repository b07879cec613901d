"""What a shard holds: files of an archive, pictures, and the errors of either."""

import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from bulk.errors import ItemError
from digits.raster import Grey

MAX_MEMBERS = 1_000_000  # of a shard: its rows still fit into one object of 300 MB
MAX_UNPACKED = 1 << 34  # bytes of a shard, 16 GiB: what a hundredfold compressed bomb of 160 MB comes to
# RuntimeError: zipfile raises it, or its NotImplementedError, for what it cannot read; and tarfile calls
# itself, up to a RecursionError, for each header that only describes the next one.
BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    EOFError,
    ValueError,
    RuntimeError,
)


class DamagedShard(Exception):
    """Raised where a shard cannot be read on."""


class DamagedMember(ItemError):
    """Raised where a member cannot be unpacked and the next one can."""


@dataclass(frozen=True)
class File:
    """A member of an archive: its name, its size by the directory, and how to read at most so many bytes."""

    name: str
    size: int
    read: Callable[[int], bytes]
    fault: ItemError | None = None


FOLDER = File("", 0, bytes)  # whatever its name, so that folders count as members do


@dataclass(frozen=True)
class Member:
    """One picture of a shard, or what is wrong with it."""

    name: str | None  # None where the fault is the shard's
    content: bytes | Grey | ItemError
    label: int | None = None  # 0 to 9, where the shard says so
