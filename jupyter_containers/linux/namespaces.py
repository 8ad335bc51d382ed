"""Make, leave and enter namespaces."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from jupyter_containers.linux import constants, libc

# The runtime spec's type of a namespace → the flag of clone, unshare and setns.
FLAGS: Mapping[str, int] = {
    "pid": constants.CLONE_NEWPID,
    "network": constants.CLONE_NEWNET,
    "mount": constants.CLONE_NEWNS,
    "ipc": constants.CLONE_NEWIPC,
    "uts": constants.CLONE_NEWUTS,
    "user": constants.CLONE_NEWUSER,
    "cgroup": constants.CLONE_NEWCGROUP,
}

_NEW_NAMESPACES = sum(FLAGS.values())

# The same types → the names in /proc/<pid>/ns.
FILES: Mapping[str, str] = {
    "pid": "pid",
    "network": "net",
    "mount": "mnt",
    "ipc": "ipc",
    "uts": "uts",
    "user": "user",
    "cgroup": "cgroup",
}


def clone(flags: int, *, cgroup_fd: int | None = None) -> int:
    """Fork into new namespaces: return the child's pid in the parent and 0 in the child, as os.fork does.

    `flags` are CLONE_NEW…, or'ed, and CLONE_PARENT for a child of this process's parent. With `cgroup_fd`, a directory
    of cgroup v2, the child starts in that group; the caller keeps the descriptor. The caller must have one thread only;
    the child ends as any fork does, by os._exit or execve.
    Raises OSError. Source: clone(2), "C library/kernel differences".
    """
    if flags & ~(_NEW_NAMESPACES | constants.CLONE_PARENT):
        raise OSError(errno.EINVAL, f"clone: flags {flags:#x} are not all CLONE_NEW… or CLONE_PARENT")
    python = _python()
    python.PyOS_BeforeFork()
    # No stack: the child goes on with a copy of this one. The order of the null arguments differs by architecture.
    if cgroup_fd is None:
        pid = python.syscall(constants.SYS_CLONE, flags | constants.SIGCHLD, 0, 0, 0, 0)
    else:
        # struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        # set_tid_size, cgroup
        # A sibling's parent gets the signal that this process's end would give; clone3 refuses another.
        ends_with = 0 if flags & constants.CLONE_PARENT else constants.SIGCHLD
        words = (flags | constants.CLONE_INTO_CGROUP, 0, 0, 0, ends_with, 0, 0, 0, 0, 0, cgroup_fd)
        arguments = (ctypes.c_uint64 * 11)(*words)
        size = ctypes.sizeof(arguments)
        pid = python.syscall(constants.SYS_CLONE3, ctypes.addressof(arguments), size, 0, 0, 0)
    number = ctypes.get_errno()
    if pid == 0:
        python.PyOS_AfterFork_Child()
        return 0
    python.PyOS_AfterFork_Parent()
    if pid == -1:
        ctypes.set_errno(number)  # the call in between has put its own there
        raise libc.error("clone")
    return int(pid)


def unshare(flags: int) -> None:
    """Move this process into new namespaces; CLONE_NEWPID counts for its next children. Raises OSError."""
    libc.syscall(constants.SYS_UNSHARE, "unshare", flags)


def setns(fd: int, flags: int = 0) -> None:
    """Enter the namespace that `fd` names, or, if it is a pidfd, those of the process that `flags` list.

    `flags` 0 accepts any type of namespace file. `fd` stays open and the caller's. Raises OSError.
    """
    libc.syscall(constants.SYS_SETNS, "setns", fd, flags)


@contextmanager
def visiting(kind: str, fd: int) -> Iterator[None]:
    """Be in another namespace of a type of FLAGS for a while; the caller must have one thread only. Raises OSError."""
    own_fd = os.open(f"/proc/self/ns/{FILES[kind]}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(fd, FLAGS[kind])
        try:
            yield
        finally:
            setns(own_fd, FLAGS[kind])
    finally:
        os.close(own_fd)


@cache
def _python() -> ctypes.PyDLL:
    # PyDLL keeps the interpreter lock: a child that came back without it would wait for a thread that is not there.
    python = ctypes.PyDLL(None, use_errno=True)
    python.syscall.argtypes = [ctypes.c_long] * 6
    python.syscall.restype = ctypes.c_long
    for name in ("PyOS_BeforeFork", "PyOS_AfterFork_Parent", "PyOS_AfterFork_Child"):
        getattr(python, name).restype = None
    return python
