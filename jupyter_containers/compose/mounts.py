"""What a service's container finds mounted: folders, volumes, memory, images, secrets and configs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jupyter_containers.compose.model import Json, Project, Service
from jupyter_containers.errors import InvalidParameter

_RECURSIVE: Mapping[str, Json] = {
    "enabled": {}, "disabled": {"NonRecursive": True}, "writable": {"ReadOnlyNonRecursive": True},
    "readonly": {"ReadOnlyForceRecursive": True},
}  # fmt: skip


def mounts(project: Project, service: Service, kept_volumes: Mapping[str, str]) -> Json:
    """Return Binds, Mounts and Tmpfs of HostConfig. `kept_volumes`: nameless volumes to take over, by their path."""
    given = service.definition
    binds, others = [], []
    for mount in given.get("volumes", ()):
        if _is_plain_bind(mount):
            binds.append(_bind_text(mount))
        else:
            others.append(_mount(project, service, mount, kept_volumes))
    for grant in service.grants:
        if grant.path:
            others.append({"Type": "bind", "Source": grant.path, "Target": grant.target, "ReadOnly": True})
    others += _kept(kept_volumes, {mount["target"] for mount in given.get("volumes", ())})
    tmpfs = dict(_tmpfs(text) for text in given.get("tmpfs", ()))
    return {"Binds": binds, "Mounts": others, "Tmpfs": tmpfs}


def _tmpfs(text: str) -> tuple[str, str]:
    path, _, options = text.partition(":")
    return path, options


def _kept(volumes: Mapping[str, str], targets: set[str]) -> Iterator[Json]:
    """Yield the volumes that the image, not the file, asks for."""
    for target, name in volumes.items():
        if target not in targets:
            yield {"Type": "volume", "Source": name, "Target": target}


def _is_plain_bind(mount: Json) -> bool:
    """Only `Binds` make the folder of this machine where there is none, and only they relabel."""
    bind = mount.get("bind") or {}
    return (
        mount["type"] == "bind"
        and (bind.get("create_host_path", True) or "selinux" in bind)
        and "recursive" not in bind
    )


def _bind_text(mount: Json) -> str:
    bind = mount.get("bind") or {}
    if ":" in str(mount.get("source", "")):
        raise InvalidParameter(f"volumes: {mount['source'][:80]!r}: a path with a : needs create_host_path: false")
    words = ["ro" if mount.get("read_only") else "rw", bind.get("selinux"), bind.get("propagation")]
    words += [mount.get("consistency", "").removeprefix("default")]
    return f"{_source(mount)}:{mount['target']}:{','.join(word for word in words if word)}"


def _source(mount: Json) -> str:
    if not mount.get("source"):
        raise InvalidParameter(f"volumes: the {mount['type']} at {mount['target']} has no source")
    return str(mount["source"])


def _mount(project: Project, service: Service, mount: Json, kept_volumes: Mapping[str, str]) -> Json:
    kind = mount["type"]
    found: Json = {"Type": kind, "Target": mount["target"], "ReadOnly": mount.get("read_only", False)}
    if mount.get("consistency"):
        found["Consistency"] = mount["consistency"]
    if kind == "volume":
        key = mount.get("source")
        found["Source"] = project.volumes[key].name if key else kept_volumes.get(mount["target"], "")
        return found | _volume_options(mount.get("volume") or {})
    if kind == "tmpfs":
        own = mount.get("tmpfs") or {}
        options = {"SizeBytes": own.get("size"), "Mode": own.get("mode")}
        return found | {"TmpfsOptions": {name: value for name, value in options.items() if value is not None}}
    if kind == "image":
        subpath = (mount.get("image") or {}).get("subpath")
        return found | {"Source": _source(mount)} | ({"ImageOptions": {"Subpath": subpath}} if subpath else {})
    bind = mount.get("bind") or {}
    options = {"Propagation": bind.get("propagation"), **_RECURSIVE[bind.get("recursive", "enabled")]}
    if bind.get("create_host_path", True):
        options["CreateMountpoint"] = True
    return found | {
        "Source": _source(mount),
        "BindOptions": {name: value for name, value in options.items() if value is not None},
    }


def _volume_options(given: Json) -> Json:
    options = {"NoCopy": given.get("nocopy"), "Subpath": given.get("subpath"), "Labels": given.get("labels")}
    kept = {name: value for name, value in options.items() if value is not None}
    return {"VolumeOptions": kept} if kept else {}
