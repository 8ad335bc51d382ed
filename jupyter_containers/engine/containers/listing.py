"""The list of containers, filtered as `docker ps --filter` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.record import Record, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import InvalidParameter, NotFound

FILTERS = frozenset({
    "ancestor", "before", "since", "exited", "expose", "publish", "health", "id", "is-task", "label", "name", "network",
    "status", "volume",
})  # fmt: skip
_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(tcp|udp|sctp))?")
_Test = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """`every`: also those that do not run; `limit` the newest so many of all, 0 is no limit."""

    every: bool = False
    limit: int = 0
    filters: Mapping[str, Collection[str]] | None = None


async def matching(roster: Roster, query: Query) -> list[Container]:
    """Return containers, newest first. Raises InvalidParameter for a bad filter value."""
    filters = query.filters or {}
    tests = [await _test(roster, name, values) for name, values in filters.items() if name != "health"]
    # A limit, a moment or a state asked for means all containers, running or not. Source: moby daemon/list.go.
    every = query.every or query.limit > 0 or bool(filters.keys() & {"before", "since", "exited", "status"})
    found = []
    for container in sorted(roster.all(), key=lambda one: one.record.created_at, reverse=True):
        record = container.record
        is_up = record.state.is_running or record.state.status is Status.RESTARTING
        if (every or is_up) and _health_matches(record, filters) and all(test(record) for test in tests):
            found.append(container)
    return found[: query.limit] if query.limit > 0 else found


async def _test(roster: Roster, name: str, values: Collection[str]) -> _Test:
    if name == "ancestor":
        images = {str(found) for value in values for found in await _ancestors(roster, value)}
        return lambda record: record.image_id in images or record.settings.image in values
    if name in ("before", "since"):
        moment = next(_created(roster, value) for value in values)
        return lambda record: record.created_at < moment if name == "before" else record.created_at > moment
    return _simple_test(roster, name, values)


def _health_matches(record: Record, filters: Mapping[str, Collection[str]]) -> bool:
    status = str(record.health.status) if record.health is not None else "none"
    return "health" not in filters or status in filters["health"]


async def _ancestors(roster: Roster, value: str) -> list[str]:
    try:
        return [str((await roster.environment.images.find(value)).id)]
    except (NotFound, InvalidParameter):
        return []


def _created(roster: Roster, value: str) -> int:
    try:
        return roster.find(value).record.created_at
    except NotFound as error:
        raise NotFound(f"no such container {value}", status=500) from error


def _simple_test(roster: Roster, name: str, values: Collection[str]) -> _Test:
    match name:
        case "id":
            return lambda record: any(record.id.startswith(value) for value in values)
        case "name":
            return lambda record: any(_name_matches(record.name, value) for value in values)
        case "label":
            return lambda record: all(_label_matches(record.settings.labels, value) for value in values)
        case "status":
            return _status_test(values)
        case "exited":
            codes = {_integer(name, value) for value in values}
            return lambda record: (
                record.state.status is Status.EXITED and record.state.started_at > 0 and record.state.exit_code in codes
            )
        case "network":
            return lambda record: any(network_of(record).startswith(value) for value in values)
        case "volume":
            return lambda record: any(value in (p.name, p.destination) for p in record.mount_points for value in values)
        case "expose" | "publish":
            wanted = {port for value in values for port in _ports(name, value)}
            return lambda record: bool(
                wanted & set(record.settings.exposed_ports if name == "expose" else record.host.port_bindings)
            )
        case "is-task":
            return lambda _record: not any(value.lower() in ("true", "1") for value in values)
    raise InvalidParameter(f"Invalid filter '{name}'")


def _status_test(values: Collection[str]) -> _Test:
    known = {str(status) for status in Status}
    for value in values:
        if value not in known:
            raise InvalidParameter(f"Invalid filter 'status={value}'")
    return lambda record: str(record.state.status) in values


def _name_matches(name: str, pattern: str) -> bool:
    try:
        return re.search(pattern, name) is not None or re.search(pattern, f"/{name}") is not None
    except re.error:
        return False


def _label_matches(labels: Mapping[str, str], wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)


def _integer(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise InvalidParameter(f"Invalid filter '{name}={value}': an integer is expected") from None


def _ports(name: str, value: str) -> list[str]:
    match = _PORT.fullmatch(value)
    if match is None:
        raise InvalidParameter(f"Invalid filter '{name}={value}': <port>[-<port>][/<protocol>] is expected")
    last = int(match[2] or match[1])
    return [f"{port}/{match[3] or 'tcp'}" for port in range(int(match[1]), min(last, 65535) + 1)]


def network_of(record: Record) -> str:
    """Return the name of the network that a container is on, as Docker lists it."""
    mode = record.host.network_mode
    return "bridge" if mode in ("default", "") else mode
