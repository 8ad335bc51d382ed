"""--mount: `type=bind,source=/here,target=/there,readonly` becomes a mount of the API, as docker's CLI reads it."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from jupyter_containers.commands.quantities import size_in_bytes
from jupyter_containers.commands.results import Json
from jupyter_containers.errors import InvalidParameter

TYPES = ("bind", "volume", "tmpfs", "image")
_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_FLAGS = {"readonly", "bind-nonrecursive", "volume-nocopy"}
_OF_TYPE = {
    "bind": {"bind-propagation", "bind-nonrecursive", "bind-recursive"},
    "volume": {"volume-nocopy", "volume-label", "volume-driver", "volume-opt", "volume-subpath"},
    "tmpfs": {"tmpfs-size", "tmpfs-mode"},
    "image": {"image-subpath"},
}
_OF_ALL = {"type", "source", "target", "readonly"}
_RECURSIVE = {"enabled": {}, "disabled": {"NonRecursive": True}, "writable": {"ReadOnlyNonRecursive": True},
              "readonly": {"ReadOnlyForceRecursive": True}}  # fmt: skip


def mount(text: str, folder: Path) -> Json:
    """Read a mount. Raises InvalidParameter naming the field that makes no sense."""
    fields = _fields(text)
    kind = fields.get("type", ["volume"])[0]
    if kind not in TYPES:
        raise InvalidParameter(f"--mount: unsupported type {kind!r}; choose {', '.join(TYPES)}")
    if foreign := sorted(set(fields) - _OF_ALL - _OF_TYPE[kind]):
        raise InvalidParameter(f"--mount: {foreign[0]} does not go with type={kind}")
    target, source = fields.get("target", [""])[0], fields.get("source", [""])[0]
    if not target:
        raise InvalidParameter(f"--mount {text}: target is required")
    if kind == "bind" and source.startswith((".", "~")):
        source = os.path.abspath(folder / Path(source).expanduser())
    found: Json = {"Type": kind, "Target": target, "Source": source, "ReadOnly": "readonly" in fields}
    found |= _options(kind, fields)
    return {name: value for name, value in found.items() if value not in ("", False, {})}


def _fields(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in next(csv.reader([text]), []):
        name, equals, value = word.partition("=")
        name = _ALIASES.get(name.lower(), name.lower())
        if name in _FLAGS:
            if value.lower() in ("0", "false"):
                continue
            if value.lower() not in ("", "1", "true"):
                raise InvalidParameter(f"--mount: invalid value for {name}: {value}; write true or false")
        elif not equals:
            raise InvalidParameter(f"--mount: invalid field {word!r}: it must be NAME=VALUE")
        found.setdefault(name, []).append(value)
    return found


def _options(kind: str, fields: dict[str, list[str]]) -> Json:
    one = {name: values[-1] for name, values in fields.items()}
    if kind == "bind":
        recursive = one.get("bind-recursive", "enabled")
        if recursive not in _RECURSIVE:
            raise InvalidParameter(f"--mount: bind-recursive: choose {', '.join(_RECURSIVE)}")
        options: Json = {"Propagation": one.get("bind-propagation", ""), **_RECURSIVE[recursive]}
        options |= {"NonRecursive": True} if "bind-nonrecursive" in one else {}
        return {"BindOptions": _filled(options)}
    if kind == "volume":
        driver = {"Name": one.get("volume-driver", ""), "Options": _pairs(fields.get("volume-opt", []))}
        return {
            "VolumeOptions": _filled({
                "NoCopy": "volume-nocopy" in one, "Labels": _pairs(fields.get("volume-label", [])),
                "DriverConfig": _filled(driver), "Subpath": one.get("volume-subpath", ""),
            })
        }  # fmt: skip
    if kind == "tmpfs":
        return {"TmpfsOptions": _filled({"SizeBytes": _size(one), "Mode": _mode(one)})}
    return {"ImageOptions": _filled({"Subpath": one.get("image-subpath", "")})}


def _filled(values: Json) -> Json:
    return {name: value for name, value in values.items() if value not in ("", False, {}, None)}


def _pairs(texts: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _size(one: dict[str, str]) -> int | None:
    return size_in_bytes(one["tmpfs-size"]) if "tmpfs-size" in one else None


def _mode(one: dict[str, str]) -> int | None:
    if "tmpfs-mode" not in one:
        return None
    try:
        return int(one["tmpfs-mode"], 8)
    except ValueError:
        raise InvalidParameter(f"--mount: tmpfs-mode {one['tmpfs-mode']}: write it as 1777") from None
