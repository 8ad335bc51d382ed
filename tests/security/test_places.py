"""What other users of this host get of a daemon's roots: nothing that a container or an image has put there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.support.daemon import Daemon

pytestmark = pytest.mark.needs("root", "namespaces", "overlay")


def test_cve_2021_41091_programs_of_containers_are_out_of_reach_of_other_users(tmp_path: Path) -> None:
    """Root of a container makes a set-user-id program in its volume; whoever could execute it were root of the host.

    Seen without the fix: `volumes` was 0755, and the user nobody executed the program.
    """
    daemon = Daemon(tmp_path)
    # A data root of an earlier version, with the folders as it left them.
    for name in ("volumes", "content", "snapshots", "containers"):
        (daemon.data / name).mkdir(parents=True, mode=0o755)
    daemon.start()
    try:
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in daemon.data.iterdir() if path.is_dir()}
        secrets = list(daemon.data.glob("metadata.db*"))
    finally:
        daemon.stop()
    assert {name: oct(mode) for name, mode in modes.items()} == dict.fromkeys(modes, "0o700")
    assert {"volumes", "content", "snapshots", "containers", "tmp"} <= modes.keys()
    assert secrets
    assert not [path for path in secrets if path.exists() and stat.S_IMODE(os.stat(path).st_mode) & 0o077]
