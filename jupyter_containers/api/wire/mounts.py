"""Docker's JSON of mounts: those asked for in HostConfig.Mounts, and those that a container has."""

from __future__ import annotations

from typing import Any

from jupyter_containers.api.routing import API_VERSION
from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.fields import Body
from jupyter_containers.engine.containers.record import MountPoint, MountRequest
from jupyter_containers.errors import InvalidParameter, Unsupported

# Which options belong to no mount of the type. Source: moby volume/mounts/linux_parser.go.
_FOREIGN = {"bind": ("VolumeOptions",), "volume": ("BindOptions",), "tmpfs": ("BindOptions",)}
# What a swarm can mount, and images.
_ELSEWHERE = ("cluster", "image")
_CONSISTENCIES = ("", "default", "consistent", "cached", "delegated")
# Before this version a read-only mount did not reach what is mounted below it.
_RECURSIVE_SINCE = (1, 44)


def mount_from_wire(entry: Body, *, version: tuple[int, int] = API_VERSION) -> MountRequest:
    """Read one of HostConfig.Mounts. Raises InvalidParameter, Unsupported."""
    kind = fields.text(entry, "Type")
    _refuse(entry, kind)
    bind, volume = fields.mapping(entry, "BindOptions"), fields.mapping(entry, "VolumeOptions")
    tmpfs, driver = fields.mapping(entry, "TmpfsOptions"), fields.mapping(volume, "DriverConfig")
    return MountRequest(
        type=kind,
        target=fields.text(entry, "Target"),
        source=fields.text(entry, "Source"),
        read_only=fields.flag(entry, "ReadOnly"),
        consistency=fields.text(entry, "Consistency"),
        propagation=fields.text(bind, "Propagation"),
        non_recursive=fields.flag(bind, "NonRecursive"),
        create_source=fields.flag(bind, "CreateMountpoint"),
        read_only_recursion=_read_only_recursion(entry, bind, version) if kind == "bind" else "",
        no_copy=fields.flag(volume, "NoCopy"),
        volume_labels=fields.text_mapping(volume, "Labels"),
        subpath=fields.text(volume, "Subpath"),
        volume_driver=fields.text(driver, "Name"),
        volume_options=fields.text_mapping(driver, "Options"),
        tmpfs_size=fields.number(tmpfs, "SizeBytes"),
        tmpfs_mode=fields.number(tmpfs, "Mode"),
        tmpfs_options=_options(tmpfs),
    )


def _refuse(entry: Body, kind: str) -> None:
    if kind in _ELSEWHERE:
        raise Unsupported(f'mounts of type "{kind}" are not supported by jupyter-containers; use bind, volume or tmpfs')
    for name in _FOREIGN.get(kind, ()):
        if entry.get(name) is not None:
            raise InvalidParameter(f'invalid mount config for type "{kind}": field {name} must not be specified')
    fields.refuse(entry, ("ImageOptions", "ClusterOptions"))
    if fields.text(entry, "Consistency") not in _CONSISTENCIES:
        raise InvalidParameter(
            f"invalid consistency {entry['Consistency']!r}: one of default, consistent, cached, delegated is expected"
        )


def _read_only_recursion(entry: Body, bind: Body, version: tuple[int, int]) -> str:
    only_top, whole = fields.flag(bind, "ReadOnlyNonRecursive"), fields.flag(bind, "ReadOnlyForceRecursive")
    if version < _RECURSIVE_SINCE:
        return "top" if fields.flag(entry, "ReadOnly") else ""
    if only_top and whole:
        raise InvalidParameter("ReadOnlyNonRecursive and ReadOnlyForceRecursive exclude each other")
    return "top" if only_top else "all" if whole else ""


def _options(tmpfs: Body) -> tuple[tuple[str, ...], ...]:
    options = tmpfs.get("Options")
    if options is not None and not isinstance(options, list):
        raise InvalidParameter(f"Options must be a list of lists of strings, not {options!r}")
    return tuple(fields.texts({"Options": option}, "Options") or () for option in options or ())


def mount_to_wire(mount: MountRequest) -> dict[str, Any]:
    """Write a mount as it was asked for, without what is not set."""
    bind = {
        "Propagation": mount.propagation,
        "NonRecursive": mount.non_recursive,
        "CreateMountpoint": mount.create_source,
        "ReadOnlyNonRecursive": mount.read_only_recursion == "top",
        "ReadOnlyForceRecursive": mount.read_only_recursion == "all",
    }
    driver = _set({"Name": mount.volume_driver, "Options": dict(mount.volume_options)})
    volume = {
        "NoCopy": mount.no_copy,
        "Labels": dict(mount.volume_labels),
        "DriverConfig": driver,
        "Subpath": mount.subpath,
    }
    tmpfs = {
        "SizeBytes": mount.tmpfs_size,
        "Mode": mount.tmpfs_mode,
        "Options": [list(option) for option in mount.tmpfs_options],
    }
    optional = {
        "Source": mount.source,
        "ReadOnly": mount.read_only,
        "Consistency": mount.consistency,
        "BindOptions": _set(bind),
        "VolumeOptions": _set(volume),
        "TmpfsOptions": _set(tmpfs),
    }
    return {"Type": mount.type, "Target": mount.target, **_set(optional)}


def _set(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def mount_point_to_wire(point: MountPoint) -> dict[str, Any]:
    """Write one of the mounts that a container has."""
    entry: dict[str, Any] = {"Type": point.type}
    if point.type == "volume":
        entry["Name"] = point.name
    entry |= {"Source": point.source, "Destination": point.destination}
    if point.type == "volume":
        entry["Driver"] = "local"
    return entry | {"Mode": point.mode, "RW": not point.read_only, "Propagation": point.propagation}
