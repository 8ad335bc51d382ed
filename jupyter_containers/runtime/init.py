"""Inside: the steps of a container's PID 1, from its birth in new namespaces to `execve`.

 1 detach       session, signals, parent-death signal, inherited descriptors, bounding set, cgroup
 2 namespaces   enter those that others made; bring lo up in a network of its own
 3 operations   the plan: root, mounts, devices, terminal, pivot, names, masks, cgroup view
 4 identity     who the process is, by the container's own files
 5 streams      terminal, owner of 0, 1, 2
 6 directory    go to the working directory
 7 limits       rlimits
 8 keyring      a new one
 9 privileges   seccomp, user, capabilities, no_new_privileges
10 ready        tell the parent, and close every descriptor that is not the process's
11 wait         for the parent's word
12 execute      `execve`, or become the small init and let a child do it

A process that runs this never returns into its parent's code.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from jupyter_containers.cgroups.manager import Cgroup
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import descriptors, loopback, namespaces, processes
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.oci.runtime_spec import ANNOTATION_INIT, Process, Spec
from jupyter_containers.runtime import executable, passage, privileges, reaper, streams, users
from jupyter_containers.runtime.handshake import Channel
from jupyter_containers.runtime.operations.operation import Operation
from jupyter_containers.runtime.operations.site import NOT_YET, Site
from jupyter_containers.runtime.trace import Stopwatch

if TYPE_CHECKING:
    from jupyter_containers.linux.recording import Recorder

BEFORE = (
    "leave the parent's session and descriptors",
    "enter the cgroup",
    "enter the namespaces of others",
    "bring lo up",
)
AFTER = (
    "look the user up", "take the streams", "go to the working directory", "set rlimits", "leave the keyring",
    "drop privileges",
)  # fmt: skip


@dataclass(slots=True)
class Birth:
    """All that PID 1 was given by its parent (through memory, by clone), and what it has found out since."""

    spec: Spec
    operations: Sequence[Operation]
    channel: Channel
    stdio: tuple[int, int, int] | None
    cgroup: Cgroup | None = None  # to enter; None when clone has put it there
    joined: dict[int, int] = field(default_factory=dict)  # CLONE_NEW… → descriptor of a namespace to enter
    program: tuple[bytes, int] | None = None
    # Its pid namespace is another's: what has all privileges may not be seen there (see passage.py).
    is_carried: bool = False
    site: Site = field(default_factory=Site)
    # Of one that was born ahead of its container: how long it took to leave its parent, which is done; what it did
    # between hearing of its container and its first step; its group, for the parent, who does not know the spec.
    detaching_us: int | None = None
    preceding: list[tuple[str, int]] = field(default_factory=list)
    cgroup_path: str = ""
    # One that goes on to `execve` at once may be gone before its parent looks. Others show nothing while they wait.
    gives_mounts: bool = False
    mounts_fd: int = NOT_YET
    identity: users.Identity = field(default=users.ROOT)
    recorder: Recorder | None = None  # of the calls to the kernel, where they are wanted


@dataclass(frozen=True, slots=True)
class Own:
    """A step of init itself, in the shape of an operation."""

    text: str
    action: Callable[[], None]

    def describe(self) -> str:
        return self.text

    def execute(self, site: Site) -> None:
        self.action()


def run(birth: Birth) -> NoReturn:
    """Carry out the steps; report the first failure with its step, and die of it."""
    watch = Stopwatch()
    durations: list[int] = []
    doing: Operation = Own("become the container's process", partial(_execute, birth))
    last = doing
    try:
        gc.disable()  # a collection would write to, and so copy, every page shared with the parent
        for doing in steps(birth) if birth.recorder is None else birth.recorder.steps(steps(birth)):
            doing.execute(birth.site)
            durations.append(watch.lap())
        durations[0] += birth.detaching_us or 0
        doing = last
        if birth.recorder is not None:
            birth.channel.tell_calls(birth.recorder.take())
            # What comes now is told by the parent alone, and an init that lives on records nothing.
            birth.recorder.remove()
            birth.recorder = None
        if birth.is_carried:
            _hand_over(birth, durations)
        _announce(birth, durations)
        birth.channel.expect("go")
        _execute(birth)
    except BaseException as error:  # noqa: BLE001 - a cloned child reports whatever happened; it has no caller
        if birth.recorder is not None:
            birth.channel.tell_calls(birth.recorder.take(doing.describe()))
        birth.channel.announce_failure(error, doing.describe(), durations)
    finally:
        os._exit(1)


def steps(birth: Birth) -> Iterator[Operation]:
    """Return the steps up to "ready"."""
    before = _detach, _enter_cgroup, _enter_namespaces, _bring_lo_up
    after = _identify, _take_streams, _go_to_directory, _set_limits, _leave_keyring, _drop_privileges
    yield from (Own(text, partial(action, birth)) for text, action in zip(BEFORE, before, strict=True))
    yield from birth.operations
    yield from (Own(text, partial(action, birth)) for text, action in zip(AFTER, after, strict=True))


def descriptions(operations: Sequence[Operation]) -> list[str]:
    """Return what each of `steps` does, for these operations."""
    return [*BEFORE, *(operation.describe() for operation in operations), *AFTER]


def leave_parent(channel: Channel, stdio: tuple[int, int, int] | None, keep: Sequence[int] = ()) -> None:
    """Make a cloned process its own: nothing of the parent's signals, session and descriptors stays."""
    processes.set_parent_death_signal(signal.SIGKILL)
    # Until execve this memory is the parent's; with the same uid inside, somebody could look into it.
    processes.set_dumpable(False)
    # What is ignored or blocked stays so after execve, and Python ignores some.
    for number in _ignored_signals():
        # Not through Python: a kernel of Jupyter ignores signals that libc keeps to itself, and so do its children.
        processes.stop_ignoring(number)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.setsid()
    os.umask(0)
    streams.take(stdio, {channel.fileno(), *keep})


