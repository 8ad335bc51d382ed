"""The new root under construction: the descriptors that operations share, and safe ways to reach a path in it."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants
from jupyter_containers.linux.safe_paths import make_directories_in_root, make_file_in_root, open_in_root

NOT_YET = -1


@dataclass(slots=True)
class Site:
    """Descriptors that init holds while it builds; all are close-on-exec and end with it.

    `device_fd`, `terminals_fd` and `proc_fd` are the roots of /dev, /dev/pts and /proc when the plan made them itself:
    through them no path has to be resolved again.
    """

    root_fd: int = NOT_YET
    proc_fd: int = NOT_YET
    device_fd: int = NOT_YET
    terminals_fd: int = NOT_YET
    null_fd: int = NOT_YET
    empty_fd: int = NOT_YET
    terminal_master_fd: int = NOT_YET
    terminal_slave_fd: int = NOT_YET
    working_directory_fd: int = NOT_YET
    # Copies of other containers' mounts, by where they are there: /proc/<pid>/root/<path>; "proc" is one to mount.
    trees: dict[str, int] = field(default_factory=dict)
    # The container's cgroups on the host, by controller ("unified" alone on version 2).
    cgroup_paths: Mapping[str, str] = field(default_factory=dict)

    def directory(self, path: str, *, follow_links: bool = True) -> int:
        """Return an O_PATH descriptor of a directory in the root, made (0755) if missing. The caller closes it.

        Raises: InvalidParameter when a link stands on the way and `follow_links` is off; OSError.
        """
        name = self._name_in_devices(path)
        if name is not None:
            return self._directory_in_devices(name)
        directory_fd = make_directories_in_root(self.root_fd, path)
        if follow_links:
            return directory_fd
        os.close(directory_fd)
        strict = constants.RESOLVE_IN_ROOT | constants.RESOLVE_NO_SYMLINKS
        try:
            return open_in_root(self.root_fd, path, os.O_PATH | os.O_DIRECTORY, resolve=strict)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise InvalidParameter(f"{path} is a symbolic link in this image; it must be a directory") from None

    def file(self, path: str) -> int:
        """Return an O_PATH descriptor of a file in the root, made empty if missing. The caller closes it."""
        try:
            return open_in_root(self.root_fd, path, os.O_PATH)
        except FileNotFoundError:
            return make_file_in_root(self.root_fd, path)

    def parent(self, path: str) -> tuple[int, str]:
        """Return the directory of `path`, made if missing, and the last name; the caller closes the descriptor.

        A path directly in our own /dev is reached without resolving anything.
        """
        if (name := self._name_in_devices(path)) is not None:
            return os.dup(self.device_fd), name
        directory, _, name = path.rstrip("/").rpartition("/")
        return self.directory(directory or "/"), name

    def _name_in_devices(self, path: str) -> str | None:
        """Return N of a path /dev/N when /dev is ours: nothing in it needs to be resolved."""
        name = path.removeprefix("/dev/")
        return name if self.device_fd != NOT_YET and name not in {path, "", ".", ".."} and "/" not in name else None

    def _directory_in_devices(self, name: str) -> int:
        try:
            os.mkdir(name, 0o755, dir_fd=self.device_fd)
        except FileExistsError:
            pass
        # Through the root, since something may have been mounted on it.
        return open_in_root(self.root_fd, f"/dev/{name}", os.O_PATH | os.O_DIRECTORY)
