"""Cgroup v2: one hierarchy, one directory for each group; devices by a BPF program on the group.

Source: kernel documentation, "Control Group v2".
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping

from jupyter_containers.cgroups import absent, files, v2_limits, v2_usage
from jupyter_containers.cgroups.manager import CgroupManager, Usage
from jupyter_containers.errors import Conflict, NotFound, Unsupported
from jupyter_containers.linux import bpf, descriptors
from jupyter_containers.oci.runtime_spec import Resources

CONTROLLERS = ("cpu", "cpuset", "io", "memory", "pids")
# Where the processes go that stand in the way of handing controllers to groups below (see `_evacuate`).
_LEAF = "jupyter-containers-host"


def find(root: str | os.PathLike[str], own_group: str | None = None) -> CgroupManager:
    """Return the backend for the unified hierarchy at `root`: below its root, or below the own group if delegated.

    `own_group` is this process's path in the hierarchy, asked of /proc when it is None.
    """
    base = str(root)
    if _is_usable(base):
        return UnifiedManager(base)
    group = _own_group() if own_group is None else own_group
    delegated = os.path.normpath(f"{base}/{group}")
    if _is_usable(delegated):
        return UnifiedManager(delegated)
    return absent.AbsentManager(
        f"this user may not make cgroups below {base}, and its own group {group} is not delegated to it;"
        " start the daemon as root, or with `systemd-run --user --scope -p Delegate=yes`"
    )


def _is_usable(directory: str) -> bool:
    # To be delegated means to own the directory and these two files.
    names = ("", "/cgroup.procs", "/cgroup.subtree_control")
    return all(os.access(f"{directory}{name}", os.W_OK) for name in names)


def _own_group() -> str:
    try:
        with open("/proc/self/cgroup", "rb") as lines:
            for line in lines:
                if line.startswith(b"0::"):
                    return os.fsdecode(line[3:].rstrip(b"\n")).removesuffix(f"/{_LEAF}")
    except OSError:
        pass  # no /proc: no answer
    return "/"


class UnifiedManager:
    """CgroupManager on a v2 hierarchy; `base` is the directory that paths are relative to."""

    version = 2

    def __init__(self, base: str) -> None:
        self._base = base

    @property
    def reason(self) -> str:
        available = _controllers(self._base)
        missing = [name for name in CONTROLLERS if name not in available]
        return f"cgroup v2 controllers not given to {self._base}: {' '.join(missing)}" if missing else ""

    def capabilities(self) -> frozenset[str]:
        """Return the kinds of limits that work here."""
        return v2_limits.supported(self._base, _controllers(self._base))

    def create(self, path: str, resources: Resources) -> UnifiedCgroup:
        """Make the group with its limits; see CgroupManager."""
        v2_limits.check(resources, _controllers(self._base))
        group = UnifiedCgroup(f"{self._base}/{files.check_path(path)}")
        _make(group.directory, self._base)
        if pids := files.processes(group.directory):
            raise Conflict(f"cgroup {group.directory} is in use by processes {pids}; kill them first", pids=pids)
        try:
            group.update(resources)
        except BaseException as error:
            try:
                group.remove()
            except (OSError, Conflict) as second:
                error.add_note(f"while removing the group again: {second}")
            raise
        return group

    def open(self, path: str) -> UnifiedCgroup:
        """Return the group at `path`. Raises NotFound."""
        directory = f"{self._base}/{files.check_path(path)}"
        if not os.path.isdir(directory):
            raise NotFound(f"no cgroup {path}")
        return UnifiedCgroup(directory)

    def tidy(self, path: str) -> None:
        """Remove the parent of all groups when it is empty; see CgroupManager."""
        files.remove_empty(f"{self._base}/{files.check_path(path)}")


class UnifiedCgroup:
    """Cgroup that is one directory."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    @property
    def paths(self) -> Mapping[str, str]:
        """Return the directory."""
        return {"unified": self.directory}

    def add(self, pid: int) -> None:
        """Move a process into the group."""
        files.write(self.directory, "cgroup.procs", pid)

    def enter(self) -> None:
        """Move the calling process into the group; `directory_fd` with clone is the quick way here."""
        files.write(self.directory, "cgroup.procs", 0)

    def directory_fd(self) -> int | None:
        """Return a descriptor of the group for namespaces.clone; the caller closes it."""
        return os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def update(self, resources: Resources) -> None:
        """Write the limits that are set in `resources`; see Cgroup."""
        v2_limits.check(resources, _controllers(self.directory))
        v2_limits.write(resources, self.directory)
        if resources.devices:
            self._limit_devices(resources)

    def processes(self) -> list[int]:
        """Return the pids in the group and below."""
        return files.processes(self.directory)

    def kill(self, signal: int = 9) -> None:
        """Send `signal` to every process; see Cgroup."""
        if not os.path.isdir(self.directory):
            return
        if signal != 9:
            files.send(self.processes(), signal)
        elif os.path.exists(f"{self.directory}/cgroup.kill"):  # Linux 5.14
            files.write(self.directory, "cgroup.kill", 1)
        else:
            # Frozen, none can fork, end or be replaced by another process of the same pid.
            self._try_freeze(0.2)
            files.send(self.processes(), signal)
            self.thaw()

    def freeze(self) -> None:
        """Stop all processes of the group; see Cgroup."""
        arrived = self._try_freeze(files.FREEZE_SECONDS)
        if not arrived:
            self.thaw()
        files.frozen_or_raise(arrived, self.directory)

    def thaw(self) -> None:
        """Let the processes go on."""
        files.write(self.directory, "cgroup.freeze", 0)

    def usage(self) -> Usage:
        """Return what was used so far."""
        if not os.path.isdir(self.directory):
            raise NotFound(f"no cgroup {self.directory}")
        return v2_usage.read(self.directory)

    def oom_kills(self) -> int:
        """Return how many processes were killed for memory."""
        return files.read_table(self.directory, "memory.events").get("oom_kill", 0)

    def oom_event_fd(self) -> int | None:
        """Return an inotify descriptor that becomes readable when memory.events changes; see Cgroup."""
        path = f"{self.directory}/memory.events"
        return descriptors.watch_modified(path) if os.path.exists(path) else None

    def remove(self) -> None:
        """Remove the group and those below it; see Cgroup."""
        files.remove_tree(self.directory)

    def _try_freeze(self, seconds: float) -> bool:
        files.write(self.directory, "cgroup.freeze", 1)
        return files.wait_until(lambda: self._events().get("frozen") == 1, seconds)

    def _events(self) -> dict[str, int]:
        return files.read_table(self.directory, "cgroup.events")

    def _limit_devices(self, resources: Resources) -> None:
        group_fd = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            program_fd = bpf.load_device_program(bpf.device_program(resources.devices))
            try:
                bpf.replace_device_program(group_fd, program_fd)
            finally:
                os.close(program_fd)
        except OSError as error:
            raise Unsupported(f"cannot limit devices: {error.strerror}", errno=error.errno) from error
        finally:
            os.close(group_fd)


