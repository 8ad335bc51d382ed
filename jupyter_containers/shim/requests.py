"""What a daemon can ask of a shim: one function for each word of the protocol."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_containers.cgroups.manager import Cgroup
from jupyter_containers.errors import Conflict, ContainersError, NotFound, Unsupported
from jupyter_containers.linux import recording
from jupyter_containers.oci.runtime_spec import Process, process_from_json, resources_from_json
from jupyter_containers.runtime import join as joining
from jupyter_containers.runtime.create import let_go, let_go_recorded
from jupyter_containers.runtime.state import State, Status
from jupyter_containers.shim.client import Client
from jupyter_containers.shim.logs import ContainerLog
from jupyter_containers.shim.protocol import STDOUT, VERSION
from jupyter_containers.shim.streams import Streams
from jupyter_containers.shim.target import Pipes, Target, now

if TYPE_CHECKING:
    from jupyter_containers.shim.process import Shim

Request = Mapping[str, Any]
Answer = dict[str, Any]


def serve(shim: Shim, connection: socket.socket, request: Request, fds: list[int]) -> Answer:
    """Do one request and return what to answer. A descriptor that is kept is taken out of `fds`."""
    name = str(request.get("op"))
    action = _ACTIONS.get(name)
    if action is None:
        raise Unsupported(f"shim {shim.id[:12]} (protocol {VERSION}) does not know the request {name!r}")
    if not shim.id and name not in _WITHOUT_CONTAINER:
        raise Conflict(f"a shim that has adopted no container was asked to {name}")
    return action(shim, connection, request, fds)


def too_late(shim: Shim, _connection: socket.socket, request: Request, _fds: list[int]) -> Answer:
    """Refuse what only the maker does, before anything else is asked for."""
    raise Conflict(f"container {shim.id or '(none)'}: it is too late to {request['op']}; a shim makes one container")


def _streams(
    shim: Shim, pipes: Pipes | None, terminal_fd: int | None, log: ContainerLog | None, *, keeps_input: bool
) -> Streams:
    if pipes is not None:
        outputs, input_fd = pipes.outputs, pipes.input_fd
    else:
        assert terminal_fd is not None
        outputs, input_fd = {terminal_fd: STDOUT}, terminal_fd
    return Streams(shim.loop, outputs, input_fd, is_terminal=pipes is None, keeps_input=keeps_input, log=log)


def start(shim: Shim, _connection: socket.socket, request: Request, _fds: list[int]) -> Answer:
    """Let the container's process begin. When it cannot be executed, the container has ended."""
    state = _state(shim)
    if shim.go_fd < 0 or state.status is not Status.CREATED:
        raise Conflict(f"container {shim.id} was started already")
    go_fd, shim.go_fd = shim.go_fd, -1
    # Running before it runs: what it prints and how it ends may come at once.
    shim.move(state.moved(Status.RUNNING, started_at=now()))
    try:
        if request.get("trace"):
            let_go_recorded(shim.bundle, shim.first.pid, go_fd)
        else:
            let_go(shim.first.pid, go_fd)
    except BaseException as error:
        # It is over, and known to be over before anybody hears of the failure and wants it deleted.
        shim.first.verdict = error.details.get("exit_code") if isinstance(error, ContainersError) else None
        shim.end_first()
        raise
    return {}


def execute(shim: Shim, _connection: socket.socket, request: Request, fds: list[int]) -> Answer:
    """Run one more process in the container, with a client attached when a socket came along."""
    name = str(request["target"])
    process = process_from_json(request["process"])
    target = Target(name, is_terminal=process.terminal)
    shim.execs[name] = target
    if fds:
        target.attach(_client(request, fds, raw=process.terminal))
    try:
        if request.get("trace"):
            recording.begin()
        joined = _join(shim, target, process, with_input="stdin" in request and bool(request["stdin"]))
        target.pid = joined.pid
    except BaseException:
        target.abandon()
        del shim.execs[name]
        raise
    finally:
        recording.end()
    return {"pid": target.pid, **({"calls": joined.calls} if joined.calls else {})}


def _join(shim: Shim, target: Target, process: Process, *, with_input: bool) -> joining.Joined:
    if shim.cgroup is None:
        raise Conflict(f"Container {shim.id} is not running")
    # Read when it is needed: without an exec it never is.
    spec = shim.bundle.load_spec()
    pipes = None if process.terminal else Pipes(with_input=with_input)
    try:
        joined = joining.join(
            _state(shim),
            shim.cgroup,
            process,
            stdio=pipes.given if pipes else None,
            seccomp=spec.linux.seccomp,
            can_trace="CAP_SYS_PTRACE" in spec.process.capabilities.bounding,
        )
    except BaseException:
        if pipes is not None:
            pipes.close()
        raise
    finally:
        if pipes is not None:
            pipes.give_away()
    os.close(joined.pidfd)
    target.connect(_streams(shim, pipes, joined.terminal_fd, None, keeps_input=False))
    return joined


def attach(shim: Shim, _connection: socket.socket, request: Request, fds: list[int]) -> Answer:
    """Give the socket that came along to a process's streams."""
    target = _target(shim, request)
    raw = target.is_terminal if target.pid else shim.bundle.load_spec().process.terminal
    target.attach(_client(request, fds, raw=raw))
    return {}


