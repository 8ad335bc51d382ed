"""File systems and binds inside the new root."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.oci.runtime_spec import OPTION_SUBPATH, Mount
from jupyter_containers.runtime.operations.site import Site

# MS_… of mount(2) → MOUNT_ATTR_… of fsmount(2).
_ATTRIBUTES = (
    (c.MS_RDONLY, c.MOUNT_ATTR_RDONLY),
    (c.MS_NOSUID, c.MOUNT_ATTR_NOSUID),
    (c.MS_NODEV, c.MOUNT_ATTR_NODEV),
    (c.MS_NOEXEC, c.MOUNT_ATTR_NOEXEC),
    (c.MS_NOSYMFOLLOW, c.MOUNT_ATTR_NOSYMFOLLOW),
    (c.MS_NODIRATIME, c.MOUNT_ATTR_NODIRATIME),
    (c.MS_NOATIME, c.MOUNT_ATTR_NOATIME),
    (c.MS_STRICTATIME, c.MOUNT_ATTR_STRICTATIME),
)
# Words that belong to the file system as well as to the mount, or to it alone.
_SUPERBLOCK_WORDS = ("ro", "sync", "dirsync", "lazytime")
_ATIME = c.MS_NOATIME | c.MS_STRICTATIME | c.MS_RELATIME


def attributes_of(options: Sequence[str]) -> tuple[int, int]:
    """Return the MOUNT_ATTR_… to set for these words of mount(8), and those to clear before."""
    flags, _, _ = mounts.parse_options(options)
    attributes = sum(attribute for flag, attribute in _ATTRIBUTES if flags & flag)
    return attributes, c.MOUNT_ATTR_ATIME if flags & _ATIME else 0


def file_system_options(options: Sequence[str]) -> list[tuple[str, str | None]]:
    """Return what is the file system's own among these words, as (key, value) or (flag, None)."""
    own: list[tuple[str, str | None]] = []
    for word in options:
        if word in mounts.FLAG_WORDS or word in mounts.PROPAGATION_WORDS:
            continue
        key, equals, value = word.partition("=")
        own.append((key, value if equals else None))
    return own


@dataclass(frozen=True, slots=True)
class MountFileSystem:
    """Mount a file system that is made for this container: proc, sysfs, tmpfs, devpts, mqueue."""

    mount: Mount

    def describe(self) -> str:
        words = f" ({', '.join(self.mount.options)})" if self.mount.options else ""
        return f"mount {self.mount.type} on {self.mount.destination}{words}"

    def execute(self, site: Site) -> None:
        # Through a link at /proc, what the container takes for procfs would be a directory of the image's choice.
        is_kernel_tree = self.mount.type in {"proc", "sysfs"}
        covers = self._takes_mode() and _is_there(site, self.mount.destination)
        target_fd = site.directory(self.mount.destination, follow_links=not is_kernel_tree)
        try:
            mount_fd = self._detached(site, target_fd if covers else None)
            mounts.move_mount(mount_fd, to_dir_fd=target_fd)
        finally:
            os.close(target_fd)
        self._keep(site, mount_fd)

    def _takes_mode(self) -> bool:
        return self.mount.type == "tmpfs" and not any(word.startswith("mode=") for word in self.mount.options)

    def _detached(self, site: Site, covered_fd: int | None) -> int:
        attributes, _ = attributes_of(self.mount.options)
        if self.mount.type == "proc" and (tree_fd := site.trees.get("proc")) is not None:
            # A new one would show the processes that this one is still among.
            mount_fd = os.dup(tree_fd)
            mounts.mount_setattr(mount_fd, set=attributes)
            return mount_fd
        options = file_system_options(self.mount.options)
        options += [(word, None) for word in _SUPERBLOCK_WORDS if word in self.mount.options]
        if covered_fd is not None:
            # As a user expects of /tmp. Where nothing was, the file system's own default (1777) holds.
            options.append(("mode", f"{stat.S_IMODE(os.fstat(covered_fd).st_mode):o}"))
        # Some file systems take no source; mount(8) shows one anyway.
        source = self.mount.source or self.mount.type
        return mounts.new_filesystem(self.mount.type, options, source=source, attributes=attributes)

    def _keep(self, site: Site, mount_fd: int) -> None:
        place = (self.mount.type, self.mount.destination.rstrip("/"))
        if place == ("proc", "/proc"):
            site.proc_fd = mount_fd
        elif place == ("tmpfs", "/dev"):
            site.device_fd = mount_fd
        elif place == ("devpts", "/dev/pts"):
            site.terminals_fd = mount_fd
        else:
            os.close(mount_fd)


