"""A service's container as the body of a create request, in Docker's JSON: the specification's words, the API's names.

What nobody has set is left out, for the daemon to decide.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.compose.model import Json, Project, Service
from jupyter_containers.compose.mounts import mounts
from jupyter_containers.compose.shapes import nanoseconds
from jupyter_containers.errors import InvalidParameter

_CONFIG = {
    "hostname": "Hostname", "domainname": "Domainname", "user": "User", "working_dir": "WorkingDir",
    "stop_signal": "StopSignal", "tty": "Tty", "stdin_open": "OpenStdin",
}  # fmt: skip
_HOST = {
    "privileged": "Privileged", "read_only": "ReadonlyRootfs", "init": "Init", "cap_add": "CapAdd",
    "cap_drop": "CapDrop", "security_opt": "SecurityOpt", "dns": "Dns", "dns_opt": "DnsOptions",
    "dns_search": "DnsSearch", "group_add": "GroupAdd", "uts": "UTSMode", "userns_mode": "UsernsMode",
    "cgroup": "CgroupnsMode", "cgroup_parent": "CgroupParent", "cpu_shares": "CpuShares", "cpu_quota": "CpuQuota",
    "cpu_period": "CpuPeriod", "cpu_rt_period": "CpuRealtimePeriod", "cpu_rt_runtime": "CpuRealtimeRuntime",
    "cpuset": "CpusetCpus", "memswap_limit": "MemorySwap",
    "mem_swappiness": "MemorySwappiness", "oom_kill_disable": "OomKillDisable", "oom_score_adj": "OomScoreAdj",
    "shm_size": "ShmSize", "runtime": "Runtime", "device_cgroup_rules": "DeviceCgroupRules",
}  # fmt: skip
_BLKIO = {
    "device_read_bps": "BlkioDeviceReadBps", "device_read_iops": "BlkioDeviceReadIOps",
    "device_write_bps": "BlkioDeviceWriteBps", "device_write_iops": "BlkioDeviceWriteIOps",
}  # fmt: skip
_PROBES = {
    "interval": "Interval", "timeout": "Timeout", "start_period": "StartPeriod", "start_interval": "StartInterval",
}  # fmt: skip
# How many devices: what the specification calls all is -1 in the API.
_ALL = ("all", "-1")
_EMPTY: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class ServiceSettings(RunSettings):
    """A container whose create request has been written already."""

    body: Json = field(default_factory=dict, hash=False)

    def to_wire(self) -> Json:
        """Return the request, with what the caller has decided since."""
        own = {
            "Tty": self.terminal, "OpenStdin": self.stdin, "StdinOnce": self.stdin and self.attached,
            "AttachStdin": self.stdin and self.attached, "AttachStdout": self.attached, "AttachStderr": self.attached,
        }  # fmt: skip
        size = list(self.console_size) if self.console_size is not None else None
        host = {"AutoRemove": self.auto_remove, "ConsoleSize": size}
        return {
            **self.body,
            **{name: value for name, value in own.items() if value},
            "HostConfig": {
                **self.body.get("HostConfig", {}), **{name: value for name, value in host.items() if value},
            },
        }  # fmt: skip


def container_body(
    project: Project, service: Service, labels: Mapping[str, str], *, names: Mapping[str, str],
    kept_volumes: Mapping[str, str] | None = None,
) -> Json:  # fmt: skip
    """Return the create request of one container, but for its networks.

    `names` are the containers of the services that this one shares namespaces or volumes with; `kept_volumes` the
    nameless volumes of the container that it replaces, by their path in it.
    """
    given = service.definition
    config: Json = {
        "Image": service.image,
        "Cmd": words(given.get("command"), "command"),
        "Entrypoint": words(given.get("entrypoint"), "entrypoint"),
        "Env": [f"{name}={value}" for name, value in service.environment.items()],
        "Labels": dict(labels),
        "Healthcheck": _healthcheck(given.get("healthcheck") or {}),
        "StopTimeout": _seconds(given["stop_grace_period"]) if "stop_grace_period" in given else None,
        "ExposedPorts": _exposed(given),
        "MacAddress": given.get("mac_address") if given.get("network_mode") else None,
        **{name: given.get(key) for key, name in _CONFIG.items()},
    }
    host = {**_host(given, names), **mounts(project, service, kept_volumes or {})}
    # An empty command is one: it takes the image's away.
    kept = {name: value for name, value in config.items() if value not in _EMPTY or (name in given_empty(given))}
    return kept | {"HostConfig": {name: value for name, value in host.items() if value not in _EMPTY}}


def given_empty(given: Json) -> set[str]:
    """Return the names in the API of what the file has emptied on purpose."""
    names = {"command": "Cmd", "entrypoint": "Entrypoint"}
    return {name for key, name in names.items() if given.get(key) in ("", [])}


def words(command: object, key: str) -> list[str] | None:
    """Return the words of a command, which `key` has in the file. Raises InvalidParameter for an open quote."""
    if command is None:
        return None
    if isinstance(command, str):
        try:
            return shlex.split(command)
        except ValueError as error:
            raise InvalidParameter(f"{key}: cannot take {command[:60]!r} apart: {error}") from None
    return [str(word) for word in command] if isinstance(command, list) else None


def _seconds(text: str) -> int:
    """Return whole seconds; a part of one is one."""
    return -(-nanoseconds(text) // 10**9)


def _healthcheck(given: Json) -> Json:
    test = given.get("test")
    if given.get("disable") or test in (["NONE"], "NONE"):
        return {"Test": ["NONE"]}
    if isinstance(test, str):
        test = ["CMD-SHELL", test]
    if test and test[0] not in ("CMD", "CMD-SHELL"):
        raise InvalidParameter(f"healthcheck.test begins with {test[0][:40]!r}; a list begins with CMD or CMD-SHELL")
    found: Json = {"Test": test} if test else {}
    found |= {name: nanoseconds(given[key]) for key, name in _PROBES.items() if key in given}
    if "retries" in given:
        found["Retries"] = given["retries"]
    return found


def _exposed(given: Json) -> Json:
    ports = [f"{port['target']}/{port['protocol']}" for port in given.get("ports", ())]
    for text in given.get("expose", ()):
        port, _, protocol = str(text).partition("/")
        first, _, last = port.partition("-")
        if not (first.isdigit() and (last or first).isdigit() and 0 <= int(last or first) - int(first) < 4096):
            raise InvalidParameter(f"expose: {text!r} is no port")
        ports += [f"{number}/{protocol or 'tcp'}" for number in range(int(first), int(last or first) + 1)]
    return {port: {} for port in ports}


def _host(given: Json, names: Mapping[str, str]) -> Json:
    limits = given.get("deploy", {}).get("resources", {}).get("limits", {})
    reserved = given.get("deploy", {}).get("resources", {}).get("reservations", {})
    host: Json = {name: given.get(key) for key, name in _HOST.items()}
    devices = given.get("devices", ())
    # On Windows a number of processors, which is the same limit.
    cpus = given.get("cpus", limits.get("cpus", given.get("cpu_count")))
    host |= {
        "NanoCpus": round(cpus * 1e9) if cpus else None,
        "Memory": given.get("mem_limit", limits.get("memory")),
        "MemoryReservation": given.get("mem_reservation", reserved.get("memory")),
        "PidsLimit": given.get("pids_limit", limits.get("pids")),
        "PortBindings": _bindings(given),
        "RestartPolicy": _restart(given),
        "LogConfig": _logging(given.get("logging") or {}),
        "Ulimits": [{"Name": name, "Soft": one["soft"], "Hard": one["hard"]}
                    for name, one in given.get("ulimits", {}).items()],
        "Sysctls": _texts(given.get("sysctls")),
        "StorageOpt": _texts(given.get("storage_opt")),
        "Annotations": _texts(given.get("annotations")),
        "ExtraHosts": [f"{name}:{address}" for name, addresses in given.get("extra_hosts", {}).items()
                       for address in addresses],
        "Devices": [{"PathOnHost": one["source"], "PathInContainer": one.get("target", one["source"]),
                     "CgroupPermissions": one.get("permissions", "rwm")} for one in devices if not _is_cdi(one)],
        "DeviceRequests": [
            *(_request(one, "gpus") for one in given.get("gpus", ())),
            *(_request(one, "deploy.resources.reservations.devices") for one in reserved.get("devices", ())),
            *({"Driver": "cdi", "DeviceIDs": [one["source"]]} for one in devices if _is_cdi(one)),
        ],
        "VolumesFrom": [_shared_volumes(text, names) for text in given.get("volumes_from", ())],
        "NetworkMode": _mode(given.get("network_mode"), names),
        # With networks they are the endpoints'.
        "Links": _links(given, names) if given.get("network_mode") else None,
        "IpcMode": _mode(given.get("ipc"), names),
        "PidMode": _mode(given.get("pid"), names),
        **_blkio(given.get("blkio_config") or {}),
    }  # fmt: skip
    return host


def _is_cdi(device: Json) -> bool:
    """Tell a name such as vendor.com/class=name of the Container Device Interface from a path."""
    return not device["source"].startswith("/") and "=" in device["source"]


def _texts(pairs: Json | None) -> Json:
    return {name: "" if value is None else str(value) for name, value in (pairs or {}).items()}


def _bindings(given: Json) -> Json:
    found: dict[str, list[Json]] = {}
    for port in given.get("ports", ()):
        entry = {"HostIp": port.get("host_ip", ""), "HostPort": port.get("published", "")}
        found.setdefault(f"{port['target']}/{port['protocol']}", []).append(entry)
    return found


def _restart(given: Json) -> Json:
    policy = given.get("deploy", {}).get("restart_policy")
    if "restart" not in given and policy is not None:
        name = {"none": "no", "on-failure": "on-failure", "any": "always"}[policy.get("condition", "any")]
        return {"Name": name, "MaximumRetryCount": policy.get("max_attempts", 0) if name == "on-failure" else 0}
    name, _, count = str(given.get("restart", "")).partition(":")
    if name not in ("", "no", "always", "unless-stopped", "on-failure") or (count and not count.isdigit()):
        raise InvalidParameter(
            f"restart: {given['restart'][:40]!r} is none of no, always, unless-stopped, on-failure and on-failure:COUNT"
        )
    return {"Name": name, "MaximumRetryCount": int(count or 0)} if name else {}


def _logging(given: Json) -> Json:
    options = _texts(given.get("options"))
    return {"Type": given.get("driver", ""), "Config": options} if given else {}


def _request(given: Json, key: str) -> Json:
    """Return a request for devices. Raises InvalidParameter for a count that is none, or beside names of devices."""
    count = given.get("count") or ("0" if given.get("device_ids") else "all")
    if count not in _ALL and not (count.isascii() and count.isdigit() and len(count) < 5):
        raise InvalidParameter(f"{key}: count {count[:40]!r} is neither a number nor all")
    if given.get("device_ids") and given.get("count"):
        raise InvalidParameter(f"{key}: it has both count and device_ids; leave one of them out")
    return {
        "Driver": given.get("driver", ""),
        "Count": -1 if count in _ALL else int(count),
        "DeviceIDs": given.get("device_ids"),
        "Capabilities": [given.get("capabilities") or ["gpu"]],
        "Options": _texts(given.get("options")),
    }


def _mode(text: str | None, names: Mapping[str, str]) -> str:
    if text is None or not text.startswith("service:"):
        return text or ""
    return f"container:{names[text.removeprefix('service:')]}"


def _shared_volumes(text: str, names: Mapping[str, str]) -> str:
    if text.startswith("container:"):
        return text.removeprefix("container:")
    service, separator, options = text.partition(":")
    return f"{names[service]}{separator}{options}"


def _blkio(given: Json) -> Json:
    found: Json = {
        name: [{"Path": one["path"], "Rate": one["rate"]} for one in given.get(key, ())] for key, name in _BLKIO.items()
    }
    weights = [{"Path": one["path"], "Weight": one["weight"]} for one in given.get("weight_device", ())]
    return found | {"BlkioWeight": given.get("weight"), "BlkioWeightDevice": weights}


def endpoints(project: Project, service: Service, container: str, names: Mapping[str, str]) -> Json:
    """Return the networks of a container by their names in the engine, with the names that it has on them."""
    found: Json = {}
    for key in service.networks:
        given = service.definition["networks"].get(key) or {}
        addresses = {
            "IPv4Address": given.get("ipv4_address"), "IPv6Address": given.get("ipv6_address"),
            "LinkLocalIPs": given.get("link_local_ips"),
        }  # fmt: skip
        endpoint = {
            "Aliases": list(dict.fromkeys([container, service.name, *given.get("aliases", ())])),
            "IPAMConfig": {name: value for name, value in addresses.items() if value} or None,
            "Links": _links(service.definition, names) or None,
            "MacAddress": given.get("mac_address") or service.definition.get("mac_address"),
            "DriverOpts": _interface(given) or None,
            "GwPriority": given.get("gw_priority"),
        }
        found[project.networks[key].name] = {name: value for name, value in endpoint.items() if value is not None}
    return found


def _interface(given: Json) -> Json:
    named = {"com.docker.network.endpoint.ifname": given["interface_name"]} if "interface_name" in given else {}
    return {**_texts(given.get("driver_opts")), **named}


def _links(given: Json, names: Mapping[str, str]) -> list[str]:
    links = []
    for text in given.get("links", ()):
        service, _, alias = text.partition(":")
        links.append(f"{names[service]}:{alias or service}")
    for text in given.get("external_links", ()):
        name, _, alias = text.partition(":")
        links.append(f"{name}:{alias or name}")
    return links
