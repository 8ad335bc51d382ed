"""The folder in which a kernel's sockets are, on both sides of the wall, and its connection file as it is inside.

    outside  jck-… among temporary files (0700, ours) / s (0777: it may be any user) / connection.json, k-1 … k-5
    inside   /run/jupyter-kernel is the folder s

The paths are short: the address of a unix socket has 108 bytes at most.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

INSIDE = "/run/jupyter-kernel"
_FILE = "connection.json"


@dataclass(frozen=True, slots=True)
class Sockets:
    """One kernel's folder. `remove` it at the end."""

    outer: Path

    @classmethod
    def make(cls) -> Sockets:
        outer = Path(tempfile.mkdtemp(prefix="jck-"))
        shared = outer / "s"
        shared.mkdir()
        shared.chmod(0o777)
        return cls(outer)

    @property
    def shared(self) -> Path:
        return self.outer / "s"

    @property
    def address(self) -> str:
        """The address of this side, to which jupyter_client adds -1 … -5."""
        return str(self.shared / "k")

    @property
    def volume(self) -> str:
        return f"{self.shared}:{INSIDE}"

    @property
    def file_inside(self) -> str:
        return f"{INSIDE}/{_FILE}"

    def write(self, connection_file: str) -> None:
        """Write the kernel's own connection file: this side's, with the addresses of the inside."""
        connection = json.loads(Path(connection_file).read_text())
        connection["ip"] = f"{INSIDE}/k"
        self._empty()
        fd = os.open(self.shared / _FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with open(fd, "w") as file:
            json.dump(connection, file)

    def _empty(self) -> None:
        """Take away what a kernel before has left, which may be anything, also in the place of what is to come."""
        with os.scandir(self.shared) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)

    def remove(self) -> None:
        shutil.rmtree(self.outer, ignore_errors=True)
