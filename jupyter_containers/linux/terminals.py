"""Pseudo-terminals: make one in a given devpts instance, size it, make it the controlling terminal."""

from __future__ import annotations

import fcntl
import os
import struct

from jupyter_containers.linux import constants as c


def open_pty_in(dev_pts: int | str) -> tuple[int, int]:
    """Make a pseudo-terminal in the devpts file system at `dev_pts` (a directory's path or descriptor).

    Returns (master_fd, slave_fd), close-on-exec, both for the caller to close. The slave comes from the kernel, not
    from a path that the container could have replaced. Raises OSError. Source: ioctl_tty(2), TIOCGPTPEER.
    """
    flags = os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC
    if isinstance(dev_pts, int):
        master_fd = os.open("ptmx", flags | os.O_NOFOLLOW, dir_fd=dev_pts)
    else:
        master_fd = os.open(os.path.join(dev_pts, "ptmx"), flags)
    try:
        fcntl.ioctl(master_fd, c.TIOCSPTLCK, struct.pack("i", 0))
        return master_fd, fcntl.ioctl(master_fd, c.TIOCGPTPEER, flags)
    except OSError:
        os.close(master_fd)
        raise


def slave_number(master_fd: int) -> int:
    """Return N of /dev/pts/N for the slave of `master_fd`, within its own devpts instance."""
    return int(struct.unpack("I", fcntl.ioctl(master_fd, c.TIOCGPTN, bytes(4)))[0])


def set_size(fd: int, rows: int, columns: int) -> None:
    """Set the window size in characters; the foreground process group gets SIGWINCH when it changes."""
    fcntl.ioctl(fd, c.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def get_size(fd: int) -> tuple[int, int]:
    """Return the window size: rows, columns."""
    rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(fd, c.TIOCGWINSZ, bytes(8)))
    return rows, columns


def make_controlling(fd: int) -> None:
    """Make the terminal `fd` the controlling one of this session, whose leader must be this process (os.setsid).

    Raises OSError.
    """
    fcntl.ioctl(fd, c.TIOCSCTTY, 0)
