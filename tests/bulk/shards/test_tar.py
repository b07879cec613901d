"""Archives read member by member: as tarfile reads them, whatever program wrote them."""

import io
import random
import tarfile
from typing import Any

import pytest

from bulk.shards import tar
from bulk.shards.member import BROKEN, DamagedShard
from bulk.shards.tar import tar_files

FORMATS = pytest.mark.parametrize(
    "form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["ustar", "gnu", "pax"]
)
NAMES = ["a.png", "./b.png", "deep/er/c.png", "d" * 99, "e" * 60 + "/" + "e" * 60, "ü.png", "\udcff.png", "z"]


def packed(form: int, names: list[str]) -> bytes:
    """Return an archive of files of many sizes, a folder and a link."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=form) as target:
        for place, name in enumerate(names):
            info = tarfile.TarInfo(name)
            info.size = (0, 1, 511, 512, 513, 70_000)[place % 6]
            info.mtime = 1_700_000_000.5  # half a second makes PAX write attributes to each member
            target.addfile(info, io.BytesIO(bytes(range(256)) * 300))
        for name, kind in (("folder/", tarfile.DIRTYPE), ("link", tarfile.SYMTYPE)):
            info = tarfile.TarInfo(name)
            info.type = kind
            target.addfile(info)
        target.addfile(tarfile.TarInfo("last"))
    return held.getvalue()


def files(content: bytes, most: int = 1 << 20) -> list[Any]:
    """Return the files of an archive, and at last what ended it, if anything did."""
    found: list[Any] = []
    try:
        for each in tar_files(io.BytesIO(content)):
            found.append((each.name, each.size, each.fault and each.fault.kind, each.read(most)))  # noqa: PERF401
    except (*BROKEN, DamagedShard) as error:
        found.append(type(error) in BROKEN or "damaged")
    return found


@FORMATS
def test_files_are_those_that_tarfile_reads(form: int) -> None:
    names = [name for name in NAMES if form != tarfile.USTAR_FORMAT or name.isascii()]
    content = packed(form, names)
    with tarfile.open(fileobj=io.BytesIO(content)) as expected:
        members = [each for each in expected if not each.isdir()]
        contents = [
            file.read() if (file := expected.extractfile(each)) else b"" for each in members if each.isreg()
        ]
    found = [each for each in files(content) if each[0]]
    assert [(name, size) for name, size, *_ in found] == [(each.name, each.size) for each in members]
    assert [data for *_, fault, data in found if not fault] == contents
    assert [name for name, _, fault, _ in found if fault] == ["link"]


@pytest.mark.parametrize("most", [0, 10, 600])
def test_what_nobody_reads_is_passed_over(most: int) -> None:
    found = files(packed(tarfile.PAX_FORMAT, NAMES), most)
    assert [each[0] for each in found if each[0]] == [*NAMES[:1], "./b.png", *NAMES[2:], "link", "last"]


@FORMATS
def test_a_damaged_archive_is_read_as_far_as_tarfile_reads_it(
    form: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{place}.png" for place in range(12)]
    rng = random.Random(form)
    for _ in range(150):
        content = bytearray(packed(form, names))
        for _ in range(rng.choice([0, 1, 1])):
            block = rng.randrange(len(content) // 512) * 512
            content[block + rng.randrange(512)] = rng.randrange(256)
        data = bytes(content[: rng.choice([None, rng.randrange(len(content))])])
        found = files(data)
        with monkeypatch.context() as patch:
            patch.setattr(tar, "_plain", lambda *_: None)
            assert found == files(data)


@FORMATS
def test_most_archives_are_read_without_tarfile(form: int, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{place}.png" for place in range(12)] + ["ü" * 99] * (form == tarfile.PAX_FORMAT)
    content = packed(form, names)
    monkeypatch.setattr(tarfile, "open", None)
    plain = tar_files(io.BytesIO(content))
    assert [next(plain).name for _ in names] == names


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"9 path=ab\n",
        b"10 path=ab",
        b"5 a=b\n",
        b"7 a=b\n",
        b"0 a=b\n",
        b"a=b\n",
        b"12 path=\xff\xfeb\n",
        b"11 size=700\n",
        b"6 a=b\n20 GNU.sparse.major=1\n",
    ],
)
def test_attributes_that_say_more_or_are_damaged_are_left_to_tarfile(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, len(content)
    packed_ = header.tobuf(tarfile.USTAR_FORMAT) + content.ljust(512, b"\0") * bool(content)
    data = packed_ + packed(tarfile.GNU_FORMAT, ["a.png", "b.png"])
    found = files(data)
    monkeypatch.setattr(tar, "_plain", lambda *_: None)
    assert found == files(data)