def _client(request: Request, fds: list[int], *, raw: bool) -> Client:
    wants = frozenset(number for number, name in enumerate(("stdin", "stdout", "stderr")) if request.get(name))
    return Client(socket.socket(fileno=fds.pop(0)), wants, raw=raw)


def kill(shim: Shim, _connection: socket.socket, request: Request, _fds: list[int]) -> Answer:
    """Send a signal to a process, or to all of the container."""
    number = int(request["signal"])
    if request.get("everyone") and shim.cgroup is not None:
        shim.cgroup.kill(number)
    _target(shim, request).kill(number)
    if number == signal.SIGKILL and _state(shim).status is Status.PAUSED and shim.cgroup is not None:
        # A frozen process takes its SIGKILL when it is thawed.
        shim.cgroup.thaw()
    return {}


def resize(shim: Shim, _connection: socket.socket, request: Request, _fds: list[int]) -> Answer:
    target = _target(shim, request)
    if target.streams is not None:
        target.streams.resize(int(request["height"]), int(request["width"]))
    return {}


def pause(shim: Shim, _connection: socket.socket, _request: Request, _fds: list[int]) -> Answer:
    moved = _state(shim).moved(Status.PAUSED)
    _running_cgroup(shim).freeze()
    shim.move(moved)
    return {}


def resume(shim: Shim, _connection: socket.socket, _request: Request, _fds: list[int]) -> Answer:
    moved = _state(shim).moved(Status.RUNNING)
    _running_cgroup(shim).thaw()
    shim.move(moved)
    return {}


def update(shim: Shim, _connection: socket.socket, request: Request, _fds: list[int]) -> Answer:
    _running_cgroup(shim).update(resources_from_json(request["resources"]))
    return {}


def usage(shim: Shim, _connection: socket.socket, _request: Request, _fds: list[int]) -> Answer:
    return {"usage": _running_cgroup(shim).usage().to_json()}


def pids(shim: Shim, _connection: socket.socket, _request: Request, _fds: list[int]) -> Answer:
    return {"pids": _running_cgroup(shim).processes()}


def name_server(shim: Shim, connection: socket.socket, request: Request, _fds: list[int]) -> Answer:
    """Hand out the sockets for the container's name server, opened when they are first asked for."""
    if not shim.first.pid or shim.first.exit is not None:
        raise Conflict(f"Container {shim.id} is not running")
    with shim.name_server.sockets(shim.first.pid, int(request["port"])) as given:
        shim.tell(connection, {"event": "name_server"}, given)
    return {}


def describe(shim: Shim, _connection: socket.socket, _request: Request, _fds: list[int]) -> Answer:
    """Say how things stand, for a daemon that has just come."""
    targets = (shim.first, *shim.execs.values())
    return {
        "version": VERSION,
        "shim_pid": os.getpid(),
        "state": shim.state.to_json() if shim.state else None,
        "exits": {target.name: target.exit.to_json() for target in targets if target.exit},
        "running": [target.name for target in targets if target.pid and target.exit is None],
    }


def forget(shim: Shim, _connection: socket.socket, request: Request, _fds: list[int]) -> Answer:
    """Drop an exec that has ended: its exit was heard."""
    target = shim.execs.get(str(request["target"]))
    if target is not None and target.exit is not None:
        shim.leaving.append(shim.execs.pop(target.name))
    return {}


def delete(shim: Shim, _connection: socket.socket, _request: Request, _fds: list[int]) -> Answer:
    """End the shim; only what does not run can be deleted. Who is attached gets the rest of the output first."""
    if shim.state is not None and shim.state.status in (Status.RUNNING, Status.PAUSED):
        raise Conflict(f"container {shim.id} is running; stop it first")
    shim.first.kill(signal.SIGKILL)
    shim.wait_for_first()
    shim.first.abandon()
    shim.leaving += shim.execs.values()
    shim.remove_cgroup()
    # The next shim of this bundle may come as soon as this is answered.
    shim.stop_listening()
    shim.is_deleted = True
    return {"has_mounts": True} if shim.mounts_fd >= 0 else {}


def _state(shim: Shim) -> State:
    if shim.state is None:
        raise Conflict(f"container {shim.id} was not created yet")
    return shim.state


def _running_cgroup(shim: Shim) -> Cgroup:
    if shim.cgroup is None or _state(shim).status is Status.STOPPED:
        raise Conflict(f"Container {shim.id} is not running")
    return shim.cgroup


def _target(shim: Shim, request: Request) -> Target:
    name = str(request.get("target", ""))
    target = shim.execs.get(name) if name else shim.first
    if target is None:
        raise NotFound(f"No such exec instance: {name}")
    return target


_ACTIONS: Mapping[str, Callable[[Shim, socket.socket, Request, list[int]], Answer]] = {
    "create": too_late, "start": start, "exec": execute, "attach": attach, "kill": kill,
    "resize": resize,
    "pause": pause, "resume": resume, "update": update, "usage": usage, "pids": pids, "describe": describe,
    "name_server": name_server, "forget": forget, "delete": delete,
}  # fmt: skip
_WITHOUT_CONTAINER = frozenset({"create", "describe", "delete"})
