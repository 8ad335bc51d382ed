"""What a group used in all, read at its end: few files, because whoever waits for a container waits for this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jupyter_containers.cgroups import files


@dataclass(frozen=True, slots=True)
class Totals:
    """Processor time, and the most memory at once, of all that was ever in the group; None where nobody counts.

    What made the container is in it, too: it entered the group, so that the limits hold from the beginning.
    """

    cpu_ns: int | None = None
    memory_peak_bytes: int | None = None


def total(paths: Mapping[str, str]) -> Totals:
    """Return the totals of the group with these directories (Cgroup.paths). Raises nothing for one that has gone."""
    if "unified" in paths:
        directory = paths["unified"]
        microseconds = files.read_table(directory, "cpu.stat").get("usage_usec")
        cpu_ns = None if microseconds is None else microseconds * 1000
        return Totals(cpu_ns, files.read_number(directory, "memory.peak"))  # Linux 5.19
    return Totals(
        files.read_number(paths.get("cpuacct", ""), "cpuacct.usage"),
        files.read_number(paths.get("memory", ""), "memory.max_usage_in_bytes"),
    )
