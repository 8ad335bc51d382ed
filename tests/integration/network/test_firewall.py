"""The table as `nft` reads it; what it does to packets is in test_networks.py."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

import pytest

from jupyter_containers.network.firewall import Firewall, Redirection
from jupyter_containers.network.netlink import Netlink
from jupyter_containers.network.values import Published
from tests.support.lone_host import LoneHost

pytestmark = pytest.mark.needs("root", "nftables")

SUBNET = IPv4Network("10.7.0.0/16")
WEB = Redirection(Published(80, "tcp", "0.0.0.0", 8080), IPv4Address("10.7.0.2"))
DNS = Redirection(Published(53, "udp", "127.0.0.1", 5353), IPv4Address("10.7.0.3"))
WEB_LINE = "tcp . 8080 : 10.7.0.2 . 80"
DNS_LINE = "127.0.0.1 . udp . 5353 : 10.7.0.3 . 53"


@pytest.fixture
def firewall(host: LoneHost) -> Iterator[Firewall]:
    with Netlink.netfilter() as netfilter:
        yield Firewall(netfilter, "try")


def ruleset() -> str:
    return subprocess.run(["nft", "list", "ruleset"], check=True, capture_output=True, text=True).stdout


def test_ports_are_published_and_withdrawn(firewall: Firewall) -> None:
    firewall.build("b0", SUBNET, [])
    firewall.publish([WEB, DNS])
    assert WEB_LINE in ruleset()
    assert DNS_LINE in ruleset()
    firewall.withdraw([WEB])
    assert WEB_LINE not in ruleset()
    assert DNS_LINE in ruleset()


def test_building_again_replaces_whatever_was_there(firewall: Firewall) -> None:
    firewall.build("b0", SUBNET, [WEB])
    subprocess.run(["nft", "add", "chain", "ip", "try", "intruder"], check=True)
    firewall.build("b0", SUBNET, [DNS])
    once = ruleset()
    assert WEB_LINE not in once
    assert "intruder" not in once
    assert DNS_LINE in once
    firewall.build("b0", SUBNET, [DNS])
    assert ruleset() == once


def test_only_this_host_is_redirected_when_told_so(firewall: Firewall) -> None:
    firewall.build("b0", SUBNET, [WEB], from_outside=False)
    chains = ruleset().split("chain ")
    assert "dnat" not in next(chain for chain in chains if chain.startswith("prerouting"))
    assert "dnat" in next(chain for chain in chains if chain.startswith("output"))


def test_a_port_published_twice_is_refused_and_nothing_changes(firewall: Firewall) -> None:
    firewall.build("b0", SUBNET, [WEB])
    before = ruleset()
    with pytest.raises(OSError, match="publish nftables table try: File exists"):
        firewall.publish([DNS, WEB])
    assert ruleset() == before


def test_withdrawing_and_removing_what_is_gone_is_harmless(firewall: Firewall) -> None:
    firewall.withdraw([WEB])
    firewall.build("b0", SUBNET, [WEB, DNS])
    subprocess.run(["nft", "flush", "map", "ip", "try", "ports"], check=True)
    firewall.withdraw([WEB, DNS])
    assert DNS_LINE not in ruleset()
    firewall.remove()
    firewall.remove()
    assert ruleset() == ""
