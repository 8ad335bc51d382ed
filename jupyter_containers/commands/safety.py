"""--safe: a container that can do little, and the proof of it, which the kernel gives and not the container."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace

from jupyter_containers.client import Client
from jupyter_containers.client.kernel_facts import KernelFacts, kernel_facts
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.commands.command import Argument, Takes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import MAGIC
from jupyter_containers.errors import NotFound

MEMORY_BYTES, PIDS = 512 << 20, 128
SAFE = Argument(
    ("--safe",),
    "no network, 512 MiB, 128 processes, no capabilities, no new privileges, read-only root with an empty /tmp",
    Takes.NOTHING,
    setting="safe",
)
NO_SAFE = Argument(("--no-safe",), "not --safe, where that is the setting", Takes.NOTHING, only_in=MAGIC)
SAFE_OR_NOT = (SAFE, NO_SAFE)
# What shares something of the machine or of a neighbour, by its name in a HostConfig.
_SHARED = {
    "PidMode": "--pid", "IpcMode": "--ipc", "UTSMode": "--uts", "UsernsMode": "--userns", "CgroupnsMode": "--cgroupns",
}  # fmt: skip
_OPENING = {"Devices": "--device", "DeviceCgroupRules": "--device-cgroup-rule", "PublishAllPorts": "-P"}
_ENDED = "the process had ended before the kernel could be asked"
_UNSEEN = f"{_ENDED}, or runs on another machine"


def is_wanted(options: Namespace) -> bool:
    """Tell whether a run shall be safe: by its line, or by the setting unless its line takes that back."""
    return bool(options.safe) and not getattr(options, "no_safe", False)


def hardened(settings: RunSettings) -> RunSettings:
    """Return settings of a safe container; limits that are given stay. Raises UsageError for what contradicts it."""
    contradictions = {
        "--privileged": settings.privileged,
        "--cap-add": settings.cap_add,
        f"--network {settings.network}": settings.network not in ("", "none"),
        "-p": settings.ports,
        **_further(settings.further_host),
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


def _further(host: Json) -> dict[str, bool]:
    """Return which of docker's further options would open a safe container, and whether they are given."""
    found = {option: bool(host.get(key)) for key, option in _OPENING.items()}
    for key, option in _SHARED.items():
        mode = str(host.get(key, ""))
        found[f"{option} {mode}"] = mode == "host" or mode.startswith("container:")
    for text in host.get("SecurityOpt", ()):
        found[f"--security-opt {text}"] = _opens(text)
    return found


def _opens(security_option: str) -> bool:
    """Tell whether a security option takes away from what safe containers have."""
    name, _, value = security_option.replace(":", "=", 1).partition("=")
    if name == "no-new-privileges":
        return value.lower() not in ("", "true")
    return name == "writable-cgroups" or value in ("unconfined", "disable")


def watch(client: Client, result: RunResult, settings: RunSettings) -> Callable[[str], None]:
    """Return what looks at a container that has just been started, and writes the proof into the result."""

    def look(container: str) -> None:
        result.proof = prove(client, container, settings)

    return look


def prove(client: Client, container: str, settings: RunSettings) -> list[str]:
    """Ask the kernel about a container of these settings; return what it says, or why it says nothing."""
    try:
        found = client.containers.inspect(container)
    except NotFound:
        return [f"no proof: {_ENDED}"]  # and was removed by the daemon
    pid = found["State"].get("Pid") or 0
    facts = kernel_facts(pid, found["Id"]) if pid else None
    if facts is None:
        return [f"no proof: {_UNSEEN if pid else _ENDED}"]
    return proof(facts, memory_bytes=settings.memory_bytes, pids=settings.pids_limit)


def proof(facts: KernelFacts, *, memory_bytes: int, pids: int) -> list[str]:
    """Return what the kernel says, a line for each promise; "no" at the beginning of a line is a promise not kept."""
    others = ", ".join(name for name in facts.interfaces if name != "lo")
    memory = size_text(int(facts.memory_limit)) if facts.memory_limit.isdigit() else facts.memory_limit or "unknown"
    promises = (
        (not others, f"network: {others or 'none but lo'} (/proc/{facts.pid}/net/dev)"),
        (_within(facts.memory_limit, memory_bytes), f"memory limit: {memory} (its cgroup)"),
        (_within(facts.pids_limit, pids), f"process limit: {facts.pids_limit or 'unknown'} (its cgroup)"),
        (
            facts.capabilities == facts.bounding == 0,
            f"capabilities: CapEff {facts.capabilities:016x}, CapBnd {facts.bounding:016x}",
        ),
        (facts.no_new_privileges, f"no new privileges: NoNewPrivs {int(facts.no_new_privileges)}"),
        (facts.seccomp_mode == 2, f"system calls filtered: Seccomp {facts.seccomp_mode}"),
        (facts.root_is_read_only, f"root: {'read-only' if facts.root_is_read_only else 'writable'} (mountinfo)"),
    )
    return [f"{'ok' if is_kept else 'no'}  {text}" for is_kept, text in promises]


def _within(limit: str, most: int) -> bool:
    """Tell whether a cgroup has a limit of at most so much: without one, v1 has a giant number and v2 `max`."""
    return limit.isdigit() and int(limit) <= most
