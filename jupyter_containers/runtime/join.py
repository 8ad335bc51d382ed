"""One more process inside a running container: what `docker exec` asks for.

    shim ─ clone ─▶ porter ─ clone(CLONE_PARENT) ─▶ the process, a child of the shim

The porter enters the container's namespaces before anything is born in its pid namespace: a container with
CAP_SYS_PTRACE looks into whoever appears there, and would find the host's root in /proc/<pid>/root. The container may
be hostile: nothing it can open shows the host, because descriptors are closed first, this memory is not dumpable, and
the working directory must lie in the container's root.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NoReturn

from jupyter_containers.cgroups.manager import Cgroup
from jupyter_containers.errors import Conflict, ContainersError
from jupyter_containers.linux import constants, descriptors, namespaces, processes, terminals
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.oci.runtime_spec import Process
from jupyter_containers.runtime import executable, init, privileges, streams, users
from jupyter_containers.runtime.create import broken, entry_of, failure, kill_and_reap
from jupyter_containers.runtime.handshake import Channel
from jupyter_containers.runtime.state import State, Status

_PREFIX = "OCI runtime exec failed: exec failed"
# Of the porter. Not the cgroup's: from inside it, the group that clone puts the process into cannot be named.
_NAMESPACES = (
    constants.CLONE_NEWNS | constants.CLONE_NEWNET | constants.CLONE_NEWIPC | constants.CLONE_NEWUTS
    | constants.CLONE_NEWPID
)  # fmt: skip
# A container that is short of CPU needs seconds for what takes milliseconds.
_PATIENCE_SECONDS = 30
_LOOK_MS = 50


@dataclass(frozen=True, slots=True)
class Joined:
    """A running exec: a child of the caller, who reaps it and closes both descriptors."""

    pid: int
    pid_start_time: int
    pidfd: int
    terminal_fd: int | None


@dataclass(slots=True)
class _Guest:
    """What the child was given by its parent, through memory."""

    process: Process
    channel: Channel
    stdio: tuple[int, int, int] | None
    cgroup: Cgroup | None  # to enter; None when clone can put it there
    cgroup_fd: int | None  # for clone
    program: tuple[bytes, int] | None
    container_pidfd: int


def join(
    container: State,
    cgroup: Cgroup,
    process: Process,
    *,
    stdio: tuple[int, int, int] | None,
    seccomp: Mapping[str, Any] | None,
) -> Joined:
    """Run a process in all namespaces and the cgroup of a container; return when its `execve` has happened.

    `stdio` as in create.create; `seccomp` is the container's profile (spec.linux.seccomp), None for none. The caller
    must have one thread only. Raises: CannotExecute (details exit_code 126 or 127), Conflict when the container is not
    running; nothing is left then.
    """
    guest_program = privileges.compile_filter(seccomp, process.capabilities.bounding)
    try:
        return _join(container, cgroup, process, stdio, guest_program)
    except OSError as error:
        raise broken(error, "enter the container", _PREFIX) from error


def _join(
    container: State,
    cgroup: Cgroup,
    process: Process,
    stdio: tuple[int, int, int] | None,
    program: tuple[bytes, int] | None,
) -> Joined:
    with ExitStack() as opened:
        container_pidfd = _open_container(container)
        opened.callback(os.close, container_pidfd)
        outside, inside = Channel.pair()
        opened.callback(outside.close)
        opened.callback(inside.close)
        cgroup_fd = entry_of(cgroup, opened)
        to_enter = cgroup if cgroup_fd is None else None
        guest = _Guest(process, inside, stdio, to_enter, cgroup_fd, program, container_pidfd)
        porter = namespaces.clone(0)
        if porter == 0:
            _carry(guest)
        inside.close()
        return _follow(_born(porter, outside), outside)


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


def _born(porter: int, channel: Channel) -> int:
    """Return the pid of the process that the porter has left behind. Raises what it reports instead."""
    try:
        message = channel.receive()
    finally:
        kill_and_reap(porter)
    if message.word == "born":
        return int(message.body["pid"])
    if message.word:
        raise failure(message, _PREFIX)
    raise ContainersError(f"{_PREFIX}: the process that enters the container has died", step="enter the container")


def _follow(pid: int, channel: Channel) -> Joined:
    pidfd = processes.pidfd_open(pid)
    terminal_fd = None
    try:
        channel.let_go()
        _await_word(pid, channel)
        message = channel.receive()
        if message.word == "ready":
            terminal_fd = message.fds[0] if message.fds else None
            _await_word(pid, channel)
            message = channel.receive()
        if message.word:
            raise failure(message, _PREFIX)
        return Joined(pid, processes.start_time(pid), pidfd, terminal_fd)
    except BaseException:
        kill_and_reap(pid)
        for fd in (pidfd, terminal_fd):
            if fd is not None:
                os.close(fd)
        raise


def _await_word(pid: int, channel: Channel) -> None:
    """Wait until there is something to receive from the process. Raises ContainersError when it is kept from speaking.

    Root of the container may stop it (SIGSTOP) before its `execve`. Who waits here is the shim: for as long as it does,
    nobody could kill the container.
    """
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not poll.poll(_LOOK_MS):
        is_stopped = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
        if is_stopped or time.monotonic() > deadline:
            reason = "something in the container has stopped it" if is_stopped else "it takes too long"
            raise ContainersError(f"{_PREFIX}: the process could not be started: {reason}", step="enter the container")


def _carry(guest: _Guest) -> NoReturn:
    """The porter: between the host and the container, and seen by neither; never returns into the parent's code."""
    doing = "leave the parent"
    try:
        gc.disable()
        keep = [guest.container_pidfd] + ([] if guest.cgroup_fd is None else [guest.cgroup_fd])
        init.leave_parent(guest.channel, guest.stdio, keep)
        privileges.limit_bounding(guest.process)
        doing = "enter the container"
        init.enter_cgroup(guest.cgroup, guest.process)
        namespaces.setns(guest.container_pidfd, _NAMESPACES)
        pid = namespaces.clone(constants.CLONE_PARENT, cgroup_fd=guest.cgroup_fd)
        if pid == 0:
            _run(guest)
        guest.channel.announce_birth(pid)
    except BaseException as error:  # noqa: BLE001 - a cloned child reports whatever happened; it has no caller
        guest.channel.announce_failure(error, doing)
    finally:
        os._exit(1)


