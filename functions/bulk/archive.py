"""Archives of files: the members of a TAR or ZIP one after the other, in their order."""

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bulk.errors import ItemError

CHUNK = 1 << 20  # bytes read at a time from an archive that is compressed as a whole
BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, ValueError)


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


class _StrictInfo(tarfile.TarInfo):
    """A header that may not be broken: tarfile takes a broken one, but the first, for the archive's end."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_StrictInfo":
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise DamagedShard(str(error)) from error


def tar_files(file: BinaryIO) -> Iterator[File]:
    """Yield the files of a TAR. Raises DamagedShard, or one of BROKEN."""
    with tarfile.open(fileobj=file, mode="r|", tarinfo=_StrictInfo, bufsize=CHUNK) as archive:
        for info in archive:
            archive.members = []  # type: ignore[attr-defined] # it would keep each header to the end
            if info.isdir():
                continue
            fault = None if info.isreg() else ItemError("not-a-file", "A member must be a regular file.")
            content = archive.extractfile(info) if fault is None else None
            yield File(info.name, info.size, content.read if content else bytes, fault)


def zip_files(file: BinaryIO) -> Iterator[File]:
    """Yield the files of a ZIP. Raises one of BROKEN; `read` raises DamagedMember."""
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            fault = ItemError("encrypted", "A member may not be encrypted.") if info.flag_bits & 1 else None
            yield File(info.filename, info.file_size, _zip_reader(archive, info), fault)


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        try:
            with archive.open(info) as member:
                return member.read(size)
        except (*BROKEN, NotImplementedError) as error:
            raise DamagedMember("damaged-member", f"The member cannot be unpacked: {error}") from error

    return read
