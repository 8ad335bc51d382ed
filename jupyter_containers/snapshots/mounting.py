"""Make the mounts of a snapshot at a directory of ours, for the time of a `with` block."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts as kernel
from jupyter_containers.oci.runtime_spec import Mount


@contextmanager
def mounted_at(mounts: tuple[Mount, ...], target: Path, *, read_only: bool = False) -> Iterator[None]:
    """Mount all of `mounts`, bottom first, and unmount them afterwards, in this thread's mount namespace.

    A destination other than "/" is a directory of the host, used by a later mount (see Spec.rootfs). `read_only` makes
    the last mount read-only. Raises OSError.
    """
    with ExitStack() as stack:
        for mount in mounts:
            is_root = mount.destination == "/"
            place = target if is_root else Path(mount.destination)
            _mount(mount, place, read_only=read_only and is_root)
            stack.callback(_unmount, place)
        yield


def _mount(mount: Mount, target: Path, *, read_only: bool) -> None:
    flags, _, words = kernel.parse_options(mount.options)
    read_only = read_only or bool(flags & c.MS_RDONLY)
    if mount.type == "bind":
        kernel.mount(mount.source, target, None, c.MS_BIND)
        if read_only:
            # A bind takes no flags of its own at first; until here nobody but us knows the directory.
            kernel.mount(None, target, None, c.MS_BIND | c.MS_REMOUNT | c.MS_RDONLY)
    else:
        _mount_overlay(words, target, read_only=read_only)


def _mount_overlay(words: str, target: Path, *, read_only: bool) -> None:
    flags = c.MS_RDONLY if read_only else 0
    try:
        kernel.mount("overlay", target, "overlay", flags, words)
    except OSError as error:
        # E2BIG: many layers do not fit in the one page that mount(2) takes.
        if error.errno != errno.E2BIG:
            raise
        fd = kernel.new_filesystem("overlay", _separate(words, read_only=read_only), source="overlay")
        try:
            kernel.move_mount(fd, target)
        finally:
            os.close(fd)


def _separate(words: str, *, read_only: bool) -> list[tuple[str, str | None]]:
    """Split an option string into single options, each lower directory one of its own (lowerdir+)."""
    options: list[tuple[str, str | None]] = [("ro", None)] if read_only else []
    for word in words.split(","):
        key, equals, value = word.partition("=")
        if key == "lowerdir":
            options += [("lowerdir+", lower) for lower in value.split(":")]
        else:
            options.append((key, value if equals else None))
    return options


def _unmount(target: Path) -> None:
    try:
        kernel.unmount(target, c.UMOUNT_NOFOLLOW)
    except OSError as error:
        # Somebody else's namespace may have been copied from ours meanwhile; let go of it here all the same.
        if error.errno != errno.EBUSY:
            raise
        kernel.unmount(target, c.UMOUNT_NOFOLLOW | c.MNT_DETACH)
