"""Tests of bootstrap.unpacking, with packages made here, good and hostile."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_containers.bootstrap.deb822 import single
from jupyter_containers.bootstrap.packages import Package
from jupyter_containers.bootstrap.unpacking import Unpacked, unpack_package
from jupyter_containers.errors import Cancelled, InvalidParameter
from jupyter_containers.layers.member import InvalidLayer
from tests.support.debian_mirror import ARCHITECTURE, DebPackage, Executable, File, Link, Mirror, package


def indexed(made: DebPackage) -> Package:
    mirror = Mirror()
    mirror.add(made)
    return Package.of(single(mirror.index(), "it"), "http://m")


def unpacked(
    root: Path, made: DebPackage, *, known: Package | None = None, watch: Callable[[int], None] | None = None
) -> Unpacked:
    root.mkdir(exist_ok=True)
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return unpack_package(io.BytesIO(made.content), known or indexed(made), fd, on_progress=watch)
    finally:
        os.close(fd)


def test_files_links_and_folders_come_into_the_root(tmp_path: Path) -> None:
    files: dict[str, File] = {
        "usr/bin/x": Executable(b"1"), "usr/bin/y": Link("x"), "usr/bin/z": Link("./usr/bin/x", hard=True),
    }  # fmt: skip
    made = unpacked(tmp_path, package("one", files=files))
    assert (tmp_path / "usr/bin/y").read_bytes() == b"1"
    assert (tmp_path / "usr/bin/z").samefile(tmp_path / "usr/bin/x")
    assert (tmp_path / "usr/bin/x").stat().st_mode & 0o777 == 0o755
    assert made.paths == (b"/.", b"/usr", b"/usr/bin", b"/usr/bin/x", b"/usr/bin/y", b"/usr/bin/z")


def test_folders_that_are_there_stay_as_they_are_links_to_them_too(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "usr").chmod(0o700)
    unpacked(tmp_path, package("one", files={"bin/x": b"1", "usr/y": b"2"}))
    assert (tmp_path / "bin").is_symlink()
    assert (tmp_path / "usr/bin/x").read_bytes() == b"1"
    assert (tmp_path / "usr").stat().st_mode & 0o777 == 0o700


def test_a_link_that_leads_nowhere_makes_room_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("nowhere")
    unpacked(tmp_path, package("one", files={"x/": None}))
    assert stat.S_ISDIR((tmp_path / "x").lstat().st_mode)


def test_configuration_files_are_known_by_their_digests(tmp_path: Path) -> None:
    control = {"conffiles": "/etc/one\nremove-on-upgrade /etc/two\n/etc/missing\n"}
    made = unpacked(tmp_path, package("one", files={"etc/one": b"1", "etc/two": b"2"}, control=control))
    assert made.conffiles == {"/etc/one": hashlib.md5(b"1").hexdigest()}
    assert (tmp_path / "etc/one").read_bytes() == b"1"
    assert made.md5sums == {b"etc/two": hashlib.md5(b"2").hexdigest()}
    assert unpacked(tmp_path, package("two", files={"x": b"1"}, control={"md5sums": "its own"})).md5sums == {}


@pytest.mark.parametrize(("fields", "key"), [({}, "one"), ({"Multi-Arch": "same"}, f"one:{ARCHITECTURE}")])
def test_a_package_that_others_may_stand_beside_is_named_with_its_architecture(
    tmp_path: Path, fields: dict[str, str], key: str
) -> None:
    assert unpacked(tmp_path, package("one", fields=fields)).key == key


def device() -> tarfile.TarInfo:
    member = tarfile.TarInfo()
    member.type, member.devmajor, member.devminor = tarfile.CHRTYPE, 0, 0
    return member


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"../outside": b"evil"}, "leads out of it"),
        ({"usr/../../outside": b"evil"}, "leads out of it"),
        ({"x": Link("../outside", hard=True)}, "leads out of it"),
        ({"dev/x": device()}, "it has a device"),
        ({"two\nlines": b""}, "a name of two lines"),
    ],
)
def test_a_hostile_package_is_refused_by_name(tmp_path: Path, files: dict[str, File], words: str) -> None:
    (tmp_path / "outside").write_text("whole")
    with pytest.raises(InvalidLayer, match=f"package one 1.0: .*{words}"):
        unpacked(tmp_path / "root", package("one", files=files))
    assert (tmp_path / "outside").read_text() == "whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "root"]


def test_links_of_one_package_do_not_lead_another_out(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    unpacked(root, package("one", files={"etc": Link("../outside"), "var": Link(str(outside)), "abs": Link("/usr")}))
    unpacked(root, package("two", files={"usr/": None}))
    unpacked(root, package("three", files={"etc/x": b"1", "var/x": b"2", "abs/x": b"3"}))
    assert list(outside.iterdir()) == []
    assert (root / "etc/x").read_bytes() + (root / "var/x").read_bytes() + (root / "usr/x").read_bytes() == b"123"


@pytest.mark.parametrize("files", [{"usr/x": b"2"}, {"usr/x": Link("y")}, {"usr/x/y": b"2"}, {"usr": b"2"}])
def test_what_another_package_has_is_not_overwritten(tmp_path: Path, files: dict[str, File]) -> None:
    unpacked(tmp_path, package("one", files={"usr/x": b"1", "usr/z": b"1", "lib": Link("usr")}))
    with pytest.raises(
        InvalidLayer, match=r"package two 1.0: .*which another package has as well|package two 1.0: .*no dir"
    ):
        unpacked(tmp_path, package("two", files=files))
    assert (tmp_path / "usr/x").read_bytes() == b"1"
    # A link that is the same in both does no harm.
    unpacked(tmp_path, package("three", files={"lib": Link("usr"), "lib/y": b"3"}))
    assert (tmp_path / "usr/y").read_bytes() == b"3"


@pytest.mark.parametrize("other", [package("two"), package("one", "2"), package("one", fields={"Architecture": "all"})])
def test_a_package_that_is_not_what_the_index_says_is_refused(tmp_path: Path, other: DebPackage) -> None:
    with pytest.raises(InvalidParameter, match=f"one_1.0.deb is .*, not one 1.0 for {ARCHITECTURE}"):
        unpacked(tmp_path, other, known=indexed(package("one")))


def test_work_can_be_given_up(tmp_path: Path) -> None:
    def give_up(_: int) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        unpacked(tmp_path, package("one", files={"x": b"1"}), watch=give_up)
