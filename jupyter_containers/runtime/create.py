"""Outside: from a bundle to a container that waits before `execve`, and the word that lets it go."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

from jupyter_containers.cgroups.manager import Cgroup, CgroupManager
from jupyter_containers.errors import ContainersError, Unsupported
from jupyter_containers.linux import constants, namespaces, processes, recording
from jupyter_containers.oci.runtime_spec import ANNOTATION_TRACE, Capabilities, Spec
from jupyter_containers.runtime import foreign, init, passage, privileges
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.executable import CannotExecute
from jupyter_containers.runtime.handshake import Channel, Message
from jupyter_containers.runtime.plan import plan
from jupyter_containers.runtime.trace import Call, Durations, Stopwatch

DEFAULT_CGROUP_PARENT = "jupyter-containers"
CREATE_FAILED = "failed to create task for container"


@dataclass(frozen=True, slots=True)
class Created:
    """A container that is set up and waits. All descriptors are the caller's to close, `go_fd` by `start`."""

    pid: int
    pid_start_time: int
    pidfd: int
    netns_fd: int | None
    netlink_fd: int | None
    cgroup: Cgroup
    cgroup_path: str  # of the same, relative to the hierarchies
    terminal_fd: int | None
    mounts_fd: int  # of its mount namespace: as long as it is open the mounts stay, when all processes have ended
    go_fd: int


def create(
    bundle: Bundle,
    *,
    stdio: tuple[int, int, int] | None,
    cgroup_manager: CgroupManager,
    spec: Spec | None = None,
    on_network: Callable[[int, int], None] | None = None,
    as_sibling: bool = False,
) -> Created:
    """Set a container up until its PID 1 waits before `execve`. The caller must have one thread only.

    `stdio` are descriptors for 0, 1 and 2 (stay open, the caller's); None with a terminal. `spec` is the bundle's, if
    the caller has read it already. `on_network` is called with (netns_fd, netlink_fd) as soon as the new network
    namespace exists, while set-up goes on: both stay the caller's and are returned again in Created. `as_sibling` makes
    PID 1 a child of the caller's parent, who is then the one to reap it. Raises:
    ContainersError with details step, errno, path; nothing is left then.
    """
    making = _Making(bundle, within_reach(spec or bundle.load_spec(), cgroup_manager), stdio, as_sibling=as_sibling)
    try:
        making.make_cgroup(cgroup_manager)
        making.copy_mounts()
        making.clone()
        making.open_network(on_network)
        return making.follow()
    except OSError as error:
        making.abandon()
        raise broken(error, making.doing, CREATE_FAILED) from error
    except BaseException:
        making.abandon()
        raise
    finally:
        making.keep_durations()


def start(created: Created) -> None:
    """See `let_go`."""
    let_go(created.pid, created.go_fd)


def let_go(pid: int, go_fd: int) -> None:
    """Let a container's init `execve`; return when it has. Closes `go_fd`.

    Raises: CannotExecute (details exit_code 126 or 127); init is dead then, but not reaped: the caller, who waits for
    it anyway, does that. ContainersError when init has died meanwhile.
    """
    channel = Channel.of(go_fd)
    try:
        channel.let_go()
        _await_execution(pid, channel)
    except (BrokenPipeError, ConnectionResetError):
        raise _dead() from None
    finally:
        channel.close()


def has_gone(pid: int, go_fd: int) -> None:
    """Wait until an init that needs no word has done `execve`. Closes `go_fd`; raises as `let_go`."""
    channel = Channel.of(go_fd)
    try:
        _await_execution(pid, channel)
    except (BrokenPipeError, ConnectionResetError):
        raise _dead() from None
    finally:
        channel.close()


def _await_execution(pid: int, channel: Channel) -> None:
    # Those of another container, or of the host, may see it and stop it.
    passage.await_word(pid, channel, CREATE_FAILED, "start")
    message = channel.receive()
    if message.word:
        raise failure(message, CREATE_FAILED)


def let_go_recorded(bundle: Bundle, pid: int, go_fd: int) -> None:
    """Do as `let_go`, and add the `execve` to the bundle's record of calls. Raises as `let_go`."""
    watch = Stopwatch()
    try:
        let_go(pid, go_fd)
    except CannotExecute as error:
        _record_execution(bundle, error.number, watch.lap())
        raise
    _record_execution(bundle, 0, watch.lap())


def _record_execution(bundle: Bundle, number: int, duration_us: int) -> None:
    arguments, durations = list(bundle.load_spec().process.args), Durations.read(bundle.trace_path)
    call: Call = ["become the container's process", "execve", arguments, None if number else 0, number, duration_us]
    durations.calls = {**(durations.calls or {}), "at last": [call]}
    durations.write(bundle.trace_path)


def _dead() -> ContainersError:
    return ContainersError("failed to start container: its init process has died", step="start")


def cgroup_path(bundle: Bundle, spec: Spec) -> str:
    """Return where in the hierarchies the group of a bundle's container is."""
    return (spec.linux.cgroups_path or f"{DEFAULT_CGROUP_PARENT}/{os.path.basename(bundle.place)}").strip("/")


