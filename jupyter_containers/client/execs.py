"""Execs: one more process in a running container."""

from __future__ import annotations

import os
import signal as signals
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from jupyter_containers.client.containers import container_path
from jupyter_containers.client.raw import RawStream
from jupyter_containers.client.run_settings import ExecSettings
from jupyter_containers.client.values import Json

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


_BEGIN_SECONDS = 2.0
_POLL_SECONDS = 0.01


class Execs:
    """The execs of a daemon. Raises what Transport does; Conflict for a container that does not run."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, container: str, settings: ExecSettings) -> str:
        """Prepare a process; return its id."""
        answer = self._transport.request("POST", f"{container_path(container)}/exec", json=settings.to_wire())
        return str(answer.json()["Id"])

    def start(self, id_: str, *, terminal: bool = False) -> RawStream:
        """Start it; return its stream, which the caller closes."""
        body = {"Detach": False, "Tty": terminal}
        return self._transport.upgrade(f"/exec/{quote(id_, safe='')}/start", json=body, terminal=terminal)

    def start_detached(self, id_: str, *, terminal: bool = False) -> None:
        """Start it and let it go."""
        self._transport.request("POST", f"/exec/{quote(id_, safe='')}/start", json={"Detach": True, "Tty": terminal})

    def inspect(self, id_: str) -> Json:
        body: Json = self._transport.request("GET", f"/exec/{quote(id_, safe='')}/json").json()
        return body

    def resize(self, id_: str, *, height: int, width: int) -> None:
        self._transport.request("POST", f"/exec/{quote(id_, safe='')}/resize", query={"h": height, "w": width})

    def signal(self, id_: str, name: str) -> bool:
        """Send a signal (`INT`, `KILL`) to the process; return whether that could be done.

        The API has no request for it. A daemon behind a unix socket mostly lives on this machine, and then the pid it
        tells is one of ours; that the process belongs to the container is checked before it is touched.
        """
        state = self._begun(id_)
        number = getattr(signals, f"SIG{name}")
        return bool(state.get("Running")) and _send(state.get("Pid") or 0, state["ContainerID"], number)

    def can_signal(self, container: str) -> bool:
        """Tell whether `signal` reaches processes of a container; True for one that does not run."""
        body: Json = self._transport.request("GET", f"{container_path(container)}/json").json()
        pid = body["State"].get("Pid") or 0
        return not pid or _send(pid, body["Id"], 0)

    def _begun(self, id_: str) -> Json:
        """Return the state once the process runs or has run: the stream is there a moment before it."""
        deadline = time.monotonic() + _BEGIN_SECONDS
        while True:
            state = self.inspect(id_)
            if state.get("Running") or state.get("ExitCode") is not None or time.monotonic() > deadline:
                return state
            time.sleep(_POLL_SECONDS)


def _send(pid: int, container_id: str, number: int) -> bool:
    """Send a signal (0: only try) to a process of a container; return whether it is here, the container's, and ours."""
    if pid <= 1:
        return False
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if container_id not in Path(f"/proc/{pid}/cgroup").read_text():
            return False
        signals.pidfd_send_signal(pidfd, number)
    except OSError:
        return False
    finally:
        os.close(pidfd)
    return True
