"""system df, and the ways of prune: what takes how much disk, and removing what nobody uses."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any, ClassVar

from jupyter_containers.client.values import short_id
from jupyter_containers.commands.build import BUILD
from jupyter_containers.commands.command import Argument, Command, Takes, group
from jupyter_containers.commands.containers import NO_TEMPLATES, parse_filters
from jupyter_containers.commands.happening import EVENTS
from jupyter_containers.commands.looking import INFO
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.places import LONG_FILTER, UNASKED
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.removing import counting
from jupyter_containers.commands.results import Json, Message, Table
from jupyter_containers.commands.session import Session

_NAME_WIDTH = 60
_TITLES = ("TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE")


class DiskUsage(Table):
    kind: ClassVar[str] = "disk-usage"


class DiskObjects(Table):
    kind: ClassVar[str] = "disk-objects"


def disk_usage(session: Session, options: Namespace) -> Table:
    usage = session.client.system.disk_usage()
    return DiskUsage("kinds of objects", _TITLES, rows(usage), [usage]) if not options.verbose else _objects(usage)


def _objects(usage: Json) -> Table:
    """Return a line for each object. Names of images and containers come from others: they are escaped as text."""
    found: list[tuple[str, str, int, str]] = []
    for image in usage.get("Images") or []:
        found.append(("Image", ", ".join(image.get("RepoTags") or ()) or short_id(image["Id"]), image["Size"],
                      f"{max(image.get('Containers', 0), 0)} containers"))  # fmt: skip
    for one in usage.get("Containers") or []:
        name = next(iter(one.get("Names") or ()), one["Id"][:12]).removeprefix("/")
        found.append(("Container", name, one.get("SizeRw") or 0, str(one.get("State", ""))))
    for volume in usage.get("Volumes") or []:
        use = volume.get("UsageData") or {}
        found.append(("Volume", volume["Name"], max(use.get("Size", 0), 0), f"{max(use.get('RefCount', 0), 0)} links"))
    for step in usage.get("BuildCache") or []:
        found.append(("Cached step", str(step.get("Description") or step["ID"])[:_NAME_WIDTH], step["Size"],
                      "in use" if step.get("InUse") else ""))  # fmt: skip
    lines = tuple((kind, name, size_text(size), use) for kind, name, size, use in found)
    records = [dict(zip(("type", "name", "bytes", "use"), one, strict=True)) for one in found]
    return DiskObjects("objects", ("TYPE", "NAME", "SIZE", "USE"), lines, records)


def rows(usage: Json) -> tuple[tuple[str, ...], ...]:
    """Return a line for each kind of object in an answer of /system/df."""
    images, containers = usage.get("Images") or [], usage.get("Containers") or []
    volumes, cache = usage.get("Volumes") or [], usage.get("BuildCache") or []
    layers = int(usage.get("LayersSize") or 0)
    used_images = [image for image in images if image.get("Containers", 0) > 0]
    # What a layer takes that several images share is there once: only what an image has alone would be freed.
    kept = sum(image["Size"] for image in used_images)
    running = [one for one in containers if one.get("State") in ("running", "paused", "restarting")]
    used_volumes = [one for one in volumes if (one.get("UsageData") or {}).get("RefCount", 0) > 0]
    used_cache, own = [one for one in cache if one.get("InUse")], [one for one in cache if not one.get("Shared")]
    free_cache = [one for one in own if not one.get("InUse")]
    return (
        _row("Images", images, used_images, layers, max(layers - kept, 0)),
        _row("Containers", containers, running, _sum(containers), _sum(containers) - _sum(running)),
        _row(
            "Local Volumes",
            volumes,
            used_volumes,
            _volume_sum(volumes),
            _volume_sum(volumes) - _volume_sum(used_volumes),
        ),
        _row("Build Cache", cache, used_cache, _sum(own, "Size"), _sum(free_cache, "Size")),
    )


def _row(name: str, all_: Sequence[Any], active: Sequence[Any], size: int, free: int) -> tuple[str, ...]:
    return name, str(len(all_)), str(len(active)), size_text(size), size_text(free)


def _sum(found: Sequence[Json], key: str = "SizeRw") -> int:
    return sum(max(int(one.get(key) or 0), 0) for one in found)


def _volume_sum(found: Sequence[Json]) -> int:
    return _sum([one.get("UsageData") or {} for one in found], "Size")


def prune(session: Session, options: Namespace) -> Message:
    """Remove what nobody uses, in the order in which one thing lets go of the next."""
    client, filters = session.client, parse_filters(options.filter)
    if options.volumes and "until" in filters:
        raise UsageError("system: the filter until is not for volumes, which have no age that counts")
    containers = client.containers.prune(filters)
    networks = client.networks.prune(filters)
    volumes = client.volumes.prune(filters) if options.volumes else {}
    images = client.images.prune({**filters, "dangling": ["false" if options.all else "true"]})
    # Steps have no labels: whoever asks for some means no step.
    cache = {} if {"label", "label!"} & filters.keys() else client.builds.prune(every=options.all, filters=filters)
    lists = {
        "containers": containers.get("ContainersDeleted"), "networks": networks,
        "volumes": volumes.get("VolumesDeleted"), "names and layers of images": images.get("ImagesDeleted"),
        "cached steps": cache.get("CachesDeleted"),
    }  # fmt: skip
    freed = sum(int(answer.get("SpaceReclaimed") or 0) for answer in (containers, volumes, images, cache))
    told = ", ".join(f"{len(found)} {name}" for name, found in lists.items() if found)
    return _told(told, freed)


def _told(what: str, freed: int, items: Sequence[str] = ()) -> Message:
    return Message((f"removed {what or 'nothing'}; {size_text(freed)} are free again",), tuple(items))


def prune_containers(session: Session, options: Namespace) -> Message:
    answer = session.client.containers.prune(parse_filters(options.filter))
    found = answer.get("ContainersDeleted") or []
    return _told(f"{len(found)} containers" if found else "", int(answer.get("SpaceReclaimed") or 0), found)


def prune_images(session: Session, options: Namespace) -> Message:
    filters = {**parse_filters(options.filter), "dangling": ["false" if options.all else "true"]}
    answer = session.client.images.prune(filters)
    found = [str(next(iter(one.values()))) for one in answer.get("ImagesDeleted") or []]
    told = f"{len(found)} names and layers of images" if found else ""
    return _told(told, int(answer.get("SpaceReclaimed") or 0), found)


def prune_cache(session: Session, options: Namespace) -> Message:
    answer = session.client.builds.prune(every=options.all, filters=parse_filters(options.filter))
    found = answer.get("CachesDeleted") or []
    return _told(f"{len(found)} cached steps" if found else "", int(answer.get("SpaceReclaimed") or 0), found)


PRUNE_CONTAINERS = Command(
    "prune", "remove the containers that do not run", counting(prune_containers), (LONG_FILTER, UNASKED)
)
PRUNE_IMAGES = Command(
    "prune", "remove the images that have no name and no container", counting(prune_images),
    (Argument(("-a", "--all"), "all images that no container stands on", Takes.NOTHING), LONG_FILTER, UNASKED),
)  # fmt: skip
PRUNE_CACHE = Command(
    "prune", "remove cached steps of builds", prune_cache,
    (Argument(("-a", "--all"), "also those that images share", Takes.NOTHING), LONG_FILTER, UNASKED),
    refused={"--keep-storage": "the daemon's own limit of the cache is set in its configuration"},
)  # fmt: skip
SYSTEM = group(
    "system",
    "tell what takes how much disk, and remove what nobody uses",
    Command(
        "df", "tell what takes how much disk", disk_usage,
        (Argument(("-v", "--verbose"), "each object", Takes.NOTHING),), refused=NO_TEMPLATES,
    ),
    Command(
        "prune", "remove stopped containers, networks that nobody is on, images without a name, and cached steps that "
        "no image has", counting(prune),
        (
            Argument(("-a", "--all"), "all images that no container stands on, and the whole build cache",
                     Takes.NOTHING),
            Argument(("--volumes",), "also volumes without a name that no container has", Takes.NOTHING),
            Argument(("--filter",), "only what matches, such as until=24h, label=KEY or label!=KEY", Takes.EACH,
                     "NAME=VALUE"),
            UNASKED,
        ),
    ),
    INFO,
    EVENTS,
)  # fmt: skip
BUILDER = group("builder", "build images, and look after the cache of builds", BUILD, PRUNE_CACHE)
