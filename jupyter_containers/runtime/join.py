"""One more process inside a running container: what `docker exec` asks for.

    shim ─ clone ─▶ porter ─ clone(CLONE_PARENT) ─▶ the process, a child of the shim

The porter enters the container's namespaces, and drops all privileges, before anything is born in its pid namespace: a
container with CAP_SYS_PTRACE looks into whoever appears there, and may rewrite it. The container may be hostile:
nothing it can open shows the host, because descriptors are closed first, this memory is not dumpable, and the working
directory must lie in the container's root.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from jupyter_containers.cgroups.manager import Cgroup
from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.linux import constants, descriptors, namespaces, processes, recording, terminals
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.oci.runtime_spec import Process
from jupyter_containers.runtime import executable, init, passage, privileges, streams, users
from jupyter_containers.runtime.create import broken, entry_of, failure, kill_and_reap
from jupyter_containers.runtime.defaults import default_seccomp
from jupyter_containers.runtime.executable import CannotExecute
from jupyter_containers.runtime.handshake import Channel, Message
from jupyter_containers.runtime.state import State, Status
from jupyter_containers.runtime.trace import Call, Stopwatch

_PREFIX = "OCI runtime exec failed: exec failed"
# Of the porter; that of the pids counts for its child.
_NAMESPACES = (
    constants.CLONE_NEWNS | constants.CLONE_NEWNET | constants.CLONE_NEWIPC | constants.CLONE_NEWUTS
    | constants.CLONE_NEWPID | constants.CLONE_NEWCGROUP
)  # fmt: skip
_BEARING = "let the process into the container"
_ENTERING = "enter the container"


@dataclass(frozen=True, slots=True)
class Joined:
    """A running exec: a child of the caller, who reaps it and closes both descriptors."""

    pid: int
    pid_start_time: int
    pidfd: int
    terminal_fd: int | None
    calls: tuple[Call, ...] = ()  # by the porter, where they are recorded, and the `execve`


@dataclass(slots=True)
class _Guest:
    """What the child was given by its parent, through memory."""

    process: Process
    channel: Channel
    stdio: tuple[int, int, int] | None
    cgroup: Cgroup | None  # to enter; None when clone has put it there
    program: tuple[bytes, int] | None
    container_pidfd: int
    # The process drops its privileges itself, where the container sees it.
    late: bool = False


def join(
    container: State,
    cgroup: Cgroup,
    process: Process,
    *,
    stdio: tuple[int, int, int] | None,
    seccomp: Mapping[str, Any] | None,
    can_trace: bool = True,
) -> Joined:
    """Run a process in all namespaces and the cgroup of a container; return when its `execve` has happened.

    `stdio` as in create.create; `seccomp` is the container's profile (spec.linux.seccomp), None for none; `can_trace`:
    the container's processes may have CAP_SYS_PTRACE. The caller must have one thread only. Raises: CannotExecute
    (details exit_code 126 or 127; calls, where they are recorded), Conflict when the container is not running; nothing
    is left then.
    """
    program = privileges.compile_filter(seccomp, process.capabilities.bounding)
    try:
        try:
            return _join(container, cgroup, process, stdio, program, late=False)
        except ContainersError as error:
            # A filter of the user's own may allow no clone. Who drops privileges inside is safe from all but a tracer.
            if program is None or seccomp is default_seccomp() or can_trace or error.details.get("step") != _BEARING:
                raise
            return _join(container, cgroup, process, stdio, program, late=True)
    except OSError as error:
        raise broken(error, "enter the container", _PREFIX) from error


def _join(
    container: State,
    cgroup: Cgroup,
    process: Process,
    stdio: tuple[int, int, int] | None,
    program: tuple[bytes, int] | None,
    *,
    late: bool,
) -> Joined:
    with ExitStack() as opened:
        container_pidfd = _open_container(container)
        opened.callback(os.close, container_pidfd)
        outside, inside = Channel.pair()
        outside.calls = None  # what is born may be the container's: it says one word
        opened.callback(outside.close)
        opened.callback(inside.close)
        cgroup_fd = entry_of(cgroup, opened)
        to_enter = cgroup if cgroup_fd is None else None
        guest = _Guest(process, inside, stdio, to_enter, program, container_pidfd, late)
        # The group is the process's, whose porter must be in it to enter its cgroup namespace.
        porter = namespaces.clone(0, cgroup_fd=cgroup_fd)
        if porter == 0:
            _carry(guest)
        inside.close()
        born = _born(porter, outside, cgroup)
        return _follow(born, process, outside, cgroup)


def _open_container(container: State) -> int:
    if container.status is Status.PAUSED:
        raise Conflict(f"Container {container.id} is paused, unpause the container before exec")
    if container.status is Status.RUNNING:
        try:
            pidfd = processes.pidfd_open(container.pid)
        except ProcessLookupError:
            pidfd = -1
        # The number may be another process's by now; after pidfd_open it cannot change any more.
        if pidfd >= 0 and processes.is_alive(container.pid, container.pid_start_time):
            return pidfd
        if pidfd >= 0:
            os.close(pidfd)
    raise Conflict(f"Container {container.id} is not running")


def _born(porter: int, channel: Channel, cgroup: Cgroup) -> Message:
    """Return what the porter says of the process that it has left behind. Raises what it reports."""
    try:
        # What it reads of the container may be a file system that does not answer.
        passage.await_word(porter, channel, _PREFIX, "enter the container")
        message = channel.receive()
    except BaseException:
        _thaw(cgroup)
        raise
    finally:
        kill_and_reap(porter)
    if message.word == "born":
        return message
    if message.word:
        raise failure(message, _PREFIX)
    # Of its filter, if it has come that far.
    raise ContainersError(f"{_PREFIX}: the process that enters the container has died", step=_BEARING)


def _thaw(cgroup: Cgroup) -> None:
    """Thaw a group that its own root has frozen: on cgroup v1, who is frozen does not die of a signal."""
    with suppress(ContainersError, OSError):
        cgroup.thaw()


def _follow(born: Message, process: Process, channel: Channel, cgroup: Cgroup) -> Joined:
    pid, terminal_fd = int(born.body["pid"]), born.fds[0] if born.fds else None
    calls, watch, pidfd = born.body.get("calls"), Stopwatch(), -1
    try:
        pidfd = processes.pidfd_open(pid)
        channel.let_go()
        passage.await_word(pid, channel, _PREFIX, "enter the container")
        message = channel.receive()
        if message.word:
            raise failure(message, _PREFIX)
        if calls is not None:
            calls.append(_execution(process, 0, watch))
        return Joined(pid, processes.start_time(pid), pidfd, terminal_fd, tuple(calls or ()))
    except BaseException as error:
        if calls is not None and isinstance(error, CannotExecute):
            error.details["calls"] = [*calls, _execution(process, error.number, watch)]
        _thaw(cgroup)
        kill_and_reap(pid)
        for fd in (pidfd, terminal_fd):
            if fd is not None and fd >= 0:
                os.close(fd)
        raise


def _execution(process: Process, number: int, watch: Stopwatch) -> Call:
    arguments = list(process.args)
    return ["become the program", "execve", arguments, None if number else 0, number, watch.lap()]


def _carry(guest: _Guest) -> NoReturn:
    """The porter: between the host and the container, and seen by neither; never returns into the parent's code."""
    doing = "leave the parent"
    process, channel = guest.process, guest.channel
    recorder = recording.active()
    if recorder is not None:
        recorder.take()
    try:
        gc.disable()
        init.leave_parent(channel, guest.stdio, [guest.container_pidfd])
        privileges.limit_bounding(process)
        doing = "enter the container"
        init.enter_cgroup(guest.cgroup, process)
        namespaces.setns(guest.container_pidfd, _NAMESPACES)
        root_fd = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        doing = "look the user up"
        identity = users.resolve(process.user, root_fd)
        doing = "prepare the process"
        terminal_fd = _prepare(process, identity, root_fd)
        descriptors.close_all_except({channel.fileno(), *([] if terminal_fd is None else [terminal_fd])})
        doing = _BEARING
        if not guest.late:
            privileges.become(process, identity, guest.program)
        pid = passage.bear()
        if pid == 0:
            _run(guest, identity, terminal_fd)
        channel.announce_birth(pid, terminal_fd, recorder.take(_ENTERING) if recorder is not None else ())
    except BaseException as error:  # noqa: BLE001 - a cloned child reports whatever happened; it has no caller
        channel.announce_failure(error, doing)
    finally:
        os._exit(1)


