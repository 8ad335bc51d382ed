"""system df, system prune: what takes how much disk, and removing what nobody uses."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any, ClassVar

from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.containers import parse_filters
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json, Message, Result, Table
from jupyter_containers.commands.session import Session

_TITLES = ("TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE")


class UsageTable(Table):
    kind: ClassVar[str] = "disk-usage"


def system(session: Session, options: Namespace) -> Result:
    if options.verb == "prune":
        return _prune(session, options)
    if options.all or options.volumes or options.filter:
        raise UsageError("system: --all, --volumes and --filter are for system prune")
    usage = session.client.system.disk_usage()
    return UsageTable("kinds of objects", _TITLES, rows(usage))


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


def _prune(session: Session, options: Namespace) -> Result:
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
    return Message((f"removed {told or 'nothing'}; {size_text(freed)} are free again",))


SYSTEM = Command(
    "system",
    "tell what takes how much disk, or remove what nobody uses",
    system,
    (
        Argument(("verb",), "df: what takes how much disk; prune: remove stopped containers, networks that nobody is "
                 "on, images without a name, and cached steps that no image has",
                 metavar="df|prune", choices=("df", "prune")),
        Argument(("-a", "--all"), "prune: all images that no container stands on, and the whole build cache",
                 Takes.NOTHING),
        Argument(("--volumes",), "prune: also volumes without a name that no container has", Takes.NOTHING),
        Argument(("--filter",), "prune: only what matches, such as until=24h, label=KEY or label!=KEY", Takes.EACH,
                 "NAME=VALUE"),
        Argument(("-f", "--force"), "as docker has it; nothing is asked here anyway", Takes.NOTHING),
    ),
)  # fmt: skip
