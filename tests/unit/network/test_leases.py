"""Addresses of several networks: both kinds at once, or none."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest

from jupyter_containers.errors import Forbidden, InvalidParameter
from jupyter_containers.network.leases import Leases
from jupyter_containers.network.values import Place, Pool

POOL = Pool(IPv4Network("10.0.0.0/24"), IPv4Address("10.0.0.1"))
POOL6 = Pool(IPv6Network("fd00:7::/64"), IPv6Address("fd00:7::1"))


@pytest.fixture
def leases() -> Leases:
    made = Leases()
    made.open("both", POOL, POOL6)
    made.open("old", POOL)
    return made


def test_an_attachment_has_an_address_of_each_kind_that_the_network_has(leases: Leases) -> None:
    both = leases.attachment("both", Place(interface="eth1", link_local=("169.254.8.8",)), "e")
    assert (both.ip_address, both.prefix_length, both.gateway) == ("10.0.0.2", 24, "10.0.0.1")
    assert (both.ipv6_address, both.ipv6_prefix_length, both.ipv6_gateway) == ("fd00:7::2", 64, "fd00:7::1")
    assert (both.interface, both.mac_address, both.link_local) == ("eth1", "02:42:0a:00:00:02", ("169.254.8.8",))
    old = leases.attachment("old", Place(mac="02:00:00:00:00:AB"), "e")
    assert (old.ip_address, old.ipv6_address, old.ipv6_gateway) == ("10.0.0.2", "", "")
    assert old.mac_address == "02:00:00:00:00:ab"


def test_nothing_stays_taken_when_one_kind_cannot_be_had(leases: Leases) -> None:
    leases.attachment("both", Place(ipv6_address="fd00:7::9"), "e")
    with pytest.raises(Forbidden, match="Address already in use"):
        leases.attachment("both", Place(ip_address="10.0.0.9", ipv6_address="fd00:7::9"), "e")
    assert leases.attachment("both", Place(ip_address="10.0.0.9"), "e").ip_address == "10.0.0.9"


def test_an_address_of_a_kind_that_the_network_has_not_is_refused(leases: Leases) -> None:
    with pytest.raises(InvalidParameter, match="no configured subnet or ip-range contain the IP address fd00:7::9"):
        leases.attachment("old", Place(ipv6_address="fd00:7::9"), "e")


def test_addresses_of_an_earlier_daemon_are_taken_and_released(leases: Leases) -> None:
    earlier = leases.attachment("both", Place(), "e")
    leases.open("both", POOL, POOL6)
    leases.take(earlier)
    assert leases.attachment("both", Place(), "e").ip_address == "10.0.0.3"
    leases.release(earlier)
    leases.release(earlier)
    assert leases.attachment("both", Place(ip_address="10.0.0.2"), "e").ipv6_address == "fd00:7::4"


def test_a_closed_network_is_forgotten(leases: Leases) -> None:
    gone = leases.attachment("old", Place(), "e")
    leases.close("old")
    leases.release(gone)
    assert "old" not in leases
    assert "both" in leases
