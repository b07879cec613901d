"""The pixels that video codes of HEVC and AV1 stand for, counted without decoding them.

A picture's box says one size, its codes may hold another, and more than one frame. Pixels that take up to
twice as long as those of phones count twice. Sources: ITU-T H.265,
sections 7.3.1 and 7.3.2.2; AV1 Bitstream and Decoding Process Specification, sections 5.3 to 5.9.
"""

from collections.abc import Iterator
from typing import TypeVar

from digits.errors import InvalidImage

Unit = TypeVar("Unit")

MAX_UNITS = 8192  # of all items together; most have 1 to 3
_PARAMETER_BYTES = 128  # of a parameter set or header in which all that is asked for stands

_HEVC_STANDS_ALONE = range(16, 22)  # types of units: a picture that needs no other
_HEVC_PICTURE = range(32)  # slices
_HEVC_FIRST = 128  # flag of a picture's first slice
_HEVC_SEQUENCE = 33
_CHROMA_422, _CHROMA_444 = 2, 3  # up to twice the samples of 4:2:0, which phones write
_HEVC_HEAD = 22  # bytes of hvcC before its parameter sets

_AV1_SEQUENCE, _AV1_FRAMES, _AV1_TILE_LIST = 1, {3, 6}, 8
_AV1_KEY, _AV1_SWITCH = 0, 3  # types of frames
_AV1_DEEP = 2  # profile of 12 bits, or of 4:2:2
_AV1_ANY = 2  # a tool that each frame turns on or off for itself


