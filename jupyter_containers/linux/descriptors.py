"""Close descriptors in bulk, and hand them over unix sockets."""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Collection, Sequence

from jupyter_containers.linux import constants, libc

_HIGHEST = 2**32 - 1
_SCM_MAX_FD = 253  # net/scm.h: no message carries more
_IN_MODIFY = 0x2  # linux/inotify.h


def close_all_except(keep: Collection[int], lowest: int = 3) -> None:
    """Close every descriptor from `lowest` on that is not in `keep`. Raises OSError."""
    for fd in sorted({fd for fd in keep if fd >= lowest}):
        if fd > lowest:
            _close_range(lowest, fd - 1)
        lowest = fd + 1
    _close_range(lowest, _HIGHEST)


def _close_range(first: int, last: int) -> None:
    try:
        libc.syscall(constants.SYS_CLOSE_RANGE, "close_range", first, last, 0)
    except OSError as error:
        # ENOSYS before Linux 5.9; EPERM from older seccomp profiles that do not know the call.
        if error.errno not in {errno.ENOSYS, errno.EPERM}:
            raise
        for fd in sorted(int(name) for name in os.listdir("/proc/self/fd")):
            if first <= fd <= last:
                os.closerange(fd, fd + 1)


def send(sock: socket.socket, message: bytes, fds: Sequence[int] = ()) -> None:
    """Send one message with copies of descriptors over a connected unix socket; the caller keeps its own.

    Meant for SOCK_SEQPACKET, where a message arrives whole or not at all; `message` must not be empty, which would
    look like the end. Raises OSError (BlockingIOError on a full non-blocking socket: nothing was sent).
    """
    rights = struct.pack(f"{len(fds)}i", *fds)
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if fds else []
    sock.sendmsg([message], ancillary, socket.MSG_NOSIGNAL)


def receive(sock: socket.socket, size: int, max_fds: int = 0) -> tuple[bytes, list[int]]:
    """Receive one packet of at most `size` bytes and its descriptors, close-on-exec, which the caller closes.

    Returns (b"", []) at the end. Raises OSError: EMSGSIZE when the message or its descriptors did not fit (what arrived
    is closed), BlockingIOError when there is none yet.
    """
    space = socket.CMSG_SPACE(4 * min(max_fds, _SCM_MAX_FD)) if max_fds else 0
    while True:
        try:
            message, ancillary, flags, _ = sock.recvmsg(size, space, socket.MSG_CMSG_CLOEXEC)
            break
        except ConnectionResetError:
            # The other side has gone without having read all. That is told once; what it said before is still there.
            continue
    fds: list[int] = []
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds += struct.unpack(f"{len(content) // 4}i", content[: len(content) // 4 * 4])
    if len(fds) > max_fds or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        for fd in fds:
            os.close(fd)
        raise OSError(errno.EMSGSIZE, f"recvmsg: message over {size} bytes or {max_fds} descriptors")
    return message, fds


def watch_modified(path: str) -> int:
    """Return a non-blocking inotify descriptor that becomes readable when the file changes; the caller closes it.

    Cgroup files report the kernel's own changes this way. Raises OSError. Source: inotify(7).
    """
    fd = libc.call("inotify_init1", os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        libc.call("inotify_add_watch", fd, os.fsencode(path), _IN_MODIFY, path=path)
    except OSError:
        os.close(fd)
        raise
    return fd
