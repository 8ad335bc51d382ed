"""`builder.gc` of the configuration file: how much the build cache may take, and how long what nobody uses stays.

Source: dockerd's documentation, "builder" of daemon.json; BuildKit, "GC policies".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jupyter_containers.engine.cache_room import CacheLimit
from jupyter_containers.errors import InvalidParameter

# What dockerd's default policy keeps.
_DEFAULT_BYTES = 10 << 30
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_AGE = re.compile(r"(?:unused-for|until)=(\d+)([smh])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def cache_limits(builder: Mapping[str, Any]) -> tuple[CacheLimit, ...]:
    """Return the limits that a setting `builder` asks for; none unless it is enabled. Raises InvalidParameter."""
    _refuse_unknown(builder, {"gc"}, "builder")
    gc = builder.get("gc", {})
    if not isinstance(gc, dict):
        raise InvalidParameter(f"builder.gc must be an object, not {gc!r}")
    _refuse_unknown(gc, {"enabled", "defaultKeepStorage", "policy"}, "builder.gc")
    if not _flag(gc, "enabled"):
        return ()
    # As in dockerd, 0 is no wish: what keeps nothing is no cache.
    most = _bytes(gc.get("defaultKeepStorage", 0)) or _DEFAULT_BYTES
    # dockerd's own policies end with one that takes all.
    return tuple(_limit(entry, most) for entry in _list(gc, "policy") or [{"all": True}])


def _limit(entry: Any, most: int) -> CacheLimit:
    if not isinstance(entry, dict):
        raise InvalidParameter(f"builder.gc.policy must be a list of objects, not of {entry!r}")
    _refuse_unknown(entry, {"keepStorage", "filter", "all"}, "builder.gc.policy")
    ages = [_age(text) for text in _list(entry, "filter")]
    keep = _bytes(entry.get("keepStorage", 0)) or most
    return CacheLimit(keep, max(ages, default=0.0), takes_shared=_flag(entry, "all"))


def _flag(settings: Mapping[str, Any], name: str) -> bool:
    found = settings.get(name, False)
    if not isinstance(found, bool):
        raise InvalidParameter(f"builder.gc: {name} must be true or false, not {found!r}")
    return found


def _list(settings: Mapping[str, Any], name: str) -> list[Any]:
    found = settings.get(name, [])
    if not isinstance(found, list):
        raise InvalidParameter(f"builder.gc: {name} must be a list, not {found!r}")
    return found


def _age(text: object) -> float:
    found = _AGE.fullmatch(str(text))
    if not found:
        raise InvalidParameter(f"builder.gc.policy: filter {text!r} is not supported; write unused-for=48h")
    return int(found[1]) * _SECONDS[found[2]]


def _bytes(text: object) -> int:
    found = _SIZE.fullmatch(str(text).strip())
    if not found:
        raise InvalidParameter(f"builder.gc: {text!r} is no size; write 10GB")
    return int(float(found[1]) * _FACTORS[found[2].lower()])


def _refuse_unknown(found: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in found:
        if key not in known:
            raise InvalidParameter(f"{where}: no setting is called {key!r}; known are {', '.join(sorted(known))}")
