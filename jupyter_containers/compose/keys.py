"""Which keys may stand at a place in a Compose file that is being written: for completion. Pure.

The text need not be a file yet: only the indentation above the line is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from jupyter_containers.compose import schema
from jupyter_containers.compose.refusals import REFUSED

_KEY = re.compile(r"(\s*(?:- +)*)([A-Za-z0-9._-]+|\"[^\"]*\"|'[^']*')\s*:(\s|$)")
_ITEM = re.compile(r"(\s*)(- +)*")
_CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")
# The keys at a path; * is any name, and [] the item of a list.
KEYS: Mapping[str, Sequence[str]] = {
    "": sorted(schema.FILE.keys() - REFUSED.keys()),
    "include.[]": sorted(schema.INCLUDE),
    "services.*": sorted(schema.SERVICE.keys() - REFUSED.keys()),
    "services.*.build": sorted(schema.BUILD),
    "services.*.healthcheck": sorted(schema.HEALTHCHECK),
    "services.*.depends_on.*": sorted(schema.DEPENDENCY),
    "services.*.networks.*": sorted(schema.ENDPOINT),
    "services.*.deploy": sorted(schema.DEPLOY),
    "services.*.develop": ["watch"],
    "services.*.develop.watch.[]": sorted(schema.TRIGGER),
    "services.*.deploy.resources": ["limits", "reservations"],
    "services.*.deploy.resources.limits": ["cpus", "memory", "pids"],
    "services.*.deploy.resources.reservations": ["cpus", "devices", "memory"],
    "services.*.deploy.restart_policy": ["condition", "delay", "max_attempts", "window"],
    "services.*.blkio_config": sorted(schema.BLKIO),
    "services.*.extends": ["file", "service"],
    "services.*.logging": ["driver", "options"],
    "services.*.ports.[]": sorted(schema.PORT),
    "services.*.volumes.[]": sorted(schema.MOUNT),
    "services.*.volumes.[].bind": ["create_host_path", "propagation", "recursive", "selinux"],
    "services.*.volumes.[].volume": ["labels", "nocopy", "subpath"],
    "services.*.volumes.[].tmpfs": ["mode", "size"],
    "services.*.volumes.[].image": ["subpath"],
    "services.*.ulimits.*": ["hard", "soft"],
    "services.*.secrets.[]": sorted(schema.GRANT),
    "services.*.configs.[]": sorted(schema.GRANT),
    "services.*.devices.[]": sorted(schema.DEVICE),
    "services.*.post_start.[]": sorted(schema.HOOK),
    "services.*.pre_stop.[]": sorted(schema.HOOK),
    "services.*.env_file.[]": ["format", "path", "required"],
    "networks.*": sorted(schema.NETWORK),
    "networks.*.ipam": ["config", "driver", "options"],
    "networks.*.ipam.config.[]": ["aux_addresses", "gateway", "ip_range", "subnet"],
    "volumes.*": sorted(schema.VOLUME),
    "secrets.*": sorted(schema.SECRET),
    "configs.*": sorted(schema.CONFIG),
}
# The keys of a service that name what another section has.
_NAMED_IN = {"depends_on": "services", "networks": "networks", "secrets": "secrets", "configs": "configs"}
# What may stand behind a key.
VALUES: Mapping[str, Sequence[str]] = {
    "services.*.depends_on.*.condition": _CONDITIONS,
    "services.*.restart": ("no", "always", "on-failure", "unless-stopped"),
    "services.*.deploy.mode": ("global", "replicated"),
    "services.*.develop.watch.[].action": ("rebuild", "restart", "sync", "sync+exec", "sync+restart"),
    "services.*.pull_policy": ("always", "build", "daily", "every_", "missing", "never", "refresh", "weekly"),
    "services.*.network_mode": ("bridge", "host", "none", "service:"),
    "services.*.volumes.[].type": ("bind", "image", "tmpfs", "volume"),
    "services.*.ports.[].protocol": ("sctp", "tcp", "udp"),
}


def keys_at(text: str, line: int) -> tuple[str, ...]:
    """Return what may stand in a line of a file, from 0, as it is written so far: keys, values, or names in it."""
    lines = text.split("\n")
    current = lines[line] if line < len(lines) else ""
    path = path_of(lines[:line], current)
    if match := _KEY.match(current):
        return tuple(VALUES.get(_pattern(f"{path}.{match[2]}".removeprefix(".")), ()))
    names = _names(lines, path)
    return tuple(names or KEYS.get(_pattern(path), ()))


def path_of(before: Sequence[str], current: str) -> str:
    """Return the keys that a line is below, joined by dots; [] stands for the item of a list."""
    path: list[str] = []
    indent, item = _depth(current)
    if item:
        path.append("[]")
    limit = indent if item else indent - 1
    for line in reversed(before):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        depth, is_item = _depth(line)
        match = _KEY.match(line)
        inner = len(match[1]) if match else depth
        if is_item and path[:1] != ["[]"] and depth <= limit < inner + 1 and inner <= indent and not item:
            # The line belongs to the item that began here.
            path.insert(0, "[]")
            limit = depth
            continue
        if match and not is_item and depth <= limit:
            path.insert(0, match[2].strip("'\""))
            limit = depth - 1
        if limit < 0:
            break
    return ".".join(path)


def _depth(line: str) -> tuple[int, bool]:
    """Return how far a line is indented, and whether an item of a list begins in it."""
    stripped = line.lstrip(" ")
    return len(line) - len(stripped), stripped.startswith("- ") or stripped == "-"


def _pattern(path: str) -> str:
    """Return a path with * for the names that people choose."""
    words = path.split(".") if path else []
    for place, word in enumerate(words):
        above = ".".join(words[:place])
        if word != "[]" and f"{above}.*".removeprefix(".") in _PARENTS:
            words[place] = "*"
    return ".".join(words)


_PARENTS = {
    ".".join(words[: place + 1])
    for key in (*KEYS, *VALUES)
    for words in [key.split(".")]
    for place, word in enumerate(words)
    if word == "*"
}


def _names(lines: Sequence[str], path: str) -> list[str]:
    """Return the names of services, networks and the like where they are asked for."""
    words = path.split(".")
    if len(words) < 3 or words[0] != "services":
        return []
    kind = _NAMED_IN.get(words[2], "")
    is_list = words[3:] == ["[]"]
    is_mapping = len(words) == 3 and words[2] in ("depends_on", "networks")
    if not kind or not (is_list or is_mapping):
        return []
    own = words[1] if kind == "services" else ""
    return [name for name in _below(lines, kind) if name != own]


def _below(lines: Sequence[str], section: str) -> list[str]:
    """Return the keys right below one at the beginning of a line."""
    found: list[str] = []
    inside, indent = False, 0
    for line in lines:
        match = _KEY.match(line)
        if not match or match[1].strip():
            continue
        depth = len(match[1])
        if depth == 0:
            inside, indent = match[2] == section, 0
        elif inside and (not indent or depth == indent):
            indent = depth
            found.append(match[2].strip("'\""))
    return found
