"""Shards: TAR, ZIP, NPZ and IDX files whose members are pictures, streamed one member at a time.

A TAR holds files as WebDataset keeps them: the members of one sample follow each other and share their
name up to the first dot, and `.cls` or `.json` members hold labels. A ZIP is read the same way. An NPZ holds
arrays, an IDX file one (MNIST's own format); their pictures are uint8, or numbers as `/predict` takes them.
Nothing is ever unpacked to a disk, so a member's name is a key and no path.
"""

import gzip
import io
import json
import math
import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from bulk.archive import (
    BROKEN,
    CHUNK,
    FOLDER,
    DamagedMember,
    DamagedShard,
    File,
    open_zip,
    tar_files,
    zip_files,
)
from bulk.errors import ItemError
from digits.errors import received
from digits.images import MIN_SIDE, Grey
from digits.pixels import MAX_ROWS

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_MEMBERS = 1_000_000  # of a shard: its rows still fit into one object of 300 MB
MAX_FILES = 3 * MAX_MEMBERS  # and folders: a picture, its label and what macOS keeps beside each
MAX_ARRAYS = 65_536  # of an NPZ: as many as fit into a ZIP as it was first
MAX_UNPACKED = 1 << 34  # bytes of a shard, 16 GiB: what a hundredfold compressed bomb of 160 MB comes to
MAX_IDLE = 1 << 22  # bytes in a row that gzip unpacks to nothing: empty members, a name without end
MAX_LABEL_BYTES = 65_536  # of a `.cls` or `.json` member; a label is a digit
MAX_SAMPLE = 16  # pictures that wait for a label behind them: scan.1.png, scan.2.png and so on are no sample

_ARCHIVES = {".tar": "tar", ".tgz": "tar", ".zip": "zip", ".npz": "npz", ".idx": "idx", ".idx3": "idx"}
_LABELS = {".cls", ".json"}
_NESTED = {".tar", ".tgz", ".zip", ".npz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar"}
_HIDDEN = re.compile(r"(?:^|/)\.(?!\.?(?:/|$))")  # a part of a name that begins with a point, but . and ..
_NPZ_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_PIXELS = np.dtype(np.uint8)
# Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
_IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


@dataclass(frozen=True)
class Member:
    """One picture of a shard, or what is wrong with it."""

    name: str | None  # None where the fault is the shard's
    content: bytes | Grey | ItemError
    label: int | None = None  # 0 to 9, where the shard says so


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


# ---- Archives of files.