def _controllers(directory: str) -> frozenset[str]:
    return frozenset((files.read(directory, "cgroup.controllers") or b"").decode().split())


def _make(directory: str, base: str) -> None:
    """Make a group and its parents, and hand every controller down to it."""
    try:
        os.mkdir(directory)
    except FileExistsError:
        pass
    except FileNotFoundError:
        _make(os.path.dirname(directory), base)
        _make(directory, base)
        return
    parent = os.path.dirname(directory)
    wanted = [name for name in CONTROLLERS if name in _controllers(parent)]
    if set(wanted) - _controllers(directory):
        _hand_down(parent, wanted)


def _hand_down(parent: str, controllers: Iterable[str]) -> None:
    """Enable controllers for the groups below `parent`."""
    text = " ".join(f"+{name}" for name in controllers)
    try:
        files.write(parent, "cgroup.subtree_control", text)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise Unsupported(f"cannot hand cgroup controllers down from {parent}: {error.strerror}") from error
        _evacuate(parent)
        files.write(parent, "cgroup.subtree_control", text)


def _evacuate(directory: str) -> None:
    """Move the processes of a group into a leaf below it.

    A group other than the real root has either processes or controllers for groups below it. EBUSY from a base means
    that it was given to us with ourselves in it: a container's root, or a delegated unit; all in it is ours to move.
    """
    leaf = f"{directory}/{_LEAF}"
    os.makedirs(leaf, exist_ok=True)
    for _ in range(10):  # what forks meanwhile is seen in the next round
        pids = (files.read(directory, "cgroup.procs") or b"").split()
        if not pids:
            return
        for pid in pids:
            try:
                files.write(leaf, "cgroup.procs", pid.decode())
            except ProcessLookupError:
                pass  # it has ended
