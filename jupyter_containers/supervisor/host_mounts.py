"""Mounts where containers see them: in the host's namespace, which the daemon has left (zygote/mounter.py)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from jupyter_containers.linux import descriptors, mountinfo
from jupyter_containers.linux.mountinfo import MountEntry

_ENTRY = Path(__file__).parents[1] / "zygote" / "mounter.py"


class HostMounts:
    """Mounts and unmounts in one mount namespace. Every call blocks for a process's life: call it in a thread.

    `namespace_fd` belongs to this object, which lives as long as the daemon; without one it is the caller's own.
    """

    def __init__(self, namespace_fd: int | None = None) -> None:
        self._namespace_fd = own_namespace() if namespace_fd is None else namespace_fd

    def mount(
        self, device: str, path: Path, fs_type: str, *, flags: int = 0, propagation: int = 0, data: str = ""
    ) -> None:
        """Mount a file system or a bind. Raises OSError; nothing is mounted then. Source: mount(2)."""
        told = {"device": device, "type": fs_type, "flags": flags, "propagation": propagation, "data": data}
        self._ask("mount", path, **told)

    def unmount(self, path: Path) -> None:
        """Take the topmost mount off; a busy one goes with its last user, none is none. Raises OSError."""
        self._ask("unmount", path)

    def open(self, path: Path) -> int:
        """Return an O_PATH descriptor of a directory as it is there, which the caller closes. Raises OSError."""
        return self._ask("open", path)[0]

    def entries(self) -> list[MountEntry]:
        """Return the mounts that are there. Raises OSError."""
        with os.fdopen(self._ask("list", Path("/"))[0], encoding="utf-8", errors="surrogateescape") as content:
            return mountinfo.parse(content.read())

    def sweep(self, root: Path, keep: Collection[str]) -> None:
        """Unmount all below `root`, but for its folders named in `keep`. Raises OSError."""
        self._ask("sweep", root, keep=sorted(keep))

    def _ask(self, what: str, path: Path, **told: Any) -> list[int]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            try:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(_ENTRY), str(theirs.fileno()), str(self._namespace_fd)],
                    pass_fds=(theirs.fileno(), self._namespace_fd),
                    stdin=subprocess.DEVNULL,
                    cwd="/",
                    env={},
                )
            finally:
                theirs.close()
            with process:
                descriptors.send(ours, json.dumps({"do": what, "path": os.fspath(path), **told}).encode())
                message, fds = descriptors.receive(ours, 1 << 16, max_fds=1)
        answer = json.loads(message) if message else {"errno": 5, "error": "the process that mounts has died"}
        if answer["errno"]:
            raise OSError(answer["errno"], answer["error"], os.fspath(path))
        return fds


def own_namespace() -> int:
    """Return a descriptor of this process's mount namespace, which the caller closes."""
    return os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
