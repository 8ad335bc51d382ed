"""From what somebody asks for to the pools of a network: parsed, checked, chosen. Pure: routes come in.

The words are Docker's: ValidateIPAM of today's dockerd, and its address manager.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jupyter_containers.errors import ContainersError, Forbidden, InvalidParameter
from jupyter_containers.network.addresses import choose_subnet
from jupyter_containers.network.values import Address, Network, Pool


@dataclass(frozen=True, slots=True)
class PoolWish:
    """One IPAM configuration as asked for; empty is chosen. `auxiliary` are addresses of others, by name."""

    subnet: str = ""
    ip_range: str = ""
    gateway: str = ""
    auxiliary: Mapping[str, str] = field(default_factory=dict, hash=False)


def check_wishes(wishes: Sequence[PoolWish], *, ipv6: bool) -> None:
    """Raises InvalidParameter for addresses that are none or do not belong together, all of them in one message."""
    failures: list[str] = []
    for wish in wishes:
        subnet = _network(wish.subnet)
        if subnet is None:
            failures.append(f"invalid subnet {wish.subnet}: invalid CIDR block notation")
            continue
        if subnet.version == 6 and not ipv6:
            continue
        if _has_host_bits(wish.subnet):
            failures.append(f"invalid subnet {wish.subnet}: it should be {subnet}")
        failures += _range_failures(wish.ip_range, subnet)
        failures += [f"invalid gateway {wish.gateway}: {why}" for why in _address_failures(wish.gateway, subnet)]
        for name, text in wish.auxiliary.items():
            failures += [f"invalid auxiliary address {name}: {why}" for why in _address_failures(text, subnet)]
    if failures:
        raise InvalidParameter("invalid network config:\n" + "\n".join(failures))


def settle(
    wishes: Sequence[PoolWish], *, ipv6: bool, taken: Sequence[Network], routed: Sequence[Network], seed: str = ""
) -> tuple[Pool, Pool | None]:
    """Return the IPv4 pool and the IPv6 one of a bridge network, from wishes that `check_wishes` has let pass.

    What nobody asked for is chosen: clear of other networks (`taken`) and of this host's routes (`routed`); the IPv6
    prefix is a unique local one made from `seed`. Raises Forbidden for overlaps and for several subnets of a kind,
    Unavailable when nothing is free.
    """
    subnets = [_network(wish.subnet) for wish in wishes]
    for version in (4, 6):
        if sum(subnet is not None and subnet.version == version for subnet in subnets) > 1:
            raise Forbidden("bridge driver doesn't support multiple subnets")
    pools: dict[int, Pool] = {}
    for wish, subnet in zip(wishes, subnets, strict=True):
        if subnet is None or (subnet.version == 6 and not ipv6):
            continue
        if any(_overlap(subnet, other) for other in taken):
            raise Forbidden("Pool overlaps with other one on this address space")
        pools[subnet.version] = _pool(wish, subnet)
    if 4 not in pools:
        occupied = [one for one in (*taken, *routed) if isinstance(one, ipaddress.IPv4Network)]
        pools[4] = _pool(PoolWish(), choose_subnet(occupied))
    if ipv6 and 6 not in pools:
        pools[6] = _pool(PoolWish(), choose_ipv6_subnet((*taken, *routed), seed))
    return pools[4], pools.get(6)


def choose_ipv6_subnet(taken: Iterable[Network], seed: str) -> ipaddress.IPv6Network:
    """Return a free /64 of the unique local prefix that `seed` makes. Source: RFC 4193."""
    occupied = list(taken)
    prefix = int.from_bytes(b"\xfd" + hashlib.sha256(seed.encode()).digest()[:5], "big")
    for number in range(1 << 16):
        subnet = ipaddress.IPv6Network(((prefix << 80) | (number << 64), 64))
        if not any(_overlap(subnet, other) for other in occupied):
            return subnet
    raise ContainersError("could not find an available, non-overlapping IPv6 address pool among the defaults")


def _pool(wish: PoolWish, subnet: Network) -> Pool:
    if subnet.prefixlen > subnet.max_prefixlen - 2:
        raise InvalidParameter(f"invalid subnet {subnet}: no available addresses on this pool, it has no room")
    gateway = ipaddress.ip_address(wish.gateway) if wish.gateway else subnet.network_address + 1
    reserved = tuple(ipaddress.ip_address(text) for text in wish.auxiliary.values())
    if wish.gateway == "" and gateway in reserved:
        gateway = next(address for address in subnet.hosts() if address not in reserved)
    if gateway in reserved:
        raise Forbidden(f"failed to allocate secondary ip address ({gateway}): Address already in use")
    return Pool(subnet, gateway, _network(wish.ip_range), reserved)


def _overlap(one: Network, other: Network) -> bool:
    if isinstance(one, ipaddress.IPv4Network):
        return isinstance(other, ipaddress.IPv4Network) and one.overlaps(other)
    return isinstance(other, ipaddress.IPv6Network) and one.overlaps(other)


def _network(text: str) -> Network | None:
    """Return the network of a text with a prefix length; None for all else. Bits of a host are dropped."""
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _has_host_bits(text: str) -> bool:
    interface = ipaddress.ip_interface(text)
    return interface.ip != interface.network.network_address


def _contains(subnet: Network, address: Address) -> bool:
    return address.version == subnet.version and address in subnet


def _range_failures(text: str, subnet: Network) -> list[str]:
    if not text:
        return []
    found = _network(text)
    if found is None:
        return [f"invalid ip-range {text}: invalid CIDR block notation"]
    if found.version != subnet.version:
        return [f"invalid ip-range {text}: parent subnet is an IPv{subnet.version} block"]
    if found.prefixlen < subnet.prefixlen:
        return [f"invalid ip-range {text}: CIDR block is bigger than its parent subnet {subnet}"]
    if _has_host_bits(text):
        return [f"invalid ip-range {text}: it should be {found}"]
    if not _contains(subnet, found.network_address):
        return [f"invalid ip-range {text}: parent subnet {subnet} doesn't contain ip-range"]
    return []


def _address_failures(text: str, subnet: Network) -> list[str]:
    if not text:
        return []
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ["invalid address"]
    if address.version != subnet.version:
        return [f"parent subnet is an IPv{subnet.version} block"]
    return [] if address in subnet else [f"parent subnet {subnet} doesn't contain this address"]
