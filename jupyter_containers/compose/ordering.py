"""The order of services: who needs whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from jupyter_containers.compose.model import Service
from jupyter_containers.errors import InvalidParameter

Services = Mapping[str, Service]


def check_cycles(services: Services) -> None:
    """Raise InvalidParameter when services wait for each other in a circle."""
    levels(services)


def levels(services: Services, names: Iterable[str] | None = None) -> list[list[str]]:
    """Return the services in groups, each needing only those of groups before it. Raises InvalidParameter."""
    waiting = {
        name: {dependency.service for dependency in services[name].depends_on if dependency.service in services}
        for name in (services if names is None else names)
    }
    waiting = {name: needs & set(waiting) for name, needs in waiting.items()}
    found: list[list[str]] = []
    while waiting:
        ready = [name for name, needs in waiting.items() if not needs]
        if not ready:
            raise InvalidParameter(f"services wait for each other: {' → '.join(_circle(waiting))}")
        found.append(ready)
        waiting = {name: needs - set(ready) for name, needs in waiting.items() if needs}
    return found


def _circle(waiting: Mapping[str, set[str]]) -> Sequence[str]:
    path = [min(waiting)]
    while path.count(path[-1]) < 2:
        path.append(min(waiting[path[-1]]))
    return path[path.index(path[-1]) :]


def with_dependencies(services: Services, names: Iterable[str]) -> list[str]:
    """Return names and all that they need, in the order of the file."""
    found: set[str] = set()
    open_ = list(names)
    while open_:
        name = open_.pop()
        if name in found or name not in services:
            continue
        found.add(name)
        open_ += [dependency.service for dependency in services[name].depends_on]
    return [name for name in services if name in found]
