"""The maker: talks with the daemon until there is a container, hands it over to the shim, and is gone.

    shim ─ fork ─▶ maker ─ clone(CLONE_PARENT) ─▶ init, a child of the shim: born ahead, or made to order
                   daemon ─ create, start ─▶ maker
           ◀── the container, as data and descriptors ──┘          and with it the conversation

A fork shares all pages until one of the two writes, and Python writes wherever it looks (reference counts): to make a
container touches 1.5 MB. The shim stays for as long as its container; the maker is there until it is started, or until
the daemon wants something else of a container that waits.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Mapping
from typing import Any, NoReturn

from jupyter_containers.cgroups.manager import CgroupManager
from jupyter_containers.errors import Conflict, to_data
from jupyter_containers.linux import descriptors, memory, processes
from jupyter_containers.runtime import create as runtime
from jupyter_containers.runtime import newborn as newborns
from jupyter_containers.runtime import state as states
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.create import Created, has_gone, let_go
from jupyter_containers.runtime.newborn import NAMESPACES, Newborn
from jupyter_containers.runtime.state import State, Status
from jupyter_containers.shim import protocol
from jupyter_containers.shim.logs import ContainerLog
from jupyter_containers.shim.protocol import LogOptions
from jupyter_containers.shim.target import Pipes, now

Request = Mapping[str, Any]
# What is asked of a shim without a container: by a daemon that only looks, or does not want it any more.
_OF_THE_SHIM = ("describe", "delete")
# Where the code is that it runs for a container.
_CODE = (
    "jupyter_containers.runtime.handshake", "jupyter_containers.runtime.newborn", "jupyter_containers.runtime.state",
    "jupyter_containers.shim.maker", "jupyter_containers.shim.protocol", "json",
)  # fmt: skip
Stdio = tuple[int, int, int]


def fork(control: socket.socket, cgroups: CgroupManager, *, waits: bool = False) -> socket.socket:
    """Fork the maker of a shim, which hears the daemon on `control` from now on; return where it hands over.

    What comes there: see handover.py.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    shim = os.getpid()
    with theirs:
        if os.fork() == 0:
            descriptors.close_all_except({control.fileno(), theirs.fileno()})
            _run(shim, Maker(control, theirs, cgroups, waits=waits))
    return protocol.roomy(ours)


def prepare() -> None:
    """Find, in the zygote, what each maker looks at while it waits."""
    memory.own(_CODE)


def _run(shim: int, maker: Maker) -> NoReturn:
    try:
        processes.set_parent_death_signal(signal.SIGKILL)
        if os.getppid() == shim:  # else it has died before the kernel was told to say so
            maker.serve()
    finally:
        os._exit(0)


