"""What the maker leaves to the shim: whose it is from now on, the container if there is one, and who must be answered.

"adopt": {container, bundle, socket}     as soon as that is known, while the maker is at work; and then one of
"create": request, "made": {pid, pid_start_time, cgroup, keeps_mounts, terminal}, "state", "failed"
                                         with the descriptor to start it unless it is started, that of its mounts if
                                         they are kept, then its terminal, or its stdout, stderr and, where it is open,
                                         stdin. "failed": {id, error}: answer so, and end it
"create": request, "error": …            nothing is left of it
"asked": request                         something else was asked for
the end                                  the maker was killed, or the daemon is gone: so is, soon, what it was making
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from jupyter_containers.errors import from_data
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
    if "made" not in message:
        shim.tell(control, {"id": message["create"].get("id"), "error": message["error"]})
        return
    failed = message["failed"]
    if failed:
        # Before the process is known, which may have ended of it already: this is the code that it ended with.
        shim.first.verdict = from_data(failed["error"]).details.get("exit_code")
    _take_container(shim, message, fds)
    if failed:
        shim.end_first()
        shim.tell(control, failed)


def _adopt(shim: Shim, place: dict[str, str]) -> None:
    try:
        shim.adopt(place["container"], place["bundle"], place["socket"])
    except OSError:
        # Its bundle is gone: it cannot be made, which is what the maker will say.
        return


def _take_container(shim: Shim, message: dict[str, Any], fds: list[int]) -> None:
    made, request = message["made"], message["create"]
    shim.state = State.from_json(message["state"])
    shim.first.is_terminal, shim.cgroup_path = made["terminal"], made["cgroup"]
    if shim.state.status is Status.CREATED:
        shim.go_fd = fds.pop(0)
    if made["keeps_mounts"]:
        shim.mounts_fd = fds.pop(0)
    log = ContainerLog(LogOptions.from_json(request["log"])) if request.get("log") else None
    outputs = {fds[0]: STDOUT} if made["terminal"] else {fds[0]: STDOUT, fds[1]: STDERR}
    input_fd = fds[0] if made["terminal"] else next(iter(fds[2:]), None)
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
    shim.claim(made["pid"])