def _run(guest: _Guest, identity: users.Identity, terminal_fd: int | None) -> NoReturn:
    """Inside: never returns into the porter's code."""
    try:
        if terminal_fd is not None:
            os.close(terminal_fd)
        passage.live(guest.process, None if guest.late else guest.program, guest.channel)
        if guest.late:
            privileges.apply(guest.process, identity, guest.program)
        executable.execute(guest.process, executable.environment(guest.process, identity.home))
    except BaseException as error:  # noqa: BLE001 - a cloned child reports whatever happened; it has no caller
        guest.channel.announce_failure(error, "execute")
    finally:
        os._exit(1)


def _prepare(process: Process, identity: users.Identity, root_fd: int) -> int | None:
    """Give the porter what its child inherits; return the master of its terminal, if it has one."""
    terminal_fd = _open_terminal(process, root_fd) if process.terminal else None
    privileges.own_streams(identity.uid)
    _go_to(root_fd, process.cwd)
    privileges.set_limits(passage.limits_of_carrier(process.rlimits))
    privileges.leave_keyring()
    return terminal_fd


def _open_terminal(process: Process, root_fd: int) -> int:
    """Make a terminal in the container's devpts, the process's 0, 1 and 2; return its master."""
    devpts_fd = open_in_root(root_fd, "/dev/pts", os.O_PATH | os.O_DIRECTORY)
    master_fd, slave_fd = terminals.open_pty_in(devpts_fd)
    if process.console_size is not None:
        terminals.set_size(master_fd, *process.console_size)
    streams.take_terminal(slave_fd, controls=False)
    return master_fd


def _go_to(root_fd: int, path: str) -> None:
    try:
        os.fchdir(open_in_root(root_fd, path, os.O_PATH | os.O_DIRECTORY))
    except OSError as error:
        text = f'chdir to cwd ("{path}") set in config.json failed: {os.strerror(error.errno or 0).lower()}'
        raise executable.CannotExecute(text, exit_code=executable.NOT_EXECUTABLE) from None
