"""Where containers are and what they take: networks and volumes as a graph, use of the disk, and pruning.

Actions of views: they get and return JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from jupyter_containers.client import Client
from jupyter_containers.client.values import ContainerSummary
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.system import rows
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.widgets.view import Action, Json

# More than these make no graph that anybody reads.
MOST_NODES = 60


def actions(client: Client) -> Mapping[str, Action]:
    """Return the actions by name."""
    return {"map": lambda _: chart(client), "disk": lambda _: disk(client), "prune": partial(prune, client)}


def chart(client: Client) -> Json:
    """Return networks, containers and volumes, and who is on which, as places in these lists."""
    containers = client.containers.list(every=True)
    networks = [(str(one["Name"]), str(one.get("Driver", ""))) for one in client.networks.list()]
    volumes = [(str(one["Name"]), str(one.get("Driver", ""))) for one in client.volumes.list()]
    shown = containers[:MOST_NODES]
    networks = _used_first(networks, shown, lambda one: one.networks)
    volumes = _used_first(volumes, shown, lambda one: one.volumes)
    return {
        "networks": [{"name": name, "told": driver} for name, driver in networks],
        "containers": [{"name": one.name or one.id[:12], "told": one.state} for one in shown],
        "volumes": [{"name": name, "told": driver} for name, driver in volumes],
        "on": _edges(shown, [name for name, _ in networks], lambda one: one.networks),
        "has": _edges(shown, [name for name, _ in volumes], lambda one: one.volumes),
        "hidden": len(containers) - len(shown),
    }


Names = Callable[[ContainerSummary], tuple[str, ...]]


def _used_first(
    places: list[tuple[str, str]], containers: list[ContainerSummary], names: Names
) -> list[tuple[str, str]]:
    """Return at most MOST_NODES places, those that somebody uses before the others."""
    used = {name for one in containers for name in names(one)}
    return sorted(places, key=lambda place: (place[0] not in used, place[0]))[:MOST_NODES]


def _edges(containers: list[ContainerSummary], places: list[str], names: Names) -> list[list[int]]:
    at = {name: place for place, name in enumerate(places)}
    return [[number, at[name]] for number, one in enumerate(containers) for name in names(one) if name in at]


def disk(client: Client) -> Json:
    """Return what takes how much, measured now."""
    return {"rows": [list(row) for row in rows(client.system.disk_usage())]}


def prune(client: Client, given: Json) -> Json:
    """Remove what nobody uses of the kind `what`. Raises InvalidParameter for a kind that is none."""
    what = str(given.get("what", ""))
    kinds: Mapping[str, Callable[[], tuple[int, int]]] = {
        "containers": lambda: _counted(client.containers.prune(), "ContainersDeleted"),
        "images": lambda: _counted(client.images.prune({"dangling": ["true"]}), "ImagesDeleted"),
        "volumes": lambda: _counted(client.volumes.prune(), "VolumesDeleted"),
        "networks": lambda: (len(client.networks.prune()), 0),
        "build cache": lambda: _counted(client.builds.prune(every=False), "CachesDeleted"),
    }
    if what not in kinds:
        raise InvalidParameter(f"nothing of the kind {what!r} can be pruned; there are {', '.join(kinds)}")
    count, freed = kinds[what]()
    return {"said": f"{what}: {count} removed, {size_text(freed)} are free again"}


def _counted(answer: Json, key: str) -> tuple[int, int]:
    return len(answer.get(key) or ()), int(answer.get("SpaceReclaimed") or 0)
