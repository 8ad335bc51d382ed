"""Which addresses the bridge and its containers get. Pure: routes come in, addresses go out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Interface, IPv4Network, ip_address, ip_interface

from jupyter_containers.errors import Forbidden, InvalidParameter, Unavailable
from jupyter_containers.network.values import Address, Interface, Network, Pool

# A released address rests until this many others were released: packets of its old connections may still be under way.
_RESTING = 64


class NoFreeSubnet(Unavailable):
    def __init__(self) -> None:
        super().__init__("cannot choose a subnet for the bridge: routes of this host cover all private ones; set one")


class NoFreeAddress(Unavailable):
    def __init__(self, subnet: Network) -> None:
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


def checked_subnet(text: str) -> str:
    """Return the subnet that somebody chose for the default bridge, as it is; "" is none. Raises InvalidParameter."""
    try:
        subnet = IPv4Network(text) if text else None
    except ValueError as error:
        raise InvalidParameter(f"invalid subnet {text!r} of the bridge: {error}") from None
    if subnet is not None and subnet.prefixlen > 30:
        raise InvalidParameter(f"invalid subnet {text!r} of the bridge: it has no room for a container")
    return text


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

    def __init__(self, pool: Pool) -> None:
        self._subnet = pool.subnet
        self._range = pool.ip_range or pool.subnet
        self._reserved = {pool.gateway, *pool.reserved}
        self._taken: set[Address] = set()
        self._resting: deque[Address] = deque()

    def allocate(self) -> Interface:
        """Take a free address; only if there is no other, the one that rests longest. Raises NoFreeAddress."""
        resting = set(self._resting)
        address = next((one for one in self._hosts() if self._is_free(one) and one not in resting), None)
        if address is None:
            address = next((one for one in self._resting if one in self._range), None)
            if address is None:
                raise NoFreeAddress(self._range)
            self._resting.remove(address)
        self._taken.add(address)
        return self._interface(address)

    def claim(self, text: str) -> Interface:
        """Take the address that somebody asked for. Raises Forbidden, InvalidParameter in Docker's words."""
        address = ip_address(text)
        if address not in self._subnet:
            raise InvalidParameter(f"no configured subnet or ip-range contain the IP address {text}")
        if not self.take(address):
            raise Forbidden("Address already in use")
        return self._interface(address)

    def take(self, address: Address) -> bool:
        """Take a given address; return whether it was free and belongs to this subnet."""
        if address not in self._subnet or not self._is_free(address):
            return False
        self._taken.add(address)
        if address in self._resting:
            self._resting.remove(address)
        return True

    def release(self, address: Address) -> None:
        """Give an address back; harmless when it is free already."""
        if address not in self._taken:
            return
        self._taken.discard(address)
        self._resting.append(address)
        if len(self._resting) > _RESTING:
            self._resting.popleft()

    def _is_free(self, address: Address) -> bool:
        return address not in self._taken and address not in self._reserved

    def _interface(self, address: Address) -> Interface:
        return ip_interface(f"{address}/{self._subnet.prefixlen}")

    def _hosts(self) -> Iterator[Address]:
        # Of a range within the subnet, the first and the last address are addresses like others; not of the subnet.
        edges = (self._subnet.network_address, self._subnet.broadcast_address)
        return (address for address in self._range if address not in edges)