def broken(error: OSError, doing: str, prefix: str) -> ContainersError:
    """Return what the kernel refused to the parent, in words."""
    path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else None
    text = f"{prefix}: cannot {doing}: {error.strerror}" + (f": {path}" if path else "")
    return ContainersError(text, step=doing, errno=error.errno, path=path)


def failure(message: Message, prefix: str) -> ContainersError:
    """Return what a child has reported: its own words for what the user asked wrongly, the step for what broke."""
    error = message.error()
    if exit_code := error.details.get("exit_code"):
        text = f"{prefix}: unable to start container process: {error.message}: unknown"
        return CannotExecute(text, exit_code=exit_code, number=error.details.get("errno"))
    if type(error) is ContainersError:
        return ContainersError(f"{prefix}: cannot {error.details.get('step')}: {error.message}", **error.details)
    return error


class _Making:
    """One create under way: what exists so far, and how to take it back."""

    def __init__(self, bundle: Bundle, spec: Spec, stdio: tuple[int, int, int] | None, *, as_sibling: bool) -> None:
        self._bundle = bundle
        self._as_sibling = as_sibling
        self._watch = Stopwatch()
        self._durations = Durations()
        operations = plan(spec, bundle.root_path(spec))
        program = privileges.compile_filter(spec.linux.seccomp, spec.process.capabilities.bounding)
        self._channel, inside = Channel.pair()
        self._birth = init.Birth(spec, operations, inside, stdio, program=program)
        self._pid, self._pidfd = 0, -1
        self._netns_fd: int | None = None
        self._netlink_fd: int | None = None
        self._cgroup: Cgroup | None = None
        self.doing = "plan"
        self._recorder = recording.begin() if ANNOTATION_TRACE in spec.annotations else None
        self._lap()

    def make_cgroup(self, manager: CgroupManager) -> None:
        """Make the cgroup with its limits, before there is anything to limit."""
        self.doing = "make the cgroup"
        linux = self._birth.spec.linux
        self._cgroup = manager.create(cgroup_path(self._bundle, self._birth.spec), linux.resources)
        self._birth.site.cgroup_paths = self._cgroup.paths
        self._lap()

    def copy_mounts(self) -> None:
        """Copy what other containers share: the file systems of the namespaces that are joined."""
        self.doing = "share mounts of another container"
        trees, spec = self._birth.site.trees, self._birth.spec
        for namespace in spec.linux.namespaces:
            if namespace.type == "pid" and namespace.path:
                owner = foreign.owner_of(namespace.path)
                if owner is None:
                    raise Unsupported(f"cannot join the pid namespace {namespace.path}: it must be /proc/<pid>/ns/pid")
                trees["proc"] = foreign.copy_proc(owner)
        for mount in spec.mounts:
            if (found := foreign.split_source(mount.source)) is not None:
                trees[mount.source] = foreign.copy_mount(*found, constants.TMPFS_MAGIC)

    def clone(self) -> None:
        """Make the child, in all its new namespaces at once, or in those of others."""
        self.doing = "clone into new namespaces"
        with ExitStack() as opened:
            for namespace in self._birth.spec.linux.namespaces:
                if namespace.path:
                    namespace_fd = os.open(namespace.path, os.O_RDONLY | os.O_CLOEXEC)
                    opened.callback(os.close, namespace_fd)
                    self._birth.joined[namespaces.FLAGS[namespace.type]] = namespace_fd
            cgroup_fd = entry_of(self._cgroup, opened)
            self._birth.cgroup = self._cgroup if cgroup_fd is None else None
            self._birth.is_carried = constants.CLONE_NEWPID in self._birth.joined
            opened.callback(self._close_trees)
            parent = constants.CLONE_PARENT if self._as_sibling else 0
            self._pid = namespaces.clone(self._flags() | parent, cgroup_fd=cgroup_fd)
            if self._pid == 0:
                if self._recorder is not None:
                    self._birth.recorder, _ = self._recorder, self._recorder.take()
                init.run(self._birth)
        self._birth.channel.close()
        self._pidfd = processes.pidfd_open(self._pid)
        self._lap()

    def _close_trees(self) -> None:
        trees = self._birth.site.trees
        while trees:
            os.close(trees.popitem()[1])

    def open_network(self, on_network: Callable[[int, int], None] | None) -> None:
        """Open the child's network namespace, and a netlink socket in it, before the child has done anything."""
        if not self._flags() & constants.CLONE_NEWNET:
            return
        self.doing = "open the network namespace"
        try:
            self._netns_fd, self._netlink_fd = open_network(self._pid)
        except FileNotFoundError:
            return  # the child has failed already; `follow` reads why
        if on_network is not None:
            on_network(self._netns_fd, self._netlink_fd)
        self._lap()

    def follow(self) -> Created:
        """Wait until the child is ready. Raises what it reports instead."""
        self.doing = "wait for init"
        message = self._channel.receive()
        self._durations.inside = message.body.get("durations", [])
        self._lap()
        if message.word == "failed":
            raise failure(message, CREATE_FAILED)
        if message.word != "ready" or self._cgroup is None:
            raise self._death()
        if "pid" in message.body:
            self._succeed(message.body["pid"])
        return Created(
            pid=self._pid,
            pid_start_time=processes.start_time(self._pid),
            pidfd=self._pidfd,
            netns_fd=self._netns_fd,
            netlink_fd=self._netlink_fd,
            cgroup=self._cgroup,
            cgroup_path=cgroup_path(self._bundle, self._birth.spec),
            terminal_fd=message.fd("terminal"),
            mounts_fd=open_mounts(self._pid),
            go_fd=self._channel.release(),
        )

    def _succeed(self, pid: int) -> None:
        """Go on with the process that the child has left in its place."""
        carrier, self._pid = self._pid, pid
        with suppress(ChildProcessError):  # of another parent, who reaps it
            os.waitpid(carrier, 0)
        os.close(self._pidfd)
        self._pidfd = -1
        self._pidfd = processes.pidfd_open(pid)

    def abandon(self) -> None:
        """Take back all that was made; the child first, so that its cgroup is empty."""
        self._close_trees()
        if self._pid:
            kill_and_reap(self._pid, self._pidfd)
        for fd in (self._pidfd, self._netns_fd, self._netlink_fd):
            if fd is not None and fd >= 0:
                os.close(fd)
        self._channel.close()
        self._birth.channel.close()
        if self._cgroup is not None:
            self._cgroup.remove()

    def keep_durations(self) -> None:
        if self._recorder is not None:
            self._durations.calls = {"outside": self._recorder.take(self.doing), "inside": self._channel.calls or []}
            recording.end()
        self._durations.write(self._bundle.trace_path)

    def _flags(self) -> int:
        """Return the namespaces to clone into; the cgroup's comes later, see NewCgroupNamespace."""
        made = {entry.type for entry in self._birth.spec.linux.namespaces if not entry.path} - {"cgroup"}
        return sum(namespaces.FLAGS[name] for name in made)

    def _death(self) -> ContainersError:
        return death(self._cgroup is not None and self._cgroup.oom_kills() > 0, self.doing)

    def _lap(self) -> None:
        self._durations.outside.append((self.doing, self._watch.lap()))
        if self._recorder is not None:
            self._recorder.name_step(self.doing)