def _tar(file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    with _unpacked(file) as stream:
        yield from _pictures(tar_files(stream), max_bytes)


def _zip(file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    return _pictures(zip_files(file), max_bytes)


def _pictures(files: Iterable[File], max_bytes: int) -> Iterator[Member]:
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


# ---- Arrays.


def _npz(file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    with open_zip(file) as archive:
        infos = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if len(infos) > MAX_ARRAYS:
            raise DamagedShard(f"An NPZ may have {MAX_ARRAYS:,} arrays, this one has {len(infos):,}")
        total = 0
        for name, info in infos.items():
            total += info.file_size
            if total > MAX_UNPACKED:
                raise DamagedShard(f"A shard may have {MAX_UNPACKED:,} bytes unpacked")
            if info.compress_type not in _NPZ_PACKED:
                raise DamagedShard(f"an array packed by method {info.compress_type}, which NumPy never uses")
            with archive.open(info) as stream:
                dtype, shape = _npy_header(stream)
                if len(shape) < 2:  # labels
                    continue
                labels = _npz_labels(archive, infos.get(_labels_of(name)), shape[0])
                yield from _array(name, stream, dtype, shape, labels, max_bytes)


def _labels_of(name: str) -> str:
    """Return what the labels of an array of pictures are called: x_test's are y_test."""
    if name.startswith(("x", "X")):
        return "y" + name[1:]
    return name.replace("images", "labels").replace("image", "label")


def _npz_labels(archive: zipfile.ZipFile, info: zipfile.ZipInfo | None, number: int) -> NDArray[Any] | None:
    if info is None or info.file_size > 16 * MAX_MEMBERS or info.compress_type not in _NPZ_PACKED:
        return None
    with archive.open(info) as stream:
        dtype, shape = _npy_header(stream)
        fits = shape == (number,) and dtype.kind in "iu"
        return np.frombuffer(stream.read(), dtype, number) if fits else None


def _npy_header(stream: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Read the header of a .npy file. Source: NEP 1."""
    version = np.lib.format.read_magic(stream)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in read:
        raise DamagedShard(f".npy of version {version}")
    shape, is_fortran, dtype = read[version](stream)
    if is_fortran or dtype.hasobject:
        raise DamagedShard(f"an array of {dtype} in {'columns' if is_fortran else 'Python objects'}")
    return dtype, shape


def _idx(file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    with _unpacked(file) as stream:
        zero, code, dimensions = struct.unpack(">HBB", _exactly(stream, 4))
        if zero or code not in _IDX_TYPES or dimensions not in {1, 3}:
            raise DamagedShard(f"an IDX header of {zero:#06x}, {code:#04x}, {dimensions} dimensions")
        shape = struct.unpack(f">{dimensions}I", _exactly(stream, 4 * dimensions))
        if dimensions == 3:  # else labels
            yield from _array("", stream, np.dtype(_IDX_TYPES[code]), shape, None, max_bytes)


def _array(  # noqa: PLR0913, PLR0917 - what an array is
    name: str,
    stream: IO[bytes],
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    labels: NDArray[Any] | None,
    max_bytes: int,
) -> Iterator[Member]:
    """Yield the pictures of an array (n, height, width) or (n, height, width, 1), one after the other."""
    number, *picture = shape[:-1] if len(shape) == 4 and shape[-1] == 1 else shape
    if len(picture) != 2 or not all(MIN_SIDE <= side <= MAX_ROWS for side in picture):
        wanted = f"pictures (n, height, width) of {MIN_SIDE} to {MAX_ROWS} a side"
        raise DamagedShard(f"an array of {shape}, not {wanted}")
    if dtype.kind not in "buif" or math.prod(picture) * dtype.itemsize > max_bytes:
        raise DamagedShard(f"pictures of {dtype}, {math.prod(picture) * dtype.itemsize:,} bytes each")
    for place in range(number):
        data = _exactly(stream, math.prod(picture) * dtype.itemsize)
        label = None if labels is None or not 0 <= labels[place] <= 9 else int(labels[place])
        content = _grey(np.frombuffer(data, dtype).reshape(picture))
        yield Member(f"{name}/{place}" if name else str(place), content, label)


def _grey(values: NDArray[Any]) -> Grey | ItemError:
    """Return numbers as a picture: as bytes they are, else on the scale 0–1 or 0–255 as in JSON."""
    if values.dtype == _PIXELS:
        return values
    low, high = (0, 1) if values.dtype.kind == "b" else (float(values.min()), float(values.max()))
    if not (low >= 0 and high <= 255):  # NaN fails both
        detail = f"Numbers must be from 0 to 255. Received: {low} to {high}"
        return ItemError("invalid-image", detail)
    return np.rint(values.astype(np.float64) * (255 if high <= 1 else 1)).astype(np.uint8)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise DamagedShard(f"the end of the file, {size - len(data):,} bytes early")
    return data


# ---- Compression of the whole.


@contextmanager
def _unpacked(file: BinaryIO) -> Iterator[BinaryIO]:
    """Yield a file's content, unpacked if gzip packed it; its first bytes decide, not its name."""
    with io.BufferedReader(cast("io.RawIOBase", file), CHUNK) as buffered:
        if buffered.peek(2)[:2] != b"\x1f\x8b":
            yield buffered
        else:
            packed = _Packed(buffered)
            with gzip.GzipFile(fileobj=cast("IO[bytes]", packed)) as unpacked:
                yield io.BufferedReader(_Bounded(unpacked, packed), CHUNK)


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


_READERS: dict[str, Callable[[BinaryIO, int], Iterator[Member]]] = {
    "tar": _tar,
    "zip": _zip,
    "npz": _npz,
    "idx": _idx,
}
