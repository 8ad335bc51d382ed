"""The host's mount namespace, which the daemon has left and containers are made from: what is mounted there, and files.

A path that begins at the root that was there before leads through the mounts of that namespace: so files are found
from here. Mounts are made by a process that goes there (zygote/mounter.py).
"""

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
from jupyter_containers.linux.safe_paths import make_directories_in_root, open_in_root

_ENTRY = Path(__file__).parents[1] / "zygote" / "mounter.py"


class HostMounts:
    """The mount namespace that its maker is in, also after that has gone to another. Lives as long as the daemon.

    What changes or lists mounts blocks for the life of a process: call it in a thread.
    """

    def __init__(self) -> None:
        self._namespace_fd = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self._root_fd = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def mount(
        self, device: str, path: Path, fs_type: str, *, flags: int = 0, propagation: int = 0, data: str = ""
    ) -> None:
        """Mount a file system or a bind. Raises OSError; nothing is mounted then. Source: mount(2)."""
        told = {"device": device, "type": fs_type, "flags": flags, "propagation": propagation, "data": data}
        self._ask("mount", path, **told)

    def unmount(self, path: Path) -> None:
        """Take the topmost mount off; a busy one goes with its last user, none is none. Raises OSError."""
        self._ask("unmount", path)

    def open(self, path: str | Path) -> int:
        """Return an O_PATH descriptor of a directory as it is there, which the caller closes. Raises OSError."""
        return open_in_root(self._root_fd, os.fspath(path), os.O_PATH | os.O_DIRECTORY)

    def exists(self, path: str | Path) -> bool:
        """Tell whether something is there, be it a link that leads nowhere; what cannot be reached counts as there."""
        try:
            os.close(open_in_root(self._root_fd, os.fspath(path), os.O_PATH | os.O_NOFOLLOW))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        return True

    def make_directories(self, path: str | Path) -> None:
        """Make a directory and its missing parents there, 0755 and this process's. Raises OSError."""
        os.close(make_directories_in_root(self._root_fd, os.fspath(path)))

    def entries(self) -> list[MountEntry]:
        """Return the mounts that are there. Raises OSError."""
        with os.fdopen(self._ask("list", Path("/"))[0], encoding="utf-8", errors="surrogateescape") as content:
            return mountinfo.parse(content.read())

    def had_mounts(self, root: Path) -> bool:
        """Tell whether anything was mounted below `root` when this process left: its own mounts are a copy. Quick."""
        below = f"{os.path.realpath(root)}/"
        return any(entry.mount_point.startswith(below) for entry in mountinfo.read())

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