def death(was_killed_for_memory: bool, doing: str) -> ContainersError:
    """Return why there is no container: its init has died before it was ready."""
    reason = "its memory limit is too low" if was_killed_for_memory else "it ended without a word"
    return ContainersError(f"{CREATE_FAILED}: init died: {reason}", step=doing)


def within_reach(spec: Spec, manager: CgroupManager) -> Spec:
    """Without a device cgroup, take away what it makes safe: making device nodes, and using those of an image."""
    if manager.version:
        return spec
    sets = spec.process.capabilities
    without = (tuple(name for name in getattr(sets, field) if name != "CAP_MKNOD") for field in Capabilities.__slots__)
    process = replace(spec.process, capabilities=Capabilities(*without))
    rootfs = tuple(replace(mount, options=(*mount.options, "nodev")) for mount in spec.rootfs)
    return replace(spec, process=process, rootfs=rootfs)


def kill_and_reap(pid: int, pidfd: int = -1) -> None:
    """End a process that we have made and nobody else knows yet.

    One that is our parent's child is reaped there: with its `pidfd` this waits until it has ended, and so has left its
    cgroup.
    """
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass  # reaped by the caller's own SIGCHLD code, or by our parent
    if pidfd >= 0:
        select.select([pidfd], [], [])


@contextmanager
def _visit(namespace_fd: int, own: str, flag: int) -> Iterator[None]:
    own_fd = os.open(f"/proc/self/ns/{own}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        namespaces.setns(namespace_fd, flag)
        try:
            yield
        finally:
            namespaces.setns(own_fd, flag)
    finally:
        os.close(own_fd)


def open_network(pid: int) -> tuple[int, int]:
    """Return the network namespace of a process, and a route socket that configures it: one stays where it was opened.

    Both are the caller's to close. Raises FileNotFoundError when the process has ended, OSError.
    """
    netns_fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        with _visit(netns_fd, "net", constants.CLONE_NEWNET):
            return netns_fd, socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE).detach()
    except BaseException:
        os.close(netns_fd)
        raise


def open_mounts(pid: int) -> int:
    """Return the mount namespace of a process that waits; the caller's to close. Raises OSError."""
    return os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)


def entry_of(cgroup: Cgroup | None, opened: ExitStack) -> int | None:
    """Return a descriptor that clone can put a child into the group by; closed with `opened`. None: it must enter."""
    cgroup_fd = None if cgroup is None else cgroup.directory_fd()
    if cgroup_fd is not None:
        opened.callback(os.close, cgroup_fd)
    return cgroup_fd
