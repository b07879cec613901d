"""Shards read member by member: every picture once, in order, whatever stands around it."""

import errno
import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bulk import shards
from bulk.errors import ItemError
from bulk.shards import arrays, gzipped, kind_of, members, samples
from bulk.shards import zip as zips
from bulk.shards.member import Member
from events.draw import png

MAX_BYTES = 100_000
FILES = {f"{place:06}.png": png(place % 10) for place in range(30)}


def tar(files: dict[str, bytes], mode: str = "w") -> bytes:
    """Return a TAR of files."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return held.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a ZIP of files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def npz(**arrays: Any) -> bytes:
    """Return an NPZ of arrays."""
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)
    return held.getvalue()


def idx(pictures: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """Return an IDX file of uint8."""
    return struct.pack(">HBB3I", 0, 8, 3, *pictures.shape) + pictures.tobytes()


def read(kind: str, content: bytes) -> list[Member]:
    """Return the members of a shard."""
    return list(members(kind, io.BytesIO(content), MAX_BYTES))


def pixels(found: list[Member]) -> Any:
    """Return the pictures of members that hold pixels."""
    return np.stack([each.content for each in found if isinstance(each.content, np.ndarray)])


def faults(found: list[Member]) -> dict[str | None, str]:
    """Return the kind of error of each faulty member."""
    return {each.name: each.content.kind for each in found if isinstance(each.content, ItemError)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a/b.tar", "tar"),
        ("B.TAR.GZ", "tar"),
        ("b.tgz", "tar"),
        ("b.zip", "zip"),
        ("mnist.npz", "npz"),
        ("t10k-images-idx3-ubyte.gz", "idx"),
        ("b.idx", "idx"),
        ("b.png", None),
        ("tar", None),
        ("b.png.gz", None),
    ],
)
def test_a_name_tells_how_a_file_is_read(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("tar", tar(FILES)),
        ("tar", tar(FILES, "w:gz")),
        ("tar", gzip.compress(tar(FILES))),
        ("zip", zipped(FILES)),
    ],
    ids=["tar", "tgz", "tar.gz", "zip"],
)
def test_an_archive_gives_its_pictures_in_order(kind: str, content: bytes) -> None:
    found = read(kind, content)
    assert [(each.name, each.content) for each in found] == list(FILES.items())


def test_arrays_give_their_pictures_with_labels() -> None:
    pictures = np.arange(3 * 28 * 28).reshape(3, 28, 28).astype(np.uint8)
    found = read("npz", npz(x_test=pictures, y_test=np.array([7, 2, 11]), other=np.array([1])))
    assert [(each.name, each.label) for each in found] == [
        ("x_test/0", 7),
        ("x_test/1", 2),
        ("x_test/2", None),
    ]
    assert np.array_equal(pixels(found), pictures)
    found = read("idx", idx(pictures))
    assert [each.name for each in found] == ["0", "1", "2"]
    assert np.array_equal(pixels(found), pictures)
    assert np.array_equal(pixels(read("idx", gzip.compress(idx(pictures)))), pictures)


def test_numbers_are_taken_on_both_scales() -> None:
    ramp = np.linspace(0, 1, 64).reshape(1, 8, 8)
    expected = np.rint(ramp[0] * 255)
    for array in (ramp, ramp.astype(np.float32)[..., np.newaxis], np.rint(ramp * 255).astype(np.int64)):
        assert np.array_equal(pixels(read("npz", npz(x=array))), expected[np.newaxis])
    wrong = np.stack([ramp[0] * 300, np.full((8, 8), np.nan), ramp[0]])
    assert faults(read("npz", npz(x=wrong))) == {"x/0": "invalid-image", "x/1": "invalid-image"}


def test_labels_of_a_sample_stand_beside_its_picture() -> None:
    files = {
        "a.cls": b"3",
        "a.png": png(3),
        "b.png": png(4),
        "b.json": b'{"label": 4}',
        "c.png": png(5),
        "c.json": b"[" * 50_000,
        "d.png": png(5),
        "d.cls": b"12",
        "e.png": png(6),
    }
    for kind, content in (("tar", tar(files)), ("zip", zipped(files))):
        assert [(each.name, each.label) for each in read(kind, content)] == [
            ("a.png", 3),
            ("b.png", 4),
            ("c.png", None),
            ("d.png", None),
            ("e.png", None),
        ]


def test_a_member_that_cannot_be_read_is_an_error_in_its_place() -> None:
    files = {
        "a.png": png(1),
        "../../etc/passwd": png(2),
        "/etc/b.png": png(3),
        "inner.zip": zipped(FILES),
        "large.png": bytes(MAX_BYTES + 1),
        "z.png": png(4),
    }
    expected = {
        "../../etc/passwd": "unsafe-name",
        "/etc/b.png": "unsafe-name",
        "inner.zip": "nested-shard",
        "large.png": "object-too-large",
    }
    for kind, content in (("tar", tar(files)), ("zip", zipped(files))):
        found = read(kind, content)
        assert [each.name for each in found] == list(files)
        assert faults(found) == expected


def test_hidden_members_are_passed_over_as_hidden_files_are() -> None:
    """Beside each file of a TAR or a ZIP, macOS puts such a member."""
    hidden = ["._a.png", "__MACOSX/._a.png", ".git/a.png", "./b/.c.png"]
    seen = ["./a.png", "b/./c.png", "d/../e.png", "f..png", "g/h.i/j.png"]
    files = dict.fromkeys([*hidden, *seen], png(1))
    for kind, content in (("tar", tar(files)), ("zip", zipped(files))):
        assert [each.name for each in read(kind, content)] == seen


def test_pictures_that_share_a_name_are_not_held_until_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MAX_SAMPLE", 3)
    files = {f"scan.{place}.png": png(place) for place in range(9)} | {"scan.cls": b"8"}
    content = tar(files | {"b.png": png(3), "b.cls": b"3"})
    reads: list[int] = []

    class Counted(io.BytesIO):
        def readinto(self, buffer: Any) -> int:
            reads.append(size := super().readinto(buffer))
            return size

    monkeypatch.setattr(gzipped, "CHUNK", 512)
    found = members("tar", Counted(content), MAX_BYTES)
    assert next(found).name == "scan.0.png"
    assert sum(reads) < len(content) / 2
    assert [each.label for each in found] == [None] * 8 + [3]


def headers(kind: bytes, sizes: list[int]) -> bytes:
    """Return headers of a TAR that only describe the next one, and no more of what they hold than a block."""
    held = []
    for size in sizes:
        info = tarfile.TarInfo("././@LongLink")
        info.type, info.size = kind, size
        held.append(info.tobuf(tarfile.GNU_FORMAT) + b"a\0".ljust(512, b"\0"))
    return b"".join(held)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_what_describes_a_member_may_not_be_huge(kind: bytes) -> None:
    (last,) = read("tar", headers(kind, [8 << 30]))
    assert "A TAR's header may have 1,048,576 bytes, this one has 8,589,934,592" in str(last.content)


def test_headers_that_describe_each_other_without_end_end_the_shard() -> None:
    (last,) = read("tar", headers(tarfile.GNUTYPE_LONGNAME, [2] * 2_000))
    assert faults([last]) == {None: "damaged-shard"}


@pytest.mark.parametrize("kind", ["zip", "npz"])
def test_the_directory_of_a_zip_may_not_be_huge(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_DIRECTORY", 1_000)
    (last,) = read(kind, zipped(FILES))
    assert "A ZIP's directory may have 1,000 bytes" in str(last.content)


# ---- Much from little: clear refusals, after bounded work.


def sparse(holes: int) -> bytes:
    """Return a TAR as GNU tar writes a file with holes: a gigabyte, and blocks that list more holes."""
    info = tarfile.TarInfo("sparse.png")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 3
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[482], header[483:495] = holes > 0, b"%011o\0" % (1 << 30)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    hole = b"%011o\0%011o\0" % (7, 1)
    blocks = (hole * 21 + bytes([place < holes - 1]) + bytes(7) for place in range(holes))
    return bytes(header) + b"".join(blocks) + b"png".ljust(512, b"\0")


def sparse_pax(numbers: bytes) -> bytes:
    """Return a TAR as GNU tar writes a file with holes in PAX 1.0, the list of them before its content."""
    fields = {"major": "1", "minor": "0", "name": "sparse.png", "realsize": str(1 << 40)}
    info = tarfile.TarInfo("./GNUSparseFile.0/sparse.png")
    info.size, info.pax_headers = len(numbers), {f"GNU.sparse.{key}": text for key, text in fields.items()}
    return info.tobuf(tarfile.PAX_FORMAT) + numbers + bytes(-len(numbers) % 512)


@pytest.mark.parametrize(
    "member",
    [sparse(0), sparse(1), sparse(20_000), sparse_pax(b"1\n0\n3\n"), sparse_pax(b"9" * 9_999)],
    ids=["gnu", "one more block", "many more blocks", "pax", "pax without end"],
)
def test_a_file_with_holes_is_refused_and_what_follows_is_read(member: bytes) -> None:
    file = io.BytesIO(member + tar({"after.png": png(3)}))
    tracemalloc.start()
    found = list(members("tar", file, MAX_BYTES))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [each.name for each in found] == ["sparse.png", "after.png"]
    assert faults(found) == {"sparse.png": "not-a-file"}
    assert "may not have holes" in str(found[0].content)
    assert peak < 6_000_000


def folders(number: int) -> bytes:
    """Return a TAR of nothing but folders."""
    info = tarfile.TarInfo("folder")
    info.type = tarfile.DIRTYPE
    return info.tobuf() * number


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(folders(60)),
        tar({f".{place}": b"" for place in range(60)}),
        tar({f"{place}.cls": b"1" for place in range(60)}),
    ],
    ids=["folders", "hidden", "labels"],
)
def test_a_shard_of_no_pictures_ends(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MAX_FILES", 50)
    (last,) = read("tar", content)
    assert "A shard may have 50 files and folders" in str(last.content)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"") * 400, b"\x1f\x8b\x08\x08" + bytes(6) + b"name" * 2_000],
    ids=["empty members", "a name without end"],
)
@pytest.mark.parametrize("kind", ["tar", "idx"])
def test_a_gzip_that_unpacks_to_nothing_ends(
    kind: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gzipped, "MAX_IDLE", 5_000)
    (last,) = read(kind, content)
    assert "more than 5,000 bytes that unpack to nothing" in str(last.content)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("tar", tar({f"{place}.png": bytes(2_000) for place in range(100)}, "w:gz")),
        ("tar", tar({"a.png": bytes(200_000)}, "w:gz")),
        ("zip", zipped({f"{place}.png": bytes(2_000) for place in range(100)})),
        ("npz", npz(x=np.zeros((200, 28, 28), np.uint8))),
        ("npz", npz(**{f"x{place}": np.zeros((20, 28, 28), np.uint8) for place in range(10)})),
        ("idx", gzip.compress(idx(np.zeros((200, 28, 28), np.uint8)))),
    ],
    ids=["tar", "one member", "zip", "one array", "arrays", "idx"],
)
def test_a_shard_that_unpacks_to_more_than_allowed_ends(
    kind: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (arrays, gzipped, samples):
        monkeypatch.setattr(module, "MAX_UNPACKED", 100_000)
    monkeypatch.setattr(gzipped, "CHUNK", 4_096)
    *before, last = read(kind, content)
    assert faults([last]) == {None: "damaged-shard"}
    assert "100,000 bytes unpacked" in str(last.content)
    assert len(before) < 130


def test_an_npz_of_more_arrays_than_allowed_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "MAX_ARRAYS", 2)
    (last,) = read("npz", npz(a=np.zeros(1), b=np.zeros(1), c=np.zeros(1)))
    assert "An NPZ may have 2 arrays, this one has 3" in str(last.content)


def test_labels_that_end_early_end_the_shard() -> None:
    labels = io.BytesIO()
    np.save(labels, np.arange(3))
    pictures = io.BytesIO()
    np.save(pictures, np.zeros((3, 28, 28), np.uint8))
    files = {"x.npy": pictures.getvalue(), "y.npy": labels.getvalue()[:-8]}
    assert faults(read("npz", zipped(files))) == {None: "damaged-shard"}


def test_archives_in_archives_are_refused_at_the_first() -> None:
    inner = zipped({f"{place}.zip": zipped({"0.png": bytes(MAX_BYTES)}) for place in range(16)})
    for name in ("a.zip", "a.tar.gz", "a.tgz", "a.7z"):
        for kind, content in (("tar", tar({name: inner})), ("zip", zipped({name: inner}))):
            assert faults(read(kind, content)) == {name: "nested-shard"}
    renamed = read("zip", zipped({"a.png": inner}))  # no picture either, which its row will say
    assert [each.content for each in renamed] == [inner]


# ---- ZIPs by other programs, whole and damaged.


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_damage_to_a_rarer_compression_costs_only_its_member(method: int) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    whole = held.getvalue()
    assert [(each.name, each.content) for each in read("zip", whole)] == list(FILES.items())
    start = whole.find(b"000003.png") + 30
    found = read("zip", whole[:start] + b"\xff" * 20 + whole[start + 20 :])
    assert [each.name for each in found] == list(FILES)
    assert faults(found) == {"000003.png": "damaged-member"}


def test_a_member_that_takes_more_memory_than_there_is_costs_only_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(zipfile.ZipExtFile, "read", fail)
    assert faults(read("zip", zipped({"a.png": png(1)}))) == {"a.png": "out-of-memory"}


def test_a_fault_of_the_disk_is_none_of_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(zipfile.ZipExtFile, "read", fail)
    with pytest.raises(OSError, match="Input/output error"):
        read("zip", zipped({"a.png": png(1)}))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("zip", zipped(FILES)),
        ("npz", npz(x=np.zeros((9, 28, 28), np.uint8), y=np.arange(9))),
    ],
    ids=["zip", "npz"],
)
@pytest.mark.parametrize(
    ("field", "value"),
    [(6, b"\xff"), (8, b"\x01"), (8, b"\x61"), (10, b"\x0c"), (10, b"\x09"), (28, b"\0\0")],
    ids=["version", "encrypted", "patched", "bzip2", "deflate64", "no name"],
)
def test_a_directory_that_says_the_unusual_gives_rows(
    kind: str, content: bytes, field: int, value: bytes
) -> None:
    place = content.index(b"PK\1\2") + field
    found = read(kind, content[:place] + value + content[place + len(value) :])
    assert found
    assert all(isinstance(each.content, bytes | np.ndarray | ItemError) for each in found)


def test_links_devices_and_folders_of_a_tar_are_no_pictures() -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, kind in {"d": tarfile.DIRTYPE, "l.png": tarfile.SYMTYPE, "f.png": tarfile.FIFOTYPE}.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert faults(read("tar", held.getvalue())) == {"l.png": "not-a-file", "f.png": "not-a-file"}


def test_a_damaged_member_of_a_zip_costs_only_itself() -> None:
    content = bytearray(zipped(FILES))
    start = content.find(b"000003.png") + 60
    content[start : start + 20] = bytes(20)
    found = read("zip", bytes(content))
    assert [each.name for each in found] == list(FILES)
    assert faults(found) == {"000003.png": "damaged-member"}


def broken_header(content: bytes) -> bytes:
    """Break the header of a TAR's twelfth member."""
    start = content.find(b"000011.png")
    return content[:start] + b"\7" * 512 + content[start + 512 :]


