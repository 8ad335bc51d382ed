"""The table as `nft` reads it; what it does to packets is in test_networks.py."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Network

import pytest

from jupyter_containers.network.firewall import Firewall, Redirection, Zone
from jupyter_containers.network.netlink import Netlink
from jupyter_containers.network.values import Published
from tests.support.lone_host import LoneHost

pytestmark = pytest.mark.needs("root", "nftables")

SUBNET = IPv4Network("10.7.0.0/16")
ZONE = Zone("b0", SUBNET)
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
    firewall.build([ZONE], [])
    firewall.publish([WEB, DNS])
    assert WEB_LINE in ruleset()
    assert DNS_LINE in ruleset()
    firewall.withdraw([WEB])
    assert WEB_LINE not in ruleset()
    assert DNS_LINE in ruleset()


def test_building_again_replaces_whatever_was_there(firewall: Firewall) -> None:
    firewall.build([ZONE], [WEB])
    subprocess.run(["nft", "add", "chain", "ip", "try", "intruder"], check=True)
    firewall.build([ZONE], [DNS])
    once = ruleset()
    assert WEB_LINE not in once
    assert "intruder" not in once
    assert DNS_LINE in once
    firewall.build([ZONE], [DNS])
    assert ruleset() == once


def test_hundreds_of_networks_and_thousands_of_ports_fit_one_transaction(firewall: Firewall) -> None:
    zones = [Zone(f"b{number}", IPv4Network((0x0A000000 + number * 256, 24))) for number in range(300)]
    ports = [
        Redirection(Published(80, "tcp", "0.0.0.0", port), IPv4Address("10.0.0.2")) for port in range(20000, 23000)
    ]
    firewall.build(zones, ports)
    text = ruleset()
    assert "tcp . 20000 : 10.0.0.2 . 80" in text
    assert "tcp . 22999 : 10.0.0.2 . 80" in text
    assert '"b299"' in text
    firewall.rewrite(zones[1:])
    text = ruleset()
    assert '"b0"' not in text
    assert "tcp . 22999 : 10.0.0.2 . 80" in text
    # A failure in so large a crowd is one failure, and what comes next is not disturbed by what was left of it.
    with pytest.raises(OSError, match="File exists"):
        firewall.publish(ports)
    firewall.publish([WEB])
    firewall.remove()
    with pytest.raises(OSError, match="No such file or directory"):
        firewall.rewrite(zones)
    firewall.build([ZONE], [DNS])
    assert DNS_LINE in ruleset()


def test_only_this_host_is_redirected_when_told_so(firewall: Firewall) -> None:
    firewall.build([ZONE], [WEB], from_outside=False)
    chains = ruleset().split("chain ")
    assert "dnat" not in next(chain for chain in chains if chain.startswith("prerouting"))
    assert "dnat" in next(chain for chain in chains if chain.startswith("output"))


def test_a_port_published_twice_is_refused_and_nothing_changes(firewall: Firewall) -> None:
    firewall.build([ZONE], [WEB])
    before = ruleset()
    with pytest.raises(OSError, match="publish nftables table try: File exists"):
        firewall.publish([DNS, WEB])
    assert ruleset() == before


def test_withdrawing_and_removing_what_is_gone_is_harmless(firewall: Firewall) -> None:
    firewall.withdraw([WEB])
    firewall.build([ZONE], [WEB, DNS])
    subprocess.run(["nft", "flush", "map", "ip", "try", "ports"], check=True)
    firewall.withdraw([WEB, DNS])
    assert DNS_LINE not in ruleset()
    firewall.remove()
    firewall.remove()
    assert ruleset() == ""


def rules(chain: str, family: str = "ip") -> list[str]:
    text = subprocess.run(["nft", "list", "chain", family, "try", chain], check=True, capture_output=True, text=True)
    return [line.strip() for line in text.stdout.splitlines()[3:-2]]


def test_each_network_is_closed_to_the_others(firewall: Firewall) -> None:
    firewall.build([ZONE, Zone("b1", IPv4Network("10.8.0.0/16"))], [])
    forward = rules("forward")
    for bridge in ("b0", "b1"):
        assert f'oifname "{bridge}" iifname "{bridge}" accept' in forward
        assert f'oifname "{bridge}" drop' in forward


def test_an_internal_network_is_closed_both_ways_before_anything_is_accepted(firewall: Firewall) -> None:
    firewall.build([ZONE, Zone("b1", IPv4Network("10.8.0.0/16"), internal=True)], [])
    forward = rules("forward")
    assert forward[:2] == ['iifname "b1" oifname != "b1" drop', 'oifname "b1" iifname != "b1" drop']
    assert not [rule for rule in rules("postrouting") if "10.8.0.0/16" in rule and "!=" in rule]


def test_containers_can_be_kept_apart_and_go_out_under_their_own_addresses(firewall: Firewall) -> None:
    firewall.build([Zone("b0", SUBNET, icc=False, masquerade=False)], [])
    assert not [rule for rule in rules("forward") if "iifname" in rule]
    assert not [rule for rule in rules("postrouting") if "oifname !=" in rule]


def test_ipv6_has_a_table_as_long_as_some_network_has_it(firewall: Firewall) -> None:
    firewall.build([ZONE, Zone("b1", IPv4Network("10.8.0.0/16"), IPv6Network("fd00:8::/64"))], [WEB])
    assert rules("forward", "ip6")[-1] == 'oifname "b1" drop'
    assert rules("postrouting", "ip6") == ['ip6 saddr fd00:8::/64 oifname != "b1" masquerade']
    assert WEB_LINE in ruleset()
    firewall.build([ZONE], [WEB])
    assert "table ip6" not in ruleset()
    assert WEB_LINE in ruleset()


def test_rules_follow_the_networks_and_published_ports_stay(firewall: Firewall) -> None:
    other = Zone("b1", IPv4Network("10.8.0.0/16"), IPv6Network("fd00:8::/64"), internal=True)
    firewall.build([ZONE], [])
    firewall.publish([WEB])
    for zones in ([ZONE, other], [other, Zone("b2", IPv4Network("10.9.0.0/16"))], [ZONE]):
        firewall.rewrite(zones)
        rewritten = ruleset()
        firewall.build(zones, [WEB])
        assert ruleset() == rewritten


def test_the_rules_of_a_table_that_is_gone_cannot_be_rewritten(firewall: Firewall) -> None:
    firewall.build([ZONE], [WEB])
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    with pytest.raises(FileNotFoundError):
        firewall.rewrite([ZONE])
    assert ruleset() == ""


def test_the_ipv6_table_of_an_earlier_daemon_goes_too(firewall: Firewall) -> None:
    firewall.build([Zone("b1", IPv4Network("10.8.0.0/16"), IPv6Network("fd00:8::/64"))], [])
    with Netlink.netfilter() as netfilter:
        Firewall(netfilter, "try").remove()
    assert ruleset() == ""
