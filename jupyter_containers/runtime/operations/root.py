"""The root itself: its mounts, and the move into it."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mountinfo, mounts
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.runtime.operations.mounts import attributes_of, file_system_options
from jupyter_containers.runtime.operations.site import Site


@dataclass(frozen=True, slots=True)
class SetPropagation:
    """Cut the copied mount tree off from the host's, so that nothing mounted here appears there.

    Where a volume is to be shared, its mount must stay the host's peer, and only the one that the root will be
    attached to is cut off.
    """

    propagation: str
    root_path: str

    def describe(self) -> str:
        return f"make all mounts {self.propagation}"

    def execute(self, site: Site) -> None:
        _, flags, _ = mounts.parse_options((self.propagation,))
        mounts.mount(None, "/", None, flags)
        if flags & c.MS_SHARED:
            mounts.mount(None, _mount_of(os.path.realpath(self.root_path)), None, c.MS_PRIVATE)


@dataclass(frozen=True, slots=True)
class MountRoot:
    """Mount the container's file system where only this mount namespace sees it."""

    mount: Mount
    root_path: str

    def describe(self) -> str:
        return f"mount {self.mount.type} as the root on {self.root_path}"

    def execute(self, site: Site) -> None:
        # The descriptor of the detached mount goes on to name its root after it was attached.
        if self.mount.type == "overlay":
            root_fd = _new_overlay(self.mount)
        else:
            recursive = c.AT_RECURSIVE if "rbind" in self.mount.options else 0
            root_fd = mounts.open_tree(self.mount.source, c.OPEN_TREE_CLONE | recursive)
            attributes, _ = attributes_of(self.mount.options)
            if attributes:
                mounts.mount_setattr(root_fd, set=attributes, recursive=bool(recursive))
        mounts.move_mount(root_fd, self.root_path)
        site.root_fd = root_fd


@dataclass(frozen=True, slots=True)
class PivotRoot:
    """Make the new root / and let go of the host's tree; `is_shared` when that would be heard by the host."""

    is_shared: bool = False

    def describe(self) -> str:
        return "pivot into the new root and detach the old one"

    def execute(self, site: Site) -> None:
        old_root_fd = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC) if self.is_shared else None
        os.fchdir(site.root_fd)
        mounts.pivot_root(".", ".")
        # The old root now lies on top of the new one. umount2 finds it by ".", mount does not: it would cut off the new
        # root's own mounts from the host.
        if old_root_fd is not None:
            os.fchdir(old_root_fd)
            os.close(old_root_fd)
            mounts.mount(None, ".", None, c.MS_SLAVE | c.MS_REC)
        mounts.unmount(".", c.MNT_DETACH)
        os.chdir("/")


@dataclass(frozen=True, slots=True)
class MakeRootReadOnly:
    def describe(self) -> str:
        return "make the root read-only"

    def execute(self, site: Site) -> None:
        mounts.mount_setattr(site.root_fd, set=c.MOUNT_ATTR_RDONLY)


@dataclass(frozen=True, slots=True)
class OpenWorkingDirectory:
    """Make the working directory when it is missing, and keep it by descriptor until the process goes there.

    Magic links are refused (by open_in_root): /proc/self/fd/N as a working directory once led out of containers.
    """

    path: str

    def describe(self) -> str:
        return f"make working directory {self.path} if it is missing"

    def execute(self, site: Site) -> None:
        try:
            site.working_directory_fd = site.directory(self.path)
        except NotADirectoryError:
            raise InvalidParameter(f"Cannot mkdir: {self.path} is not a directory") from None
        except PermissionError:
            return  # not for root (a home on NFS): tried again as the user
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise InvalidParameter(f"cannot use {self.path} as working directory: it leads through /proc") from None


def _mount_of(path: str) -> str:
    places = (entry.mount_point.rstrip("/") for entry in mountinfo.read())
    return max((place for place in places if path == place or path.startswith(place + "/")), key=len) or "/"


def _new_overlay(mount: Mount) -> int:
    """Mount an overlay, layer by layer: one string of all layers would have to fit in a page."""
    attributes, _ = attributes_of(mount.options)
    options = file_system_options(mount.options)
    try:
        return mounts.new_filesystem("overlay", one_by_one(options), source="overlay", attributes=attributes)
    except OSError as error:
        # "lowerdir+" came with Linux 6.8; before, fsconfig took at most 255 bytes of "lowerdir", but more than nothing.
        if error.errno != errno.EINVAL or not any(key.startswith("lowerdir") for key, _ in options):
            raise
        return mounts.new_filesystem("overlay", options, source="overlay", attributes=attributes)


def one_by_one(options: list[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """Split what would have to fit in a page, or in the 255 bytes of one option. An escaped list is left whole."""
    single: list[tuple[str, str | None]] = []
    for key, value in options:
        if key == "lowerdir" and value is not None and "\\" not in value:
            single += [("lowerdir+", layer) for layer in value.split(":")]
        else:
            single.append((key, value))
    return single
