"""Hostile layers, one by one and by the thousand. Ordinary rights suffice; owners are tested as root elsewhere."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import os
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_containers.errors import Cancelled, InvalidParameter
from jupyter_containers.layers.apply import Limits, apply
from jupyter_containers.layers.member import InvalidLayer, Kind, LayerNotApplied, Member
from jupyter_containers.layers.whiteouts import USER_OPAQUE_XATTR, Whiteouts
from tests.support.trees import MINE, file, fingerprint, folder, hard_link, listing, symlink, tar, unpacked


def test_the_diff_id_is_the_digest_of_the_whole_uncompressed_stream(tmp_path: Path) -> None:
    layer = tar(file(b"a", b"content")) + b"trailing bytes count as well"
    applied = apply(BytesIO(gzip.compress(layer)), tmp_path, ownership=MINE)
    assert applied.diff_id.hex == hashlib.sha256(layer).hexdigest()
    assert (applied.entries, applied.size_bytes) == (1, 7)


def test_files_folders_links_and_fifos_are_made(tmp_path: Path) -> None:
    unpacked(
        tmp_path,
        folder(b"d"),
        file(b"d/f", b"text"),
        symlink(b"d/s", b"/etc/passwd"),
        hard_link(b"h", b"d/f"),
        (Member(b"p", Kind.FIFO, mode=0o600), b""),
    )
    assert listing(tmp_path) == {"d": "dir", "d/f": "text", "d/s": "-> /etc/passwd", "h": "text", "p": "fifo"}
    assert (tmp_path / "h").samefile(tmp_path / "d/f")


def test_modes_ignore_the_umask_and_keep_setuid(tmp_path: Path) -> None:
    unpacked(tmp_path, file(b"suid", b"x", mode=0o4777), folder(b"sticky", mode=0o1777))
    assert (tmp_path / "suid").stat().st_mode & 0o7777 == 0o4777
    assert (tmp_path / "sticky").stat().st_mode & 0o7777 == 0o1777


def test_times_of_folders_survive_what_is_put_into_them(tmp_path: Path) -> None:
    unpacked(tmp_path, folder(b"d", mtime_ns=10**18), file(b"d/f", b"x", mtime_ns=2 * 10**18))
    assert (tmp_path / "d").stat().st_mtime_ns == 10**18
    assert (tmp_path / "d/f").stat().st_mtime_ns == 2 * 10**18


def test_a_name_that_is_not_utf8_is_kept_byte_for_byte(tmp_path: Path) -> None:
    unpacked(tmp_path, file(b"caf\xe9", b"x"), file(b"n" * 60 + b"/" + b"\xff" * 120, b"y"))
    assert b"caf\xe9" in os.listdir(os.fsencode(tmp_path))
    assert os.listdir(os.fsencode(tmp_path) + b"/" + b"n" * 60) == [b"\xff" * 120]


@pytest.mark.parametrize("name", [b"../x", b"a/../../x", b"..", b"/../x", b"a/b/../../../x"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: bytes) -> None:
    with pytest.raises(InvalidLayer, match="leads out"):
        unpacked(tmp_path / "t", file(name, b"x"))
    assert os.listdir(tmp_path) == ["t"]


def test_an_absolute_name_is_one_below_the_root(tmp_path: Path) -> None:
    unpacked(tmp_path, file(b"/etc/x", b"1"), file(b"./y", b"2"), file(b"a/../z", b"3"))
    assert listing(tmp_path) == {"etc": "dir", "etc/x": "1", "y": "2", "z": "3"}


def test_a_link_as_parent_is_followed_inside_the_root_only(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    target = tmp_path / "t"
    unpacked(target, folder(b"usr/lib"), symlink(b"lib", b"/usr/lib"), file(b"lib/x", b"1"))
    assert listing(target)["usr/lib/x"] == "1"
    with pytest.raises(InvalidLayer):
        unpacked(tmp_path / "u", symlink(b"out", os.fsencode(outside)), file(b"out/x", b"1"))
    unpacked(tmp_path / "v", symlink(b"out", b"../../../../../.."), file(b"out/x", b"1"))
    assert os.listdir(outside) == []
    assert listing(tmp_path / "v") == {"out": "-> ../../../../../..", "x": "1"}


def test_a_file_is_never_written_through_what_is_there(tmp_path: Path) -> None:
    """A link, a hard link, or a fifo of that name is removed first, not opened."""
    victim = tmp_path / "victim"
    victim.write_text("safe")
    target = tmp_path / "t"
    unpacked(
        target,
        symlink(b"a", os.fsencode(victim)), file(b"a", b"new"),
        file(b"one", b"1"), hard_link(b"two", b"one"), file(b"two", b"22"),
        (Member(b"p", Kind.FIFO), b""), file(b"p", b"no longer a fifo"),
    )  # fmt: skip
    assert victim.read_text() == "safe"
    assert listing(target) == {"a": "new", "one": "1", "p": "no longer a fifo", "two": "22"}


@pytest.mark.parametrize("link", [b"../victim", b"/../victim", b"missing", b"d", b"out/victim"])
def test_a_hard_link_leads_to_a_file_of_the_same_layer_or_is_refused(tmp_path: Path, link: bytes) -> None:
    (tmp_path / "victim").write_text("safe")
    with pytest.raises(InvalidLayer):
        unpacked(tmp_path / "t", folder(b"d"), symlink(b"out", os.fsencode(tmp_path)), hard_link(b"x", link))
    assert (tmp_path / "victim").stat().st_nlink == 1


def test_a_hard_link_to_itself_does_not_lose_the_file(tmp_path: Path) -> None:
    unpacked(tmp_path, file(b"a", b"x"), hard_link(b"b", b"a"), hard_link(b"a", b"a"), hard_link(b"./b", b"a"))
    assert listing(tmp_path) == {"a": "x", "b": "x"}


def test_the_last_of_equal_names_counts(tmp_path: Path) -> None:
    unpacked(
        tmp_path,
        file(b"a", b"1"), file(b"a", b"2"),
        folder(b"d"), file(b"d/x", b"1"), file(b"d", b"file now"),
        file(b"f", b"1"), folder(b"f"), file(b"f/y", b"2"),
        folder(b"same", mode=0o700), file(b"same/z", b"3"), folder(b"same", mode=0o750),
    )  # fmt: skip
    assert listing(tmp_path) == {
        "a": "2", "d": "file now", "f": "dir", "f/y": "2", "same": "dir", "same/z": "3",
    }  # fmt: skip
    assert (tmp_path / "same").stat().st_mode & 0o777 == 0o750


def test_a_file_as_parent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidLayer, match="no directory"):
        unpacked(tmp_path, file(b"a", b"1"), file(b"a/b", b"2"))


@pytest.mark.parametrize("name", [b".wh...", b".wh..", b".wh.", b"a/.wh...", b".wh.a/b", b".wh.../x"])
def test_a_whiteout_that_climbs_is_refused(tmp_path: Path, name: bytes) -> None:
    with pytest.raises(InvalidLayer, match="whiteout"):
        unpacked(tmp_path, folder(b"a"), file(name))


def test_whiteouts_are_written_as_overlayfs_reads_them(tmp_path: Path) -> None:
    unpacked(
        tmp_path, folder(b"d"), file(b"d/.wh.gone"), folder(b"o"), file(b"o/.wh..wh..opq"), file(b".wh..wh.plnk/1")
    )
    assert listing(tmp_path) == {"d": "dir", "d/gone": "whiteout", "o": "dir"}
    assert os.getxattr(tmp_path / "o", USER_OPAQUE_XATTR) == b"y"


@pytest.mark.parametrize("whiteout_first", [True, False])
def test_a_folder_that_replaces_a_deleted_one_hides_it(tmp_path: Path, whiteout_first: bool) -> None:
    members = [folder(b"d"), file(b"d/new", b"x")]
    members.insert(0 if whiteout_first else 2, file(b".wh.d"))
    unpacked(tmp_path, *members)
    assert listing(tmp_path) == {"d": "dir", "d/new": "x"}
    assert os.getxattr(tmp_path / "d", USER_OPAQUE_XATTR) == b"y"


@pytest.mark.parametrize("whiteout_first", [True, False])
def test_a_file_that_replaces_a_deleted_one_stays(tmp_path: Path, whiteout_first: bool) -> None:
    members = [file(b"f", b"x")]
    members.insert(0 if whiteout_first else 1, file(b".wh.f"))
    unpacked(tmp_path, *members)
    assert listing(tmp_path) == {"f": "x"}


def test_an_implicit_folder_in_the_place_of_a_deleted_one_hides_it(tmp_path: Path) -> None:
    unpacked(tmp_path, file(b".wh.d"), file(b"d/e/f", b"x"))
    assert os.getxattr(tmp_path / "d", USER_OPAQUE_XATTR) == b"y"


def test_an_opaque_root_is_reported_because_overlayfs_ignores_it(tmp_path: Path) -> None:
    assert unpacked(tmp_path, file(b".wh..wh..opq"), file(b"x", b"1")).opaque_root
    assert listing(tmp_path) == {"x": "1"}


def test_whiteouts_delete_what_lower_layers_left_and_spare_this_one(tmp_path: Path) -> None:
    unpacked(tmp_path, folder(b"o"), file(b"o/old", b"1"), file(b"gone", b"2"), folder(b"d/deep"), file(b"d/deep/x"))
    unpacked(
        tmp_path,
        file(b"o/new", b"3"), file(b"o/.wh..wh..opq"), file(b".wh.gone"), file(b".wh.never-was"),
        folder(b"d"), file(b".wh.d"),
        whiteouts=Whiteouts.DELETE,
    )  # fmt: skip
    assert listing(tmp_path) == {"d": "dir", "o": "dir", "o/new": "3"}


def test_a_whiteout_through_a_link_of_a_lower_layer_stays_inside(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("safe")
    target = tmp_path / "t"
    unpacked(target, symlink(b"l", os.fsencode(outside)), symlink(b"up", b"../outside"))
    unpacked(
        target,
        file(b"l/.wh.precious"), file(b"l/.wh..wh..opq"), file(b"up/.wh..wh..opq"), file(b"up/.wh.precious"),
        whiteouts=Whiteouts.DELETE,
    )  # fmt: skip
    assert (outside / "precious").read_text() == "safe"


def test_names_like_whiteouts_are_names_in_an_ordinary_archive(tmp_path: Path) -> None:
    unpacked(tmp_path, file(b".wh.a", b"1"), file(b".wh..wh..opq", b"2"), whiteouts=Whiteouts.NAMES)
    assert listing(tmp_path) == {".wh..wh..opq": "2", ".wh.a": "1"}


def test_a_character_device_0_0_does_not_become_a_whiteout(tmp_path: Path) -> None:
    applied = unpacked(tmp_path, (Member(b"etc", Kind.CHARACTER_DEVICE), b""))
    assert listing(tmp_path) == {}
    assert applied.skipped == 1


def test_attributes_that_steer_overlayfs_are_dropped(tmp_path: Path) -> None:
    attributes = {b"user.overlay.opaque": b"y", b"trusted.overlay.redirect": b"/etc", b"user.note": b"kept"}
    unpacked(tmp_path, folder(b"d", xattrs=attributes), file(b"f", b"x", xattrs=attributes))
    assert os.listxattr(tmp_path / "d") == os.listxattr(tmp_path / "f") == ["user.note"]
    assert os.getxattr(tmp_path / "f", "user.note") == b"kept"


def test_holes_stay_holes(tmp_path: Path) -> None:
    size = 1 << 40
    sparse = Member(b"s", Kind.FILE, size=size, stored_size=4, extents=((1 << 20, 4), (size, 0)))
    applied = unpacked(tmp_path, (sparse, b"data"), file(b"after", b"x"))
    status = (tmp_path / "s").stat()
    assert status.st_size == size
    assert status.st_blocks * 512 < 1 << 20
    assert applied.size_bytes == 5
    with (tmp_path / "s").open("rb") as sparse_file:
        sparse_file.seek(1 << 20)
        assert sparse_file.read(5) == b"data\0"


def test_an_exabyte_of_holes_is_the_layers_fault(tmp_path: Path) -> None:
    exabyte = Member(b"s", Kind.FILE, size=1 << 62, extents=((1 << 62, 0),))
    with pytest.raises(InvalidLayer, match="cannot unpack 's'"):
        unpacked(tmp_path, (exabyte, b""))


@pytest.mark.parametrize("limits", [Limits(max_bytes=20_000), Limits(max_entries=2)])
def test_limits_end_the_unpacking(tmp_path: Path, limits: Limits) -> None:
    layer = gzip.compress(tar(*(file(b"%d" % n, bytes(10_000)) for n in range(3))))
    with pytest.raises(InvalidLayer, match="limit of"):
        apply(BytesIO(layer), tmp_path, limits=limits, ownership=MINE)


def test_a_device_that_would_fill_up_ends_the_unpacking(tmp_path: Path) -> None:
    with pytest.raises(LayerNotApplied, match="no space left on device"):
        apply(BytesIO(tar(file(b"a", b"x"))), tmp_path, limits=Limits(free_bytes=1 << 62), ownership=MINE)


def test_a_path_deeper_than_the_interpreters_stack_is_made_or_refused(deep: Path) -> None:
    unpacked(deep / "t", file(b"d/" * 1500 + b"f", b"x"))
    with pytest.raises(InvalidLayer, match="File name too long"):
        unpacked(deep / "u", file(b"d/" * 5000 + b"f", b"x"))
    with pytest.raises(InvalidLayer, match="File name too long"):
        unpacked(deep / "v", file(b"n" * 256, b"x"))


def test_a_deep_tree_is_replaced_whole(deep: Path) -> None:
    """Removing must not recurse: a link to the deep end lets a second half begin where the first ends."""
    half = b"d/" * 1000
    unpacked(deep, folder(half), symlink(b"deep", half), folder(b"deep/" + half), file(b"d", b"x"))
    assert listing(deep)["d"] == "x"


@pytest.mark.parametrize("cut", [100, 600, 1100, 1536])
def test_a_stream_that_was_cut_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(InvalidLayer, match="cut"):
        apply(BytesIO(tar(file(b"a", bytes(2000)))[:cut]), tmp_path, ownership=MINE)


@pytest.mark.parametrize("cut", [100, 600])
def test_a_compressed_stream_that_was_cut_is_refused(tmp_path: Path, cut: int) -> None:
    layer = gzip.compress(tar(file(b"a", os.urandom(2000))))
    with pytest.raises(InvalidLayer, match="ends in the middle"):
        apply(BytesIO(layer[:cut]), tmp_path, ownership=MINE)


def test_bytes_that_are_no_tar_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidLayer, match="checksum"):
        apply(BytesIO(b"<html>not a layer</html>" * 100), tmp_path, ownership=MINE)


def test_an_empty_layer_is_a_layer(tmp_path: Path) -> None:
    assert apply(BytesIO(bytes(1024)), tmp_path, ownership=MINE).entries == 0


def test_progress_counts_compressed_bytes_and_can_stop_the_work(tmp_path: Path) -> None:
    layer, seen = bz2.compress(tar(file(b"a", os.urandom(3 << 20)))), list[int]()
    apply(BytesIO(layer), tmp_path / ".", ownership=MINE, on_progress=seen.append)
    assert seen[-1] == len(layer)

    def stop(_: int) -> None:
        raise Cancelled("enough")

    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(Cancelled, match="enough"):
        apply(BytesIO(layer), tmp_path / ".", ownership=MINE, on_progress=stop)
    assert set(os.listdir("/proc/self/fd")) == before


_PARTS = st.sampled_from(
    [b"a", b"b", b"c", b"..", b".", b"", b".wh.a", b".wh.b", b".wh..", b".wh...", b".wh..wh..opq", b"\xff", b"out"]
)
_NAMES = st.lists(_PARTS, min_size=1, max_size=4).map(b"/".join)
_LINKS = st.one_of(
    _NAMES, st.sampled_from([b"/", b"../outside", b"../outside/file", b"/etc", b"..", b"a", b"/proc/self/cwd"])
)


@st.composite
def _members(draw: st.DrawFn) -> tuple[Member, bytes]:
    kind = draw(st.sampled_from(list(Kind)))
    content = draw(st.binary(max_size=40)) if kind is Kind.FILE else b""
    member = Member(
        draw(_NAMES),
        kind,
        mode=draw(st.integers(0, 0o7777)) | 0o700,
        size=len(content),
        stored_size=len(content),
        mtime_ns=draw(st.integers(-(10**18), 10**20)),
        link=draw(_LINKS) if kind in (Kind.HARD_LINK, Kind.SYMLINK) else b"",
        device=(1, draw(st.integers(0, 9))) if kind in (Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE) else (0, 0),
        xattrs=draw(st.dictionaries(st.sampled_from([b"user.a", b"user.overlay.opaque"]), st.binary(max_size=3))),
    )
    return member, content


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(layers=st.lists(st.lists(_members(), max_size=8), max_size=3), whiteouts=st.sampled_from(list(Whiteouts)))
def test_whatever_a_layer_says_nothing_outside_changes(
    layers: list[list[tuple[Member, bytes]]], whiteouts: Whiteouts
) -> None:
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        outside = top / "outside"
        outside.mkdir()
        (outside / "file").write_text("precious")
        (outside / "a").mkdir()
        before, names = fingerprint(outside), sorted(os.listdir(top))
        target = top / "target"
        for members in layers:
            try:
                unpacked(target, symlink(b"out", b"../outside"), *members, whiteouts=whiteouts)
            except InvalidParameter:
                pass  # refusing is right as well; any other exception is not
        assert fingerprint(outside) == before
        assert sorted(os.listdir(top)) in (names, sorted([*names, "target"]))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_stream_is_refused_or_read_but_never_breaks_anything_else(data: st.DataObject) -> None:
    layer = bytearray(_sample())
    for _ in range(data.draw(st.integers(1, 4))):
        layer[data.draw(st.integers(0, len(layer) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        layer = layer[: data.draw(st.integers(0, len(layer)))]
    with tempfile.TemporaryDirectory() as name:
        try:
            apply(BytesIO(bytes(layer)), Path(name), ownership=MINE)
        except InvalidParameter:
            pass


def _sample() -> bytes:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, link in (
            ("d", tarfile.DIRTYPE, ""), ("d/" + "long" * 40, tarfile.REGTYPE, ""), ("s", tarfile.SYMTYPE, "t" * 120),
            ("h", tarfile.LNKTYPE, "d/" + "long" * 40), ("d/é", tarfile.REGTYPE, ""),
        ):  # fmt: skip
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.mode = kind, link, 0o755
            member.pax_headers = {"SCHILY.xattr.user.x": "y"}
            member.size = 10 if kind == tarfile.REGTYPE else 0
            archive.addfile(member, BytesIO(bytes(10)))
    return out.getvalue()[: 20 * 512]