@pytest.mark.parametrize(
    ("kind", "content", "whole"),
    [
        ("tar", tar(FILES)[:10_000], 6),
        ("tar", tar(FILES)[:-10_240], 26),
        ("tar", broken_header(tar(FILES)), 11),
        ("tar", tar(FILES, "w:gz")[:-200], None),
        ("tar", b"", 0),
        ("zip", zipped(FILES)[:-30], 0),
        ("zip", b"PK", 0),
        ("npz", npz(x=np.zeros((9, 28, 28), np.uint8))[:100], 0),
        ("npz", npz(x=np.array([["a"]], dtype=object)), 0),
        ("npz", npz(x=np.zeros((2, 4, 4), np.uint8)), 0),
        ("npz", npz(x=np.zeros((2, 28, 28, 3), np.uint8)), 0),
        ("npz", npz(x=np.asfortranarray(np.zeros((9, 28, 28), np.uint8))), 0),
        ("idx", idx(np.zeros((9, 28, 28), np.uint8))[: 16 + 784 * 4 + 5], 4),
        ("idx", b"\0\0\x08", 0),
    ],
)
def test_a_damaged_shard_ends_in_an_error_that_says_where(
    kind: str, content: bytes, whole: int | None
) -> None:
    *before, last = read(kind, content)
    assert whole is None or len(before) == whole
    assert last.name is None
    assert isinstance(last.content, ItemError)
    assert last.content.kind == "damaged-shard"
    place = f"member {len(before):,}" if before else "the beginning"
    assert f"cannot be read on after {place}" in str(last.content)


