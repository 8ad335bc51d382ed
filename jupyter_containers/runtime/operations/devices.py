"""What is in /dev: nodes, links and the console."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts, terminals
from jupyter_containers.oci.runtime_spec import Device
from jupyter_containers.runtime.operations.site import NOT_YET, Site

_KINDS = {"c": stat.S_IFCHR, "u": stat.S_IFCHR, "b": stat.S_IFBLK, "p": stat.S_IFIFO}


@dataclass(frozen=True, slots=True)
class MakeDevice:
    device: Device

    def describe(self) -> str:
        device = self.device
        return f"make {device.type} {device.major}:{device.minor} {device.path}"

    def execute(self, site: Site) -> None:
        device = self.device
        kind = _KINDS.get(device.type)
        if kind is None:
            raise InvalidParameter(f"unknown type of device {device.path}: {device.type!r}; it must be c, b or p")
        directory_fd, name = site.parent(device.path)
        try:
            number = os.makedev(device.major, device.minor)
            try:
                os.mknod(name, kind | stat.S_IMODE(device.file_mode), number, dir_fd=directory_fd)
            except FileExistsError:
                _refuse_another(name, directory_fd, kind, device)
            if device.uid or device.gid:
                os.chown(name, device.uid, device.gid, dir_fd=directory_fd, follow_symlinks=False)
        finally:
            os.close(directory_fd)


@dataclass(frozen=True, slots=True)
class MakeLink:
    path: str
    target: str

    def describe(self) -> str:
        return f"link {self.path} -> {self.target}"

    def execute(self, site: Site) -> None:
        directory_fd, name = site.parent(self.path)
        try:
            os.symlink(self.target, name, dir_fd=directory_fd)
        except FileExistsError:
            pass  # an image without our /dev has its own
        finally:
            os.close(directory_fd)


@dataclass(frozen=True, slots=True)
class OpenTerminal:
    """Make the process's terminal in the container's own devpts, and show it as /dev/console.

    The slave comes from its master (TIOCGPTPEER) and the console from that descriptor: no path is looked up that
    something inside could have replaced.
    """

    size: tuple[int, int] | None = None

    def describe(self) -> str:
        return "open a terminal in /dev/pts and bind it on /dev/console"

    def execute(self, site: Site) -> None:
        if site.terminals_fd == NOT_YET:
            raise InvalidParameter("a terminal needs a devpts mount on /dev/pts")
        master_fd, slave_fd = terminals.open_pty_in(site.terminals_fd)
        site.terminal_master_fd, site.terminal_slave_fd = master_fd, slave_fd
        if self.size is not None:
            terminals.set_size(master_fd, *self.size)
        if site.device_fd != NOT_YET:
            _bind_console(site.device_fd, slave_fd)


def _refuse_another(name: str, directory_fd: int, kind: int, device: Device) -> None:
    found = os.stat(name, dir_fd=directory_fd, follow_symlinks=False)
    same = stat.S_IFMT(found.st_mode) == kind and found.st_rdev == os.makedev(device.major, device.minor)
    if not same:
        raise InvalidParameter(f"cannot make device {device.path}: the image has something else there")


def _bind_console(device_fd: int, slave_fd: int) -> None:
    try:
        os.mknod("console", stat.S_IFREG | 0o600, dir_fd=device_fd)
    except FileExistsError:
        pass  # the spec's own list of devices has it
    place_fd = os.open("console", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=device_fd)
    try:
        mount_fd = mounts.open_tree("", c.OPEN_TREE_CLONE | c.AT_EMPTY_PATH, dir_fd=slave_fd)
        try:
            mounts.move_mount(mount_fd, to_dir_fd=place_fd)
        finally:
            os.close(mount_fd)
    finally:
        os.close(place_fd)
