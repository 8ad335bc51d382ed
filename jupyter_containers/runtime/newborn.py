"""PID 1 born ahead of its container: cloned into new namespaces, it waits to be told which container to become.

    shim   bear ─ clone ─▶ newborn, with nothing of anybody's    … until somebody wants a container …
    shim   become ─ "become" + bundle, streams ─▶  plan, cgroup, mount namespace, and then init's own steps

What does not depend on the container is done while nobody waits: the fork, the namespaces, the descriptors. The mount
namespace is not among these: it would show the host's mounts as they were at the birth, and miss a disk that was
mounted since. Containers that share a namespace with somebody, and all on cgroup v2, whose groups are entered by clone
alone, are made to order (create.py).
"""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass, field
from typing import NoReturn

from jupyter_containers.cgroups.manager import Cgroup, CgroupManager
from jupyter_containers.errors import ContainersError
from jupyter_containers.linux import constants, loopback, namespaces, processes, recording
from jupyter_containers.oci.runtime_spec import ANNOTATION_TRACE
from jupyter_containers.runtime import create, init, passage, privileges, rehearsal
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.runtime.create import Created
from jupyter_containers.runtime.handshake import Channel, Message
from jupyter_containers.runtime.plan import plan
from jupyter_containers.runtime.trace import Durations, Stopwatch

# What a container must want of its own, neither more nor less, to be one of these.
NAMESPACES = frozenset({"pid", "network", "ipc", "uts", "mount", "cgroup"})
_FLAGS = constants.CLONE_NEWPID | constants.CLONE_NEWNET | constants.CLONE_NEWIPC | constants.CLONE_NEWUTS
_CGROUP_VERSION_THAT_IS_ENTERED_BY_CLONE = 2


@dataclass(slots=True)
class Newborn:
    """A child of this process that waits. Its descriptors go with `discard`, or to what `follow` returns."""

    pid: int
    # Read at its birth: one that was let go ahead may have ended, and been reaped, before `follow` is through.
    pid_start_time: int
    pidfd: int
    netns_fd: int
    netlink_fd: int
    channel: Channel
    durations: list[tuple[str, int]] = field(default_factory=list)

    def discard(self) -> None:
        """End it: nobody wants it."""
        create.kill_and_reap(self.pid, self.pidfd)
        self.channel.close()
        os.close(self.pidfd)
        self.close_network()

    def close_network(self) -> None:
        """Close the descriptors of its network: somebody else has copies, or nobody needs them."""
        for fd in (self.netns_fd, self.netlink_fd):
            if fd >= 0:
                os.close(fd)
        self.netns_fd = self.netlink_fd = -1


def bear(cgroups: CgroupManager, *, as_sibling: bool = False, waits: bool = False) -> Newborn | None:
    """Return a new one; None where it could not be, or must not. The caller must have one thread only.

    `as_sibling` makes it a child of the caller's parent, who is then the one to reap it. One that `waits` for long uses
    the time to get ready.
    """
    if cgroups.version == _CGROUP_VERSION_THAT_IS_ENTERED_BY_CLONE:
        return None
    watch = Stopwatch()
    outside, inside = Channel.pair()
    try:
        pid = namespaces.clone(_FLAGS | (constants.CLONE_PARENT if as_sibling else 0))
    except OSError:
        outside.close()
        inside.close()
        return None  # made to order, a container fails with the reason
    if pid == 0:
        _live(inside, cgroups, waits=waits)
    inside.close()
    newborn = Newborn(
        pid,
        processes.start_time(pid),
        processes.pidfd_open(pid),
        -1,
        -1,
        outside,
        [("clone into new namespaces, ahead of time", watch.lap())],
    )
    try:
        newborn.netns_fd, newborn.netlink_fd = create.open_network(pid)
    except OSError:
        newborn.discard()
        return None
    newborn.durations.append(("open the network namespace, ahead of time", watch.lap()))
    return newborn


def become(
    newborn: Newborn, bundle: Bundle, stdio: tuple[int, int, int] | None, *, will_be_let_go: bool = False
) -> None:
    """Tell a newborn which container it is to be; `stdio` as in create.create. `follow` must come after it.

    `will_be_let_go`: `let_go` comes before `follow`.
    """
    try:
        newborn.channel.tell_fate(bundle.place, stdio or (), gives_mounts=will_be_let_go)
    except (BrokenPipeError, ConnectionResetError):
        pass  # `follow` reads why


def let_go(newborn: Newborn) -> None:
    """Have a newborn `execve` as soon as it is the container: create.has_gone tells when it has."""
    try:
        newborn.channel.let_go()
    except (BrokenPipeError, ConnectionResetError):
        pass  # `follow` reads why


