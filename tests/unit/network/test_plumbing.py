"""A host without nftables, in a child's own network; with all there is: tests/integration/network/test_plumbing.py."""

from __future__ import annotations

import errno
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from jupyter_containers.linux import constants, seccomp
from jupyter_containers.network.plumbing import Names, Plumbing
from jupyter_containers.network.values import Pool, Segment
from tests.support.children import answer_of

NAMES = Names("b0", "try")
_NETLINK_NETFILTER = 12


def refuse_nftables() -> None:
    refused = [{"index": 2, "value": _NETLINK_NETFILTER, "op": "SCMP_CMP_EQ"}]
    rule = {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EPROTONOSUPPORT, "args": refused}
    seccomp.load(seccomp.compile_profile({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}, capabilities=()))


def routes_loopback(*bridges: str) -> str:
    return "".join(Path(f"/proc/sys/net/ipv4/conf/{name}/route_localnet").read_text()[0] for name in bridges)


@pytest.mark.needs("root", "nftables")
def test_cve_2020_8558_without_nftables_only_the_host_has_its_loopback() -> None:
    """Nothing would drop a container's packet to 127.0.0.1 there, not even behind a bridge of an earlier daemon."""

    def step() -> str:
        first = Plumbing(NAMES, "10.7.0.0/16")
        assert first.warning == ""
        before = routes_loopback("b0")
        first.close()
        refuse_nftables()
        second = Plumbing(NAMES)
        assert "no nftables" in second.warning
        second.open(Segment("a" * 64, "b1", Pool(IPv4Network("10.8.0.0/16"), IPv4Address("10.8.0.1"))))
        return before + routes_loopback("b0", "b1")

    assert answer_of(step, flags=constants.CLONE_NEWNET) == "100"
