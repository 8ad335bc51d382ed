"""What this machine's kernel says of a container's process, read from outside: no word of the daemon is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class KernelFacts:
    """Facts of one process. Capabilities are bits; a limit is the text of the cgroup's file, "" where it has none."""

    pid: int
    capabilities: int
    bounding: int
    no_new_privileges: bool
    seccomp_mode: int
    interfaces: tuple[str, ...]
    root_is_read_only: bool
    memory_limit: str
    pids_limit: str


def kernel_facts(pid: int, container_id: str, *, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> KernelFacts | None:
    """Return the facts of a process of the container; None if it has ended, or is not on this machine.

    That it belongs to the container is seen by its cgroup. Source: proc(5), "Control Group v2" and cgroups(7).
    """
    place = proc / str(pid)
    try:
        groups = (place / "cgroup").read_text()
        if container_id not in groups:
            return None
        lines = (line.partition(":") for line in (place / "status").read_text().splitlines())
        status = {name: value.strip() for name, _, value in lines}
        devices = (place / "net" / "dev").read_text().splitlines()[2:]
        mounts = [line.split() for line in (place / "mountinfo").read_text().splitlines()]
    except (OSError, UnicodeDecodeError):
        return None
    roots = [words for words in mounts if len(words) > 5 and words[4] == "/"]
    if not status.get("CapEff") or not roots:
        return None
    return KernelFacts(
        pid=pid,
        capabilities=int(status["CapEff"], 16),
        bounding=int(status["CapBnd"], 16),
        no_new_privileges=status.get("NoNewPrivs") == "1",
        seccomp_mode=int(status.get("Seccomp", "0")),
        interfaces=tuple(line.partition(":")[0].strip() for line in devices),
        root_is_read_only="ro" in roots[-1][5].split(","),
        memory_limit=_limit(groups, cgroups, "memory", ("memory.max", "memory.limit_in_bytes")),
        pids_limit=_limit(groups, cgroups, "pids", ("pids.max",)),
    )


def _limit(groups: str, cgroups: Path, controller: str, files: tuple[str, ...]) -> str:
    """Return the limit in the process's own cgroup: of the controller's hierarchy in v1, of the only one in v2."""
    for line in groups.splitlines():
        _, names, path = line.split(":", 2)
        if controller not in names.split(",") and names:
            continue
        for root in (cgroups / names, cgroups / controller, cgroups, cgroups / "unified"):
            for file in files:
                try:
                    return (root / path.lstrip("/") / file).read_text().strip()
                except OSError:
                    continue
    return ""
