from __future__ import annotations

import tarfile
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.layers.member import Kind, Member
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from jupyter_containers.layers.tar_writer import TarWriter
from tests.support.trees import file, folder, symlink, tar

_NAME = st.binary(min_size=1, max_size=300).filter(lambda name: b"\0" not in name and not name.endswith(b"/"))


@st.composite
def _members(draw: st.DrawFn) -> tuple[Member, bytes]:
    kind = draw(st.sampled_from(list(Kind)))
    content = draw(st.binary(max_size=1500)) if kind is Kind.FILE else b""
    extents, size = None, len(content)
    if content and draw(st.booleans()):
        hole = draw(st.integers(0, 10**12))
        size += 2 * hole
        extents = ((hole, len(content)), (size, 0))
    return Member(
        draw(_NAME),
        kind,
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(st.integers(0, 2**32 - 2)),
        gid=draw(st.integers(0, 2**32 - 2)),
        size=size,
        stored_size=len(content),
        mtime_ns=draw(st.integers(-(10**9), 10**10)) * 10**9,
        link=draw(_NAME) if kind in (Kind.SYMLINK, Kind.HARD_LINK) else b"",
        device=(draw(st.integers(0, 4095)), draw(st.integers(0, 2**20 - 1)))
        if kind in (Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE)
        else (0, 0),
        xattrs=draw(st.dictionaries(st.sampled_from([b"user.a", b"security.capability"]), st.binary(max_size=30))),
        extents=extents,
    ), content


@given(st.lists(_members(), max_size=4))
def test_what_is_written_is_read_back(members: list[tuple[Member, bytes]]) -> None:
    reader = TarReader(ByteSource([tar(*members)]))
    found = [(member, b"".join(reader.data())) for member in reader]
    assert len(found) == len(members)
    for (read, content), (member, original) in zip(found, members, strict=True):
        assert content == original
        assert read.name.removesuffix(b"/") == member.name.removesuffix(b"/")
        for name in ("kind", "mode", "uid", "gid", "size", "stored_size", "mtime_ns", "link", "device"):
            assert getattr(read, name) == getattr(member, name), name
        assert read.xattrs == member.xattrs
        kept = None if member.extents is None else tuple(extent for extent in member.extents if extent[1])
        assert read.extents == kept


def test_pythons_tar_reads_it() -> None:
    sparse = Member(b"sparse", Kind.FILE, size=100_000, stored_size=3, extents=((50_000, 3), (100_000, 0)))
    content = tar(
        folder(b"d"),
        file(b"d/" + b"n" * 200, b"long", xattrs={b"user.x": b"y"}),
        symlink("d/é".encode(), b"t" * 150),
        file(b"latin\xe9", b"bytes"),
        (sparse, b"abc"),
    )
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        members = archive.getmembers()
        assert [member.name for member in members] == ["d", "d/" + "n" * 200, "d/é", "latin\udce9", "sparse"]
        assert members[1].pax_headers["SCHILY.xattr.user.x"] == "y"
        assert members[2].linkname == "t" * 150
        extracted = archive.extractfile(members[4])
        assert extracted is not None
        assert extracted.read() == bytes(50_000) + b"abc" + bytes(49_997)


def test_equal_members_give_equal_bytes_and_whole_records() -> None:
    assert tar(file(b"a", b"x")) == tar(file(b"a", b"x"))
    assert len(tar(file(b"a", b"x"))) % 10240 == 0


def test_a_file_that_shrank_is_filled_up_and_one_that_grew_is_cut() -> None:
    pieces: list[bytes] = []
    writer = TarWriter(pieces.append)
    writer.add(Member(b"short", Kind.FILE, size=2000, stored_size=2000), [b"x" * 10])
    writer.add(Member(b"long", Kind.FILE, size=10, stored_size=10), [b"y" * 8, b"y" * 8])
    writer.finish()
    reader = TarReader(ByteSource([b"".join(pieces)]))
    assert [b"".join(reader.data()) for _ in reader] == [b"x" * 10 + bytes(1990), b"y" * 10]
