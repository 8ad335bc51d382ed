"""From wishes to pools: what is refused, in whose words, and what is chosen."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import ContainersError, Forbidden, InvalidParameter
from jupyter_containers.network.ipam import PoolWish, check_wishes, choose_ipv6_subnet, settle
from jupyter_containers.network.values import Pool


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (PoolWish("foo"), "invalid subnet foo: invalid CIDR block notation"),
        (PoolWish(gateway="10.0.0.1"), "invalid subnet : invalid CIDR block notation"),
        (PoolWish("10.0.0.5/24"), "invalid subnet 10.0.0.5/24: it should be 10.0.0.0/24"),
        (PoolWish("10.0.0.0/24", gateway="x"), "invalid gateway x: invalid address"),
        (PoolWish("10.0.0.0/24", gateway="fd00::1"), "invalid gateway fd00::1: parent subnet is an IPv4 block"),
        (
            PoolWish("10.0.0.0/24", gateway="10.1.0.1"),
            "invalid gateway 10.1.0.1: parent subnet 10.0.0.0/24 doesn't contain this address",
        ),
        (PoolWish("10.0.0.0/24", "x"), "invalid ip-range x: invalid CIDR block notation"),
        (PoolWish("10.0.0.0/24", "fd00::/64"), "invalid ip-range fd00::/64: parent subnet is an IPv4 block"),
        (
            PoolWish("10.0.0.0/24", "10.0.0.0/16"),
            "invalid ip-range 10.0.0.0/16: CIDR block is bigger than its parent subnet 10.0.0.0/24",
        ),
        (PoolWish("10.0.0.0/24", "10.0.0.9/25"), "invalid ip-range 10.0.0.9/25: it should be 10.0.0.0/25"),
        (
            PoolWish("10.0.0.0/24", "10.0.1.0/25"),
            "invalid ip-range 10.0.1.0/25: parent subnet 10.0.0.0/24 doesn't contain ip-range",
        ),
        (
            PoolWish("10.0.0.0/24", auxiliary={"router": "10.1.0.1"}),
            "invalid auxiliary address router: parent subnet 10.0.0.0/24 doesn't contain this address",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused_in_dockers_words(wish: PoolWish, words: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        check_wishes([wish], ipv6=True)
    assert caught.value.message == f"invalid network config:\n{words}"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InvalidParameter) as caught:
        check_wishes([PoolWish("10.0.0.5/24", gateway="x"), PoolWish("y")], ipv6=False)
    assert len(caught.value.message.splitlines()) == 4


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_read_or_refused(subnet: str, ip_range: str, gateway: str) -> None:
    wishes = [PoolWish(subnet, ip_range, gateway)]
    try:
        check_wishes(wishes, ipv6=True)
        settle(wishes, ipv6=True, taken=[], routed=[])
    except ContainersError:
        return


def test_what_is_asked_for_is_kept() -> None:
    wish = PoolWish("10.0.0.0/24", "10.0.0.128/25", "10.0.0.254", {"router": "10.0.0.2"})
    pool, pool6 = settle([wish, PoolWish("fd00:7::/64")], ipv6=True, taken=[], routed=[])
    assert pool == Pool(
        IPv4Network("10.0.0.0/24"), IPv4Address("10.0.0.254"), IPv4Network("10.0.0.128/25"), (IPv4Address("10.0.0.2"),)
    )
    assert pool6 == Pool(IPv6Network("fd00:7::/64"), IPv6Address("fd00:7::1"))


def test_without_ipv6_its_subnets_are_left_out() -> None:
    pool, pool6 = settle([PoolWish("fd00:7::/64")], ipv6=False, taken=[], routed=[])
    assert pool.subnet.version == 4
    assert pool6 is None


def test_a_chosen_subnet_keeps_clear_of_networks_and_routes() -> None:
    taken, routed = [ip_network("172.31.0.0/16")], [ip_network("172.30.1.0/24"), ip_network("fd00::/8")]
    pool, _ = settle([], ipv6=False, taken=taken, routed=routed)
    assert pool == Pool(IPv4Network("172.29.0.0/16"), IPv4Address("172.29.0.1"))


def test_an_overlap_with_another_network_is_refused_and_with_a_route_is_not() -> None:
    wishes = [PoolWish("10.0.0.0/25")]
    with pytest.raises(Forbidden, match=r"^Pool overlaps with other one on this address space$"):
        settle(wishes, ipv6=False, taken=[ip_network("10.0.0.0/24")], routed=[])
    assert settle(wishes, ipv6=False, taken=[], routed=[ip_network("10.0.0.0/24")])[0].subnet == ip_network(
        "10.0.0.0/25"
    )


def test_a_bridge_has_one_subnet_of_a_kind() -> None:
    with pytest.raises(Forbidden, match=r"^bridge driver doesn't support multiple subnets$"):
        settle([PoolWish("10.0.0.0/24"), PoolWish("10.1.0.0/24")], ipv6=False, taken=[], routed=[])


def test_a_subnet_needs_room() -> None:
    with pytest.raises(InvalidParameter, match="no room"):
        settle([PoolWish("10.0.0.0/31")], ipv6=False, taken=[], routed=[])


def test_the_gateway_keeps_clear_of_auxiliary_addresses() -> None:
    pool, _ = settle([PoolWish("10.0.0.0/24", auxiliary={"a": "10.0.0.1"})], ipv6=False, taken=[], routed=[])
    assert pool.gateway == IPv4Address("10.0.0.2")
    with pytest.raises(Forbidden, match="Address already in use"):
        settle([PoolWish("10.0.0.0/24", "", "10.0.0.1", {"a": "10.0.0.1"})], ipv6=False, taken=[], routed=[])


def test_a_chosen_prefix_of_ipv6_is_unique_local_and_free() -> None:
    first = choose_ipv6_subnet([], "seed")
    assert first.prefixlen == 64
    assert first.subnet_of(IPv6Network("fd00::/8"))
    assert choose_ipv6_subnet([], "seed") == first
    second = choose_ipv6_subnet([first], "seed")
    assert second != first
    assert second.supernet(new_prefix=48) == first.supernet(new_prefix=48)
