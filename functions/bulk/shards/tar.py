"""The files of a TAR one after the other, in their order."""

import re
import tarfile
from collections.abc import Generator, Iterator, Sequence
from typing import IO, BinaryIO, cast

from bulk.errors import ItemError
from bulk.shards.member import FOLDER, DamagedShard, File

BUFFER = 1 << 16  # bytes of tarfile's buffer, the rest of which it copies with each read
MAX_HEADER = 1 << 20  # bytes of a TAR's long name or attributes, which tarfile reads whole
_LONG_TYPES = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_PLAIN_TYPES = (tarfile.REGTYPE, tarfile.DIRTYPE)
_SPARSE_GOES_ON = 504  # byte of a block of holes that says whether another block follows
_ATTRIBUTE = re.compile(rb"([1-9]\d{0,6}) ([^=]+)=")  # its length as a whole, and its key
_UNUSUAL = re.compile(rb"(?:size|linkpath|hdrcharset)$|GNU\.sparse")

_Plain = tuple[str | None, int]  # name and size; no name of a folder


class _StrictInfo(tarfile.TarInfo):
    """A header that may be neither broken nor huge: tarfile takes a broken one for the archive's end.

    Where a file has holes, tarfile reads the list of them whole, however long it is; here it is passed over.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_StrictInfo":
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise DamagedShard(str(error)) from error

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        if self.type in _LONG_TYPES and self.size > MAX_HEADER:
            raise DamagedShard(f"A TAR's header may have {MAX_HEADER:,} bytes, this one has {self.size:,}")
        found: tarfile.TarInfo | None = super()._proc_member(archive)  # type: ignore[misc]
        return found

    def _proc_sparse(self, archive: tarfile.TarFile) -> "_StrictInfo":
        """Go on behind the list of a file's holes, as GNU tar writes it behind the header."""
        source, (_, goes_on, _) = archive.fileobj, self._sparse_structs  # type: ignore[attr-defined]
        while goes_on:
            block = source.read(tarfile.BLOCKSIZE)
            goes_on = len(block) == tarfile.BLOCKSIZE and block[_SPARSE_GOES_ON]
        self.sparse = b""  # neither None nor read
        self.offset_data = source.tell()
        archive.offset = self.offset_data + self.size + -self.size % tarfile.BLOCKSIZE
        return self

    def _proc_gnusparse_10(self, described: "_StrictInfo", *_: object) -> None:
        """Leave the list of a file's holes, which stands before its content in PAX, unread."""
        described.sparse = b""


def tar_files(file: BinaryIO) -> Iterator[File]:
    """Yield the files of a TAR, FOLDER for each folder. Raises DamagedShard, or one of BROKEN."""
    begun = yield from _plain_files(file)
    rest = cast("IO[bytes]", _Rest(begun, file))
    with tarfile.open(fileobj=rest, mode="r|", tarinfo=_StrictInfo, bufsize=BUFFER) as archive:
        for info in archive:
            archive.members = []  # type: ignore[attr-defined] # it would keep each header to the end
            yield FOLDER if info.isdir() else _tar_file(archive, info)


def _tar_file(archive: tarfile.TarFile, info: tarfile.TarInfo) -> File:
    fault = _fault(info)
    content = archive.extractfile(info) if fault is None else None
    return File(info.name, info.size if content else 0, content.read if content else bytes, fault)


def _fault(info: tarfile.TarInfo) -> ItemError | None:
    """Return why a member of a TAR is not read, if so."""
    if info.sparse is not None:  # a header of 512 bytes may stand for terabytes of holes
        return ItemError("not-a-file", "A member may not have holes; pack it without tar's option --sparse.")
    return None if info.isreg() else ItemError("not-a-file", "A member must be a regular file.")


def _plain_files(file: BinaryIO) -> Generator[File, None, bytes]:
    """Yield files as long as headers hold little but a name and a size; return the first other header.

    tarfile takes 80 µs to a member, which is a third of what the network takes to its picture.
    """
    while True:
        begun, found = _header(file)
        if found is None:
            return begun
        name, size = found
        content = _Content(file, size)
        yield FOLDER if name is None else File(name, size, content.read)
        content.skip()


def _header(file: BinaryIO) -> tuple[bytes, _Plain | None]:
    """Read a header and the attributes before it, which WebDataset, Python and macOS write to each member.

    Returns:
        What was read, and what `_plain` makes of it.
    """
    header = file.read(tarfile.BLOCKSIZE)
    if header[156:157] != tarfile.XHDTYPE:
        return header, _plain(header)
    found = _plain(header, (tarfile.XHDTYPE,))
    if found is None or found[1] > MAX_HEADER:
        return header, None
    content = file.read(found[1] + -found[1] % tarfile.BLOCKSIZE)
    attributes = _attributes(content[: found[1]])
    if attributes is None:
        return header + content, None
    described = file.read(tarfile.BLOCKSIZE)
    return header + content + described, _renamed(_plain(described), attributes.get(b"path"))


def _plain(header: bytes, kinds: Sequence[bytes] = _PLAIN_TYPES) -> _Plain | None:
    """Return the name and size in a header of these kinds, no name for a folder; None for any other."""
    kind = header[156:157]
    if len(header) < tarfile.BLOCKSIZE or kind not in kinds or header[257:262] != b"ustar" or header[345]:
        return None
    checksum, size = (field.partition(b"\0")[0].strip() for field in (header[148:156], header[124:136]))
    if not (checksum.isdigit() and size.isdigit()):
        return None
    try:
        if int(checksum, 8) != sum(header) - sum(header[148:156]) + 8 * ord(" "):
            return None
        if kind == tarfile.DIRTYPE:
            return None, 0
        return header[:100].partition(b"\0")[0].decode(tarfile.ENCODING, "surrogateescape"), int(size, 8)
    except ValueError:
        return None


def _attributes(content: bytes) -> dict[bytes, bytes] | None:
    """Return the attributes of a member; None where they say more than its name, times and owner.

    Source: POSIX, pax, "pax Extended Header".
    """
    found, place = {}, 0
    while record := _ATTRIBUTE.match(content, place):
        end = place + int(record[1])
        if _UNUSUAL.match(record[2]) or content[end - 1 : end] != b"\n":
            return None
        found[record[2]] = content[record.end() : end - 1]
        place = end
    return found if place == len(content) else None


def _renamed(found: _Plain | None, path: bytes | None) -> _Plain | None:
    """Return what was found in a header, with the name that its attributes have."""
    if found is None or found[0] is None or path is None:
        return found
    try:
        return path.decode().rstrip("/"), found[1]
    except UnicodeDecodeError:
        return None


class _Content:
    """The content of a member: what nobody reads is passed over."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left, self._padding = file, size, -size % tarfile.BLOCKSIZE

    def read(self, size: int) -> bytes:
        """Return at most so many bytes."""
        size = min(size, self._left)
        data = self._file.read(size)
        if len(data) < size:
            raise DamagedShard("unexpected end of data")
        self._left -= size
        return data

    def skip(self) -> None:
        """Go on to the next header."""
        while self._left:
            self.read(BUFFER)
        self._file.read(self._padding)


class _Rest:
    """An archive from a header on that is read already, as tarfile reads it."""

    def __init__(self, begun: bytes, file: BinaryIO) -> None:
        self._begun, self._file = begun, file

    def read(self, size: int) -> bytes:
        """Return so many bytes, of which the header is the first."""
        begun, self._begun = self._begun[:size], self._begun[size:]
        return begun + self._file.read(size - len(begun))
