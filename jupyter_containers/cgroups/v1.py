"""Cgroup v1: one hierarchy of directories for each controller (or group of controllers mounted together).

A container's group is a directory of the same path in every hierarchy. Source: kernel documentation, cgroup-v1/.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

from jupyter_containers.cgroups import files, v1_limits, v1_usage
from jupyter_containers.cgroups.manager import Usage
from jupyter_containers.errors import Conflict, NotFound
from jupyter_containers.oci.runtime_spec import Resources

CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids")
# systemd's own hierarchy has no controller; a process that stays in the group of a login dies with the login.
_SYSTEMD = "systemd"


def find_hierarchies(root: str | os.PathLike[str]) -> dict[str, str]:
    """Return the directory of each controller's hierarchy under `root` that this user may write to.

    Controllers mounted together appear as "cpu,cpuacct", usually with links of the single names beside it.
    """
    found: dict[str, str] = {}
    try:
        names = sorted(os.listdir(root))
    except OSError:
        return {}
    for name in names:
        directory = os.path.realpath(os.path.join(root, name))
        for controller in name.split(","):
            known = controller in CONTROLLERS or controller == _SYSTEMD
            if known and os.access(directory, os.W_OK) and os.path.exists(f"{directory}/cgroup.procs"):
                found[controller] = directory
    # The bare hierarchy of systemd limits and counts nothing.
    return found if set(found) & set(CONTROLLERS) else {}


class LegacyManager:
    """CgroupManager on v1 hierarchies."""

    version = 1

    def __init__(self, hierarchies: Mapping[str, str]) -> None:
        self._hierarchies = dict(hierarchies)

    @property
    def reason(self) -> str:
        missing = [name for name in CONTROLLERS if name not in self._hierarchies]
        return f"cgroup v1 controllers not mounted or not writable: {' '.join(missing)}" if missing else ""

    def capabilities(self) -> frozenset[str]:
        """Return the kinds of limits that work here."""
        return v1_limits.supported(self._hierarchies)

    def create(self, path: str, resources: Resources) -> LegacyCgroup:
        """Make the group in each hierarchy with its limits; see CgroupManager."""
        v1_limits.check(resources, self._hierarchies)
        group = LegacyCgroup(self._hierarchies, files.check_path(path))
        try:
            for controller, directory in group.directories.items():
                if not _make(directory, self._hierarchies[controller]):
                    _refuse_occupied(directory)
            if "cpuset" in group.directories:
                _fill_cpuset(group.directories["cpuset"], self._hierarchies["cpuset"])
            group.update(resources)
        except BaseException as error:
            _clean_up(group, error)
            raise
        return group

    def open(self, path: str) -> LegacyCgroup:
        """Return the group at `path`. Raises NotFound when no hierarchy has it."""
        group = LegacyCgroup(self._hierarchies, files.check_path(path))
        if not any(map(os.path.isdir, group.directories.values())):
            raise NotFound(f"no cgroup {path}")
        return group

    def tidy(self, path: str) -> None:
        """Remove the parent of all groups when it is empty; see CgroupManager."""
        for directory in dict.fromkeys(self._hierarchies.values()):
            files.remove_empty(f"{directory}/{files.check_path(path)}")


class LegacyCgroup:
    """Cgroup on v1 hierarchies. `directories` by controller; several may be the same directory."""

    def __init__(self, hierarchies: Mapping[str, str], path: str) -> None:
        self.directories = {controller: f"{directory}/{path}" for controller, directory in hierarchies.items()}
        self._distinct = tuple(dict.fromkeys(self.directories.values()))

    @property
    def paths(self) -> Mapping[str, str]:
        """Return the directories by controller."""
        return self.directories

    def add(self, pid: int) -> None:
        """Move a process into the group, from outside; see Cgroup.enter for the quick way."""
        for directory in self._distinct:
            files.write(directory, "cgroup.procs", pid)

    def enter(self) -> None:
        """Move the calling single-threaded process into the group; see Cgroup."""
        # "tasks" and not cgroup.procs: the kernel moves the current thread without its lock against forks and exits.
        for directory in self._distinct:
            files.write(directory, "tasks", 0)

    def directory_fd(self) -> None:
        """Return None: clone3 enters v2 groups only."""

    def update(self, resources: Resources) -> None:
        """Write the limits that are set in `resources`; see Cgroup."""
        v1_limits.check(resources, self.directories)
        v1_limits.write(resources, self.directories)

    def processes(self) -> list[int]:
        """Return the pids in the group and below."""
        return files.processes(self._members_directory())

    def kill(self, signal: int = 9) -> None:
        """Send `signal` to every process; see Cgroup."""
        if signal != 9 or "freezer" not in self.directories:
            files.send(self.processes(), signal)
            return
        # Frozen, none can fork, end or be replaced by another process of the same pid between listing and killing.
        if os.path.isdir(self.directories["freezer"]):
            self._try_freeze(0.2)
            files.send(self.processes(), signal)
            self.thaw()

    def freeze(self) -> None:
        """Stop all processes of the group; see Cgroup."""
        arrived = self._try_freeze(files.FREEZE_SECONDS)
        if not arrived:
            self.thaw()
        files.frozen_or_raise(arrived, self._freezer())

    def thaw(self) -> None:
        """Let the processes go on."""
        files.write(self._freezer(), "freezer.state", "THAWED")

    def usage(self) -> Usage:
        """Return what was used so far."""
        if not any(map(os.path.isdir, self._distinct)):
            raise NotFound(f"no cgroup {self._distinct[0]}")
        return v1_usage.read(self.directories)

    def oom_kills(self) -> int:
        """Return how many processes were killed for memory."""
        memory = self.directories.get("memory")
        return files.read_table(memory, "memory.oom_control").get("oom_kill", 0) if memory else 0

    def oom_event_fd(self) -> int | None:
        """Return an eventfd that counts the times that memory ran out; see Cgroup."""
        memory = self.directories.get("memory")
        if memory is None:
            return None
        event_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        try:
            control_fd = os.open(f"{memory}/memory.oom_control", os.O_RDONLY | os.O_CLOEXEC)
            try:
                files.write(memory, "cgroup.event_control", f"{event_fd} {control_fd}")
            finally:
                os.close(control_fd)
        except OSError:
            os.close(event_fd)
            return None
        return event_fd

    def remove(self) -> None:
        """Remove the directories of the group; see Cgroup."""
        for directory in self._distinct:
            files.remove_tree(directory)

    def _try_freeze(self, seconds: float) -> bool:
        freezer = self._freezer()

        def frozen() -> bool:
            # Written again each time: a process that was forked meanwhile is caught by the next write only.
            files.write(freezer, "freezer.state", "FROZEN")
            return files.read(freezer, "freezer.state") == b"FROZEN\n"

        return files.wait_until(frozen, seconds)

    def _freezer(self) -> str:
        if "freezer" not in self.directories:
            raise v1_limits.missing("freezer", "pausing")
        return self.directories["freezer"]

    def _members_directory(self) -> str:
        # The one that every container process is in for sure, and that an image's own init does not play with.
        for controller in ("freezer", "pids", "memory"):
            if controller in self.directories:
                return self.directories[controller]
        return self._distinct[0]


def _make(directory: str, hierarchy: str) -> bool:
    """Make a group and its parents; return False when it was there."""
    try:
        os.mkdir(directory)
    except FileExistsError:
        return False
    except FileNotFoundError:
        parent = os.path.dirname(directory)
        if not parent.startswith(hierarchy):
            raise
        _make(parent, hierarchy)
        return _make(directory, hierarchy)
    return True


def _refuse_occupied(directory: str) -> None:
    if pids := files.processes(directory):
        raise Conflict(f"cgroup {directory} is in use by processes {pids}; kill them first", pids=pids)


def _fill_cpuset(directory: str, hierarchy: str) -> bool:
    """Give a group the CPUs and memory nodes of its parent: born without any, it would accept no process.

    Return whether it had none.
    """
    if directory == hierarchy:
        return False
    was_empty, parent = False, os.path.dirname(directory)
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (files.read(directory, name) or b"").strip():
            continue
        was_empty = True
        if _fill_cpuset(parent, hierarchy):
            # It is a new one, and so ours: the groups that follow in it are born with what it has.
            files.write(parent, "cgroup.clone_children", 1)
        files.write(directory, name, (files.read(parent, name) or b"").decode().strip())
    return was_empty


def _clean_up(group: LegacyCgroup, error: BaseException) -> None:
    if isinstance(error, Conflict):
        return  # somebody else's group
    try:
        group.remove()
    except (OSError, Conflict) as second:
        error.add_note(f"while removing the group again: {second}")
        if isinstance(second, OSError) and second.errno == errno.EROFS:
            error.add_note("the cgroup file system is mounted read-only")
