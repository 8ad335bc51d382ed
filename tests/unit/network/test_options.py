"""Options of bridge networks and endpoints, in Docker's names and words."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.network.options import BridgeOptions, interface_option

BRIDGE = "com.docker.network.bridge."
KNOWN = tuple(f"{BRIDGE}{name}" for name in ("name", "enable_icc", "enable_ip_masquerade", "host_binding_ipv4"))


def test_every_option_is_read() -> None:
    parsed = BridgeOptions.parse({
        f"{BRIDGE}name": "br0",
        f"{BRIDGE}enable_icc": "false",
        f"{BRIDGE}enable_ip_masquerade": "0",
        f"{BRIDGE}host_binding_ipv4": "127.0.0.1",
        f"{BRIDGE}default_bridge": "false",
        "com.docker.network.driver.mtu": "1400",
        "com.docker.network.container_iface_prefix": "lan",
        f"{BRIDGE}gateway_mode_ipv4": "nat",
        "somebody.else/note": "kept and not looked at",
    })  # fmt: skip
    assert parsed == BridgeOptions("br0", icc=False, masquerade=False, host_binding="127.0.0.1", mtu=1400, prefix="lan")
    assert BridgeOptions.parse({}) == BridgeOptions()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (f"{BRIDGE}enable_icc", "maybe", 'enable_icc value: maybe .strconv.ParseBool: parsing "maybe": invalid syntax'),
        ("com.docker.network.driver.mtu", "abc", 'mtu value: abc .strconv.Atoi: parsing "abc": invalid syntax'),
        ("com.docker.network.driver.mtu", "-5", "^invalid MTU number: -5$"),
        ("com.docker.network.driver.mtu", "67", "^invalid MTU number: 67$"),
        (f"{BRIDGE}host_binding_ipv4", "abc", "host_binding_ipv4 value: abc .nil ip"),
        (f"{BRIDGE}name", "a-very-long-name", "1 to 15 characters"),
        (f"{BRIDGE}name", "a/b", "1 to 15 characters"),
        ("com.docker.network.container_iface_prefix", "a/b", "invalid beginning of an interface's name"),
        (f"{BRIDGE}default_bridge", "true", "is the default bridge's alone"),
    ],
)
def test_a_bad_value_is_refused_with_its_option(name: str, value: str, words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        BridgeOptions.parse({name: value})


def test_an_option_of_dockers_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match=f"{BRIDGE}gateway_mode_ipv4=routed"):
        BridgeOptions.parse({f"{BRIDGE}gateway_mode_ipv4": "routed"})


@given(st.sampled_from((*KNOWN, f"{BRIDGE}other", "other")), st.text(max_size=20))
def test_any_value_is_read_or_refused(name: str, value: str) -> None:
    with suppress(InvalidParameter, Unsupported):
        assert BridgeOptions.parse({name: value}).mtu == 0
    with suppress(InvalidParameter, Unsupported):
        assert len(interface_option({name: value})) < 16


def test_an_endpoint_may_name_its_interface() -> None:
    assert interface_option({"com.docker.network.endpoint.ifname": "lan0"}) == "lan0"
    assert interface_option({}) == ""
    with pytest.raises(InvalidParameter, match="ifname=lo"):
        interface_option({"com.docker.network.endpoint.ifname": "lo"})
    with pytest.raises(Unsupported, match=r"sysctls=net\.x=1"):
        interface_option({"com.docker.network.endpoint.sysctls": "net.x=1"})