class Maker:
    """`control` leads to the daemon, `shim` to the shim."""

    def __init__(self, control: socket.socket, shim: socket.socket, cgroups: CgroupManager, *, waits: bool) -> None:
        self._control = control
        self._shim = protocol.roomy(shim)
        self._cgroups = cgroups
        self._place: dict[str, str] = {}
        self._waits = waits
        self._newborn: Newborn | None = None
        # What was written down of a container that goes by itself, before it can.
        self._gone: State | None = None

    def serve(self) -> None:
        """Adopt a container, make it, hand it over; or hand over what only the shim can answer."""
        self._newborn = newborns.bear(self._cgroups, as_sibling=True, waits=self._waits)
        if self._waits:
            memory.own(_CODE)
        while True:
            message, fds = protocol.receive(self._control)
            if message is None:
                return
            if message.get("op") == "create":
                self._place = {name: str(message["place"][name]) for name in ("container", "bundle", "socket")}
                self._hand_over(message)
                return
            if message.get("op") in _OF_THE_SHIM:
                protocol.send(self._shim, {"asked": message}, fds)
                return
            self._refuse(message, fds)

    def _refuse(self, request: Request, fds: list[int]) -> None:
        for fd in fds:
            os.close(fd)
        error = to_data(Conflict("this shim has no container yet"))
        protocol.send(self._control, {"id": request.get("id"), "error": error})

    def _tell_shim(self) -> None:
        """Say whose shim it is: it gets ready while the container does."""
        protocol.send(self._shim, {"adopt": self._place})

    def _hand_over(self, request: Request) -> None:
        try:
            made, fds = self._make(request)
        except BaseException as error:  # noqa: BLE001 - the daemon must hear of it, whatever it was
            protocol.send(self._shim, {"create": dict(request), "error": to_data(error)})
            return
        state, failed, answer = self._settle(request, made["pid"], made["pid_start_time"], fds)
        message = {"create": dict(request), "made": made, "state": state.to_json(), "failed": failed}
        protocol.send(self._shim, message, fds)
        if answer is not None:
            # Last, so that whoever hears of it, and asks the shim at another door, finds one that knows of it.
            protocol.send(self._control, answer)

    def _settle(
        self, request: Request, pid: int, start_time: int, fds: list[int]
    ) -> tuple[State, dict[str, Any] | None, dict[str, Any] | None]:
        """Tell the daemon that it waits, and let it go if that is wanted next or already; that takes `fds[0]`.

        Returns the state, what went wrong with the id of the request that is to be answered so, and the answer that
        the daemon is to have once the shim has taken over.
        """
        bundle, answering = Bundle(self._place["bundle"]), request.get("id")
        state = self._gone or self._state(pid, start_time)
        try:
            if request.get("starts"):
                begin = let_go if self._gone is None else has_gone
                running = self._gone or self._written(state)
                # Together: the shim knows by the state whether the descriptor is among those that it gets.
                state, go_fd = running, fds.pop(0)
                begin(pid, go_fd)
                return state, None, {"id": answering, "ok": {"pid": pid}}
            states.write(bundle, state)
            protocol.send(self._control, {"id": answering, "ok": {"pid": pid}})
            wanted = protocol.peek(self._control)
            if wanted is None or wanted.get("op") != "start":
                return state, None, None
            protocol.receive(self._control)
            answering = wanted.get("id")
            running = self._written(state)
            state, go_fd = running, fds.pop(0)
            if wanted.get("trace"):
                runtime.let_go_recorded(bundle, pid, go_fd)
            else:
                let_go(pid, go_fd)
        except BaseException as error:  # noqa: BLE001 - the daemon must hear of it, whatever it was
            return state, {"id": answering, "error": to_data(error)}, None
        return state, None, {"id": answering, "ok": {}}

    def _state(self, pid: int, start_time: int) -> State:
        shim = os.getppid()
        return State(
            id=self._place["container"], status=Status.CREATED, pid=pid, pid_start_time=start_time,
            shim_pid=shim, shim_start_time=processes.start_time(shim), created_at=now(),
        )  # fmt: skip

    def _written(self, state: State) -> State:
        """Write down that it runs, before it does: what it prints and how it ends may come at once."""
        running = state.moved(Status.RUNNING, started_at=now())
        states.write(Bundle(self._place["bundle"]), running)
        return running

    def _make(self, request: Request) -> tuple[dict[str, Any], list[int]]:
        bundle = Bundle(self._place["bundle"])
        is_terminal = request.get("terminal")
        if is_terminal is None:
            is_terminal = bundle.load_spec().process.terminal
        pipes = None if is_terminal else Pipes(with_input=bool(request["stdin_open"]))
        stdio = pipes.given if pipes else None
        newborn = self._fitting(request)
        if newborn is None:
            created = self._to_order(bundle, stdio, request)
        else:
            created = self._of(newborn, bundle, stdio, request)
        made = {
            "pid": created.pid,
            "pid_start_time": created.pid_start_time,
            "cgroup": created.cgroup_path,
            "terminal": is_terminal,
            "keeps_mounts": bool(request.get("keeps_mounts")),
        }
        kept = [created.mounts_fd] if request.get("keeps_mounts") else []
        if not kept:
            os.close(created.mounts_fd)
        if pipes is None:
            assert created.terminal_fd is not None
            return made, [created.go_fd, *kept, created.terminal_fd]
        return made, [created.go_fd, *kept, *pipes.outputs, *(() if pipes.input_fd is None else (pipes.input_fd,))]

    def _fitting(self, request: Request) -> Newborn | None:
        """Return the process that was born ahead, if it has the namespaces that the container wants."""
        newborn = self._newborn
        if newborn is not None and frozenset(request["namespaces"]) != NAMESPACES:
            newborn.discard()
            return None
        return newborn

    def _of(self, newborn: Newborn, bundle: Bundle, stdio: Stdio | None, request: Request) -> Created:
        newborns.become(newborn, bundle, stdio, will_be_let_go=bool(request.get("starts")))
        try:
            # While the other processor is at work on the container.
            _check_log(request)
        except BaseException:
            newborns.abandon(newborn, bundle, self._cgroups)
            raise
        if request.get("starts"):
            self._gone = self._written(self._state(newborn.pid, newborn.pid_start_time))
            newborns.let_go(newborn)
        else:
            self._tell_network(newborn.netns_fd, newborn.netlink_fd)
        # Not sooner: it would take the processor that the newborn needs.
        self._tell_shim()
        created, durations = newborns.follow(newborn, bundle, self._cgroups, is_let_go=bool(request.get("starts")))
        durations.write(bundle.trace_path)
        return created

    def _to_order(self, bundle: Bundle, stdio: Stdio | None, request: Request) -> Created:
        _check_log(request)
        self._tell_shim()
        tell = None if request.get("starts") else self._tell_network
        return runtime.create(bundle, stdio=stdio, cgroup_manager=self._cgroups, on_network=tell, as_sibling=True)

    def _tell_network(self, netns_fd: int, netlink_fd: int) -> None:
        try:
            protocol.send(self._control, {"event": "network"}, (netns_fd, netlink_fd))
        except OSError:
            pass  # the daemon is gone; the shim will find out


def _check_log(request: Request) -> None:
    """Find out what is wrong with the log before there is anything to log. The shim opens it for good."""
    if request.get("log"):
        ContainerLog(LogOptions.from_json(request["log"])).finish()
