"""Rules that a request must keep before anything is made: refused here, not ignored later. Pure.

Docker's words where dockerd has the rule, because people search for them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from jupyter_containers.engine.containers.record import HostSettings, Limits, RestartPolicy, Settings
from jupyter_containers.engine.containers.signals import signal_number
from jupyter_containers.errors import InvalidParameter, NotFound, Unsupported

MIN_MEMORY_BYTES = 6 * 1024 * 1024
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_HOSTNAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?")
_RESTART_NAMES = ("", "no", "always", "unless-stopped", "on-failure")
_IPC_SYSCTLS = frozenset(
    f"kernel.{name}" for name in ("msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced")
)
_LOG_OPTIONS = ("max-size", "max-file")


@dataclass(frozen=True, slots=True)
class HostLimits:
    """What this host can give: CPUs and memory nodes by number, and the cgroup manager's words."""

    cpus: Collection[int]
    memory_nodes: Collection[int]
    supported: Collection[str]


def check_name(name: str) -> str:
    """Return the name without Docker's leading slash. Raises InvalidParameter."""
    bare = name.removeprefix("/")
    if not NAME.fullmatch(bare):
        raise InvalidParameter(f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
    return bare


def check_settings(settings: Settings) -> None:
    """Raises InvalidParameter for what cannot be run."""
    for entry in settings.env:
        if entry.startswith("=") or not entry:
            raise InvalidParameter(f"invalid environment variable: {entry}")
        if "\0" in entry:
            raise InvalidParameter(f"environment variable {entry.partition('=')[0]} has a zero byte in it")
    if any("\0" in argument for argument in settings.args):
        raise InvalidParameter("the command has a zero byte in it")
    if settings.working_dir and not settings.working_dir.startswith("/"):
        raise InvalidParameter(
            f"the working directory '{settings.working_dir}' is invalid, it needs to be an absolute path"
        )
    if settings.hostname and (len(settings.hostname) > 63 or not _HOSTNAME.fullmatch(settings.hostname)):
        raise InvalidParameter(f"invalid hostname {settings.hostname!r}: up to 63 letters, digits, dots and hyphens")
    if settings.stop_signal:
        signal_number(settings.stop_signal)
    if settings.mac_address and not re.fullmatch(r"([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}", settings.mac_address):
        raise InvalidParameter(f"invalid MAC address {settings.mac_address!r}: six pairs of hex digits are expected")
    _check_healthcheck(settings)


def _check_healthcheck(settings: Settings) -> None:
    health = settings.healthcheck
    if health is None:
        return
    if health.test and health.test[0] not in ("NONE", "CMD", "CMD-SHELL", ""):
        raise InvalidParameter(f"Unknown healthcheck type '{health.test[0]}' (expected 'CMD' or 'CMD-SHELL')")
    for name in ("interval", "timeout", "start_period", "start_interval"):
        if 0 < getattr(health, name) < 1_000_000 or getattr(health, name) < 0:
            word = "".join(part.capitalize() for part in name.split("_"))
            raise InvalidParameter(f"{word} in Healthcheck cannot be less than 1ms")
    if health.retries < 0:
        raise InvalidParameter("Retries in Healthcheck cannot be negative")


def check_host_settings(host: HostSettings, limits: Callable[[], HostLimits]) -> None:
    """Raises InvalidParameter for values out of range, Unsupported for options that are not there yet.

    `limits` is asked only when there are some.
    """
    check_limits(host.limits, limits)
    check_restart_policy(host.restart_policy)
    if host.auto_remove and host.restart_policy.name not in ("", "no"):
        raise InvalidParameter("can't create 'AutoRemove' container with restart policy")
    if host.shm_size < 0:
        raise InvalidParameter("SHM size can not be less than 0")
    if not -1000 <= host.oom_score_adj <= 1000:
        raise InvalidParameter(f"Invalid value {host.oom_score_adj}, range for oom score adj is [-1000, 1000]")
    for limit in host.ulimits:
        if limit.hard != -1 and (limit.soft == -1 or limit.soft > limit.hard):
            raise InvalidParameter(f"ulimit {limit.name}: soft limit {limit.soft} is over the hard limit {limit.hard}")
    _check_modes(host)
    _check_sysctls(host)
    _check_names(host)
    _check_log(host)


def check_conflicts(settings: Settings, host: HostSettings) -> None:
    """Raises InvalidParameter for wishes that exclude each other. `settings` as asked for, before the image's."""
    if host.uts_mode == "host" and settings.hostname:
        raise InvalidParameter("conflicting options: hostname and the UTS mode")
    if not host.network_mode.startswith("container:"):
        return
    for wish, words in (
        (settings.hostname, "hostname and the network mode"),
        (host.dns, "dns and the network mode"),
        (host.extra_hosts, "custom host-to-IP mapping and the network mode"),
        (settings.mac_address, "mac-address and the network mode"),
        (host.port_bindings or host.publish_all_ports, "port publishing and the container type network mode"),
        (settings.exposed_ports, "port exposing and the container type network mode"),
    ):
        if wish:
            raise InvalidParameter(f"conflicting options: {words}")


def _check_modes(host: HostSettings) -> None:
    mode = host.network_mode
    if mode == "container:":
        raise InvalidParameter("Invalid network mode: invalid container format container:<name|id>")
    if host.cgroupns_mode not in ("", "private", "host"):
        raise InvalidParameter(f"invalid cgroup namespace mode: {host.cgroupns_mode}")
    if host.uts_mode not in ("", "host"):
        raise InvalidParameter(f"invalid UTS mode: {host.uts_mode}")
    if host.userns_mode not in ("", "host"):
        raise InvalidParameter(f"invalid user namespace mode: {host.userns_mode}")
    for option, value, allowed in (
        ("PID mode", host.pid_mode, ("", "host", "private")),
        ("IPC mode", host.ipc_mode, ("", "none", "private", "shareable", "host")),
    ):
        joins = value.startswith("container:") and len(value) > len("container:")
        if value not in allowed and not joins:
            raise InvalidParameter(f"invalid {option}: {value}")


def check_network(mode: str) -> None:
    """Raises NotFound for a network that is not there.

    Asked at the start, as dockerd does: told by create, clients would take the image for missing, and pull it.
    """
    if mode not in ("default", "bridge", "none", "host", "") and not mode.startswith("container:"):
        raise NotFound(f"network {mode} not found")


def _check_sysctls(host: HostSettings) -> None:
    """Only what a namespace of the container's own keeps apart may be set: the rest would change the host."""
    for name in host.sysctls:
        if "/" in name or ".." in name:
            raise InvalidParameter(f"invalid sysctl name {name!r}")
        if name.startswith("net."):
            if host.network_mode == "host" or host.network_mode.startswith("container:"):
                raise InvalidParameter(f"sysctl '{name}' not allowed in a network namespace that is not its own")
        elif name in _IPC_SYSCTLS or name.startswith("fs.mqueue."):
            if host.ipc_mode == "host" or host.ipc_mode.startswith("container:"):
                raise InvalidParameter(f"sysctl '{name}' not allowed in an ipc namespace that is not its own")
        else:
            raise InvalidParameter(f'sysctl "{name}" is not in a separate kernel namespace')


def _check_names(host: HostSettings) -> None:
    for address in host.dns:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise InvalidParameter(f"invalid IP address in dns: {address!r}") from None
    for entry in host.extra_hosts or ():
        name, separator, address = _split_host(entry)
        if not separator or not name:
            raise InvalidParameter(f'bad format for add-host: "{entry}"')
        if address == "host-gateway":
            continue
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise InvalidParameter(f'invalid IP address in add-host: "{address}"') from None


def _split_host(entry: str) -> tuple[str, str, str]:
    # `name:address` of all versions and `name=address` of newer clients; IPv6 has colons of its own.
    return entry.partition("=") if "=" in entry else entry.partition(":")


def extra_hosts(host: HostSettings) -> tuple[tuple[str, str], ...]:
    """Return name and address of each --add-host."""
    parts = (_split_host(entry) for entry in host.extra_hosts or ())
    return tuple((name, address.strip("[]")) for name, _, address in parts)


def _check_log(host: HostSettings) -> None:
    if host.log_driver not in ("json-file", "none", ""):
        raise InvalidParameter(
            f"error looking up logging plugin {host.log_driver}: there are only json-file and none here"
        )
    for name, value in host.log_options.items():
        if name not in _LOG_OPTIONS:
            raise InvalidParameter(f"unknown log opt '{name}' for {host.log_driver or 'json-file'} log driver")
        if name == "max-file" and (not value.isdigit() or int(value) < 1):
            raise InvalidParameter(f"max-file cannot be less than 1: {value!r}")
        if name == "max-size":
            log_size(value)


def log_size(text: str) -> int:
    """Return the bytes of a size such as `10m`; -1 is without limit. Raises InvalidParameter."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", text.strip(), re.IGNORECASE)
    if text.strip() == "-1":
        return -1
    if match is None:
        raise InvalidParameter(f"invalid size: '{text}'")
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2].lower() or " "))


def check_restart_policy(policy: RestartPolicy) -> None:
    if policy.name not in _RESTART_NAMES:
        raise InvalidParameter(f"invalid restart policy '{policy.name}'")
    if policy.maximum_retries < 0:
        raise InvalidParameter("maximum retry count cannot be negative")
    if policy.name != "on-failure" and policy.maximum_retries > 0:
        raise InvalidParameter(f"maximum retry count cannot be used with restart policy '{policy.name}'")


def check_limits(limits: Limits, host_limits: Callable[[], HostLimits]) -> None:
    """Raises InvalidParameter for numbers the kernel or Docker would not take, Unsupported for a missing controller.

    `host_limits` is asked only when there is something to compare.
    """
    if limits == Limits():
        return
    host = host_limits()
    _check_memory(limits)
    _check_cpu(limits, host)
    _check_support(limits, host)


def _check_memory(limits: Limits) -> None:
    memory, swap, reservation = limits.memory, limits.memory_swap, limits.memory_reservation
    if 0 < memory < MIN_MEMORY_BYTES or memory < 0:
        raise InvalidParameter("Minimum memory limit allowed is 6MB")
    if memory > 0 and 0 < swap < memory:
        raise InvalidParameter("Minimum memoryswap limit should be larger than memory limit, see usage")
    if memory == 0 and swap > 0:
        raise InvalidParameter("You should always set the Memory limit when using Memoryswap limit, see usage")
    swappiness = limits.memory_swappiness
    if swappiness is not None and not -1 <= swappiness <= 100:
        raise InvalidParameter(f"Invalid value: {swappiness}, valid memory swappiness range is 0-100")
    if 0 < reservation < MIN_MEMORY_BYTES or reservation < 0:
        raise InvalidParameter("Minimum memory reservation allowed is 6MB")
    if memory and reservation > memory:
        raise InvalidParameter("Minimum memory limit can not be less than memory reservation limit, see usage")


def _check_cpu(limits: Limits, host: HostLimits) -> None:
    if limits.nano_cpus and (limits.cpu_period or limits.cpu_quota):
        other = "Period" if limits.cpu_period else "Quota"
        raise InvalidParameter(f"Conflicting options: Nano CPUs and CPU {other} cannot both be set")
    if limits.nano_cpus < 0 or limits.nano_cpus > len(host.cpus) * 10**9 or 0 < limits.nano_cpus < 10**7:
        raise InvalidParameter(
            f"Range of CPUs is from 0.01 to {len(host.cpus)}.00, as there are only {len(host.cpus)} CPUs available"
        )
    if limits.cpu_period and not 1000 <= limits.cpu_period <= 1_000_000:
        raise InvalidParameter("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
    if 0 < limits.cpu_quota < 1000:
        raise InvalidParameter("CPU cfs quota can not be less than 1ms (i.e. 1000)")
    for value, available, word, what in (
        (limits.cpuset_cpus, host.cpus, "CPUs", "cpuset cpus"),
        (limits.cpuset_mems, host.memory_nodes, "memory nodes", "cpuset mems"),
    ):
        if not parse_list(value, what) <= set(available):
            raise InvalidParameter(
                f"Requested {word} are not available - requested {value}, available: {_ranges(available)}"
            )
    if limits.blkio_weight and not 10 <= limits.blkio_weight <= 1000:
        raise InvalidParameter("Range of blkio weight is from 10 to 1000")


def _check_support(limits: Limits, host: HostLimits) -> None:
    wanted = (
        ("memory", "memory limit", limits.memory or limits.memory_reservation),
        ("cpu", "CPU limit", limits.nano_cpus or limits.cpu_quota or limits.cpu_period or limits.cpu_shares),
        ("cpuset", "cpuset", limits.cpuset_cpus or limits.cpuset_mems),
        ("pids", "pids limit", (limits.pids_limit or 0) > 0),
        ("blkio", "block I/O weight", limits.blkio_weight),
    )
    for word, name, value in wanted:
        if value and word not in host.supported:
            raise Unsupported(f"cannot set a {name} on this host: the kernel's {word} controller is not available")


def parse_list(text: str, what: str) -> set[int]:
    """Return the numbers of a list such as `0-2,7`. Raises InvalidParameter."""
    numbers: set[int] = set()
    for part in text.split(",") if text else ():
        match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", part)
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise InvalidParameter(f"Invalid value {text} for {what}: invalid format: {part}")
        numbers.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return numbers


def _ranges(numbers: Collection[int]) -> str:
    ordered, parts, start = sorted(numbers), [], 0
    for place, number in enumerate(ordered):
        if place + 1 == len(ordered) or ordered[place + 1] != number + 1:
            first = ordered[start]
            parts.append(str(first) if first == number else f"{first}-{number}")
            start = place + 1
    return ",".join(parts)
