from __future__ import annotations

import tarfile
from collections.abc import Iterator
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.layers.member import InvalidLayer, Kind, Member
from jupyter_containers.layers.tar_reader import ByteSource, TarReader

_KINDS = {
    tarfile.REGTYPE: Kind.FILE, tarfile.DIRTYPE: Kind.DIRECTORY, tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.LNKTYPE: Kind.HARD_LINK, tarfile.CHRTYPE: Kind.CHARACTER_DEVICE, tarfile.FIFOTYPE: Kind.FIFO,
}  # fmt: skip
_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1, max_size=200).filter(
    lambda text: text not in (".", "..")
)


def members(layer: bytes, chunk: int = 1 << 20) -> list[tuple[Member, bytes]]:
    chunks = [layer[start : start + chunk] for start in range(0, len(layer), chunk)]
    reader = TarReader(ByteSource(chunks))
    return [(member, b"".join(reader.data())) for member in reader]


def written(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for entry, content in entries:
            archive.addfile(entry, BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@given(data=st.data())
def test_what_pythons_tar_writes_is_read_back(form: int, data: st.DataObject) -> None:
    entries = []
    for kind in data.draw(st.lists(st.sampled_from(list(_KINDS)), max_size=4)):
        entry = tarfile.TarInfo(data.draw(_NAMES))
        entry.type = kind
        entry.mode, entry.uid = data.draw(st.integers(0, 0o7777)), data.draw(st.integers(0, 2**31))
        entry.gid, entry.mtime = data.draw(st.integers(0, 2**21)), data.draw(st.integers(0, 2**40))
        entry.linkname = data.draw(_NAMES) if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
        content = data.draw(st.binary(max_size=2000)) if kind == tarfile.REGTYPE else b""
        entry.size = len(content)
        entries.append((entry, content))
    layer = written(*entries, form=form)
    found = members(layer, data.draw(st.sampled_from([1 << 20, 700, 512, 100])))
    assert len(found) == len(entries)
    for (member, content), (entry, original) in zip(found, entries, strict=True):
        assert member.name.rstrip(b"/") == entry.name.encode().rstrip(b"/")
        assert (member.kind, member.mode, member.uid, member.gid) == (
            _KINDS[entry.type], entry.mode, entry.uid, entry.gid,
        )  # fmt: skip
        assert member.mtime_ns == min(entry.mtime, 1 << 34) * 10**9
        assert (member.link, content) == (entry.linkname.encode(), original)


def test_data_that_nobody_reads_is_skipped() -> None:
    entries = [(tarfile.TarInfo(name), bytes(1000)) for name in ("a", "b")]
    for entry, content in entries:
        entry.size = len(content)
    assert [member.name for member in TarReader(ByteSource([written(*entries)]))] == [b"a", b"b"]


def test_a_global_header_renames_nobody() -> None:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"path": "evil"}) as archive:
        archive.addfile(tarfile.TarInfo("good"))
    assert [member.name for member, _ in members(out.getvalue())] == [b"good"]


def test_an_old_header_with_a_slash_at_the_end_is_a_directory() -> None:
    entry = tarfile.TarInfo("d/")
    entry.type = tarfile.AREGTYPE
    assert members(written((entry, b"")))[0][0].kind is Kind.DIRECTORY


def test_the_data_of_a_link_is_not_skipped_because_it_has_none() -> None:
    link = changed(156, b"2")[:512]
    link = resealed(link[:124] + b"00000011610\0" + link[136:])
    layer = link + written((tarfile.TarInfo("after"), b""))
    assert [member.name for member, _ in members(layer)] == [b"name", b"after"]


def resealed(header: bytes) -> bytes:
    """Return the header with the right checksum."""
    blank = header[:148] + b" " * 8 + header[156:512]
    return blank[:148] + b"%06o\0 " % sum(blank) + blank[156:]


def changed(offset: int, content: bytes, flag: bytes = b"0") -> bytes:
    """Return a one-member tar of a type with one field changed and the checksum right."""
    header = bytearray(written((tarfile.TarInfo("name"), b""))[:512])
    header[156:157] = flag
    header[offset : offset + len(content)] = content
    return resealed(bytes(header)) + bytes(1024)


@pytest.mark.parametrize(
    ("offset", "content", "words"),
    [
        (156, b"Z", "unknown type"),
        (124, b"\xff" * 12, "impossible size"),
        (108, b"\x80\0\0\0\xff\xff\xff\xff", "impossible uid"),
        (100, b"rw-r--r-", "no octal number"),
        (329, b"\x80\0\0\0\x7f\0\0\0", "impossible device"),
    ],
)
def test_impossible_headers_are_refused(offset: int, content: bytes, words: str) -> None:
    with pytest.raises(InvalidLayer, match=words):
        members(changed(offset, content, b"3"))


def test_a_checksum_of_signed_characters_is_accepted_and_a_wrong_one_not() -> None:
    header = bytearray(changed(0, b"\xe9\xe8"))
    signed = sum(byte - 256 if byte > 127 else byte for byte in header[:148] + b" " * 8 + header[156:512])
    header[148:156] = b"%06o\0 " % signed
    assert members(bytes(header))[0][0].name.startswith(b"\xe9\xe8")
    unsigned = sum(header[:148] + b" " * 8 + header[156:512])
    for wrong in (signed + 1, unsigned + 65521):  # the prime of Adler-32
        header[148:156] = b"%06o\0 " % wrong
        with pytest.raises(InvalidLayer, match="checksum"):
            members(bytes(header))


def test_an_extension_header_without_end_or_member_is_refused() -> None:
    entry = tarfile.TarInfo("x" * 300)
    layer = written((entry, b""))
    with pytest.raises(InvalidLayer, match="extension header"):
        members(layer[:1024] + bytes(1024))
    huge = resealed(layer[:124] + b"%011o\0" % (1 << 30) + layer[136:512])
    with pytest.raises(InvalidLayer, match="over the limit"):
        members(huge)


def test_many_extension_headers_of_one_member_do_not_fill_the_memory() -> None:
    """Each may be small enough: what they say is kept until their member comes, or for ever."""
    given: list[int] = []

    def headers() -> Iterator[bytes]:
        while True:
            value = b"SCHILY.xattr.user.%08d=" % len(given) + bytes((1 << 20) - 60) + b"\n"
            record = b"%d " % (len(value) + 8) + value
            size = b"%011o\0" % len(record)
            given.append(len(record))
            yield changed(124, size, b"x")[:512] + record + bytes(-len(record) % 512)

    with pytest.raises(InvalidLayer, match="extension headers of more than the limit of 4194304 bytes"):
        next(iter(TarReader(ByteSource(headers()))))
    assert len(given) == 5


def test_one_zero_block_among_the_members_is_damage_and_at_the_end_an_end() -> None:
    layer = written((tarfile.TarInfo("a"), b""))[:512]
    assert len(members(layer + bytes(512))) == len(members(layer)) == 1
    with pytest.raises(InvalidLayer, match="zero block"):
        members(layer + bytes(512) + layer)


def test_more_bytes_than_the_limit_are_refused() -> None:
    with pytest.raises(InvalidLayer, match="limit of 1000"):
        ByteSource([bytes(600)] * 3, 1000).drain()


def test_bytes_are_whole_only_within_a_chunk_that_is_here_and_else_nothing_is_taken() -> None:
    source = ByteSource([b"abcd", b"efgh"])
    assert source.whole(1) is None
    assert source.take(1) == b"a"
    assert source.whole(4) is None
    assert source.whole(3) == b"bcd"
    assert source.whole(1) is None
    assert source.take(4) == b"efgh"
