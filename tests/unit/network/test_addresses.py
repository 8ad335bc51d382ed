from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network

import pytest

from jupyter_containers.errors import Forbidden, InvalidParameter
from jupyter_containers.network.addresses import (
    AddressPool,
    NoFreeAddress,
    NoFreeSubnet,
    choose_subnet,
    first_host,
    mac_of,
)
from jupyter_containers.network.values import Pool

GATEWAY = IPv4Interface("10.0.0.1/29")
SMALL = Pool(GATEWAY.network, GATEWAY.ip)


def allocate(pool: AddressPool) -> str:
    return str(pool.allocate().ip)


def test_the_subnet_is_the_first_that_no_route_touches() -> None:
    assert choose_subnet([]) == IPv4Network("172.31.0.0/16")
    assert choose_subnet([IPv4Network("172.31.255.0/24")]) == IPv4Network("172.30.0.0/16")
    assert choose_subnet([IPv4Network("172.16.0.0/12")]) == IPv4Network("192.168.240.0/20")
    private = [IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"), IPv4Network("10.255.255.53/32")]
    assert choose_subnet(private) == IPv4Network("10.254.0.0/16")


def test_a_host_with_routes_to_everything_is_told_to_choose() -> None:
    with pytest.raises(NoFreeSubnet, match="set one"):
        choose_subnet([IPv4Network("0.0.0.0/0")])


def test_the_gateway_is_the_first_address() -> None:
    assert first_host(IPv4Network("10.0.0.0/29")) == GATEWAY


def test_the_lowest_free_address_comes_first_with_the_prefix_of_the_subnet() -> None:
    pool = AddressPool(SMALL)
    assert pool.allocate() == IPv4Interface("10.0.0.2/29")
    assert allocate(pool) == "10.0.0.3"


def test_a_released_address_rests_until_there_is_no_other() -> None:
    pool = AddressPool(SMALL)
    pool.release(pool.allocate().ip)
    assert [allocate(pool) for _ in range(5)] == ["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.2"]
    with pytest.raises(NoFreeAddress, match=r"no free address in 10\.0\.0\.0/29"):
        pool.allocate()


def test_the_address_that_rests_longest_is_taken_first() -> None:
    pool = AddressPool(SMALL)
    addresses = [pool.allocate().ip for _ in range(5)]
    for address in (addresses[3], addresses[1]):
        pool.release(address)
    assert allocate(pool) == str(addresses[3])


def test_rest_ends_after_many_others_were_released() -> None:
    pool = AddressPool(Pool(IPv4Network("10.0.0.0/16"), IPv4Address("10.0.0.1")))
    seen = []
    for _ in range(66):
        address = pool.allocate().ip
        seen.append(str(address))
        pool.release(address)
    assert len(set(seen[:65])) == 65
    assert seen[65] == "10.0.0.2"


def test_a_taken_address_is_not_given_out() -> None:
    pool = AddressPool(SMALL)
    assert pool.take(IPv4Address("10.0.0.2"))
    assert allocate(pool) == "10.0.0.3"


def test_addresses_that_cannot_be_taken_are_told() -> None:
    pool = AddressPool(SMALL)
    for address in ("10.0.0.1", "10.0.1.2", str(pool.allocate().ip)):
        assert not pool.take(IPv4Address(address))


def test_a_resting_address_can_be_taken() -> None:
    pool = AddressPool(SMALL)
    first = pool.allocate().ip
    pool.release(first)
    assert pool.take(first)
    assert str(first) not in [allocate(pool) for _ in range(4)]


def test_releasing_twice_is_harmless() -> None:
    pool = AddressPool(SMALL)
    first = pool.allocate().ip
    pool.release(first)
    pool.release(first)
    assert len({allocate(pool) for _ in range(5)}) == 5


def test_the_link_address_is_formed_of_the_address_as_docker_does() -> None:
    assert mac_of(IPv4Interface("172.17.0.2/16")) == "02:42:ac:11:00:02"


def test_only_the_range_is_given_out_to_its_edges_and_never_what_is_reserved() -> None:
    network = IPv4Network("10.0.0.0/24")
    pool = AddressPool(
        Pool(network, IPv4Address("10.0.0.1"), IPv4Network("10.0.0.128/30"), (IPv4Address("10.0.0.129"),))
    )
    assert [allocate(pool) for _ in range(3)] == ["10.0.0.128", "10.0.0.130", "10.0.0.131"]
    with pytest.raises(NoFreeAddress, match=r"10\.0\.0\.128/30"):
        pool.allocate()
    assert pool.claim("10.0.0.7") == IPv4Interface("10.0.0.7/24")


def test_addresses_of_ipv6_keep_the_prefix_of_their_subnet() -> None:
    pool = AddressPool(Pool(IPv6Network("fd00:7::/64"), IPv6Address("fd00:7::1")))
    assert pool.allocate() == IPv6Interface("fd00:7::2/64")


def test_a_claim_is_refused_in_dockers_words() -> None:
    pool = AddressPool(SMALL)
    pool.claim("10.0.0.4")
    with pytest.raises(Forbidden, match=r"^Address already in use$"):
        pool.claim("10.0.0.4")
    with pytest.raises(
        InvalidParameter, match=r"^no configured subnet or ip-range contain the IP address 10\.9\.0\.1$"
    ):
        pool.claim("10.9.0.1")
