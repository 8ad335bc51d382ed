"""All keys of the Compose Specification, with what their values look like.

What is known here may still be more than can be done: refusals.py says what is not supported, and why.
Source: Compose Specification, schema/compose-spec.json.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_containers.compose import short_forms
from jupyter_containers.compose.shapes import (
    Read,
    anything,
    choice,
    command,
    duration,
    expanding,
    flag,
    integer,
    listing,
    microseconds,
    mode,
    named,
    names_or,
    number,
    one_or_more,
    pairs,
    scalar,
    section,
    short,
    size,
    text,
)
from jupyter_containers.compose.source import Node

_TEXTS = listing(text)
_WORDS = listing(scalar)


def _port(node: Node, path: str) -> tuple[Node, ...]:
    if not isinstance(node.value, dict):
        return short_forms.ports(node, path)
    defaults = {"mode": node.with_value("ingress"), "protocol": node.with_value("tcp")}
    long = section(PORT, required=("target",))(node, path)
    short_forms.check_port(long, path)
    return (long.with_value({**defaults, **long.mapping}),)


def _volume(node: Node, path: str) -> Node:
    if not isinstance(node.value, dict):
        return short_forms.volume(node, path)
    return section(MOUNT, required=("type", "target"))(node, path)


def _device(node: Node, path: str) -> Node:
    return section(DEVICE, required=("source",))(node, path) if node.mapping else short_forms.device(node, path)


def _ulimits(node: Node, path: str) -> Node:
    def read(child: Node, place: str) -> Node:
        both = child if isinstance(child.value, dict) else child.with_value(short_forms.ulimit(child, place))
        return section({"soft": integer, "hard": integer}, required=("soft", "hard"))(both, place)

    return named(read)(node, path)


def _gpus(node: Node, path: str) -> Node:
    if isinstance(node.value, str):
        choice("all")(node, path)
        return node.with_value((node.with_value({"count": node.with_value("all")}),))
    return listing(section(REQUEST))(node, path)


def _dependency(node: Node, path: str) -> Node:
    long = section(DEPENDENCY)(node, path)
    defaults = {"condition": node.with_value("service_started"), "required": node.with_value(True)}
    return long.with_value({**defaults, **long.mapping})


def _external(node: Node, path: str) -> Node:
    # Files of version 3 name it in there.
    return section({"name": text})(node, path) if isinstance(node.value, dict) else flag(node, path)


PORT: Mapping[str, Read] = {
    "name": text, "mode": choice("host", "ingress"), "host_ip": text, "target": integer, "published": text,
    "protocol": choice("tcp", "udp", "sctp"), "app_protocol": text,
}  # fmt: skip
MOUNT: Mapping[str, Read] = {
    "type": choice("bind", "volume", "tmpfs", "cluster", "npipe", "image"), "source": text, "target": text,
    "read_only": flag, "consistency": text,
    "bind": section({
        "propagation": choice("shared", "slave", "private", "rshared", "rslave", "rprivate"),
        "create_host_path": flag, "recursive": choice("enabled", "disabled", "writable", "readonly"),
        "selinux": choice("z", "Z"),
    }),
    "volume": section({"labels": pairs, "nocopy": flag, "subpath": text}),
    "tmpfs": section({"size": size, "mode": mode}),
    "image": section({"subpath": text}),
}  # fmt: skip
DEVICE: Mapping[str, Read] = {"source": text, "target": text, "permissions": text}
REQUEST: Mapping[str, Read] = {
    "capabilities": _TEXTS, "count": scalar, "device_ids": _TEXTS, "driver": text, "options": pairs,
}  # fmt: skip
DEPENDENCY: Mapping[str, Read] = {
    "condition": choice("service_started", "service_healthy", "service_completed_successfully"),
    "required": flag, "restart": flag,
}  # fmt: skip
GRANT: Mapping[str, Read] = {"source": text, "target": text, "uid": text, "gid": text, "mode": mode}
_GRANTS = listing(short("source", section(GRANT, required=("source",))))
_ENV_FILES = one_or_more(short("path", section({"path": text, "required": flag, "format": text}, required=("path",))))

BUILD: Mapping[str, Read] = {
    "context": text, "dockerfile": text, "dockerfile_inline": text, "entitlements": _TEXTS, "args": pairs, "ssh": pairs,
    "labels": pairs, "cache_from": _TEXTS, "cache_to": _TEXTS, "no_cache": flag, "additional_contexts": pairs,
    "network": text, "pull": flag, "target": text, "shm_size": size, "extra_hosts": short_forms.hosts,
    "isolation": text, "privileged": flag, "secrets": _GRANTS, "tags": _TEXTS, "ulimits": _ulimits,
    "platforms": _TEXTS, "provenance": scalar, "sbom": scalar, "no_cache_filter": one_or_more(text),
}  # fmt: skip
HEALTHCHECK: Mapping[str, Read] = {
    "disable": flag, "interval": duration, "retries": integer, "test": command, "timeout": duration,
    "start_period": duration, "start_interval": duration,
}  # fmt: skip
HOOK: Mapping[str, Read] = {
    "command": command, "user": text, "privileged": flag, "working_dir": text, "environment": pairs,
}  # fmt: skip
_UPDATES: Mapping[str, Read] = {
    "parallelism": integer, "delay": duration, "failure_action": text, "monitor": duration,
    "max_failure_ratio": number, "order": choice("start-first", "stop-first"),
}  # fmt: skip
TRIGGER: Mapping[str, Read] = {
    "path": text, "action": choice("sync", "rebuild", "restart", "sync+restart", "sync+exec"), "target": text,
    "ignore": one_or_more(text), "include": one_or_more(text), "initial_sync": flag,
    "exec": section(HOOK, required=("command",)),
}  # fmt: skip
DEPLOY: Mapping[str, Read] = {
    "mode": choice("replicated", "global", "replicated-job", "global-job"), "endpoint_mode": choice("vip", "dnsrr"),
    "replicas": integer, "labels": pairs, "rollback_config": section(_UPDATES),
    "update_config": section(_UPDATES),
    "resources": section({
        "limits": section({"cpus": number, "memory": size, "pids": integer}),
        "reservations": section({
            "cpus": number, "memory": size, "generic_resources": anything, "devices": listing(section(REQUEST)),
        }),
    }),
    "restart_policy": section({
        "condition": choice("none", "on-failure", "any"), "delay": duration, "max_attempts": integer,
        "window": duration,
    }),
    "placement": section({"constraints": _TEXTS, "preferences": anything, "max_replicas_per_node": integer}),
}  # fmt: skip
ENDPOINT: Mapping[str, Read] = {
    "aliases": _TEXTS, "interface_name": text, "ipv4_address": text, "ipv6_address": text, "link_local_ips": _TEXTS,
    "mac_address": text, "driver_opts": pairs, "priority": number, "gw_priority": integer,
}  # fmt: skip
_RATES = listing(section({"path": text, "rate": size}, required=("path", "rate")))
BLKIO: Mapping[str, Read] = {
    "device_read_bps": _RATES, "device_read_iops": _RATES, "device_write_bps": _RATES, "device_write_iops": _RATES,
    "weight": integer, "weight_device": listing(section({"path": text, "weight": integer})),
}  # fmt: skip

SERVICE: Mapping[str, Read] = {
    "annotations": pairs, "attach": flag, "blkio_config": section(BLKIO),
    "build": short("context", section(BUILD)), "cap_add": _TEXTS, "cap_drop": _TEXTS,
    "cgroup": choice("host", "private"), "cgroup_parent": text, "command": command, "configs": _GRANTS,
    "container_name": text, "cpu_count": integer, "cpu_percent": number, "cpu_period": integer, "cpu_quota": integer,
    "cpu_rt_period": microseconds, "cpu_rt_runtime": microseconds, "cpu_shares": integer, "cpus": number,
    "cpuset": text, "credential_spec": anything, "depends_on": names_or(_dependency), "deploy": section(DEPLOY),
    "develop": section({"watch": listing(section(TRIGGER, required=("path", "action")))}),
    "device_cgroup_rules": _TEXTS, "devices": listing(_device), "dns": one_or_more(text), "dns_opt": _TEXTS,
    "dns_search": one_or_more(text), "domainname": text, "entrypoint": command, "env_file": _ENV_FILES,
    "environment": pairs, "expose": _WORDS, "extends": short("service", section({"service": text, "file": text})),
    "external_links": _TEXTS, "extra_hosts": short_forms.hosts, "gpus": _gpus, "group_add": _WORDS,
    "healthcheck": section(HEALTHCHECK), "hostname": text, "image": text, "init": flag, "ipc": text, "isolation": text,
    "label_file": one_or_more(text), "labels": pairs, "links": _TEXTS,
    "logging": section({"driver": text, "options": pairs}), "mac_address": text, "mem_limit": size,
    "mem_reservation": size, "mem_swappiness": integer, "memswap_limit": size, "models": anything,
    "network_mode": text, "networks": names_or(section(ENDPOINT)), "oom_kill_disable": flag, "oom_score_adj": integer,
    "pid": text, "pids_limit": integer, "platform": text, "ports": expanding(_port),
    "post_start": listing(section(HOOK, required=("command",))), "pre_start": anything,
    "pre_stop": listing(section(HOOK, required=("command",))), "privileged": flag, "profiles": _TEXTS,
    "provider": anything, "pull_policy": text, "pull_refresh_after": duration, "read_only": flag, "restart": text,
    "runtime": text, "scale": integer, "secrets": _GRANTS, "security_opt": _TEXTS, "shm_size": size,
    "stdin_open": flag, "stop_grace_period": duration, "stop_signal": text, "storage_opt": pairs, "sysctls": pairs,
    "tmpfs": one_or_more(text), "tty": flag, "ulimits": _ulimits, "use_api_socket": flag, "user": text,
    "userns_mode": text, "uts": text, "volumes": listing(_volume), "volumes_from": _TEXTS, "working_dir": text,
}  # fmt: skip
NETWORK: Mapping[str, Read] = {
    "name": text, "driver": text, "driver_opts": pairs,
    "ipam": section({
        "driver": text, "options": pairs,
        "config": listing(section({"subnet": text, "ip_range": text, "gateway": text, "aux_addresses": pairs})),
    }),
    "external": _external, "internal": flag, "enable_ipv4": flag, "enable_ipv6": flag, "attachable": flag,
    "labels": pairs,
}  # fmt: skip
VOLUME: Mapping[str, Read] = {
    "name": text, "driver": text, "driver_opts": pairs, "external": _external, "labels": pairs,
}  # fmt: skip
SECRET: Mapping[str, Read] = {
    "name": text, "environment": text, "file": text, "external": _external, "labels": pairs, "driver": text,
    "driver_opts": pairs, "template_driver": text,
}  # fmt: skip
CONFIG: Mapping[str, Read] = {
    "name": text, "content": text, "environment": text, "file": text, "external": _external, "labels": pairs,
    "template_driver": text,
}  # fmt: skip
INCLUDE: Mapping[str, Read] = {
    "path": one_or_more(text), "env_file": one_or_more(text), "project_directory": text,
}  # fmt: skip


def _included(node: Node, path: str) -> Node:
    long = node if isinstance(node.value, dict) else node.with_value({"path": node})
    return section(INCLUDE, required=("path",))(long, path)


FILE: Mapping[str, Read] = {
    # It means nothing any more, and is in many files.
    "version": scalar, "name": text, "include": listing(_included), "services": named(section(SERVICE)),
    "networks": named(section(NETWORK)), "volumes": named(section(VOLUME)), "secrets": named(section(SECRET)),
    "configs": named(section(CONFIG)), "models": anything,
}  # fmt: skip


def canonical(node: Node) -> Node:
    """Check a file, and return it with all short forms written out. Raises WrongFile."""
    return section(FILE)(node, "")
