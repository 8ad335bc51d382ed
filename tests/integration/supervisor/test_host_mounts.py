"""Mounts in another mount namespace than our own, by a process that goes there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mountinfo, mounts, namespaces
from jupyter_containers.supervisor.host_mounts import HostMounts
from tests.support.private_mounts import in_private_mounts

pytestmark = pytest.mark.needs("root")


def test_a_mount_is_made_there_and_seen_here_only_through_a_descriptor(tmp_path: Path) -> None:
    def step() -> None:
        there = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        host = HostMounts()
        namespaces.unshare(c.CLONE_NEWNS)
        mounts.mount(None, "/", None, c.MS_REC | c.MS_PRIVATE)
        host.mount("tmpfs", tmp_path, "tmpfs", data="size=64k")
        assert str(tmp_path) not in {entry.mount_point for entry in mountinfo.read()}
        fd = host.open(tmp_path)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
        assert os.listdir(f"/proc/self/fd/{fd}") == ["file"]
        assert list(tmp_path.iterdir()) == []
        os.close(fd)
        namespaces.setns(there, c.CLONE_NEWNS)
        assert [entry.fs_type for entry in mountinfo.read() if entry.mount_point == str(tmp_path)] == ["tmpfs"]
        host.unmount(tmp_path)
        assert str(tmp_path) not in {entry.mount_point for entry in mountinfo.read()}

    in_private_mounts(step)


def test_a_refusal_has_the_kernels_number_and_leaves_nothing(tmp_path: Path) -> None:
    def step() -> None:
        host = HostMounts()
        with pytest.raises(OSError, match="No such device") as caught:
            host.mount("x", tmp_path, "nosuchfs")
        assert (caught.value.errno, caught.value.filename) == (errno.ENODEV, str(tmp_path))
        assert not host.had_mounts(tmp_path.parent)
        host.mount("tmpfs", tmp_path, "tmpfs")
        assert host.had_mounts(tmp_path.parent)
        host.sweep(tmp_path.parent, [])
        assert str(tmp_path) not in {entry.mount_point for entry in mountinfo.read()}

    in_private_mounts(step)


def test_files_are_found_where_containers_find_them(tmp_path: Path) -> None:
    def step() -> None:
        (tmp_path / "disk").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "disk/new")
        there = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        host = HostMounts()
        namespaces.unshare(c.CLONE_NEWNS)
        mounts.mount(None, "/", None, c.MS_REC | c.MS_PRIVATE)
        here = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        namespaces.setns(there, c.CLONE_NEWNS)
        mounts.mount("tmpfs", tmp_path / "disk", "tmpfs")
        (tmp_path / "disk/new").mkdir()
        namespaces.setns(here, c.CLONE_NEWNS)
        assert not (tmp_path / "disk/new").exists()
        assert host.exists(tmp_path / "disk/new")
        assert host.exists(tmp_path / "link")
        assert not host.exists(tmp_path / "disk/other/deep")
        assert not host.exists("/etc/passwd/x")
        host.make_directories(tmp_path / "link/made/here")
        assert host.exists(tmp_path / "disk/new/made/here")
        assert not (tmp_path / "disk/new").exists()
        with pytest.raises(FileNotFoundError):
            host.open(tmp_path / "nothing")
        os.close(host.open(tmp_path / "disk/new/made"))

    in_private_mounts(step)
