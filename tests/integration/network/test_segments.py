"""User-defined networks with real packets: who reaches whom, what the host shows, and what is left."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

import pytest
from pyroute2.netlink.rtnl import RTM_NEWROUTE
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from jupyter_containers.errors import Conflict, Forbidden, InvalidParameter, NotFound
from jupyter_containers.network.netlink import NLM_F_CREATE, Netlink
from jupyter_containers.network.networks import Attachment, Networking, Place, PortMapping, Segment
from jupyter_containers.network.plumbing import remove_link
from jupyter_containers.network.values import Pool
from tests.support import traffic
from tests.support.lone_host import HOST, OUTSIDE, LoneHost
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root", "nftables")

FRONT = Segment("f" * 64, "jcbfront", Pool(IPv4Network("10.1.0.0/24"), IPv4Address("10.1.0.1")))
BACK = Segment("b" * 64, "jcbback", Pool(IPv4Network("10.2.0.0/24"), IPv4Address("10.2.0.1")))
BRIDGED_PACKETS_ARE_FILTERED = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
BOTH = replace(FRONT, pool6=Pool(IPv6Network("fd00:1::/64"), IPv6Address("fd00:1::1")))


@asynccontextmanager
async def network(*segments: Segment) -> AsyncIterator[Networking]:
    networking = Networking()
    await networking.open()
    try:
        for segment in segments:
            await networking.open_segment(segment)
        yield networking
    finally:
        await networking.close(remove=True)


async def attach(
    networking: Networking, container: Namespace, segment: Segment | None, place: Place | None = None, name: str = ""
) -> Attachment:
    return await networking.attach(
        name or f"{id(container):x}", netns_fd=container.netns_fd, netlink=container.netlink, endpoint_name="web",
        network_id=segment.id if segment else "", place=place or Place(),
    )  # fmt: skip


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


def lead_back(outside: Namespace, segment: Segment) -> None:
    """Give the outside a route to a network's own addresses."""
    message = rtmsg()
    message["family"], message["table"], message["proto"], message["type"] = socket.AF_INET, 254, 3, 1
    message["dst_len"] = segment.pool.subnet.prefixlen
    message["attrs"] = [("RTA_DST", str(segment.pool.subnet.network_address)), ("RTA_GATEWAY", str(HOST.ip))]
    Netlink(outside.netlink).change("route", (message, RTM_NEWROUTE, NLM_F_CREATE))


def links() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


def nft(*arguments: str) -> str:
    return subprocess.run(["nft", *arguments], check=True, capture_output=True, text=True).stdout


