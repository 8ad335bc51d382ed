"""The container's own view of its control groups, read-only."""

from __future__ import annotations

import os
from dataclasses import dataclass

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts, namespaces
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.runtime.operations.mounts import attributes_of
from jupyter_containers.runtime.operations.site import Site


@dataclass(frozen=True, slots=True)
class NewCgroupNamespace:
    """Make the group this process was put in the root of what it can see.

    Not among the flags of clone: the namespace's root is the group at that moment, which is still the shim's.
    """

    def describe(self) -> str:
        return "new cgroup namespace"

    def execute(self, site: Site) -> None:
        namespaces.unshare(c.CLONE_NEWCGROUP)


@dataclass(frozen=True, slots=True)
class MountCgroups:
    mount: Mount

    def describe(self) -> str:
        return f"mount cgroups on {self.mount.destination} ({', '.join(self.mount.options)})"

    def execute(self, site: Site) -> None:
        hierarchies = _hierarchies()
        target_fd = site.directory(self.mount.destination)
        attributes, _ = attributes_of(self.mount.options)
        try:
            if not hierarchies:
                _attach("cgroup2", [], attributes, target_fd)
            else:
                self._mount_hierarchies(hierarchies, attributes, target_fd)
        finally:
            os.close(target_fd)

    def _mount_hierarchies(self, hierarchies: list[str], attributes: int, target_fd: int) -> None:
        """Version 1: one mount per hierarchy in a tmpfs, named as on hosts, with a link per controller."""
        writable = attributes & ~c.MOUNT_ATTR_RDONLY
        directory_fd = mounts.new_filesystem("tmpfs", [("mode", "755")], source="tmpfs", attributes=writable)
        try:
            mounts.move_mount(directory_fd, to_dir_fd=target_fd)
            for hierarchy in hierarchies:
                self._mount_one(directory_fd, hierarchy, attributes)
            mounts.mount_setattr(directory_fd, set=attributes)
        finally:
            os.close(directory_fd)

    def _mount_one(self, directory_fd: int, hierarchy: str, attributes: int) -> None:
        name = hierarchy.removeprefix("name=")
        os.mkdir(name, 0o755, dir_fd=directory_fd)
        place_fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory_fd)
        try:
            _attach("cgroup", _options(hierarchy), attributes, place_fd)
        finally:
            os.close(place_fd)
        controllers = name.split(",")
        for controller in controllers if len(controllers) > 1 else ():
            os.symlink(name, controller, dir_fd=directory_fd)


def _attach(fs_type: str, options: list[tuple[str, str | None]], attributes: int, target_fd: int) -> None:
    mount_fd = mounts.new_filesystem(fs_type, options, source="cgroup", attributes=attributes)
    try:
        mounts.move_mount(mount_fd, to_dir_fd=target_fd)
    finally:
        os.close(mount_fd)


def _options(hierarchy: str) -> list[tuple[str, str | None]]:
    if hierarchy.startswith("name="):
        return [("name", hierarchy.removeprefix("name="))]
    return [(controller, None) for controller in hierarchy.split(",")]


def _hierarchies() -> list[str]:
    """Return the version 1 hierarchies of this host ("cpu,cpuacct", "name=systemd"); none means version 2 alone."""
    with open("/proc/self/cgroup", "rb") as file:
        names = [line.split(b":", 2)[1].decode() for line in file]
    return [name for name in names if name]
