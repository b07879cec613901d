"""The files of a ZIP one after the other, in their order."""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, cast

from bulk.errors import ItemError
from bulk.shards.member import BROKEN, FOLDER, DamagedMember, DamagedShard, File

BUFFER = 1 << 16  # bytes read at a time
MAX_DIRECTORY = 1 << 26  # bytes of a ZIP's directory, which zipfile reads whole: a million short names


def zip_files(file: BinaryIO) -> Iterator[File]:
    """Yield the files of a ZIP, FOLDER for each folder. Raises one of BROKEN; `read` raises DamagedMember."""
    with open_zip(file) as archive:
        for info in archive.infolist():
            fault = ItemError("encrypted", "A member may not be encrypted.") if info.flag_bits & 1 else None
            found = File(info.filename, info.file_size, _zip_reader(archive, info), fault)
            yield FOLDER if found.name.endswith("/") else found  # is_dir() fails where there is no name


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """Read the directory of a ZIP. Raises DamagedShard, or one of BROKEN."""
    # zipfile reads each member in three small pieces, which a stream from S3 would answer one by one.
    return zipfile.ZipFile(cast("IO[bytes]", _Sought(io.BufferedReader(cast("io.RawIOBase", file), BUFFER))))


class _Sought:
    """A ZIP's file, of which no more than MAX_DIRECTORY bytes are read at a time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, all that are left without a size: zipfile asks so for the last 64 KB."""
        if size > MAX_DIRECTORY:
            raise DamagedShard(f"A ZIP's directory may have {MAX_DIRECTORY:,} bytes, this one has {size:,}")
        return self._file.read(size)


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        try:
            with archive.open(info) as member:
                return member.read(size)
        except MemoryError:  # LZMA names what it needs, up to 4 GiB
            detail = "Unpacking this takes more memory than there is."
            raise DamagedMember("out-of-memory", detail) from None
        except (*BROKEN, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:  # the disk's, not bzip2's
                raise
            raise DamagedMember("damaged-member", f"The member cannot be unpacked: {error}") from error

    return read
