"""Mounts of another container: its /dev/shm to share, its /proc to see the same processes.

A mount belongs to the mount namespace it is in, and only there it can be copied; the copy may go anywhere. So a child
goes there, copies it and hands the copy back. The other container may be hostile: no link of its is followed, and what
is found must be of the file system that is expected.
"""

from __future__ import annotations

import os
import re
import select
import signal
import socket

from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import descriptors, mounts, namespaces
from jupyter_containers.linux.file_systems import magic_of
from jupyter_containers.linux.safe_paths import open_in_root

_RESOLVE = c.RESOLVE_IN_ROOT | c.RESOLVE_NO_SYMLINKS | c.RESOLVE_NO_MAGICLINKS
_PATIENCE_SECONDS = 30
_NAMESPACE_PATH = re.compile(r"/proc/(\d+)/ns/\w+")
_ROOT_PATH = re.compile(r"/proc/(\d+)/root(/.+)")


def owner_of(namespace_path: str) -> int | None:
    """Return whose namespace a path names, None for one that is held by no process."""
    match = _NAMESPACE_PATH.fullmatch(namespace_path)
    return int(match[1]) if match else None


def split_source(source: str) -> tuple[int, str] | None:
    """Return the pid and the path of a bind's source in another's root (/proc/<pid>/root/<path>), else None."""
    match = _ROOT_PATH.fullmatch(source)
    return (int(match[1]), match[2]) if match else None


def copy_mount(pid: int, path: str, magic: int) -> int:
    """Return a descriptor of a detached copy of what is mounted at `path` for a process, without what is mounted in it.

    The caller must have one thread, and closes the descriptor. `magic` is the file system's number in statfs(2).
    Raises OSError, InvalidParameter when something else is there.
    """
    namespace_fd = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            child = os.fork()
            if child == 0:
                _copy(theirs, namespace_fd, path)
        os.close(namespace_fd)
        # A file system of the other container's may not answer.
        is_answered = bool(select.select([ours], [], [], _PATIENCE_SECONDS)[0])
        answer, fds = descriptors.receive(ours, 256, max_fds=1) if is_answered else (b"it takes too long", [])
    if not is_answered:
        os.kill(child, signal.SIGKILL)
    try:
        os.waitpid(child, 0)
    except ChildProcessError:
        pass  # reaped by the caller's own SIGCHLD code
    if not fds:
        raise ContainersError(f"cannot share {path} of another container: {answer.decode() or 'no answer'}")
    if magic_of(fds[0]) != magic:
        os.close(fds[0])
        raise InvalidParameter(f"cannot share {path} of another container: it has something else there")
    return fds[0]


def copy_proc(pid: int) -> int:
    """Return a copy of the procfs that a process has, which must be that of its own pid namespace.

    Raises as `copy_mount`: a procfs of the host, given to the other container, is not this one's to have.
    """
    proc_fd = copy_mount(pid, "/proc", c.PROC_SUPER_MAGIC)
    try:
        inside = _number_inside(pid)
        shown = os.stat(f"{inside}/ns/pid", dir_fd=proc_fd).st_ino
    except OSError:
        shown = 0
    if shown != os.stat(f"/proc/{pid}/ns/pid").st_ino:
        os.close(proc_fd)
        raise InvalidParameter("cannot share /proc of another container: it shows other processes than its own")
    return proc_fd


def _number_inside(pid: int) -> int:
    """Return what a process is called in its own pid namespace. Source: proc(5), NSpid of /proc/pid/status."""
    with open(f"/proc/{pid}/status", "rb") as lines:
        numbers = next(line for line in lines if line.startswith(b"NSpid:"))
    return int(numbers.split()[-1])


def _copy(end: socket.socket, namespace_fd: int, path: str) -> None:
    """In the child: never returns."""
    try:
        namespaces.setns(namespace_fd, c.CLONE_NEWNS)
        root_fd = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        place_fd = open_in_root(root_fd, path, os.O_PATH | os.O_DIRECTORY, resolve=_RESOLVE)
        descriptors.send(end, b"ok", (mounts.open_tree("", c.OPEN_TREE_CLONE | c.AT_EMPTY_PATH, dir_fd=place_fd),))
    except BaseException as error:  # noqa: BLE001 - a forked child reports whatever happened; it has no caller
        descriptors.send(end, str(error).encode()[:256], ())
    finally:
        os._exit(0)