class Counter:
    """Counts units over all items, and pixels of one at a time.

    Raises:
        InvalidImage: more units than any encoder writes, or what no still picture has.
    """

    def __init__(self) -> None:
        self._units = 0

    def hevc(self, config: bytes, content: bytes) -> int:
        """Return the pixels of an item of HEVC, `config` being the content of its hvcC."""
        width = (config[_HEVC_HEAD - 1] & 3) + 1
        units = [*_parameter_sets(config), *self._counted(_hevc_units(content, width))]
        kinds = [(unit[0] >> 1 & 63, unit) for unit in units]
        pictures = [kind for kind, unit in kinds if kind in _HEVC_PICTURE and unit[2] & _HEVC_FIRST]
        if len(pictures) != 1 or pictures[0] not in _HEVC_STANDS_ALONE:
            shown = f"pictures of the types {pictures[:8]}"
            raise InvalidImage(f"An item of HEVC must hold one picture that stands alone. Received: {shown}")
        return max((_hevc_pixels(unit) for kind, unit in kinds if kind == _HEVC_SEQUENCE), default=0)

    def av1(self, content: bytes) -> int:
        """Return the pixels of all frames of an item of AV1."""
        largest = frames = 0
        sequence: _Sequence | None = None
        for kind, unit in self._counted(_av1_units(content)):
            if kind == _AV1_SEQUENCE:
                sequence = _Sequence(unit)
                largest = max(largest, sequence.pixels)
            elif kind in _AV1_FRAMES and sequence:
                sequence.check(unit)
                frames += 1
            elif kind == _AV1_TILE_LIST:
                raise InvalidImage("An AVIF must hold frames. Received: a list of tiles")
        return largest * frames

    def _counted(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for unit in units:
            self._units += 1
            if self._units > MAX_UNITS:
                raise InvalidImage(f"A HEIF or AVIF may have {MAX_UNITS:,} units of code. Received: more")
            yield unit


class _Bits:
    """Bits of a few bytes, the highest of each first."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        """Return the number that the next bits make."""
        self._left -= count
        if self._left < 0:
            raise IndexError
        return self._value >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        """Return a number in H.265's code ue(v)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


def _parameter_sets(config: bytes) -> Iterator[bytes]:
    at = _HEVC_HEAD + 1
    for _ in range(config[_HEVC_HEAD]):
        count, at = int.from_bytes(config[at + 1 : at + 3]), at + 3
        for _ in range(count):
            size = int.from_bytes(config[at : at + 2])
            yield _whole(config, at + 2, size)[:_PARAMETER_BYTES]
            at += 2 + size


def _hevc_units(content: bytes, width: int) -> Iterator[bytes]:
    """Yield the beginning of each unit, which `width` bytes of its length precede."""
    at = 0
    while at < len(content):
        size = int.from_bytes(_whole(content, at, width))
        yield _whole(content, at + width, size)[:_PARAMETER_BYTES]
        at += width + size


def _whole(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data) or size < 1:
        raise IndexError
    return data[at : min(at + size, at + _PARAMETER_BYTES)].ljust(3, b"\0")


def _hevc_pixels(unit: bytes) -> int:
    """Return the pixels of a picture, as a sequence parameter set has them."""
    bits = _Bits(unit[2:].replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 96)  # nesting; profile, tier and level of all
    flags = [(bits.take(1), bits.take(1)) for _ in range(8)] if layers else []
    for profile, level in flags[:layers]:
        bits.take(88 * profile + 8 * level)
    bits.golomb()  # its number
    chroma = bits.golomb()
    if chroma == _CHROMA_444:
        bits.take(1)
    pixels = bits.golomb() * bits.golomb()
    return 2 * pixels if chroma >= _CHROMA_422 else pixels


def _av1_units(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each unit's type and its beginning."""
    at = 0
    while at < len(content):
        head = content[at]
        at += 2 if head & 4 else 1
        size = len(content) - at
        if head & 2:
            size, at = _leb128(content, at)
        if at + size > len(content):
            raise IndexError
        yield head >> 3 & 15, content[at : at + min(size, _PARAMETER_BYTES)]
        at += size


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of 7 bits a byte, the lowest first, and where it ends."""
    value = 0
    for place in range(8):
        value |= (data[at + place] & 127) << 7 * place
        if not data[at + place] & 128:
            return value, at + place + 1
    raise IndexError


class _Sequence:
    """What a sequence header says of its frames."""

    def __init__(self, unit: bytes) -> None:
        bits = _Bits(unit)
        profile = bits.take(3)
        bits.take(1)
        self._is_still = bits.take(1)
        if self._is_still:
            bits.take(5)
        else:
            _skip_points(bits)
        sizes = bits.take(4) + 1, bits.take(4) + 1
        pixels = (bits.take(sizes[0]) + 1) * (bits.take(sizes[1]) + 1)
        self.pixels = 2 * pixels if profile == _AV1_DEEP else pixels
        if not self._is_still:
            self._read_tools(bits)

    def _read_tools(self, bits: _Bits) -> None:
        self._number = 0  # bits of a frame's number
        if bits.take(1):
            self._number = bits.take(4) + 2
            self._number += bits.take(3) + 1
        bits.take(3 + 4)
        ordered = bits.take(1)
        bits.take(2 * ordered)
        self._screen = _AV1_ANY if bits.take(1) else bits.take(1)
        self._whole = _AV1_ANY
        if self._screen and not bits.take(1):
            self._whole = bits.take(1)

    def check(self, unit: bytes) -> None:
        """Raise InvalidImage for a frame that has a size of its own."""
        bits = _Bits(unit)
        if self._is_still or bits.take(1):  # an earlier frame shown again has no size
            return
        kind, shown = bits.take(2), bits.take(1)
        bits.take(1 - shown)
        if not (kind == _AV1_SWITCH or (kind == _AV1_KEY and shown)):
            bits.take(1)
        bits.take(1)
        screen = bits.take(1) if self._screen == _AV1_ANY else self._screen
        bits.take(1 if screen and self._whole == _AV1_ANY else 0)
        bits.take(self._number)
        if kind == _AV1_SWITCH or bits.take(1):
            raise InvalidImage("Frames of an AVIF must have its size. Received: one that has its own")


def _skip_points(bits: _Bits) -> None:
    """Pass over the operating points."""
    if bits.take(1):
        raise InvalidImage("A still picture of AV1 must have no timing. Received: one that has")
    delayed = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delayed and bits.take(1):
            bits.take(4)
