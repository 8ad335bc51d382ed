"""Paths that are hidden, and paths that cannot be written."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from jupyter_containers.errors import ContainersError
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.runtime.operations.site import NOT_YET, Site

_NULL = os.makedev(1, 3)
_COPY = c.OPEN_TREE_CLONE | c.AT_EMPTY_PATH


@dataclass(frozen=True, slots=True)
class MaskPath:
    """Lay the null device over a file, or an empty read-only directory over a directory."""

    path: str

    def describe(self) -> str:
        return f"hide {self.path}"

    def execute(self, site: Site) -> None:
        target_fd = _open_if_there(site, self.path)
        if target_fd is None:
            return
        try:
            if stat.S_ISDIR(os.fstat(target_fd).st_mode):
                _attach_empty_directory(site, target_fd)
            else:
                _attach_copy(_null(site), target_fd)
        finally:
            os.close(target_fd)


@dataclass(frozen=True, slots=True)
class MakePathReadOnly:
    """Bind a path over itself, read-only with all that is mounted below it."""

    path: str

    def describe(self) -> str:
        return f"make {self.path} read-only"

    def execute(self, site: Site) -> None:
        target_fd = _open_if_there(site, self.path)
        if target_fd is None:
            return
        try:
            mount_fd = mounts.open_tree("", _COPY | c.AT_RECURSIVE, dir_fd=target_fd)
            try:
                mounts.mount_setattr(mount_fd, set=c.MOUNT_ATTR_RDONLY, recursive=True)
                mounts.move_mount(mount_fd, to_dir_fd=target_fd)
            finally:
                os.close(mount_fd)
        finally:
            os.close(target_fd)


def _open_if_there(site: Site, path: str) -> int | None:
    try:
        return open_in_root(site.root_fd, path, os.O_PATH)
    except (FileNotFoundError, NotADirectoryError):
        return None  # this kernel has no such file: nothing to hide


def _null(site: Site) -> int:
    """Return the null device, known by its number and not by its name: a mask over anything else masks nothing."""
    if site.null_fd == NOT_YET:
        if site.device_fd != NOT_YET:
            null_fd = os.open("null", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=site.device_fd)
        else:
            null_fd = open_in_root(site.root_fd, "/dev/null", os.O_PATH | os.O_NOFOLLOW)
        found = os.fstat(null_fd)
        if not stat.S_ISCHR(found.st_mode) or found.st_rdev != _NULL:
            raise ContainersError("cannot hide paths: /dev/null in the container is not the null device")
        site.null_fd = null_fd
    return site.null_fd


def _attach_empty_directory(site: Site, target_fd: int) -> None:
    if site.empty_fd != NOT_YET:
        _attach_copy(site.empty_fd, target_fd)
        return
    options = [("ro", None), ("mode", "755")]
    site.empty_fd = mounts.new_filesystem("tmpfs", options, source="tmpfs", attributes=c.MOUNT_ATTR_RDONLY)
    mounts.move_mount(site.empty_fd, to_dir_fd=target_fd)


def _attach_copy(source_fd: int, target_fd: int) -> None:
    mount_fd = mounts.open_tree("", _COPY, dir_fd=source_fd)
    try:
        mounts.move_mount(mount_fd, to_dir_fd=target_fd)
    finally:
        os.close(mount_fd)
