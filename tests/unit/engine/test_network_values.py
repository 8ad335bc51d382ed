"""A network in the words of the network room."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from jupyter_containers.engine.containers.record_json import from_json, to_json
from jupyter_containers.engine.network_values import Network, PoolSettings
from jupyter_containers.network.values import Pool, Segment

MINE = Network(
    "mine", "1" * 64, "bridge", "2026-01-01T00:00:00Z", internal=True, ipv6=True, bridge_name="jcb1",
    options={"com.docker.network.bridge.enable_icc": "false", "com.docker.network.driver.mtu": "1400"},
    pools=(
        PoolSettings("10.0.0.0/24", "10.0.0.128/25", "10.0.0.1", {"router": "10.0.0.2"}),
        PoolSettings("fd00:7::/64", gateway="fd00:7::1"),
    ),
)  # fmt: skip


def test_a_segment_has_all_that_was_asked_for() -> None:
    assert MINE.segment() == Segment(
        id="1" * 64,
        bridge="jcb1",
        pool=Pool(
            IPv4Network("10.0.0.0/24"),
            IPv4Address("10.0.0.1"),
            IPv4Network("10.0.0.128/25"),
            (IPv4Address("10.0.0.2"),),
        ),
        pool6=Pool(IPv6Network("fd00:7::/64"), IPv6Address("fd00:7::1")),
        internal=True,
        icc=False,
        mtu=1400,
    )


def test_the_predefined_bridge_has_no_id_below() -> None:
    assert MINE.segment_id == MINE.id
    assert Network("bridge", "2" * 64, "bridge", "").segment_id == ""


def test_a_network_survives_the_way_through_the_database() -> None:
    assert from_json(Network, to_json(MINE)) == MINE
