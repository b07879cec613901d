"""The library that takes the place of x265 in the image."""

import ctypes
import platform
from pathlib import Path

import pytest

from stub import stub

MACHINES = {"x86_64": 62, "aarch64": 183}
ELF = b"\x7fELF\x02".ljust(18, b"\0") + b"\x3e\0"  # the beginning of a library for x86_64
NAMES = [b"x265_api_get_217", b"x265_cleanup"]


@pytest.mark.skipif(platform.machine() not in MACHINES, reason="loads a library for Linux")
def test_its_functions_can_be_called_and_return_0(tmp_path: Path) -> None:
    header = ELF[:18] + MACHINES[platform.machine()].to_bytes(2, "little")
    (tmp_path / "stub.so").write_bytes(stub(header, NAMES))
    library = ctypes.CDLL(str(tmp_path / "stub.so"))
    assert [library[name.decode()](217) for name in NAMES] == [0, 0]
    with pytest.raises(AttributeError):
        library["x265_encoder_open_217"]


def test_processors_differ_in_their_number_and_their_instructions_alone() -> None:
    ours, other = stub(ELF, NAMES), stub(ELF[:18] + b"\xb7\0", NAMES)
    differing = {index for index, (left, right) in enumerate(zip(ours, other, strict=True)) if left != right}
    assert differing <= {18, *range(288, 296)}
    assert other[288:296].hex(" ", 4) == "000080d2 c0035fd6", "mov x0, #0; ret"


@pytest.mark.parametrize("library", [b"", b"MZ", b"\x7fELF\x01" + bytes(20), ELF[:18] + b"\x08\0"])
def test_a_library_for_another_machine_is_refused(library: bytes) -> None:
    with pytest.raises(ValueError, match=r"must be for Linux on x86_64 or arm64. Received: "):
        stub(library, NAMES)