def _is_there(site: Site, path: str) -> bool:
    try:
        os.close(open_in_root(site.root_fd, path, os.O_PATH))
    except FileNotFoundError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class BindMount:
    """Show a file or directory of the host inside. `ro` counts for the mount itself, `rro` for all below it as well."""

    mount: Mount

    def describe(self) -> str:
        words = [word for word in self.mount.options if word not in {"bind", "rbind"}]
        return f"bind {self.mount.source} on {self.mount.destination}" + (f" ({', '.join(words)})" if words else "")

    def execute(self, site: Site) -> None:
        recursive = "rbind" in self.mount.options
        # What was copied where it is mounted is not mounted here.
        tree_fd = site.trees.get(self.mount.source)
        flags = c.OPEN_TREE_CLONE | (c.AT_RECURSIVE if recursive else 0)
        mount_fd = self._source(flags) if tree_fd is None else os.dup(tree_fd)
        try:
            self._set_attributes(mount_fd, recursive=recursive)
            self._attach(site, mount_fd)
        finally:
            os.close(mount_fd)

    def _source(self, flags: int) -> int:
        """Return a detached copy of the mount to show. Nobody who can write to a volume can make a subpath lead out."""
        words = (word for word in self.mount.options if word.startswith(OPTION_SUBPATH))
        subpath = next(words, OPTION_SUBPATH).removeprefix(OPTION_SUBPATH)
        try:
            if not subpath:
                return mounts.open_tree(self.mount.source, flags)
            root_fd = os.open(self.mount.source, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                part_fd = open_in_root(root_fd, subpath, os.O_PATH)
            finally:
                os.close(root_fd)
            try:
                return mounts.open_tree("", flags | c.AT_EMPTY_PATH, dir_fd=part_fd)
            finally:
                os.close(part_fd)
        except FileNotFoundError:
            what = f"cannot access path {self.mount.source}/{subpath}: no such file or directory"
            raise InvalidParameter(
                what if subpath else f"bind source path does not exist: {self.mount.source}"
            ) from None

    def _set_attributes(self, mount_fd: int, *, recursive: bool) -> None:
        attributes, cleared = attributes_of(self.mount.options)
        _, propagation, _ = mounts.parse_options(self.mount.options)
        propagation = (propagation & ~c.MS_REC) or c.MS_PRIVATE
        own = attributes & c.MOUNT_ATTR_RDONLY
        everywhere = attributes & ~own | (c.MOUNT_ATTR_RDONLY if "rro" in self.mount.options else 0)
        mounts.mount_setattr(mount_fd, set=everywhere, clear=cleared, propagation=propagation, recursive=recursive)
        if own:
            mounts.mount_setattr(mount_fd, set=own)

    def _attach(self, site: Site, mount_fd: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(mount_fd).st_mode)
        try:
            target_fd = site.directory(self.mount.destination) if is_directory else site.file(self.mount.destination)
            try:
                if stat.S_ISDIR(os.fstat(target_fd).st_mode) != is_directory:
                    raise IsADirectoryError
                mounts.move_mount(mount_fd, to_dir_fd=target_fd)
            finally:
                os.close(target_fd)
        except (NotADirectoryError, IsADirectoryError):
            raise InvalidParameter(
                f"cannot mount {self.mount.source} on {self.mount.destination}: not a directory: Are you trying to "
                "mount a directory onto a file (or vice-versa)?"
            ) from None
