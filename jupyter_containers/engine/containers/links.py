"""Legacy links of the default bridge: what `--link container:alias` puts into hosts and environment of a container.

On user-defined networks a link is a name that only its owner may use: network/naming.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.endpoints import is_user_defined, network_of, split_link
from jupyter_containers.engine.containers.record import HostSettings, Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound

DEFAULT_NETWORK = "bridge"
# They say where the linked container's own programs are.
_PRIVATE = frozenset({"HOME", "PATH"})


@dataclass(frozen=True, slots=True)
class Link:
    """A container that another one knows by an alias; `address` is empty while it does not run."""

    alias: str
    target: Record
    address: str


def settle_links(roster: Roster, host: HostSettings) -> tuple[str, ...] | None:
    """Return the links with ids in place of names, so that a rename does not break them. Raises InvalidParameter."""
    if not host.links or is_user_defined(host.network_mode):
        return host.links
    if host.network_mode == "host":
        raise InvalidParameter(
            "conflicting options: host type networking can't be used with links. This would result in undefined "
            "behavior"
        )
    return tuple(f"{_target(roster, name).id}:{alias}" for name, alias in map(split_link, host.links))


def _target(roster: Roster, name: str) -> Container:
    try:
        return roster.find(name)
    except (NotFound, InvalidParameter) as error:
        raise InvalidParameter(f"could not get container for {name}: {error.message}") from error


def links_of(roster: Roster, record: Record) -> Iterator[Link]:
    """Return the links of the default bridge to containers that are there."""
    links = record.host.links if network_of(record) == DEFAULT_NETWORK else ()
    for identifier, alias in map(split_link, links or ()):
        try:
            target = roster.find(identifier)
        except NotFound:
            continue
        attachment = target.attachments.get(DEFAULT_NETWORK)
        yield Link(alias, target.record, attachment.ip_address if attachment else "")


def find_link(roster: Roster, owner: Container, alias: str) -> Container:
    """Return the container that another one knows by an alias. Raises NotFound."""
    for link in links_of(roster, owner.record):
        if link.alias == alias:
            return roster.find(link.target.id)
    raise NotFound(f"No such container: {owner.record.name}/{alias}")


def remove_link(roster: Roster, owner: Container, alias: str) -> None:
    """Let a container no longer know another one by an alias; both stay. Raises NotFound."""
    target = find_link(roster, owner, alias)
    links = tuple(link for link in owner.record.host.links or () if link != f"{target.id}:{alias}")
    roster.save(owner, host=replace(owner.record.host, links=links))


def shown_links(roster: Roster, record: Record) -> tuple[str, ...] | None:
    """Return the links as inspect shows them, `/container:/owner/alias`; None when there are none."""
    if network_of(record) != DEFAULT_NETWORK:
        return None
    return tuple(f"/{link.target.name}:/{record.name}/{link.alias}" for link in links_of(roster, record)) or None


def check_links(roster: Roster, record: Record) -> None:
    """Raises ContainersError in Docker's words when a linked container does not run, or is on no common network."""
    if network_of(record) != DEFAULT_NETWORK:
        return
    if len(record.host.links or ()) != len(found := list(links_of(roster, record))):
        raise ContainersError(f"Cannot link to a non running container: one that /{record.name} is linked to is gone")
    for link in found:
        if not link.target.state.is_running:
            alias = f"/{record.name}/{link.alias}"
            raise ContainersError(f"Cannot link to a non running container: /{link.target.name} AS {alias}")
        if not link.address:
            raise ContainersError(f"Cannot link to /{link.target.name}, as it does not belong to the default network")


def host_entries(roster: Roster, record: Record) -> list[str]:
    """Return lines for /etc/hosts as `names:address`."""
    entries = []
    for link in links_of(roster, record):
        names = dict.fromkeys([link.alias, link.target.settings.hostname or link.target.short_id, link.target.name])
        if link.address:
            entries.append(f"{' '.join(names)}:{link.address}")
    return entries


def link_environment(roster: Roster, record: Record) -> tuple[str, ...]:
    """Return the variables that tell of the linked containers, in Docker's names."""
    return tuple(entry for link in links_of(roster, record) for entry in _variables(record, link))


def _variables(record: Record, link: Link) -> Iterator[str]:
    prefix = link.alias.replace("-", "_").upper()
    ports = sorted(link.target.settings.exposed_ports, key=_port_order)
    for place, port in enumerate(ports):
        number, _, protocol = port.partition("/")
        url = f"{protocol}://{link.address}:{number}"
        if place == 0:
            yield f"{prefix}_PORT={url}"
        name = f"{prefix}_PORT_{number}_{protocol.upper()}"
        yield f"{name}={url}"
        yield f"{name}_ADDR={link.address}"
        yield f"{name}_PORT={number}"
        yield f"{name}_PROTO={protocol}"
    yield f"{prefix}_NAME=/{record.name}/{link.alias}"
    for entry in link.target.settings.env:
        name, _, value = entry.partition("=")
        if name not in _PRIVATE:
            yield f"{prefix}_ENV_{name}={value}"


def _port_order(port: str) -> tuple[int, str]:
    number, _, protocol = port.partition("/")
    return int(number), protocol


def linked_from(roster: Roster, target: Container) -> list[Container]:
    """Return the running containers that have a link to another."""
    return [
        container
        for container in roster.all()
        if container.record.host.links
        and container.is_running
        and any(link.startswith(f"{target.id}:") for link in container.record.host.links)
    ]
