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
from jupyter_containers.engine.volumes import check_name
from jupyter_containers.errors import InvalidParameter

PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
_MODES = frozenset({"rw", "ro", "z", "Z", "nocopy", "cached", "delegated", "consistent", *PROPAGATIONS})
# Docker takes bind and remount, too, which make another mount of it than one of a tmpfs.
_TMPFS_WORDS = re.compile(
    r"(size|nr_inodes|nr_blocks|mode|uid|gid|huge)=[^,]+|ro|rw|(no)?(exec|suid|dev|atime|diratime)|(r)?(private|shared|slave)"
    r"|relatime|norelatime|strictatime|sync|async|dirsync|mand|nomand"
)


def mount_points(
    host: HostSettings, volumes: Sequence[str], inherited: Iterable[MountPoint] = (), *, own_root: str = ""
) -> tuple[MountPoint, ...]:
    """Return the mount points, by destination; volumes without a name get one of 64 hex digits.

    `inherited` are those of --volumes-from, `own_root` where the daemon keeps its data. Raises InvalidParameter.
    """
    points = {point.destination: point for point in inherited}
    asked: dict[str, MountPoint] = {}
    for point in (*(parse_bind(text) for text in host.binds or ()), *(from_request(entry) for entry in host.mounts)):
        if point.destination in asked:
            raise InvalidParameter(f"Duplicate mount point: {point.destination}")
        if point.type == "volume":
            check_name(point.name)
        asked[point.destination] = _settle_propagation(point, own_root)
    for destination in host.tmpfs:
        _check_tmpfs(destination, host.tmpfs[destination])
        if normpath(destination) in asked:
            raise InvalidParameter(f"Duplicate mount point: {normpath(destination)}")
    points |= asked
    for path in volumes:
        destination = _destination(path, "volume", path)
        if destination not in points and destination not in {normpath(path) for path in host.tmpfs}:
            points[destination] = _anonymous(MountPoint("volume", destination))
    for point in points.values():
        if "\0" in point.source + point.destination + point.subpath + point.tmpfs_options:
            raise InvalidParameter(f"invalid mount at {point.destination!r}: a path cannot have a zero byte in it")
    return tuple(points[destination] for destination in sorted(points))


def _settle_propagation(point: MountPoint, own_root: str) -> MountPoint:
    """Choose how mounts of the host come through to a bind that nobody said it of.

    One that shows the daemon's own data must let go of its mounts when the host does: else what a container has been
    shown could not be removed. Raises InvalidParameter for what would not.
    """
    if point.type != "bind":
        return point
    if not own_root or not (is_below(point.source, own_root) or is_below(own_root, point.source)):
        return replace(point, propagation=point.propagation or "rprivate")
    if point.propagation not in ("", "rslave", "rshared"):
        raise InvalidParameter(
            'invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within '
            f'the daemon root, daemon root: "{own_root}", bind mount source: "{point.source}", propagation: '
            f'"{point.propagation}"'
        )
    return replace(point, propagation=point.propagation or "rslave")


def is_below(path: str, parent: str) -> bool:
    """Tell whether a clean path is another one, or below it. Pure."""
    return path == parent or path.startswith(f"{parent.rstrip('/')}/")


def parse_bind(text: str) -> MountPoint:
    """Read `source:/destination[:options]`, `name:/destination` or `/destination`. Raises InvalidParameter."""
    parts = text.split(":")
    if len(parts) > 3 or not all(parts[:2]):
        raise InvalidParameter(f"invalid volume specification: '{text}'")
    if len(parts) == 1:
        return _anonymous(MountPoint("volume", _destination(parts[0], "volume", text), mode="z"))
    source, mode = parts[0], parts[2] if len(parts) == 3 else ""
    kind = "bind" if source.startswith("/") else "volume"
    words = _mode_words(mode, kind, text)
    return MountPoint(
        kind,
        _destination(parts[1], kind, text),
        source=normpath(source).replace("//", "/") if kind == "bind" else "",
        name=source if kind == "volume" else "",
        read_only="ro" in words,
        # Without a mode dockerd notes for a volume that a label of SELinux may be shared.
        mode=mode or ("z" if kind == "volume" else ""),
        propagation=next((word for word in words if word in PROPAGATIONS), ""),
        no_copy="nocopy" in words,
    )


def _mode_words(mode: str, kind: str, text: str) -> list[str]:
    words = mode.split(",") if mode else []
    groups = ({"ro", "rw"}, {"z", "Z"}, set(PROPAGATIONS), {"nocopy"}, {"cached", "delegated", "consistent"})
    doubled = any(len([word for word in words if word in group]) > 1 for group in groups)
    if not set(words) <= _MODES or doubled:
        raise InvalidParameter(f"invalid mode: {mode}")
    if kind == "volume" and set(words) & set(PROPAGATIONS):
        raise InvalidParameter(f"{_refusal(text, kind)}: field BindOptions must not be specified")
    if kind == "bind" and "nocopy" in words:
        raise InvalidParameter(f"{_refusal(text, kind)}: field VolumeOptions must not be specified")
    return words


