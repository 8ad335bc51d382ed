"""Docker's JSON of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_containers.api.routing import API_VERSION
from jupyter_containers.api.wire.container_config import settings_to_wire
from jupyter_containers.engine.containers.record import Settings
from jupyter_containers.engine.containers.record_json import from_json
from jupyter_containers.engine.image_removal import Removed
from jupyter_containers.engine.images import HistoryEntry, ImageView
from jupyter_containers.images.walk import Image, Part
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.image_config import ProcessDefaults, as_moment, moment_ns, process_to_json
from jupyter_containers.oci.manifest import Manifest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.registry import Found


def seconds_of(moment: str) -> int:
    """Return whole seconds since the epoch for RFC 3339 text; 0 when there is none, as for reproducible images."""
    return moment_ns(moment) // 10**9


def summary_json(
    view: ImageView, *, shared_size: int = -1, containers: int = -1, version: tuple[int, int] = API_VERSION
) -> dict[str, Any]:
    """Write an entry of the list; `shared_size` and `containers` are -1 when they were not counted."""
    tags, digests = view.tags, view.repo_digests
    if not tags and not digests and version < (1, 43):  # what clients of those versions show, and look for
        tags, digests = ["<none>:<none>"], ["<none>@<none>"]
    return {
        "Containers": containers,
        "Created": seconds_of(view.record.created_at),
        "Id": str(view.id),
        "Labels": dict(view.config.process.labels),
        "ParentId": str(view.record.parent_id or ""),
        "RepoDigests": digests,
        "RepoTags": tags,
        "SharedSize": shared_size,
        "Size": view.record.size,
        **({"VirtualSize": view.record.size} if version < (1, 44) else {}),
    }


def image_json(
    view: ImageView, folders: Sequence[Path] = (), *, version: tuple[int, int] = API_VERSION
) -> dict[str, Any]:
    """Write what inspect answers; `folders` are those of the layers, the topmost first."""
    config = view.config
    last = config.history[-1] if config.history else None
    data: dict[str, Any] = {
        "Id": str(view.id),
        **({"Descriptor": view.record.target.to_json()} if version >= (1, 48) else {}),
        "RepoTags": view.tags,
        "RepoDigests": view.repo_digests,
        "Parent": str(view.record.parent_id or ""),
        "Comment": last.comment if last else "",
        "Created": as_moment(config.created),
        "DockerVersion": "",
        "Author": config.author,
        "Config": config_json(config.process, version=version),
        "Architecture": config.platform.architecture,
        "Os": config.platform.os,
        "Size": view.record.size,
        **({"VirtualSize": view.record.size} if version < (1, 44) else {}),
        "GraphDriver": {"Data": _folders_json(folders), "Name": "overlay2"},
        "RootFS": {"Type": "layers", "Layers": [str(diff_id) for diff_id in config.diff_ids]},
        "Metadata": {"LastTagTime": view.record.last_tagged_at or "0001-01-01T00:00:00Z"},
    }
    if config.platform.variant:
        data["Variant"] = config.platform.variant
    return data | _origin_json(view, version)


def _origin_json(view: ImageView, version: tuple[int, int]) -> dict[str, Any]:
    """Write which container an image was made from; that it was none only clients from before API 1.45 hear."""
    record = view.record
    if record.container_settings is not None:
        settings = from_json(Settings, record.container_settings)
        return {"Container": record.container_id, "ContainerConfig": settings_to_wire(settings)}
    if version >= (1, 45):
        return {}
    return {"Container": "", "ContainerConfig": config_json(ProcessDefaults(), version=version)}


def _folders_json(folders: Sequence[Path]) -> dict[str, str] | None:
    """Write the folders by the words of overlayfs. No image is mounted, so there are no others."""
    if not folders:
        return None
    lower = {"LowerDir": ":".join(map(str, folders[1:]))} if folders[1:] else {}
    return {**lower, "UpperDir": str(folders[0])}


def config_json(process: ProcessDefaults, *, version: tuple[int, int] = API_VERSION) -> dict[str, Any]:
    """Write an image's default process; before API 1.50 with the fields that are only for containers.

    What is empty is there, as clients of all ages expect.
    """
    given: Mapping[str, Any] = process_to_json(process)
    empty: dict[str, Any] = {
        "User": "", "Env": None, "Cmd": None, "Volumes": None, "WorkingDir": "", "Entrypoint": None, "OnBuild": None,
        "Labels": None,
    }  # fmt: skip
    of_containers: dict[str, Any] = {
        "Hostname": "", "Domainname": "", "AttachStdin": False, "AttachStdout": False, "AttachStderr": False,
        "Tty": False, "OpenStdin": False, "StdinOnce": False, "Image": "",
    }  # fmt: skip
    return empty | (of_containers if version < (1, 50) else {}) | dict(given)


def manifest_json(view: ImageView, users: Sequence[str]) -> dict[str, Any]:
    """Write the manifest of an image, whole as all are here; `users` are the containers that stand on it."""
    data = _image_data(view.config.platform, users, view.record.size)
    return _manifest(view.record.target, view.image.manifest, view.record.size) | data


def part_json(part: Part, image: Image | None) -> dict[str, Any]:
    """Write what an index has beside the image of this machine; it is not unpacked, so nothing stands on it."""
    written, marks = _manifest(part.entry, part.manifest, 0), part.entry.annotations
    if marks.get("vnd.docker.reference.type") == "attestation-manifest":
        attested = {"For": marks.get("vnd.docker.reference.digest", "")}
        return written | {"Kind": "attestation", "AttestationData": attested}
    return written | ({"Kind": "unknown"} if image is None else _image_data(image.config.platform, (), 0))


def _manifest(target: Descriptor, manifest: Manifest, unpacked: int) -> dict[str, Any]:
    content = target.size + manifest.config.size + sum(layer.size for layer in manifest.layers)
    return {
        "ID": str(target.digest),
        "Descriptor": target.to_json(),
        "Available": True,
        "Size": {"Content": content, "Total": content + unpacked},
    }


def _image_data(platform: Platform, users: Sequence[str], unpacked: int) -> dict[str, Any]:
    data = {"Platform": platform.to_json(), "Containers": list(users), "Size": {"Unpacked": unpacked}}
    return {"Kind": "image", "ImageData": data}


def history_json(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "Comment": entry.history.comment,
        "Created": seconds_of(entry.history.created),
        "CreatedBy": entry.history.created_by,
        "Id": entry.id,
        "Size": entry.size,
        "Tags": list(entry.tags) or None,
    }


def found_json(found: Found) -> dict[str, Any]:
    return {
        "star_count": found.stars,
        "is_official": found.is_official,
        "name": found.name,
        "is_automated": False,
        "description": found.description,
    }


def removed_json(removed: Removed) -> dict[str, str]:
    return {"Untagged": removed.untagged} if removed.untagged else {"Deleted": removed.deleted}
