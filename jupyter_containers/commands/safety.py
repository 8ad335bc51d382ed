"""--safe: a container that can do little, and the proof of it, which the kernel gives and not the container."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jupyter_containers.client import Client
from jupyter_containers.client.kernel_facts import KernelFacts, kernel_facts
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.commands.command import Argument, Takes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.run_result import RunResult

MEMORY_BYTES, PIDS = 512 << 20, 128
SAFE = Argument(
    ("--safe",),
    "no network, 512 MiB, 128 processes, no capabilities, no new privileges, read-only root with an empty /tmp",
    Takes.NOTHING,
)
_ENDED = "the process had ended before the kernel could be asked, or runs on another machine"


def hardened(settings: RunSettings) -> RunSettings:
    """Return settings of a safe container; limits that are given stay. Raises UsageError for what contradicts it."""
    contradictions = {
        "--privileged": settings.privileged,
        "--cap-add": settings.cap_add,
        f"--network {settings.network}": settings.network not in ("", "none"),
        "-p": settings.ports,
    }
    if found := [name for name, is_given in contradictions.items() if is_given]:
        raise UsageError(f"--safe and {found[0]} contradict each other; leave one of them out")
    return replace(
        settings,
        network="none",
        memory_bytes=settings.memory_bytes or MEMORY_BYTES,
        pids_limit=settings.pids_limit or PIDS,
        cap_drop=("ALL",),
        security_options=("no-new-privileges",),
        read_only=True,
        tmpfs=(*settings.tmpfs, "/tmp"),
    )


def watch(client: Client, result: RunResult) -> Callable[[str], None]:
    """Return what looks at a container that has just been started, and writes the proof into the result."""

    def look(container: str) -> None:
        state = client.containers.inspect(container)["State"]
        facts = kernel_facts(state.get("Pid") or 0, container) if state.get("Pid") else None
        result.proof = proof(facts)

    return look


def proof(facts: KernelFacts | None) -> list[str]:
    """Return what the kernel says, a line for each promise; "no" at the beginning of a line is a promise not kept."""
    if facts is None:
        return [f"no proof: {_ENDED}"]
    others = ", ".join(name for name in facts.interfaces if name != "lo")
    memory = size_text(int(facts.memory_limit)) if facts.memory_limit.isdigit() else facts.memory_limit or "unknown"
    promises = (
        (not others, f"network: {others or 'none but lo'} (/proc/{facts.pid}/net/dev)"),
        (facts.memory_limit.isdigit(), f"memory limit: {memory} (its cgroup)"),
        (facts.pids_limit.isdigit(), f"process limit: {facts.pids_limit or 'unknown'} (its cgroup)"),
        (
            facts.capabilities == facts.bounding == 0,
            f"capabilities: CapEff {facts.capabilities:016x}, CapBnd {facts.bounding:016x}",
        ),
        (facts.no_new_privileges, f"no new privileges: NoNewPrivs {int(facts.no_new_privileges)}"),
        (facts.seccomp_mode == 2, f"system calls filtered: Seccomp {facts.seccomp_mode}"),
        (facts.root_is_read_only, f"root: {'read-only' if facts.root_is_read_only else 'writable'} (mountinfo)"),
    )
    return [f"{'ok' if is_kept else 'no'}  {text}" for is_kept, text in promises]