def follow(
    newborn: Newborn, bundle: Bundle, cgroups: CgroupManager, *, is_let_go: bool = False
) -> tuple[Created, Durations]:
    """Wait until it is the container, before `execve`, or after it if `is_let_go`. Raises as create.create.

    Nothing is left then. The durations are the caller's to write.
    """
    watch = Stopwatch()
    if is_let_go:
        _await_end(newborn, bundle, cgroups)
    message = newborn.channel.receive()
    if message.word != "ready":
        if calls := newborn.channel.calls:
            Durations(newborn.durations, message.body.get("durations", []), {"inside": calls}).write(bundle.trace_path)
        error = _failure(message, bundle, cgroups)
        abandon(newborn, bundle, cgroups)
        raise error
    preceding = [(name, duration) for name, duration in message.body["preceding"]]
    durations = Durations([*newborn.durations, *preceding, ("wait for init", watch.lap())], message.body["durations"])
    if calls := newborn.channel.calls:
        durations.calls = {"inside": calls}
    newborn.close_network()
    try:
        return _created(newborn, message, cgroups), durations
    except OSError as error:
        abandon(newborn, bundle, cgroups)
        raise create.broken(error, "keep its mounts", create.CREATE_FAILED) from error


def _await_end(newborn: Newborn, bundle: Bundle, cgroups: CgroupManager) -> None:
    try:
        passage.await_word(newborn.pid, newborn.channel, create.CREATE_FAILED, "start", is_last=True)
    except ContainersError:
        abandon(newborn, bundle, cgroups)
        raise


def abandon(newborn: Newborn, bundle: Bundle, cgroups: CgroupManager) -> None:
    """End one that was told what to become, with the group that it may have made."""
    newborn.discard()
    _bury(bundle, cgroups)


def _created(newborn: Newborn, message: Message, cgroups: CgroupManager) -> Created:
    mounts_fd = message.fd("mounts")
    return Created(
        pid=newborn.pid,
        pid_start_time=newborn.pid_start_time,
        pidfd=newborn.pidfd,
        netns_fd=None,
        netlink_fd=None,
        cgroup=cgroups.open(message.body["cgroup"]),
        cgroup_path=message.body["cgroup"],
        terminal_fd=message.fd("terminal"),
        mounts_fd=create.open_mounts(newborn.pid) if mounts_fd is None else mounts_fd,
        go_fd=newborn.channel.release(),
    )


def _failure(message: Message, bundle: Bundle, cgroups: CgroupManager) -> ContainersError:
    if message.word == "failed":
        return create.failure(message, create.CREATE_FAILED)
    group = _group(bundle, cgroups)
    return create.death(group is not None and group.oom_kills() > 0, "become the container")


def _group(bundle: Bundle, cgroups: CgroupManager) -> Cgroup | None:
    try:
        return cgroups.open(create.cgroup_path(bundle, bundle.load_spec()))
    except ContainersError:
        return None


def _bury(bundle: Bundle, cgroups: CgroupManager) -> None:
    """Remove the group that a newborn has made before it failed: it could not do so from inside."""
    group = _group(bundle, cgroups)
    # With processes in it, it is somebody else's: that is why it failed.
    if group is not None and not group.processes():
        group.remove()


# --- inside ----------------------------------------------------------------------------------------------------------


def _live(channel: Channel, cgroups: CgroupManager, *, waits: bool) -> NoReturn:
    """Wait, and become what one is told; never return into the parent's code."""
    doing = init.BEFORE[0]
    try:
        gc.disable()  # a collection would write to, and so copy, every page shared with the parent
        watch = Stopwatch()
        init.leave_parent(channel, None)
        loopback.bring_own_up()
        detaching = watch.lap()
        if waits:
            rehearsal.rehearse(cgroups)
        message = channel.receive()
        if message.word != "become":
            os._exit(0)
        watch.lap()
        bundle = Bundle(message.body["bundle"])
        doing = "plan"
        birth = _birth(bundle, message, channel, cgroups)
        birth.detaching_us = detaching
        birth.preceding.append((doing, watch.lap()))
        doing = "make the cgroup"
        birth.cgroup = cgroups.create(birth.cgroup_path, birth.spec.linux.resources)
        birth.site.cgroup_paths = birth.cgroup.paths
        birth.preceding.append((doing, watch.lap()))
        _name_step(birth, doing)
        doing = "make the mount namespace"
        namespaces.unshare(constants.CLONE_NEWNS)
        birth.preceding.append((doing, watch.lap()))
        _name_step(birth, doing)
    except BaseException as error:  # noqa: BLE001 - a cloned child reports whatever happened; it has no caller
        if (recorder := recording.active()) is not None:
            channel.tell_calls(recorder.take(doing))
        channel.announce_failure(error, doing)
        os._exit(1)
    init.run(birth)


def _name_step(birth: init.Birth, step: str) -> None:
    if birth.recorder is not None:
        birth.recorder.name_step(step)


def _birth(bundle: Bundle, message: Message, channel: Channel, cgroups: CgroupManager) -> init.Birth:
    spec = create.within_reach(bundle.load_spec(), cgroups)
    operations = plan(spec, bundle.root_path(spec))
    program = privileges.compile_filter(spec.linux.seccomp, spec.process.capabilities.bounding)
    stdio = (message.fds[0], message.fds[1], message.fds[2]) if message.fds else None
    birth = init.Birth(spec, operations, channel, stdio, program=program)
    birth.cgroup_path = create.cgroup_path(bundle, spec)
    birth.gives_mounts = message.body["gives_mounts"]
    if ANNOTATION_TRACE in spec.annotations:
        birth.recorder = recording.begin()
    return birth
