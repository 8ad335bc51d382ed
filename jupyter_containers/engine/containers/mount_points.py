"""Which mounts a container has: of -v, --mount, --volumes-from and the image's VOLUMEs. Pure.

A -v or --mount beats --volumes-from at the same place, and both beat volumes that only the image or `-v /path` names.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from posixpath import normpath

from jupyter_containers.engine.containers.record import HostSettings, MountPoint, MountRequest
from jupyter_containers.errors import InvalidParameter

PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
_MODES = frozenset({"rw", "ro", "z", "Z", "nocopy", "cached", "delegated", "consistent", *PROPAGATIONS})
_TMPFS_WORDS = re.compile(
    r"(size|nr_inodes|nr_blocks|mode|uid|gid|huge)=[^,]+|ro|rw|(no)?(exec|suid|dev|atime|diratime)|(r)?(private|shared|slave)"
    r"|relatime|norelatime|strictatime|sync|async|dirsync|remount|mand|nomand|bind|rbind"
)


def mount_points(
    host: HostSettings, volumes: Sequence[str], inherited: Iterable[MountPoint] = ()
) -> tuple[MountPoint, ...]:
    """Return the mount points, by destination; volumes without a name get one of 64 hex digits.

    `inherited` are those of --volumes-from. Raises InvalidParameter.
    """
    points = {point.destination: point for point in inherited}
    asked: dict[str, MountPoint] = {}
    for point in (*(parse_bind(text) for text in host.binds or ()), *(from_request(entry) for entry in host.mounts)):
        if point.destination in asked:
            raise InvalidParameter(f"Duplicate mount point: {point.destination}")
        asked[point.destination] = point
    for destination in host.tmpfs:
        _check_tmpfs(destination, host.tmpfs[destination])
        if normpath(destination) in asked:
            raise InvalidParameter(f"Duplicate mount point: {normpath(destination)}")
    points |= asked
    for path in volumes:
        destination = _destination(path, "volume", path)
        if destination not in points and destination not in {normpath(path) for path in host.tmpfs}:
            points[destination] = _anonymous(MountPoint("volume", destination))
    return tuple(points[destination] for destination in sorted(points))


def parse_bind(text: str) -> MountPoint:
    """Read `source:/destination[:options]`, `name:/destination` or `/destination`. Raises InvalidParameter."""
    parts = text.split(":")
    if len(parts) > 3 or not all(parts):
        raise InvalidParameter(f"invalid volume specification: '{text}'", status=500)
    if len(parts) == 1:
        return _anonymous(MountPoint("volume", _destination(parts[0], "volume", text)))
    source, mode = parts[0], parts[2] if len(parts) == 3 else ""
    kind = "bind" if source.startswith("/") else "volume"
    words = _mode_words(mode, kind)
    propagation = next((word for word in words if word in PROPAGATIONS), "")
    return MountPoint(
        kind,
        _destination(parts[1], kind, text),
        source=normpath(source) if kind == "bind" else "",
        name=source if kind == "volume" else "",
        read_only="ro" in words,
        mode=mode,
        propagation=propagation or ("rprivate" if kind == "bind" else ""),
        no_copy="nocopy" in words,
    )


def _mode_words(mode: str, kind: str) -> list[str]:
    words = mode.split(",") if mode else []
    groups = ({"ro", "rw"}, {"z", "Z"}, set(PROPAGATIONS), {"nocopy"}, {"cached", "delegated", "consistent"})
    doubled = any(len([word for word in words if word in group]) > 1 for group in groups)
    misplaced = (kind == "volume" and set(words) & set(PROPAGATIONS)) or (kind == "bind" and "nocopy" in words)
    if not set(words) <= _MODES or doubled or misplaced:
        raise InvalidParameter(f"invalid mode: {mode}", status=500)
    return words


def _destination(path: str, kind: str, text: str) -> str:
    where = f"invalid volume specification: '{text}': invalid mount config for type \"{kind}\""
    if not path.startswith("/"):
        raise InvalidParameter(f"{where}: invalid mount path: '{path}' mount path must be absolute", status=500)
    clean = normpath(path).replace("//", "/")
    if clean == "/":
        raise InvalidParameter(f"{where}: invalid specification: destination can't be '/'", status=500)
    return clean


def from_request(mount: MountRequest) -> MountPoint:
    """Read a `--mount`. Raises InvalidParameter in Docker's words."""
    _check_request(mount)
    destination = normpath(mount.target)
    if mount.type == "bind":
        return MountPoint(
            "bind",
            destination,
            source=normpath(mount.source),
            read_only=mount.read_only,
            propagation=mount.propagation or "rprivate",
            non_recursive=mount.non_recursive,
        )
    if mount.type == "tmpfs":
        options = [f"size={mount.tmpfs_size}"] if mount.tmpfs_size else []
        options += [f"mode={mount.tmpfs_mode:o}"] if mount.tmpfs_mode else []
        return MountPoint("tmpfs", destination, read_only=mount.read_only, tmpfs_options=",".join(options))
    point = MountPoint(
        "volume", destination, name=mount.source, read_only=mount.read_only, no_copy=mount.no_copy, mode="z"
    )
    return point if mount.source else _anonymous(point)


def _check_request(mount: MountRequest) -> None:
    def refuse(reason: str) -> InvalidParameter:
        return InvalidParameter(f'invalid mount config for type "{mount.type}": {reason}')

    if mount.type not in ("bind", "volume", "tmpfs"):
        raise refuse("mount type unknown")
    if not mount.target:
        raise refuse("field Target must not be empty")
    if not mount.target.startswith("/"):
        raise refuse(f"invalid mount path: '{mount.target}' mount path must be absolute")
    if normpath(mount.target).replace("//", "/") == "/":
        raise refuse("invalid specification: destination can't be '/'")
    if mount.type == "bind" and not mount.source:
        raise refuse("field Source must not be empty")
    if mount.type == "bind" and not mount.source.startswith("/"):
        raise refuse(f"invalid mount path: '{mount.source}' mount path must be absolute")
    if mount.type == "tmpfs" and mount.source:
        raise refuse("field Source must not be specified")
    if mount.propagation and mount.propagation not in PROPAGATIONS:
        raise refuse(f"invalid propagation mode: {mount.propagation}")


def _check_tmpfs(destination: str, options: str) -> None:
    if not destination.startswith("/"):
        raise InvalidParameter(f"invalid mount path: '{destination}' mount path must be absolute")
    if normpath(destination).replace("//", "/") == "/":
        raise InvalidParameter("invalid specification: destination can't be '/'")
    for word in options.split(",") if options else ():
        if not _TMPFS_WORDS.fullmatch(word):
            name, _, value = word.partition("=")
            raise InvalidParameter(f'invalid tmpfs option ["{name}" "{value}"]')


def _anonymous(point: MountPoint) -> MountPoint:
    return replace(point, name=secrets.token_hex(32), anonymous=True)


def inherit(points: Iterable[MountPoint], mode: str) -> list[MountPoint]:
    """Return another container's mounts for --volumes-from; `mode` ro or rw overrides theirs."""
    if mode not in ("", "ro", "rw", "z", "Z", "nocopy"):
        raise InvalidParameter(f"invalid mode for volumes-from: {mode}")
    return [
        replace(point, read_only=mode == "ro" or point.read_only, mode=mode or point.mode, anonymous=False)
        for point in points
        if point.type != "tmpfs"
    ]
