from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.network import foreign
from jupyter_containers.network.foreign import Verdict
from jupyter_containers.network.netlink import Netlink
from tests.support.lone_host import LoneHost

pytestmark = pytest.mark.needs("root", "nftables")


@pytest.fixture
def netfilter(host: LoneHost) -> Iterator[Netlink]:
    with Netlink.netfilter() as netlink:
        yield netlink


def nft(command: str) -> None:
    subprocess.run(["nft", command], check=True)


def forward(table: str, policy: str = "drop", hook: str = "forward") -> None:
    nft(f"add table {table}")
    nft(f"add chain {table} FORWARD {{ type filter hook {hook} priority 0; policy {policy}; }}")


def inspect(netfilter: Netlink, bridged: Path = Path("/nonexistent")) -> Verdict:
    return foreign.inspect(netfilter, own_table="ours", bridges=("b0", "b1"), bridged=bridged)


def test_a_host_without_firewall_is_open(netfilter: Netlink) -> None:
    assert not inspect(netfilter)


@pytest.mark.parametrize("table", ["ip filter", "inet firewalld"])
def test_a_forward_chain_that_drops_is_found(netfilter: Netlink, table: str) -> None:
    forward(table)
    assert inspect(netfilter).tables == (f"table {table}",)


@pytest.mark.parametrize(
    ("table", "policy", "hook"),
    [("ip filter", "accept", "forward"), ("ip filter", "drop", "input"), ("ip6 filter", "drop", "forward")],
)
def test_other_chains_are_not_in_the_way(netfilter: Netlink, table: str, policy: str, hook: str) -> None:
    forward(table, policy, hook)
    assert not inspect(netfilter)


def test_our_own_table_is_not_foreign(netfilter: Netlink) -> None:
    assert not inspect(netfilter).own_table
    forward("ip ours")
    assert not inspect(netfilter)
    assert inspect(netfilter).own_table


def test_rules_that_name_the_bridges_open_the_table(netfilter: Netlink) -> None:
    forward("ip filter")
    nft("add chain ip filter DOCKER-USER")
    nft("add rule ip filter DOCKER-USER iifname b01 accept")
    assert inspect(netfilter).has_docker_user
    assert inspect(netfilter).bridges == ("b0", "b1")
    nft("add rule ip filter DOCKER-USER iifname b0 accept")
    assert inspect(netfilter).bridges == ("b1",)
    nft("add rule ip filter DOCKER-USER iifname b1 accept")
    assert not inspect(netfilter)


def test_filtered_bridges_are_told(netfilter: Netlink, tmp_path: Path) -> None:
    forward("ip filter")
    switch = tmp_path / "bridge-nf-call-iptables"
    for text, bridged in (("0\n", False), ("1\n", True)):
        switch.write_text(text)
        assert inspect(netfilter, switch).bridged is bridged


def test_the_generation_changes_with_every_change_and_only_then(netfilter: Netlink) -> None:
    before = foreign.generation(netfilter)
    assert foreign.generation(netfilter) == before
    nft("add table ip filter")
    assert foreign.generation(netfilter) != before