def test_a_shard_of_labels_has_no_pictures() -> None:
    assert read("idx", struct.pack(">HBBI", 0, 8, 1, 9) + bytes(9)) == []


@pytest.mark.parametrize("pack", [tar, lambda files: tar(files, "w:gz"), zipped], ids=["tar", "tgz", "zip"])
def test_a_shard_has_limits(
    pack: Callable[[dict[str, bytes]], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = "zip" if pack is zipped else "tar"
    monkeypatch.setattr(shards, "MAX_MEMBERS", 20)
    *before, last = read(kind, pack(FILES))
    assert len(before) == 20
    assert "A shard may have 20 members" in str(last.content)
    monkeypatch.setattr(samples, "MAX_UNPACKED", 50_000)
    *_, last = read(kind, pack({"bomb.png": bytes(40_000), "second.png": bytes(40_000)}))
    assert "50,000 bytes unpacked" in str(last.content)


def test_a_shard_is_streamed_in_flat_memory() -> None:
    pictures = np.zeros((20_000, 28, 28), np.uint8)  # 15 MB
    files = {f"{place:06}.png": png(place % 10) for place in range(5_000)}  # 7 MB as TAR
    for kind, content in (("npz", npz(x=pictures)), ("idx", idx(pictures)), ("tar", tar(files))):
        file = io.BytesIO(content)
        tracemalloc.start()
        number = sum(1 for _ in members(kind, file, MAX_BYTES))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert number in {5_000, 20_000}
        assert peak < 6_000_000
