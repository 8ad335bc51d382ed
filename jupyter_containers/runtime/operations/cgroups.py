"""The container's own view of its control groups, read-only."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
    """Bind the container's group of each hierarchy; a file system of its own would show the same and cost thrice."""

    mount: Mount

    def describe(self) -> str:
        return f"mount cgroups on {self.mount.destination} ({', '.join(self.mount.options)})"

    def execute(self, site: Site) -> None:
        attributes, _ = attributes_of(self.mount.options)
        target_fd = site.directory(self.mount.destination)
        try:
            mount_fd = _view(site.cgroup_paths, target_fd)
            try:
                mounts.mount_setattr(mount_fd, set=attributes, recursive=True)
            finally:
                os.close(mount_fd)
        finally:
            os.close(target_fd)


def _view(paths: Mapping[str, str], target_fd: int) -> int:
    """Attach the groups at `target_fd`; return the descriptor of the topmost mount."""
    if "unified" in paths:
        mount_fd = mounts.open_tree(paths["unified"], c.OPEN_TREE_CLONE)
        mounts.move_mount(mount_fd, to_dir_fd=target_fd)
        return mount_fd
    directory_fd = mounts.new_filesystem("tmpfs", [("mode", "755")], source="tmpfs")
    mounts.move_mount(directory_fd, to_dir_fd=target_fd)
    controllers: dict[str, list[str]] = {}
    for controller, path in paths.items():
        controllers.setdefault(path, []).append(controller)
    for path, names in controllers.items():
        _bind_hierarchy(directory_fd, path, names)
    return directory_fd


def _bind_hierarchy(directory_fd: int, path: str, names: list[str]) -> None:
    """Name a hierarchy as hosts do: cpu,cpuacct, with a link for each when there are several."""
    name = ",".join(names)
    os.mkdir(name, 0o755, dir_fd=directory_fd)
    mount_fd = mounts.open_tree(path, c.OPEN_TREE_CLONE)
    try:
        mounts.move_mount(mount_fd, name, to_dir_fd=directory_fd)
    finally:
        os.close(mount_fd)
    for controller in names if len(names) > 1 else ():
        os.symlink(name, controller, dir_fd=directory_fd)
