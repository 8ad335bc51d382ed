"""The folder in which a kernel's sockets are, on both sides of the wall, and its connection file as it is inside.

    outside  /tmp/jck-XXXX (0700, ours) / s (anybody may write: the kernel may be any user) / k-1 … k-5, connection.json
    inside                     /run/jupyter-kernel is the folder s

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
        place = self.shared / _FILE
        # A kernel before may have put anything in its place.
        place.unlink(missing_ok=True)
        fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with open(fd, "w") as file:
            json.dump(connection, file)

    def remove(self) -> None:
        shutil.rmtree(self.outer, ignore_errors=True)