def _run(guest: _Guest) -> NoReturn:
    """Inside: never returns into the porter's code."""
    doing = "enter the container"
    try:
        processes.set_parent_death_signal(signal.SIGKILL)
        # What the porter says comes before anything from here.
        guest.channel.expect("go")
        os.setsid()
        namespaces.setns(guest.container_pidfd, constants.CLONE_NEWCGROUP)
        root_fd = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        doing = "look the user up"
        identity = users.resolve(guest.process.user, root_fd)
        doing = "prepare the process"
        _prepare(guest, identity, root_fd)
        descriptors.close_all_except({guest.channel.fileno()})
        doing = "execute"
        executable.execute(guest.process, executable.environment(guest.process, identity.home))
    except BaseException as error:  # noqa: BLE001 - a cloned child reports whatever happened; it has no caller
        guest.channel.announce_failure(error, doing)
    finally:
        os._exit(1)


def _prepare(guest: _Guest, identity: users.Identity, root_fd: int) -> None:
    terminal_fd = _open_terminal(guest.process, root_fd) if guest.process.terminal else None
    guest.channel.announce_ready((), terminal_fd)
    privileges.own_streams(identity.uid)
    _go_to(root_fd, guest.process.cwd)
    privileges.set_limits(guest.process.rlimits)
    privileges.leave_keyring()
    privileges.apply(guest.process, identity, guest.program)
    os.umask(0o022)


def _open_terminal(process: Process, root_fd: int) -> int:
    """Make a terminal in the container's devpts and take it; return its master."""
    devpts_fd = open_in_root(root_fd, "/dev/pts", os.O_PATH | os.O_DIRECTORY)
    master_fd, slave_fd = terminals.open_pty_in(devpts_fd)
    if process.console_size is not None:
        terminals.set_size(master_fd, *process.console_size)
    streams.take_terminal(slave_fd)
    return master_fd


def _go_to(root_fd: int, path: str) -> None:
    try:
        os.fchdir(open_in_root(root_fd, path, os.O_PATH | os.O_DIRECTORY))
    except OSError as error:
        text = f'chdir to cwd ("{path}") set in config.json failed: {os.strerror(error.errno or 0).lower()}'
        raise executable.CannotExecute(text, exit_code=executable.NOT_EXECUTABLE) from None
