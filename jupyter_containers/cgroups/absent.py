"""No cgroups to use: containers run without limits and without accounting, and say why.

Without the devices controller nothing stops a container that has CAP_MKNOD from opening the host's disks: whoever
makes the container must take that capability away when `capabilities()` lacks "devices".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from jupyter_containers.cgroups import files
from jupyter_containers.cgroups.manager import Usage
from jupyter_containers.errors import Unsupported
from jupyter_containers.oci.block_rates import NO_RATES, BlockRates
from jupyter_containers.oci.runtime_spec import Resources

# Asking for what is the case anyway is no limit: everything unlimited.
_NO_LIMIT: Mapping[str, tuple[int | BlockRates, ...]] = {
    "block_rates": (NO_RATES,),
    "memory_limit": (-1,),
    "memory_reservation": (-1,),
    "memory_swap": (-1,),
    "pids_limit": (-1, 0),
    "cpu_quota": (-1, 0),
}


class AbsentManager:
    """CgroupManager that refuses limits, with the reason."""

    version = 0

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def capabilities(self) -> frozenset[str]:
        """Return nothing."""
        return frozenset()

    def create(self, path: str, resources: Resources) -> AbsentCgroup:
        """Return a group that is none. Raises Unsupported when a limit is asked for."""
        files.check_path(path)
        group = AbsentCgroup(self.reason)
        group.update(resources)
        return group

    def open(self, path: str) -> AbsentCgroup:
        """Return a group that is none."""
        files.check_path(path)
        return AbsentCgroup(self.reason)

    def tidy(self, path: str) -> None:
        """Do nothing."""


class AbsentCgroup:
    """Cgroup that holds no process."""

    paths: Mapping[str, str] = {}

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def add(self, pid: int) -> None:
        """Do nothing: there is nowhere to move the process to."""

    def enter(self) -> None:
        """Do nothing, as `add`."""

    def directory_fd(self) -> None:
        """Return None."""

    def update(self, resources: Resources) -> None:
        """Raise Unsupported when a limit is set; device rules are the caller's concern, see the module."""
        for entry in fields(resources):
            value = getattr(resources, entry.name)
            is_set = value is not None and value is not False
            if entry.name == "devices" or not is_set or value in _NO_LIMIT.get(entry.name, ()):
                continue
            raise Unsupported(f"cannot set {entry.name.replace('_', ' ')}: {self._reason}")

    def processes(self) -> list[int]:
        """Return nothing: no group knows its members here; the pid namespace does."""
        return []

    def kill(self, signal: int = 9) -> None:
        """Do nothing: killing PID 1 of the pid namespace kills the rest."""

    def freeze(self) -> None:
        """Raise Unsupported."""
        raise Unsupported(f"cannot pause: {self._reason}")

    def thaw(self) -> None:
        """Raise Unsupported."""
        raise Unsupported(f"cannot unpause: {self._reason}")

    def usage(self) -> Usage:
        """Raise Unsupported."""
        raise Unsupported(f"cannot count usage: {self._reason}")

    def oom_kills(self) -> int:
        """Return 0."""
        return 0

    def oom_event_fd(self) -> None:
        """Return None."""

    def remove(self) -> None:
        """Do nothing."""
