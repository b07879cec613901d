"""A library of a few hundred bytes in place of one that another is linked against but never calls.

The format is the System V ABI's, https://gabi.xinuos.com.
"""

import struct

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")  # type, flags, offset, address, physical address, size, size, alignment
_SYMBOL = struct.Struct("<IBBHQQ")  # name, kind, visibility, section, address, size
_LOAD, _DYNAMIC, _STACK = 1, 2, 0x6474E551
_READ, _WRITE, _RUN = 4, 2, 1
_HASHES, _STRINGS, _SYMBOLS, _STRINGS_SIZE, _SYMBOL_SIZE = 4, 5, 6, 10, 11  # tags of the dynamic section
_GLOBAL_FUNCTION = 0x12
_PAGE = 1 << 16  # bytes, of the largest page that a processor of Lambda's may have
# Instructions that return 0, by the number of the processor's kind: x86_64, arm64.
_RETURN_0 = {62: bytes.fromhex("31c0c3"), 183: bytes.fromhex("000080d2c0035fd6")}
_BEGIN = _HEADER.size + 4 * _SEGMENT.size  # of what follows the headers


def stub(library: bytes, names: list[bytes]) -> bytes:
    """Return a library for the same processor as another, with functions that do nothing and return 0.

    Raises:
        ValueError: `library` is none for Linux on x86_64 or arm64.
    """
    machine = int.from_bytes(library[18:20], "little") if library[:5] == b"\x7fELF\x02" else 0
    if machine not in _RETURN_0:
        raise ValueError(
            f"The library must be for Linux on x86_64 or arm64. Received: {library[:20].hex(' ')}"
        )
    strings = b"\0" + b"".join(name + b"\0" for name in names)
    return _join(machine, _RETURN_0[machine], _symbols(strings, names), _hashes(len(names)), strings)


def _join(machine: int, *parts: bytes) -> bytes:
    """Return the file of a function, its symbols, their hashes and their names, in this order."""
    padded = [part.ljust(-(-len(part) // 8) * 8, b"\0") for part in parts]
    places = [_BEGIN + sum(map(len, padded[:index])) for index in range(len(padded) + 1)]
    values = [_SYMBOLS, places[1], _SYMBOL_SIZE, _SYMBOL.size, _HASHES, places[2], _STRINGS, places[3]]
    dynamic = struct.pack("<12Q", *values, _STRINGS_SIZE, len(parts[3]), 0, 0)
    return _headers(machine, places[4], len(dynamic)) + b"".join(padded) + dynamic


def _symbols(strings: bytes, names: list[bytes]) -> bytes:
    """Return the table of symbols, all at the one function; its first entry is the format's own."""
    starts = [strings.index(b"\0" + name + b"\0") + 1 for name in names]
    return bytes(_SYMBOL.size) + b"".join(
        _SYMBOL.pack(start, _GLOBAL_FUNCTION, 0, 1, _BEGIN, 8) for start in starts
    )


def _hashes(count: int) -> bytes:
    """Return the hash table: one bucket, in which each symbol leads to the next."""
    return struct.pack(f"<{4 + count}I", 1, count + 1, 1, 0, *range(2, count + 1), 0)


def _headers(machine: int, end: int, dynamic: int) -> bytes:
    """Return the headers: what is read and run up to `end`, and behind it what the loader writes to."""
    identity = b"\x7fELF" + bytes([2, 1, 1])
    written = (end, _PAGE + end, _PAGE + end, dynamic, dynamic)
    segments = [
        (_LOAD, _READ | _RUN, 0, 0, 0, end, end, _PAGE),
        (_LOAD, _READ | _WRITE, *written, _PAGE),
        (_DYNAMIC, _READ | _WRITE, *written, 8),
        (_STACK, _READ | _WRITE, 0, 0, 0, 0, 0, 16),
    ]
    shared = 3
    header = _HEADER.pack(
        identity,
        shared,
        machine,
        1,
        0,
        _HEADER.size,
        0,
        0,
        _HEADER.size,
        _SEGMENT.size,
        len(segments),
        0,
        0,
        0,
    )
    return header + b"".join(_SEGMENT.pack(*segment) for segment in segments)
