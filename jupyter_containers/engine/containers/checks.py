"""Rules that a request must keep before anything is made: refused here, not ignored later. Pure.

Docker's words where dockerd has the rule, because people search for them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from jupyter_containers.engine.containers.limit_checks import HostLimits, check_limits
from jupyter_containers.engine.containers.log_options import check_log
from jupyter_containers.engine.containers.record import HostSettings, RestartPolicy, Settings
from jupyter_containers.engine.containers.signals import signal_number
from jupyter_containers.engine.containers.sysctls import check_sysctls
from jupyter_containers.errors import InvalidParameter

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_HOST_NAME = re.compile(r"[!-~]{1,64}")
_RESTART_NAMES = ("", "no", "always", "unless-stopped", "on-failure")


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
    for word, name in (("hostname", settings.hostname), ("domainname", settings.domainname)):
        # The kernel takes any bytes; lines of /etc/hosts do not.
        if name and not _HOST_NAME.fullmatch(name):
            raise InvalidParameter(f"invalid {word} {name!r}: up to 64 characters without spaces are expected")
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
    for limit in host.ulimits or ():
        if limit.hard != -1 and (limit.soft == -1 or limit.soft > limit.hard):
            raise InvalidParameter(f"ulimit {limit.name}: soft limit {limit.soft} is over the hard limit {limit.hard}")
    _check_modes(host)
    check_sysctls(host)
    _check_cgroup_parent(host)
    _check_names(host)
    check_log(host)


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


def _check_cgroup_parent(host: HostSettings) -> None:
    parts = host.cgroup_parent.strip("/").split("/") if host.cgroup_parent else []
    if not all(parts) or {".", ".."} & set(parts):
        raise InvalidParameter(f"invalid cgroup parent {host.cgroup_parent!r}: a path below the root of the cgroups")


def _check_names(host: HostSettings) -> None:
    for address in host.dns or ():
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


def check_restart_policy(policy: RestartPolicy) -> None:
    if policy.name not in _RESTART_NAMES:
        raise InvalidParameter(f"invalid restart policy '{policy.name}'")
    if policy.maximum_retries < 0:
        raise InvalidParameter("maximum retry count cannot be negative")
    if policy.name != "on-failure" and policy.maximum_retries > 0:
        raise InvalidParameter(f"maximum retry count cannot be used with restart policy '{policy.name}'")
