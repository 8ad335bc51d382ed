from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported
from jupyter_containers.network.sublink_options import SublinkOptions, check_place, has_no_router, seen, vlan_of
from jupyter_containers.network.values import Attachment, Place, Pool, Segment

ATTACHMENT = Attachment(
    "e" * 64, "10.0.0.2", 24, "10.0.0.1", "02:42:0a:00:00:02", "jc1", ipv6_address="fd00::2", ipv6_gateway="fd00::1"
)


def segment(driver: str, mode: str) -> Segment:
    pool = Pool(ip_network("10.0.0.0/24"), ip_address("10.0.0.1"))
    return Segment("n", "", pool, driver=driver, parent="eth0", mode=mode)


@pytest.mark.parametrize(
    ("driver", "options", "expected"),
    [
        ("macvlan", {}, SublinkOptions("", "bridge")),
        ("macvlan", {"parent": "eth0", "macvlan_mode": "vepa"}, SublinkOptions("eth0", "vepa")),
        ("ipvlan", {"parent": "eth0.7"}, SublinkOptions("eth0.7", "l2")),
        ("ipvlan", {"ipvlan_mode": "l3s", "ipvlan_flag": "bridge", "note": "x"}, SublinkOptions("", "l3s")),
        ("macvlan", {"com.docker.network.driver.mtu": "1300"}, SublinkOptions("", "bridge", 1300)),
    ],
)
def test_options_are_read(driver: str, options: dict[str, str], expected: SublinkOptions) -> None:
    assert SublinkOptions.parse(driver, options) == expected


@pytest.mark.parametrize(
    ("driver", "options", "kind", "words"),
    [
        ("macvlan", {"macvlan_mode": "l2"}, InvalidParameter, "^requested macvlan mode 'l2' is not valid, 'bridge'"),
        ("ipvlan", {"ipvlan_mode": "x"}, InvalidParameter, "^requested ipvlan mode 'x' is not valid, 'l2' mode"),
        ("ipvlan", {"ipvlan_flag": "vepa"}, Unsupported, "ipvlan_flag=vepa"),
        ("ipvlan", {"parent": "lo"}, InvalidParameter, "^loopback interface is not a valid ipvlan parent link$"),
        ("macvlan", {"com.docker.network.bridge.name": "b"}, Unsupported, "bridge.name=b of the macvlan driver"),
        ("macvlan", {"com.docker.network.driver.mtu": "x"}, InvalidParameter, "failed to parse"),
    ],
)
def test_what_cannot_be_is_told(driver: str, options: dict[str, str], kind: type[ContainersError], words: str) -> None:
    with pytest.raises(kind, match=words):
        SublinkOptions.parse(driver, options)


def test_the_name_of_a_vlan_is_taken_apart() -> None:
    assert vlan_of("eth0.10") == ("eth0", 10)
    assert vlan_of("bond1.4094") == ("bond1", 4094)


@pytest.mark.parametrize(
    ("parent", "words"),
    [
        ("eth0", "invalid subinterface vlan name eth0, example"),
        (".10", "invalid subinterface vlan name .10, example"),
        ("a.b.10", "invalid subinterface vlan name a.b.10, example"),
        ("eth0.", "unable to parse a valid vlan id from:  "),
        ("eth0.x", "unable to parse a valid vlan id from: x "),
        ("eth0.\u0663", "unable to parse a valid vlan id from"),
        ("eth0.0", "vlan id must be between 1-4094, received: 0"),
        ("eth0.4095", "vlan id must be between 1-4094, received: 4095"),
    ],
)
def test_what_is_no_vlan_is_told(parent: str, words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        vlan_of(parent)


def test_a_link_address_cannot_be_chosen_where_the_parents_is_used() -> None:
    place = Place(mac="02:42:0a:00:00:02")
    check_place(None, place)
    check_place(segment("macvlan", "bridge"), place)
    check_place(segment("ipvlan", "l2"), Place())
    with pytest.raises(InvalidParameter, match=r"^ipvlan interfaces do not support custom mac address assignment$"):
        check_place(segment("ipvlan", "l2"), place)


def test_what_is_the_parents_is_not_shown_as_the_containers() -> None:
    assert seen(Segment("n", "b", segment("bridge", "").pool), ATTACHMENT) == ATTACHMENT
    hanging = seen(segment("macvlan", "bridge"), ATTACHMENT)
    assert (hanging.host_interface, hanging.mac_address, hanging.gateway) == ("", "02:42:0a:00:00:02", "10.0.0.1")
    closed = seen(replace(segment("macvlan", "bridge"), internal=True), ATTACHMENT)
    assert (closed.gateway, closed.ipv6_gateway) == ("", "")
    switched = seen(segment("ipvlan", "l2"), ATTACHMENT)
    assert (switched.mac_address, switched.gateway, switched.ipv6_gateway) == ("", "10.0.0.1", "fd00::1")
    routed = seen(segment("ipvlan", "l3"), ATTACHMENT)
    assert (routed.mac_address, routed.gateway, routed.ipv6_gateway) == ("", "", "")
    assert [has_no_router(segment("ipvlan", mode)) for mode in ("l2", "l3", "l3s")] == [False, True, True]
