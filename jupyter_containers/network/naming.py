"""Who is called what on which network: the memory behind the DNS servers of the containers. Pure.

A container sees the names of those that share a network with it, and nobody else's:

    directory.join(NetworkName(id, "backend"), Member(container_id, ("web", "web.alias"), addresses))
    directory.lookup(asking_container_id, "web")       (10.0.0.2, fd00::2), () for a name without address, None
    directory.reverse(asking_container_id, 10.0.0.2)   "web.backend"

The engine joins and leaves, on connect, start, stop and disconnect; dns/ asks. Names are compared without case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class NetworkName:
    """A network as names know it. From an `internal` one, questions about the outside are not passed on."""

    id: str
    name: str
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A running container on one network.

    `names` begins with the container's own name, which reverse lookups answer; then short id, aliases, host name.
    `links` are names that only this container may use, each for a name on the same network.
    """

    container_id: str
    names: tuple[str, ...]
    addresses: tuple[Address, ...]
    links: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(slots=True)
class _Network:
    name: NetworkName
    members: dict[str, Member] = field(default_factory=dict)


class Directory:
    """All names of one daemon, in memory. Changed and read on one event loop; nothing here waits or fails."""

    def __init__(self) -> None:
        self._networks: dict[str, _Network] = {}
        # Networks by container, in the order in which they are asked.
        self._of: dict[str, list[str]] = {}

    def join(self, network: NetworkName, member: Member) -> None:
        """Put a container on a network, or replace what is known of it there."""
        entry = self._networks.setdefault(network.id, _Network(network))
        entry.name = network
        entry.members[member.container_id] = member
        joined = self._of.setdefault(member.container_id, [])
        if network.id not in joined:
            joined.append(network.id)

    def leave(self, network_id: str, container_id: str) -> None:
        """Take a container off a network; harmless when it is not there."""
        entry = self._networks.get(network_id)
        if entry is None or entry.members.pop(container_id, None) is None:
            return
        if not entry.members:
            del self._networks[network_id]
        self._of[container_id].remove(network_id)
        if not self._of[container_id]:
            del self._of[container_id]

    def lookup(self, container_id: str, name: str) -> tuple[Address, ...] | None:
        """Return the addresses that a name has for a container, of both families; None when nobody is called so.

        All members of that name on the first network that knows it answer together (a scaled service). A name may be
        followed by its network's: `web.backend`. The order is that of joining; rotating it is the server's business.
        """
        wanted = name.rstrip(".").lower()
        for entry in self._networks_of(container_id):
            found = _addresses(entry, self._linked(entry, container_id, wanted))
            if found is not None:
                return found
        for entry in self._networks_of(container_id):
            suffix = "." + entry.name.name.lower()
            if wanted.endswith(suffix):
                found = _addresses(entry, wanted.removesuffix(suffix))
                if found is not None:
                    return found
        return None

    def reverse(self, container_id: str, address: Address) -> str | None:
        """Return `name.network` for an address on one of the container's networks; None when nobody has it."""
        for entry in self._networks_of(container_id):
            for member in entry.members.values():
                if address in member.addresses:
                    return f"{member.names[0]}.{entry.name.name}"
        return None

    def reaches_outside(self, container_id: str) -> bool:
        """Tell whether questions that nobody here can answer may be passed on: one of its networks is not internal."""
        return any(not entry.name.internal for entry in self._networks_of(container_id))

    def _networks_of(self, container_id: str) -> Iterator[_Network]:
        return (self._networks[network_id] for network_id in self._of.get(container_id, ()))

    @staticmethod
    def _linked(entry: _Network, container_id: str, wanted: str) -> str:
        links = {alias.lower(): target for alias, target in entry.members[container_id].links.items()}
        return links.get(wanted, wanted).lower()


def _addresses(entry: _Network, wanted: str) -> tuple[Address, ...] | None:
    named = [member for member in entry.members.values() if any(wanted == name.lower() for name in member.names)]
    return tuple(address for member in named for address in member.addresses) if named else None
