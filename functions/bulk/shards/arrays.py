"""NPZ and IDX files: arrays of pictures, uint8 or numbers as `/predict` takes them, read one after the other.

An NPZ holds arrays, an IDX file one (MNIST's own format).
"""

import math
import struct
import zipfile
from collections.abc import Iterator
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from bulk.errors import ItemError
from bulk.shards.gzipped import unpacked
from bulk.shards.member import MAX_MEMBERS, MAX_UNPACKED, DamagedShard, Member
from bulk.shards.zip import open_zip
from digits.images import MIN_SIDE
from digits.pixels import MAX_ROWS
from digits.raster import Grey

MAX_ARRAYS = 65_536  # of an NPZ: as many as fit into a ZIP as it was first

_NPZ_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_PIXELS = np.dtype(np.uint8)
# Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
_IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def npz(file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    """Yield the pictures of an NPZ, with the labels beside them. Raises DamagedShard, or one of BROKEN."""
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
                labels = _labels(archive, infos.get(_labels_of(name)), shape[0])
                yield from _array(name, stream, dtype, shape, labels, max_bytes)


def _labels_of(name: str) -> str:
    """Return what the labels of an array of pictures are called: x_test's are y_test."""
    if name.startswith(("x", "X")):
        return "y" + name[1:]
    return name.replace("images", "labels").replace("image", "label")


def _labels(archive: zipfile.ZipFile, info: zipfile.ZipInfo | None, number: int) -> NDArray[Any] | None:
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


def idx(file: BinaryIO, max_bytes: int) -> Iterator[Member]:
    """Yield the pictures of an IDX file; one of labels has none. Raises DamagedShard, or one of BROKEN."""
    with unpacked(file) as stream:
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
