"""Which addresses the bridge and its containers get. Pure: routes come in, addresses go out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from jupyter_containers.errors import Unavailable

# A released address rests until this many others were released: packets of its old connections may still be under way.
_RESTING = 64


class NoFreeSubnet(Unavailable):
    def __init__(self) -> None:
        super().__init__("cannot choose a subnet for the bridge: routes of this host cover all private ones; set one")


class NoFreeAddress(Unavailable):
    def __init__(self, subnet: IPv4Network) -> None:
        super().__init__(f"no free address in {subnet}: remove a container, or give the bridge a larger subnet")
        self.subnet = subnet


def choose_subnet(taken: Iterable[IPv4Network]) -> IPv4Network:
    """Return the first private subnet that overlaps none of `taken`. Raises NoFreeSubnet.

    Docker takes 172.17.0.0/16 and goes up; this goes down from the other end, so that both find room on one host.
    """
    taken = list(taken)
    for subnet in _candidates():
        if not any(subnet.overlaps(network) for network in taken):
            return subnet
    raise NoFreeSubnet


def _candidates() -> Iterator[IPv4Network]:
    for second in range(31, 17, -1):
        yield IPv4Network(f"172.{second}.0.0/16")
    for third in range(240, -1, -16):
        yield IPv4Network(f"192.168.{third}.0/20")
    for second in range(255, -1, -1):
        yield IPv4Network(f"10.{second}.0.0/16")


def first_host(subnet: IPv4Network) -> IPv4Interface:
    """Return the gateway's place in a subnet: its first address."""
    return IPv4Interface((subnet.network_address + 1, subnet.prefixlen))


def mac_of(address: IPv4Interface) -> str:
    """Return the link address that belongs to an IPv4 address, as Docker forms it.

    The pair never changes, so a neighbour that remembers an earlier owner of the address is still right.
    """
    return ":".join(f"{byte:02x}" for byte in b"\x02\x42" + address.ip.packed)


class AddressPool:
    """The addresses of one subnet without its gateway. Deterministic: the lowest that is free and not resting."""

    def __init__(self, gateway: IPv4Interface) -> None:
        self._gateway = gateway
        self._taken: set[IPv4Address] = set()
        self._resting: deque[IPv4Address] = deque()

    def allocate(self) -> IPv4Interface:
        """Take a free address; only if there is no other, the one that rests longest. Raises NoFreeAddress."""
        resting = set(self._resting)
        address = next((one for one in self._hosts() if one not in self._taken and one not in resting), None)
        if address is None:
            if not self._resting:
                raise NoFreeAddress(self._gateway.network)
            address = self._resting.popleft()
        self._taken.add(address)
        return IPv4Interface((address, self._gateway.network.prefixlen))

    def take(self, address: IPv4Address) -> bool:
        """Take a given address; return whether it was free and belongs to this subnet."""
        if address not in self._gateway.network or address in self._taken or address == self._gateway.ip:
            return False
        self._taken.add(address)
        if address in self._resting:
            self._resting.remove(address)
        return True

    def release(self, address: IPv4Address) -> None:
        """Give an address back; harmless when it is free already."""
        if address not in self._taken:
            return
        self._taken.discard(address)
        self._resting.append(address)
        if len(self._resting) > _RESTING:
            self._resting.popleft()

    def _hosts(self) -> Iterator[IPv4Address]:
        return (address for address in self._gateway.network.hosts() if address != self._gateway.ip)
