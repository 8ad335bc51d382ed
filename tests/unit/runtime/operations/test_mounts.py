"""Options of mount(8) become attributes of the mount and options of the file system."""

from __future__ import annotations

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.runtime.operations.mounts import (
    BindMount,
    MountFileSystem,
    attributes_of,
    file_system_options,
)


@pytest.mark.parametrize(
    ("options", "attributes", "cleared"),
    [
        ((), 0, 0),
        (("ro", "nosuid", "nodev", "noexec"), 0xF, 0),
        (("ro", "rw"), 0, 0),
        (("noatime",), c.MOUNT_ATTR_NOATIME, c.MOUNT_ATTR_ATIME),
        (("strictatime", "nosuid"), c.MOUNT_ATTR_STRICTATIME | c.MOUNT_ATTR_NOSUID, c.MOUNT_ATTR_ATIME),
        (("relatime",), 0, c.MOUNT_ATTR_ATIME),
        (("nosymfollow", "nodiratime"), c.MOUNT_ATTR_NOSYMFOLLOW | c.MOUNT_ATTR_NODIRATIME, 0),
        (("rbind", "rprivate", "size=1m"), 0, 0),
    ],
)
def test_flags_become_attributes(options: tuple[str, ...], attributes: int, cleared: int) -> None:
    assert attributes_of(options) == (attributes, cleared)


def test_what_is_no_flag_is_the_file_system_s() -> None:
    options = ("nosuid", "rprivate", "size=64k", "mode=1777", "newinstance", "context=a,b", "empty=")
    assert file_system_options(options) == [
        ("size", "64k"), ("mode", "1777"), ("newinstance", None), ("context", "a,b"), ("empty", ""),
    ]  # fmt: skip


def test_mounts_say_what_they_are() -> None:
    assert MountFileSystem(Mount("/dev", "tmpfs", "tmpfs", ("nosuid", "mode=755"))).describe() == (
        "mount tmpfs on /dev (nosuid, mode=755)"
    )
    assert MountFileSystem(Mount("/proc", "proc", "proc")).describe() == "mount proc on /proc"
    assert BindMount(Mount("/v", "bind", "/srv", ("rbind", "ro"))).describe() == "bind /srv on /v (ro)"
    assert BindMount(Mount("/v", "bind", "/srv", ("bind",))).describe() == "bind /srv on /v"