def test_networks_are_closed_to_each_other_and_open_within(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second, Namespace() as third, Namespace() as fourth:
            async with network(FRONT, BACK) as networking:
                await attach(networking, first, FRONT)
                near = await attach(networking, second, FRONT)
                far = await attach(networking, third, BACK)
                plain = await attach(networking, fourth, None)
                with second.listen(("0.0.0.0", 80)) as server:
                    await traffic.call(first.new_socket(), (near.ip_address, 80), server)
                for container, place in ((third, far), (fourth, plain)):
                    with container.listen(("0.0.0.0", 80)) as server:
                        assert await traffic.is_unreachable(first.new_socket(), (place.ip_address, 80), server)
                with second.listen(("0.0.0.0", 80)) as server:
                    assert await traffic.is_unreachable(fourth.new_socket(), (near.ip_address, 80), server)

    run(test)


def test_a_container_goes_out_under_the_hosts_address_unless_told_otherwise(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, Namespace() as bare, host.outside.listen(("0.0.0.0", 80)) as server:
            async with network(FRONT, replace(BACK, masquerade=False)) as networking:
                await attach(networking, container, FRONT)
                seen = await traffic.call(container.new_socket(), (str(OUTSIDE.ip), 80), server)
                assert seen == str(HOST.ip)
                attachment = await attach(networking, bare, BACK)
                lead_back(host.outside, BACK)
                seen = await traffic.call(bare.new_socket(), (str(OUTSIDE.ip), 80), server)
                assert seen == attachment.ip_address

    run(test)


def test_an_internal_network_is_closed_to_the_outside_both_ways(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second, second.listen(("0.0.0.0", 80)) as server:
            async with network(replace(FRONT, internal=True)) as networking:
                # Routes are no protection: who may make some in a container can add one.
                await attach(networking, first, FRONT)
                target = await attach(networking, second, FRONT)
                lead_back(host.outside, FRONT)
                await traffic.call(first.new_socket(), (target.ip_address, 80), server)
                with host.outside.listen(("0.0.0.0", 80)) as outside:
                    assert await traffic.is_unreachable(first.new_socket(), (str(OUTSIDE.ip), 80), outside)
                assert await traffic.is_unreachable(host.outside.new_socket(), (target.ip_address, 80), server)
                await traffic.call(socket.socket(), (target.ip_address, 80), server)

    run(test)


def test_neighbours_can_be_kept_apart(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second, second.listen(("0.0.0.0", 80)) as server:
            async with network(replace(FRONT, icc=False)) as networking:
                if BRIDGED_PACKETS_ARE_FILTERED.exists():
                    # The bridge itself must do it: not every kernel shows its packets to the firewall.
                    BRIDGED_PACKETS_ARE_FILTERED.write_text("0")
                await attach(networking, first, FRONT)
                target = await attach(networking, second, FRONT, Place(ports=(PortMapping(80, host_port=8080),)))
                assert await traffic.is_unreachable(first.new_socket(), (target.ip_address, 80), server)
                await traffic.call(socket.socket(), (target.ip_address, 80), server)
                # What is published is for everybody.
                await traffic.call(first.new_socket(), (str(HOST.ip), 8080), server)

    run(test)


def test_ports_are_published_over_the_network_and_reach_from_others(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, Namespace() as other, container.listen(("0.0.0.0", 80)) as server:
            async with network(replace(FRONT, host_binding=str(HOST.ip)), BACK) as networking:
                attachment = await attach(networking, container, FRONT, Place(ports=(PortMapping(80, host_port=8080),)))
                assert [port.host_ip for port in attachment.published] == [str(HOST.ip)]
                await attach(networking, other, BACK)
                for client in (host.outside, other):
                    await traffic.call(client.new_socket(), (str(HOST.ip), 8080), server)

    run(test)


def test_beside_a_firewall_that_knows_the_default_bridge_only_published_ports_work(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network(FRONT) as networking:
                nft("add table ip filter")
                nft("add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }")
                nft("add rule ip filter FORWARD iifname jc0 accept")
                await attach(networking, container, FRONT, Place(ports=(PortMapping(80, host_port=8080),)))
                assert "containers on jcbfront cannot reach the outside" in networking.describe()["warning"]
                for client, address in ((socket.socket(), "127.0.0.1"), (host.outside.new_socket(), str(HOST.ip))):
                    await traffic.call(client, (address, 8080), server)
                for way in ("iifname", "oifname"):
                    nft(f"add rule ip filter FORWARD {way} jcbfront accept")
                assert networking.describe()["warning"] == ""
                assert await traffic.call(host.outside.new_socket(), (str(HOST.ip), 8080), server) == str(OUTSIDE.ip)
            assert "table ip filter" in nft("list", "tables")

    run(test)


def test_ports_move_to_another_network(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network(FRONT, BACK) as networking:
                ports = (PortMapping(80, host_port=8080),)
                await attach(networking, container, FRONT, Place(ports=ports), "web")
                away = Place(interface="eth1", is_gateway=False)
                await attach(networking, container, BACK, away, "web")
                assert networking.unpublish("web", FRONT.id).published == ()
                moved = await networking.publish("web", BACK.id, ports, endpoint_name="web")
                networking.set_gateways(container.netns_fd, {4: moved, 6: None})
                await networking.leave("web", FRONT.id)
                assert "eth0" not in container.read("/proc/net/dev")
                await traffic.call(socket.socket(), ("127.0.0.1", 8080), server)
                await traffic.call(host.outside.new_socket(), (str(HOST.ip), 8080), server)
                assert f"{moved.ip_address} . 80" in nft("list", "map", "ip", "jupyter-containers", "ports")

    run(test)


def test_the_default_route_leads_where_it_is_told(host: LoneHost) -> None:
    def gateways(container: Namespace) -> list[str]:
        lines = [line.split() for line in container.read("/proc/net/route").splitlines()]
        return [line[0] for line in lines if line[1] == "00000000"]

    async def test() -> None:
        with Namespace() as container:
            async with network(FRONT, BACK) as networking:
                first = await attach(networking, container, FRONT, name="web")
                second = await attach(networking, container, BACK, Place("eth1", is_gateway=False), "web")
                assert gateways(container) == ["eth0"]
                for wanted, names in ((second, ["eth1"]), (None, []), (None, []), (first, ["eth0"])):
                    networking.set_gateways(container.netns_fd, {4: wanted, 6: None})
                    assert gateways(container) == names

    run(test)


def test_ipv6_is_there_on_both_ends_and_closed_to_other_networks(host: LoneHost) -> None:
    async def test() -> None:
        away = replace(BACK, pool6=Pool(IPv6Network("fd00:2::/64"), IPv6Address("fd00:2::1")))
        with Namespace() as first, Namespace() as second, Namespace() as third:
            async with network(BOTH, away) as networking:
                one = await attach(networking, first, BOTH)
                await attach(networking, third, away)
                two = await attach(networking, second, BOTH, Place(ipv6_address="fd00:1::99"))
                assert (one.ipv6_address, two.ipv6_address) == ("fd00:1::2", "fd00:1::99")
                assert (two.ipv6_prefix_length, two.ipv6_gateway) == (64, "fd00:1::1")
                with second.new_socket(socket.AF_INET6) as server:
                    server.bind(("::", 80))
                    server.listen()
                    seen = await traffic.call(first.new_socket(socket.AF_INET6), ("fd00:1::99", 80), server)
                    assert seen == "fd00:1::2"
                    stranger = third.new_socket(socket.AF_INET6)
                    assert await traffic.is_unreachable(stranger, ("fd00:1::99", 80), server)
                    assert await traffic.call(socket.socket(socket.AF_INET6), ("fd00:1::99", 80), server) == "fd00:1::1"
                assert "ip6 saddr fd00:1::/64" in nft("list", "table", "ip6", "jupyter-containers")
                # Nobody on this network is taken for a router.
                assert second.read("/proc/sys/net/ipv6/conf/eth0/accept_ra") == "0\n"
                assert Path("/proc/sys/net/ipv6/conf/jcbfront/accept_ra").read_text() == "0\n"

    run(test)


def test_addresses_asked_for_are_had_or_refused(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second:
            async with network(FRONT) as networking:
                wanted = Place(ip_address="10.1.0.77", link_local=("169.254.8.8",), interface="lan0")
                await attach(networking, first, FRONT, wanted)
                assert "lan0" in first.read("/proc/net/dev")
                assert {"10.1.0.77", "169.254.8.8"} <= set(first.read("/proc/net/fib_trie").split())
                before = links()
                with pytest.raises(Forbidden, match=r"^Address already in use$"):
                    await attach(networking, second, FRONT, Place(ip_address="10.1.0.77"))
                with pytest.raises(InvalidParameter, match="no configured subnet"):
                    await attach(networking, second, FRONT, Place(ip_address="10.9.0.1"))
                assert links() == before

    run(test)


def test_a_network_goes_with_its_bridge_and_rules_when_nobody_is_on_it(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container:
            async with network(BOTH, BACK) as networking:
                await attach(networking, container, BOTH, name="web")
                with pytest.raises(Forbidden, match="active endpoints"):
                    await networking.close_segment(BOTH.id)
                await networking.detach("web")
                await networking.close_segment(BOTH.id)
                assert "jcbfront" not in links()
                assert "jcbfront" not in nft("list", "ruleset")
                assert "table ip6" not in nft("list", "ruleset")
                assert "jcbback" in nft("list", "ruleset")
                assert networking.subnets() == [BACK.pool.subnet]
                with pytest.raises(NotFound):
                    await attach(networking, container, BOTH)
            assert not {name for name in links() if name.startswith("jc")}
            assert nft("list", "tables") == ""

    run(test)


def test_a_bridges_name_is_not_taken_from_anybody(host: LoneHost) -> None:
    async def test() -> None:
        async with network(FRONT) as networking:
            with pytest.raises(Conflict, match="an interface of this name exists already"):
                await networking.open_segment(replace(BACK, bridge=FRONT.bridge))
            assert not networking.knows(BACK.id)
            await networking.open_segment(BACK)

    run(test)


def test_networks_of_an_earlier_daemon_are_taken_over_or_made_again(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            first = Networking()
            await first.open_segment(BOTH)
            await first.open_segment(BACK)
            place = Place(ports=(PortMapping(80, host_port=8080),))
            attachment = await attach(first, container, BOTH, place, "web")
            await first.close(remove=False)
            remove_link(BACK.bridge)
            async with network() as second:
                second.know(BOTH)
                second.know(BACK)
                await second.restore({"web": [Attachment.from_json(attachment.to_json())]})
                assert {BOTH.bridge, BACK.bridge} <= links()
                await traffic.call(socket.socket(), ("127.0.0.1", 8080), server)
                with Namespace() as other:
                    assert (await attach(second, other, BOTH)).ip_address == "10.1.0.3"
                await second.leave("web", BOTH.id)
            assert not {name for name in links() if name.startswith("jc")}

    run(test)


def test_a_network_whose_bridges_name_somebody_has_taken_keeps_nobody_else_from_theirs(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second:
            other = Networking(scope="somebody")
            await other.open_segment(replace(BACK, bridge=FRONT.bridge))
            async with network() as networking:
                networking.know(FRONT)
                await networking.warm_up()
                await attach(networking, first, None)
                with pytest.raises(Conflict, match=r"bridge jcbfront has address 10\.2\.0\.1/24, not 10\.1\.0\.1/24"):
                    await attach(networking, second, FRONT)
                await networking.close_segment(FRONT.id)
                assert FRONT.bridge in links()
            await other.close(remove=True)
            assert not {name for name in links() if name.startswith("jc")}

    run(test)


def test_a_bridge_that_somebody_removed_is_made_again_for_the_next_container(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second, second.listen(("0.0.0.0", 80)) as server:
            async with network(FRONT) as networking:
                await attach(networking, first, FRONT)
                remove_link(FRONT.bridge)
                target = await attach(networking, second, FRONT)
                await traffic.call(socket.socket(), (target.ip_address, 80), server)

    run(test)


def test_the_ports_of_other_networks_survive_the_loss_of_the_default_bridge(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, Namespace() as other, container.listen(("0.0.0.0", 80)) as server:
            async with network(FRONT) as networking:
                await attach(networking, container, FRONT, Place(ports=(PortMapping(80, host_port=8080),)))
                remove_link("jc0")
                await attach(networking, other, None)
                await traffic.call(socket.socket(), ("127.0.0.1", 8080), server)
                await traffic.call(host.outside.new_socket(), (str(HOST.ip), 8080), server)

    run(test)