def _refusal(text: str, kind: str) -> str:
    return f"invalid volume specification: '{text}': invalid mount config for type \"{kind}\""


def _destination(path: str, kind: str, text: str) -> str:
    where = _refusal(text, kind)
    if not path.startswith("/"):
        raise InvalidParameter(f"{where}: invalid mount path: '{path}' mount path must be absolute")
    clean = normpath(path).replace("//", "/")
    if clean == "/":
        raise InvalidParameter(f"{where}: invalid specification: destination can't be '/'")
    return clean


def from_request(mount: MountRequest) -> MountPoint:
    """Read a `--mount`. Raises InvalidParameter in Docker's words."""
    _check_request(mount)
    destination = normpath(mount.target).replace("//", "/")
    if mount.type == "bind":
        return MountPoint(
            "bind",
            destination,
            source=normpath(mount.source).replace("//", "/"),
            read_only=mount.read_only,
            propagation=mount.propagation,
            non_recursive=mount.non_recursive,
            read_only_top=mount.read_only_recursion == "top",
        )
    if mount.type == "tmpfs":
        return MountPoint("tmpfs", destination, read_only=mount.read_only, tmpfs_options=_tmpfs_options(mount))
    point = MountPoint(
        "volume",
        destination,
        name=mount.source,
        read_only=mount.read_only,
        no_copy=mount.no_copy or bool(mount.subpath),
        mode="z",
        subpath=normpath(mount.subpath) if mount.subpath else "",
    )
    return point if mount.source else _anonymous(point)


def _tmpfs_options(mount: MountRequest) -> str:
    options = [f"size={mount.tmpfs_size}"] if mount.tmpfs_size else []
    options += [f"mode={mount.tmpfs_mode:o}"] if mount.tmpfs_mode else []
    for option in mount.tmpfs_options:
        word = "=".join(option)
        if len(option) not in (1, 2) or not _TMPFS_WORDS.fullmatch(word):
            raise InvalidParameter(f'invalid mount config for type "tmpfs": invalid option: "{word}"')
        options.append(word)
    return ",".join(options)


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
    reason = {"bind": _fault_of_bind, "volume": _fault_of_volume, "tmpfs": _fault_of_tmpfs}[mount.type](mount)
    if reason:
        raise refuse(reason)


def _fault_of_bind(mount: MountRequest) -> str:
    if not mount.source:
        return "field Source must not be empty"
    if mount.propagation and mount.propagation not in PROPAGATIONS:
        return f"invalid propagation mode: {mount.propagation}"
    if not mount.source.startswith("/"):
        return f"invalid mount path: '{mount.source}' mount path must be absolute"
    if mount.read_only_recursion and not mount.read_only:
        return "how far ReadOnly reaches can only be said with ReadOnly"
    if mount.read_only_recursion == "all" and mount.propagation not in ("", "private", "rprivate"):
        return f"ReadOnlyForceRecursive needs propagation rprivate, not {mount.propagation}"
    return ""


def _fault_of_volume(mount: MountRequest) -> str:
    if mount.subpath and not mount.source:
        return "must not set Subpath when using anonymous volumes"
    if mount.subpath and (mount.subpath.startswith("/") or normpath(mount.subpath).split("/")[0] == ".."):
        return "subpath must be a relative path within the volume"
    if mount.read_only and not mount.source:
        return "must not set ReadOnly mode when using anonymous volumes"
    return ""


def _fault_of_tmpfs(mount: MountRequest) -> str:
    return "field Source must not be specified" if mount.source else ""


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


def parse_volumes_from(text: str) -> tuple[str, str]:
    """Split `container[:mode]`. Raises InvalidParameter in Docker's words."""
    name, colon, mode = text.partition(":")
    if not text:
        raise InvalidParameter("volumes-from specification cannot be an empty string")
    words = mode.split(",") if colon else []
    doubled = any(len([word for word in words if word in group]) > 1 for group in ({"ro", "rw"}, {"z", "Z"}))
    if doubled or not set(words) <= {"ro", "rw", "z", "Z"}:
        raise InvalidParameter(f"invalid mode: {mode}")
    return name, mode


def inherit(points: Iterable[MountPoint], mode: str) -> list[MountPoint]:
    """Return another container's mounts for --volumes-from; with `ro` in its mode all of them read-only. Pure.

    A volume without a name goes with the last of its users that is removed with `-v`.
    """
    read_only = "ro" in mode.split(",")
    return [
        replace(point, read_only=read_only or point.read_only, mode="", no_copy=True)
        for point in points
        if point.type != "tmpfs"
    ]
