"""One more process inside a running container: what `docker exec` asks for.

It is born in the container's pid namespace as a child of the shim, enters the other namespaces through init's pidfd,
and only then touches a path. The container may be hostile: nothing it can open shows the host, because descriptors are
closed first, this memory is not dumpable, and the working directory must lie in the container's root.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NoReturn

from jupyter_containers.cgroups.manager import Cgroup
from jupyter_containers.errors import Conflict
from jupyter_containers.linux import constants, descriptors, namespaces, processes, terminals
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.oci.runtime_spec import Process
from jupyter_containers.runtime import executable, init, privileges, streams, users
from jupyter_containers.runtime.create import broken, children_in, entry_of, failure, kill_and_reap
from jupyter_containers.runtime.handshake import Channel
from jupyter_containers.runtime.state import State, Status

_PREFIX = "OCI runtime exec failed: exec failed"
_NAMESPACES = (
    constants.CLONE_NEWNS | constants.CLONE_NEWNET | constants.CLONE_NEWIPC | constants.CLONE_NEWUTS
    | constants.CLONE_NEWCGROUP
)  # fmt: skip


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
    cgroup: Cgroup | None  # to enter; None when clone has put it there
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
        guest = _Guest(process, inside, stdio, to_enter, program, container_pidfd)
        with children_in(container_pidfd):
            pid = namespaces.clone(0, cgroup_fd=cgroup_fd)
            if pid == 0:
                _run(guest)
        inside.close()
        return _follow(pid, outside)


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


def _follow(pid: int, channel: Channel) -> Joined:
    pidfd = processes.pidfd_open(pid)
    terminal_fd = None
    try:
        message = channel.receive()
        if message.word == "ready":
            terminal_fd = message.fds[0] if message.fds else None
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


def _run(guest: _Guest) -> NoReturn:
    """Inside: never returns into the parent's code."""
    doing = "leave the parent"
    try:
        gc.disable()
        init.leave_parent(guest.channel, guest.stdio, [guest.container_pidfd])
        privileges.limit_bounding(guest.process)
        doing = "enter the container"
        init.enter_cgroup(guest.cgroup, guest.process)
        namespaces.setns(guest.container_pidfd, _NAMESPACES)
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
