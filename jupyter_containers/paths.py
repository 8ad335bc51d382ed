"""Where state lives: data root, run root and socket, by user; the only reader of the XDG variables.

Root uses the system's folders; an ordinary user the XDG base directories. `rm -rf` of both roots is a complete
uninstall. Source: XDG Base Directory Specification; Filesystem Hierarchy Standard.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

NAME = "jupyter-containers"


@dataclass(frozen=True, slots=True)
class Places:
    """The two roots of a daemon. `data` survives a reboot, `run` does not need to."""

    data: Path
    run: Path

    @property
    def socket(self) -> Path:
        return self.run / "daemon.sock"

    @property
    def lock(self) -> Path:
        return self.run / "daemon.lock"

    @property
    def pidfile(self) -> Path:
        return self.run / "daemon.pid"

    @property
    def log(self) -> Path:
        return self.data / "daemon.log"


def default_places() -> Places:
    """Return the places of this user's own daemon."""
    if os.geteuid() == 0:
        return Places(Path("/var/lib") / NAME, Path("/run") / NAME)
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    run = os.environ.get("XDG_RUNTIME_DIR")
    return Places(data / NAME, Path(run) / NAME if run else Path("/tmp") / f"{NAME}-{os.geteuid()}")


def default_configuration_file() -> Path:
    """Return where this user's daemon looks for its settings."""
    if os.geteuid() == 0:
        return Path("/etc") / NAME / "daemon.json"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / NAME / "daemon.json"
