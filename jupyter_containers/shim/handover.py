"""What the maker leaves to the shim: whose it is from now on, the container if there is one, and who must be answered.

"adopt": {container, bundle, socket}     as soon as that is known, while the maker is at work; and then one of
"create": request, "made": {pid, pid_start_time, cgroup, terminal}    with the descriptor to start it, then its
                                         terminal, or its stdout, stderr and, where it is open, stdin
"create": request, "error": …            nothing is left of it
"asked": request                         something else was asked for
the end                                  the maker was killed, or the daemon is gone: so is, soon, what it was making
"""

from __future__ import annotations

import os
import signal
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_containers.errors import to_data
from jupyter_containers.linux import processes
from jupyter_containers.runtime.state import State, Status
from jupyter_containers.shim import protocol
from jupyter_containers.shim.logs import ContainerLog
from jupyter_containers.shim.protocol import STDERR, STDOUT, LogOptions
from jupyter_containers.shim.streams import Streams

if TYPE_CHECKING:
    from jupyter_containers.shim.process import Shim


def take(shim: Shim, end: socket.socket, control: socket.socket) -> None:
    """Take one packet from the maker; after the last one the daemon on `control` is heard by the shim."""
    message, fds = protocol.receive(end)
    if message is not None and "adopt" in message:
        _adopt(shim, message["adopt"])
        return
    shim.leave_maker()
    if message is None:
        # The daemon sees its connection end, which is how it hears of a shim that was lost.
        control.close()
        return
    shim.listen_to(control)
    if "asked" in message:
        shim.answer(control, message["asked"], fds)
        return
    try:
        reply = {"error": message["error"]} if "error" in message else {"ok": _take_container(shim, message, fds)}
    except Exception as error:  # noqa: BLE001 - whatever it was, the daemon must hear of it, and the shim live on
        reply = {"error": to_data(error)}
    shim.tell(control, {"id": message["create"].get("id"), **reply})


def _adopt(shim: Shim, place: dict[str, str]) -> None:
    try:
        shim.adopt(place["container"], place["bundle"], place["socket"])
    except OSError:
        # Its bundle is gone: it cannot be made, which is what the maker will say.
        return


def _take_container(shim: Shim, message: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    made, request = message["made"], message["create"]
    shim.first.pid, shim.first.is_terminal = made["pid"], made["terminal"]
    shim.cgroup = shim.cgroups.open(made["cgroup"])
    shim.go_fd, *streams = fds
    try:
        log = ContainerLog(LogOptions.from_json(request["log"])) if request.get("log") else None
    except BaseException:
        for fd in streams:
            os.close(fd)
        shim.first.kill(signal.SIGKILL)
        shim.wait_for_first()
        shim.remove_cgroup()
        raise
    outputs = {streams[0]: STDOUT} if made["terminal"] else {streams[0]: STDOUT, streams[1]: STDERR}
    input_fd = streams[0] if made["terminal"] else next(iter(streams[2:]), None)
    shim.first.connect(
        Streams(
            shim.loop,
            outputs,
            input_fd,
            is_terminal=made["terminal"],
            keeps_input=not request["stdin_once"],
            log=log,
        )
    )
    own = os.getpid()
    shim.move(
        State(
            id=shim.id, status=Status.CREATED, pid=made["pid"], pid_start_time=made["pid_start_time"],
            shim_pid=own, shim_start_time=processes.start_time(own), created_at=now(),
        )
    )  # fmt: skip
    return {"pid": made["pid"]}


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
