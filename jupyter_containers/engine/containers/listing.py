"""The list of containers, filtered as `docker ps --filter` does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from jupyter_containers.engine import patterns
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.endpoints import endpoints_of
from jupyter_containers.engine.containers.record import HealthStatus, Record, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.network.values import Published
from jupyter_containers.oci.image_config import ImageConfig

FILTERS = frozenset({
    "ancestor", "before", "since", "exited", "expose", "publish", "health", "id", "is-task", "isolation", "label",
    "name", "network", "status", "volume",
})  # fmt: skip
_HEALTH = frozenset({"none", *HealthStatus})
MAX_PORT = 65535
_Test = Callable[[Record], bool]
_LiveTest = Callable[[Container], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """`every`: also those that do not run; `limit` the newest so many of all, 0 is no limit."""

    every: bool = False
    limit: int = 0
    filters: Mapping[str, Collection[str]] | None = None


async def matching(roster: Roster, query: Query) -> list[Container]:
    """Return containers, newest first. Raises InvalidParameter for a bad filter value."""
    filters = query.filters or {}
    tests = [await _test(roster, name, values) for name, values in filters.items() if values]
    # A limit, a moment or a state asked for means all containers, running or not. Source: moby daemon/list.go.
    every = query.every or query.limit > 0 or any(filters.get(name) for name in ("before", "since", "status"))
    found = []
    for container in sorted(roster.all(), key=lambda one: one.record.created_at, reverse=True):
        record = container.record
        is_up = record.state.is_running or record.state.status is Status.RESTARTING
        if (every or is_up) and all(test(container) for test in tests):
            found.append(container)
    return found[: query.limit] if query.limit > 0 else found


async def _test(roster: Roster, name: str, values: Collection[str]) -> _LiveTest:
    if name in ("expose", "publish"):
        wanted = {port for value in values for port in _ports(name, value)}
        ports = exposed_ports if name == "expose" else published_ports
        return lambda container: not wanted.isdisjoint(ports(container))
    test = await _record_test(roster, name, values)
    return lambda container: test(container.record)


def exposed_ports(container: Container) -> set[str]:
    """Return the ports inside a container that others could reach, if it runs and has a network."""
    if not any(attachment.ip_address for attachment in container.attachments.values()):
        return set()
    published = {f"{port.container_port}/{port.protocol}" for port in _published(container)}
    return published | set(container.record.settings.exposed_ports)


def published_ports(container: Container) -> set[str]:
    """Return the ports of this host that lead into a container."""
    return {f"{port.host_port}/{port.protocol}" for port in _published(container)}


def _published(container: Container) -> list[Published]:
    return [port for attachment in container.attachments.values() for port in attachment.published]


async def _record_test(roster: Roster, name: str, values: Collection[str]) -> _Test:
    if name == "ancestor":
        images = {str(found) for value in values for found in await _ancestors(roster, value)}
        return lambda record: record.image_id in images or record.settings.image in values
    if name in ("before", "since"):
        moment = next(_created(roster, value) for value in values)
        return lambda record: record.created_at < moment if name == "before" else record.created_at > moment
    return _simple_test(roster, name, values)


async def _ancestors(roster: Roster, value: str) -> list[str]:
    """Return the id of an image and those that were made from it."""
    images = roster.environment.images
    try:
        found = await images.find(value)
    except (NotFound, InvalidParameter):
        return []
    return [str(view.id) for view in images.all() if view.id == found.id or is_descendant(view.config, found.config)]


def is_descendant(config: ImageConfig, ancestor: ImageConfig) -> bool:
    """Tell whether an image has all that another one has, and more: layers, and steps that led to it. Pure."""
    layers, steps = len(ancestor.diff_ids), len(ancestor.history)
    return (
        len(config.history) > steps > 0
        and config.history[:steps] == ancestor.history
        and config.diff_ids[:layers] == ancestor.diff_ids
    )


def _created(roster: Roster, value: str) -> int:
    try:
        return roster.find(value).record.created_at
    except NotFound as error:
        raise NotFound(f"no such container {value}", status=400) from error


def _simple_test(roster: Roster, name: str, values: Collection[str]) -> _Test:
    match name:
        case "id":
            return lambda record: any(record.id.startswith(value) for value in values)
        case "name":
            patterns.check(values)
            return lambda record: any(_name_matches(record.name, value) for value in values)
        case "label":
            return lambda record: all(_label_matches(record.settings.labels, value) for value in values)
        case "status":
            return _status_test(values)
        case "exited":
            codes = {_integer(value) for value in values}
            return lambda record: (
                not record.state.is_running and record.state.started_at > 0 and record.state.exit_code in codes
            )
        case "health":
            return _health_test(values)
        case "network":
            return _network_test(roster, values)
        case "volume":
            return lambda record: any(
                value in (point.name or point.source, point.destination)
                for point in record.mount_points
                for value in values
            )
        case "is-task":
            return _task_test(values)
        case "isolation":
            # Linux has but one kind of it, whatever it is called. Source: moby daemon/list_unix.go.
            return lambda _record: True
    raise InvalidParameter(f"invalid filter '{name}'")


def _health_test(values: Collection[str]) -> _Test:
    for value in values:
        if value not in _HEALTH:
            raise InvalidParameter(f"unrecognised filter value for health: {value}")
    return lambda record: (str(record.health.status) if record.health is not None else "none") in values


def _task_test(values: Collection[str]) -> _Test:
    """Nothing here is a task of a swarm."""
    if not {value.lower() for value in values} <= {"0", "1", "true", "false"} or len(values) > 1:
        raise InvalidParameter(f"invalid filter 'is-task=[{' '.join(values)}]'")
    wants_tasks = {value.lower() for value in values} <= {"1", "true"}
    return lambda _record: not wants_tasks


def _status_test(values: Collection[str]) -> _Test:
    known = {str(status) for status in Status}
    for value in values:
        if value not in known:
            raise InvalidParameter(f"invalid filter 'status={value}'")
    return lambda record: str(record.state.status) in values


def _network_test(roster: Roster, values: Collection[str]) -> _Test:
    """By the network's name, or the beginning of its id."""
    networks = roster.environment.networks

    def test(record: Record) -> bool:
        names = endpoints_of(record)
        return any(
            name == value or networks.network_id(name).startswith(value) for name in names for value in values if value
        )

    return test


def _name_matches(name: str, pattern: str) -> bool:
    return patterns.occurs(pattern, name) or patterns.occurs(pattern, f"/{name}")


def _label_matches(labels: Mapping[str, str], wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)


def _integer(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise InvalidParameter(f'strconv.Atoi: parsing "{value}": invalid syntax') from None


def _ports(name: str, value: str) -> list[str]:
    """Return the ports of `80`, `80-90` or `53/udp`, as `53/udp`."""
    numbers, _, protocol = value.partition("/")
    first, _, last = numbers.partition("-")
    try:
        begin, end = _port(first), _port(last or first)
        if end < begin:
            raise InvalidParameter(f"invalid range specified for port: {numbers}")
    except InvalidParameter as error:
        raise InvalidParameter(f"error while looking up for {name} {value}: {error.message}") from error
    return [f"{port}/{protocol or 'tcp'}" for port in range(begin, end + 1)]


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise InvalidParameter(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) > MAX_PORT:
        raise InvalidParameter(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)
