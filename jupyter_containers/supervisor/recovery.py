"""After a restart of the daemon: find the shim of a container again, or learn how the container ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

from jupyter_containers.linux import processes
from jupyter_containers.shim import protocol
from jupyter_containers.shim.protocol import Exit
from jupyter_containers.supervisor.connection import Shim, ShimLost

# As for a process that was killed: without its shim a container dies by the parent-death signal.
LOST_EXIT_CODE = 137


async def reconnect(run_root: Path, container_id: str, bundle_path: Path) -> Shim | Exit:
    """Return the connection to a container's living shim, or the end that it left behind.

    A shim that died without a word gives exit code 137 and a reason; what may be left of its container is killed.
    """
    shim = await _connect(run_root, container_id, bundle_path)
    if shim is not None:
        return shim
    ended = _read(bundle_path / "exit.json")
    if ended is not None:
        return Exit.from_json(ended)
    _kill_leftover(_read(bundle_path / "state.json"))
    return Exit(LOST_EXIT_CODE, time.time_ns(), reason="shim lost: it ended without a record of its container's end")


async def _connect(run_root: Path, container_id: str, bundle_path: Path) -> Shim | None:
    path = protocol.socket_path(run_root, bundle_path)
    end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        end.connect(os.fspath(path))
    except OSError:
        # Refused: the shim that listened here is dead, and its name is free.
        end.close()
        path.unlink(missing_ok=True)
        return None
    shim = Shim(container_id, end)
    try:
        await shim.describe()
    except ShimLost:
        # It ended between our connect and its answer; it has written down how.
        return None
    return shim


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _kill_leftover(state: dict[str, Any] | None) -> None:
    """Kill the first process, if the number is still that process's; its pid namespace goes with it."""
    if state is None:
        return
    try:
        pidfd = processes.pidfd_open(int(state["pid"]))
    except ProcessLookupError:
        return
    try:
        # The number may be another process's by now; from pidfd_open on it cannot change any more.
        if processes.is_alive(int(state["pid"]), int(state["pid_start_time"])):
            processes.pidfd_send_signal(pidfd, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.close(pidfd)
