from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mountinfo, mounts
from tests.support.children import answer_of

pytestmark = pytest.mark.needs("root", "namespaces", "open_tree")


def in_private_mounts(step: Callable[[], Any]) -> Any:
    def inside() -> Any:
        mounts.mount(None, "/", None, c.MS_REC | c.MS_PRIVATE)
        return step()

    return answer_of(inside, flags=c.CLONE_NEWNS)


def entry(path: Path) -> mountinfo.MountEntry:
    return [found for found in mountinfo.read() if found.mount_point == str(path)][-1]


def write_errno(path: Path) -> int | None:
    try:
        path.write_text("x")
    except OSError as error:
        return error.errno
    return None


def test_words_become_flags_of_the_mount_and_options_of_the_file_system(tmp_path: Path) -> None:
    def step() -> list[Any]:
        flags, propagation, options = mounts.parse_options(
            ("ro", "nosuid", "nodev", "noexec", "nosymfollow", "size=64k", "mode=750", "slave")
        )
        mounts.mount("tmpfs", tmp_path, "tmpfs", flags, options)
        mounts.mount(None, tmp_path, None, propagation)
        found = entry(tmp_path)
        return [found.options, "size=64k" in found.super_options, "mode=750" in found.super_options]

    options, size, mode = in_private_mounts(step)
    assert set(options) >= {"ro", "nosuid", "nodev", "noexec", "nosymfollow"}
    assert (size, mode) == (True, True)
    assert not list(tmp_path.iterdir())
    assert tmp_path.stat().st_mode & 0o777 != 0o750


def test_a_new_file_system_is_seen_only_where_it_is_moved(tmp_path: Path) -> None:
    def step() -> list[Any]:
        fd = mounts.new_filesystem("tmpfs", [("size", "65536"), ("mode", "755")], attributes=c.MOUNT_ATTR_NOEXEC)
        count = len(mountinfo.read())
        mounts.move_mount(fd, tmp_path)
        os.close(fd)
        return [len(mountinfo.read()) - count, entry(tmp_path).options]

    added, options = in_private_mounts(step)
    assert added == 1
    assert "noexec" in options


def test_a_mount_is_moved_onto_a_descriptor(tmp_path: Path) -> None:
    def step() -> str:
        target_fd = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
        mounts.move_mount(mounts.new_filesystem("tmpfs", []), to_dir_fd=target_fd)
        return entry(tmp_path).fs_type

    assert in_private_mounts(step) == "tmpfs"


def test_a_mount_is_not_moved_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    def step() -> None:
        mounts.move_mount(mounts.new_filesystem("tmpfs", []), tmp_path / "link")

    assert in_private_mounts(step)["errno"] == errno.EINVAL


def test_more_lower_layers_than_fit_in_a_page(tmp_path: Path) -> None:
    names = [f"{'x' * 100}-{number}" for number in range(60)]
    for name in names:
        (tmp_path / "layers" / name).mkdir(parents=True)
        (tmp_path / "layers" / name / name).write_text("")
    for name in ("upper", "work", "merged"):
        (tmp_path / name).mkdir()

    def step() -> list[str]:
        lower = [("lowerdir+", str(tmp_path / "layers" / name)) for name in names]
        options = [*lower, ("upperdir", str(tmp_path / "upper")), ("workdir", str(tmp_path / "work"))]
        mounts.move_mount(mounts.new_filesystem("overlay", options, source="layers"), tmp_path / "merged")
        return os.listdir(tmp_path / "merged")

    assert sorted(in_private_mounts(step)) == sorted(names)


def test_the_file_systems_own_words_are_in_the_error() -> None:
    def step() -> None:
        mounts.new_filesystem("tmpfs", [("nonsense", "1")])

    error = in_private_mounts(step)
    assert error == {"errno": errno.EINVAL, "text": "fsconfig: Invalid argument (tmpfs: Unknown parameter 'nonsense')"}


def test_a_refused_option_is_named() -> None:
    error = in_private_mounts(lambda: mounts.new_filesystem("tmpfs", [("size", "many")]))
    assert error["errno"] == errno.EINVAL
    assert "size" in error["text"]


def test_a_clone_of_a_mount_is_made_read_only_with_all_below_it_and_the_original_is_not(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()

    def step() -> list[Any]:
        mounts.mount("tmpfs", source, "tmpfs")
        (source / "below").mkdir()
        mounts.mount("tmpfs", source / "below", "tmpfs")
        fd = mounts.open_tree(source, c.OPEN_TREE_CLONE | c.AT_RECURSIVE)
        mounts.mount_setattr(fd, set=c.MOUNT_ATTR_RDONLY, recursive=True)
        mounts.move_mount(fd, target)
        return [write_errno(path / "x") for path in (source, source / "below", target, target / "below")]

    assert in_private_mounts(step) == [None, None, errno.EROFS, errno.EROFS]


def test_attributes_are_set_and_cleared_by_path(tmp_path: Path) -> None:
    def step() -> list[Any]:
        mounts.mount("tmpfs", tmp_path, "tmpfs")
        mounts.mount_setattr(tmp_path, set=c.MOUNT_ATTR_RDONLY | c.MOUNT_ATTR_NODEV)
        first = write_errno(tmp_path / "x")
        mounts.mount_setattr(tmp_path, clear=c.MOUNT_ATTR_RDONLY, propagation=c.MS_SHARED)
        return [first, write_errno(tmp_path / "x"), "nodev" in entry(tmp_path).options, entry(tmp_path).optional[:1]]

    first, second, is_nodev, optional = in_private_mounts(step)
    assert (first, second, is_nodev) == (errno.EROFS, None, True)
    assert optional[0].startswith("shared:")


def test_unmounting_a_link_is_refused_when_asked(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("place")
    (tmp_path / "place").mkdir()

    def step() -> list[Any]:
        mounts.mount("tmpfs", tmp_path / "place", "tmpfs")
        try:
            mounts.unmount(tmp_path / "link", c.UMOUNT_NOFOLLOW)
        except OSError as error:
            number = error.errno
        mounts.unmount(tmp_path / "place", c.MNT_DETACH)
        return [number, os.path.ismount(tmp_path / "place")]

    assert in_private_mounts(step) == [errno.EINVAL, False]
