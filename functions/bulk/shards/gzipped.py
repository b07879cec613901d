"""Shards that gzip packed as a whole, unpacked as they are read, within bounds."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from bulk.shards.member import MAX_UNPACKED, DamagedShard

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 1 << 20  # bytes read at a time from an archive that is compressed as a whole
MAX_IDLE = 1 << 22  # bytes in a row that gzip unpacks to nothing: empty members, a name without end


@contextmanager
def unpacked(file: BinaryIO) -> Iterator[BinaryIO]:
    """Yield a file's content, unpacked if gzip packed it; its first bytes decide, not its name."""
    with io.BufferedReader(cast("io.RawIOBase", file), CHUNK) as buffered:
        if buffered.peek(2)[:2] != b"\x1f\x8b":
            yield buffered
        else:
            packed = _Packed(buffered)
            with gzip.GzipFile(fileobj=cast("IO[bytes]", packed)) as content:
                yield io.BufferedReader(_Bounded(content, packed), CHUNK)


class _Packed:
    """A file as gzip reads it, up to MAX_IDLE bytes until it has unpacked something."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.idle = file, 0

    def read(self, size: int) -> bytes:
        """Return at most so many bytes."""
        data = self._file.read(size)
        self.idle += len(data)
        if self.idle > MAX_IDLE:
            raise DamagedShard(f"more than {MAX_IDLE:,} bytes that unpack to nothing")
        return data


class _Bounded(io.RawIOBase):
    """What gzip unpacks, up to MAX_UNPACKED bytes."""

    def __init__(self, unpacked: gzip.GzipFile, packed: _Packed) -> None:
        self._unpacked, self._packed, self._left = unpacked, packed, MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        read = self._unpacked.readinto(buffer)
        self._packed.idle = 0
        self._left -= read
        if self._left < 0:
            raise DamagedShard(f"more than {MAX_UNPACKED:,} bytes unpacked")
        return read