def enter_cgroup(cgroup: Cgroup | None, process: Process) -> None:
    """Enter the group and set how soon the kernel kills this process, while the host's /sys and /proc are in sight."""
    if cgroup is not None:
        cgroup.enter()
    if process.oom_score_adj is None:
        return
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(str(process.oom_score_adj))
    except PermissionError:
        # Without CAP_SYS_RESOURCE nobody may go below their own score. 0 is what everybody gets who asks for nothing.
        if process.oom_score_adj:
            words = f"cannot set the OOM score to {process.oom_score_adj}"
            raise InvalidParameter(f"{words}: this host lets the daemon go no lower than its own") from None


def go_as_user(site: Site, path: str) -> None:
    """Change to a working directory that root could not reach (a home on NFS), as the user."""
    if site.working_directory_fd == NOT_YET:
        root_fd = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        os.fchdir(open_in_root(root_fd, path, os.O_PATH | os.O_DIRECTORY))


def _ignored_signals() -> list[int]:
    status_fd = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _, _, rest = os.read(status_fd, 4096).partition(b"SigIgn:")
    finally:
        os.close(status_fd)
    ignored = int(rest.split(None, 1)[0], 16)
    return [number for number in range(1, 65) if ignored >> number - 1 & 1]


def _detach(birth: Birth) -> None:
    if birth.detaching_us is None:
        leave_parent(birth.channel, birth.stdio, [*birth.joined.values(), *birth.site.trees.values()])
    elif birth.stdio is not None:
        streams.take(birth.stdio, {birth.channel.fileno()})
    privileges.limit_bounding(birth.spec.process)


def _enter_cgroup(birth: Birth) -> None:
    enter_cgroup(birth.cgroup, birth.spec.process)


def _enter_namespaces(birth: Birth) -> None:
    for flag, namespace_fd in birth.joined.items():
        # That of the pids counts for the child.
        namespaces.setns(namespace_fd, flag)
    if birth.gives_mounts:
        # While the host's /proc is in sight.
        birth.mounts_fd = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)


def _bring_lo_up(birth: Birth) -> None:
    # One that was born ahead has done it then.
    if birth.detaching_us is None and "network" in birth.spec.own_namespaces:
        loopback.bring_own_up()


def _identify(birth: Birth) -> None:
    birth.identity = users.resolve(birth.spec.process.user, birth.site.root_fd)


def _go_to_directory(birth: Birth) -> None:
    if birth.site.working_directory_fd != NOT_YET:
        os.fchdir(birth.site.working_directory_fd)


def _set_limits(birth: Birth) -> None:
    limits = birth.spec.process.rlimits
    privileges.set_limits(passage.limits_of_carrier(limits) if birth.is_carried else limits)


def _leave_keyring(_birth: Birth) -> None:
    privileges.leave_keyring()


def _take_streams(birth: Birth) -> None:
    if birth.site.terminal_slave_fd != NOT_YET:
        streams.take_terminal(birth.site.terminal_slave_fd, controls=not birth.is_carried)
    privileges.own_streams(birth.identity.uid)


def _drop_privileges(birth: Birth) -> None:
    process, identity = birth.spec.process, birth.identity
    if birth.is_carried:
        privileges.become(process, identity, birth.program)
    else:
        privileges.apply(process, identity, birth.program)
    go_as_user(birth.site, birth.spec.process.cwd)
    os.umask(0o022)


def _hand_over(birth: Birth, durations: Sequence[int]) -> None:
    """Let another process go on, in the other pid namespace; only that one returns."""
    process, master_fd = birth.spec.process, birth.site.terminal_master_fd
    descriptors.close_all_except({birth.channel.fileno(), master_fd})
    pid = passage.bear()
    if pid:
        birth.channel.announce_ready(durations, {} if master_fd == NOT_YET else {"terminal": master_fd}, pid)
        os._exit(0)
    descriptors.close_all_except({birth.channel.fileno()})
    passage.live(process, birth.program, birth.channel)
    _execute(birth)


def _announce(birth: Birth, durations: Sequence[int]) -> None:
    terminal_fd, mounts_fd = birth.site.terminal_master_fd, birth.mounts_fd
    descriptors.close_all_except({birth.channel.fileno(), terminal_fd, mounts_fd})
    given = {name: fd for name, fd in (("terminal", terminal_fd), ("mounts", mounts_fd)) if fd != NOT_YET}
    birth.channel.announce_ready(durations, given, cgroup=birth.cgroup_path, preceding=birth.preceding)
    for fd in given.values():
        os.close(fd)


def _execute(birth: Birth) -> NoReturn:
    process = birth.spec.process
    variables = executable.environment(process, birth.identity.home)
    if birth.spec.annotations.get(ANNOTATION_INIT) != "true":
        executable.execute(process, variables)
    processes.set_title("jc: init -- " + " ".join(process.args))
    reaper.serve(partial(_execute_or_report, birth, variables), birth.channel.close)


def _execute_or_report(birth: Birth, variables: dict[str, str]) -> NoReturn:
    # Another process than the one whose failures `run` reports: PID 1 must not speak for it, and ends after it.
    code = executable.NOT_EXECUTABLE
    try:
        executable.execute(birth.spec.process, variables)
    except executable.CannotExecute as error:
        code = error.exit_code
        birth.channel.announce_failure(error, "become the container's process")
    finally:
        os._exit(code)
