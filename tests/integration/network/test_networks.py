"""Real packets: containers are namespaces of child processes, the host is one of its own with an outside behind it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from pyroute2.netlink.rtnl import RTM_DELROUTE, RTM_NEWROUTE
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from jupyter_containers.errors import Conflict, InvalidParameter, Unavailable
from jupyter_containers.linux import loopback
from jupyter_containers.network.netlink import NLM_F_CREATE, Netlink
from jupyter_containers.network.networks import Attachment, Networking, Place, PortInUse, PortMapping
from jupyter_containers.network.plumbing import remove_link
from tests.support import traffic
from tests.support.eventually import eventually
from tests.support.lone_host import HOST, OUTSIDE, LoneHost
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root", "nftables")

HOST_IP = str(HOST.ip)
OUTSIDE_IP = str(OUTSIDE.ip)
GATEWAY = "172.31.0.1"


@asynccontextmanager
async def network(**options: str) -> AsyncIterator[Networking]:
    networking = Networking(**options)
    await networking.open()
    try:
        yield networking
    finally:
        await networking.close(remove=True)


async def attach(
    networking: Networking, container: Namespace, name: str = "web", *ports: PortMapping, mac: str = ""
) -> Attachment:
    return await networking.attach(
        name,
        netns_fd=container.netns_fd,
        netlink=container.netlink,
        endpoint_name=name,
        place=Place(ports=ports, mac=mac),
    )


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


def links() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


def nft(*arguments: str) -> str:
    return subprocess.run(["nft", *arguments], check=True, capture_output=True, text=True).stdout


def close_forwarding() -> None:
    """Do what dockerd does to a host."""
    nft("add table ip filter")
    nft("add chain ip filter DOCKER-USER")
    nft("add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }")
    nft("add rule ip filter FORWARD jump DOCKER-USER")


def test_a_container_reaches_the_outside_under_the_address_of_the_host(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, host.outside.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                await attach(networking, container)
                assert await traffic.call(container.new_socket(), (OUTSIDE_IP, 80), server) == HOST_IP

    run(test)


def test_the_attachment_is_what_the_container_has(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container:
            async with network() as networking:
                attachment = await attach(networking, container)
                assert (attachment.ip_address, attachment.prefix_length) == ("172.31.0.2", 16)
                assert attachment.gateway == GATEWAY
                assert attachment.mac_address == "02:42:ac:1f:00:02"
                assert attachment.host_interface in links()
                routes = container.read("/proc/net/route")
                assert routes.splitlines()[1].split()[:3] == ["eth0", "00000000", "01001FAC"]
                assert "172.31.0.2" in container.read("/proc/net/fib_trie")
                assert "eth0" not in container.read("/proc/net/if_inet6")
                container.listen(("127.0.0.1", 80)).close()

    run(test)


def test_two_containers_reach_each_other(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second, second.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                client = await attach(networking, first, "first")
                attachment = await attach(networking, second, "second")
                seen = await traffic.call(first.new_socket(), (attachment.ip_address, 80), server)
                assert seen == client.ip_address

    run(test)


def test_a_published_port_answers_this_host_on_every_address(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                await attach(networking, container, "web", PortMapping(80, host_port=8080))
                for address in ("127.0.0.1", HOST_IP, GATEWAY):
                    await traffic.call(socket.socket(), (address, 8080), server)
                seen = await traffic.call(socket.socket(socket.AF_INET6), ("::1", 8080), server)
                assert seen == GATEWAY

    run(test)


def test_a_published_port_answers_the_outside_and_shows_the_client(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                await attach(networking, container, "web", PortMapping(80, host_port=8080))
                assert await traffic.call(host.outside.new_socket(), (HOST_IP, 8080), server) == OUTSIDE_IP

    run(test)


def test_a_published_udp_port_answers_this_host_and_the_outside(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.datagrams(("0.0.0.0", 53)) as server:
            async with network() as networking:
                await attach(networking, container, "dns", PortMapping(53, "udp", host_port=5353))
                for address in ("127.0.0.1", HOST_IP):
                    await traffic.ask(socket.socket(type=socket.SOCK_DGRAM), (address, 5353), server)
                await traffic.ask(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM), ("::1", 5353), server)
                client = host.outside.new_socket(kind=socket.SOCK_DGRAM)
                assert await traffic.ask(client, (HOST_IP, 5353), server) == OUTSIDE_IP

    run(test)


def test_containers_reach_published_ports_of_each_other_and_their_own(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second, second.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                await attach(networking, first, "first")
                await attach(networking, second, "second", PortMapping(80, host_port=8080))
                for client in (first, second):
                    for address in (HOST_IP, GATEWAY):
                        assert await traffic.call(client.new_socket(), (address, 8080), server) == GATEWAY

    run(test)


def test_a_port_published_on_one_address_is_not_on_another(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                local = PortMapping(80, host_ip="127.0.0.1", host_port=8080)
                attachment = await attach(networking, container, "web", local)
                assert [(port.host_ip, port.host_port) for port in attachment.published] == [("127.0.0.1", 8080)]
                await traffic.call(socket.socket(), ("127.0.0.1", 8080), server)
                assert await traffic.is_unreachable(socket.socket(), (HOST_IP, 8080), server)
                assert await traffic.is_unreachable(host.outside.new_socket(), (HOST_IP, 8080), server)

    run(test)


def test_ports_that_are_not_published_are_closed_to_the_outside(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                attachment = await attach(networking, container)
                _add_route(host.outside, "172.31.0.0/16")
                client = host.outside.new_socket()
                assert await traffic.is_unreachable(client, (attachment.ip_address, 80), server)
                await traffic.call(socket.socket(), (attachment.ip_address, 80), server)

    run(test)


def test_a_container_does_not_reach_what_listens_on_the_loopback_of_the_host(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, socket.create_server(("127.0.0.1", 9000)) as server:
            async with network() as networking:
                await attach(networking, container)
                # A hostile container: sends packets for 127.0.0.1 over its link, and would take the answers.
                for switch in ("route_localnet", "accept_local"):
                    container.write(f"/proc/sys/net/ipv4/conf/eth0/{switch}", "1")
                _lead_loopback_out(container)
                assert await traffic.is_unreachable(container.new_socket(), ("127.0.0.1", 9000), server)

    run(test)


def test_two_containers_cannot_have_one_port_and_the_second_leaves_nothing(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second:
            async with network() as networking:
                mapping = PortMapping(80, host_port=8080)
                await attach(networking, first, "first", mapping)
                before = links()
                with pytest.raises(PortInUse) as failure:
                    await attach(networking, second, "second", PortMapping(81, host_port=8081), mapping)
                assert failure.value.status == 500
                assert failure.value.message.startswith(
                    "driver failed programming external connectivity on endpoint second ("
                )
                assert failure.value.message.endswith("Bind for 0.0.0.0:8080 failed: port is already allocated")
                assert links() == before
                with socket.create_server(("0.0.0.0", 8081)):
                    pass
                await networking.detach("first")
                await attach(networking, second, "second", mapping)

    run(test)


def test_a_port_of_another_program_is_named_in_the_words_of_dockerd(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, socket.create_server(("0.0.0.0", 8080)):
            async with network() as networking:
                with pytest.raises(PortInUse) as failure:
                    await attach(networking, container, "web", PortMapping(80, host_port=8080))
                words = "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use"
                assert failure.value.message.endswith(words)

    run(test)


def test_nobody_else_can_take_a_published_port(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container:
            async with network() as networking:
                attachment = await attach(networking, container, "web", PortMapping(80))
                port = attachment.published[0].host_port
                with pytest.raises(OSError, match="in use"):
                    socket.create_server(("127.0.0.1", port))

    run(test)


def test_detach_takes_link_and_ports_away_from_a_running_container(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                attachment = await attach(networking, container, "web", PortMapping(80, host_port=8080))
                await networking.detach("web")
                await networking.detach("web")
                await asyncio.to_thread(eventually, lambda: attachment.host_interface not in links())
                assert await traffic.is_unreachable(socket.socket(), ("127.0.0.1", 8080), server)
                assert "8080" not in nft("list", "table", "ip", "jupyter-containers")

    run(test)


def test_detach_of_a_dead_container_frees_its_port(host: LoneHost) -> None:
    async def test() -> None:
        async with network() as networking:
            mapping = PortMapping(80, host_port=8080)
            with Namespace() as container:
                first = await attach(networking, container, "web", mapping)
            await asyncio.to_thread(eventually, lambda: first.host_interface not in links())
            await networking.detach("web")
            with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
                second = await attach(networking, container, "web", mapping)
                assert second.ip_address != first.ip_address
                await traffic.call(socket.socket(), ("127.0.0.1", 8080), server)

    run(test)


def test_close_with_remove_leaves_nothing(host: LoneHost) -> None:
    async def test() -> None:
        before = links()
        with Namespace() as container:
            async with network() as networking:
                await attach(networking, container, "web", PortMapping(80, host_port=8080))
                assert "jc0" in links()
            assert links() == before
            assert nft("list", "tables") == ""
            assert "eth0" not in container.read("/proc/net/dev")

    run(test)


def test_published_ports_work_on_without_a_daemon_and_the_next_one_takes_them_over(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server, Namespace() as stale:
            first = Networking()
            attachment = await attach(first, container, "web", PortMapping(80, host_port=8080))
            lost = await attach(first, stale, "lost", PortMapping(80, host_port=8081))
            await first.close(remove=False)
            await traffic.call(socket.socket(), ("127.0.0.1", 8080), server)

            async with network() as second:
                await second.restore({"web": [Attachment.from_json(attachment.to_json())]})
                for client, address in (
                    (socket.socket(), ("127.0.0.1", 8080)),
                    (socket.socket(socket.AF_INET6), ("::1", 8080)),
                    (host.outside.new_socket(), (HOST_IP, 8080)),
                ):
                    await traffic.call(client, address, server)
                with pytest.raises(OSError, match="in use"):
                    socket.create_server(("127.0.0.1", 8080))
                await asyncio.to_thread(eventually, lambda: lost.host_interface not in links())
                assert "8081" not in nft("list", "table", "ip", "jupyter-containers")
                with Namespace() as other:
                    assert (await attach(second, other, "other")).ip_address not in {attachment.ip_address, GATEWAY}
                await second.detach("web")
                with socket.create_server(("127.0.0.1", 8080)):
                    pass

    run(test)


def test_restore_with_nothing_to_restore_touches_nothing(host: LoneHost) -> None:
    async def test() -> None:
        before = links()
        networking = Networking()
        await networking.restore({})
        assert networking.describe()["subnet"] == ""
        await networking.close(remove=True)
        assert links() == before

    run(test)


def test_another_firewall_that_drops_forwarded_packets_is_reported_with_a_remedy(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                await attach(networking, container, "web", PortMapping(80, host_port=8080))
                assert networking.describe()["warning"] == ""
                close_forwarding()
                warning = networking.describe()["warning"]
                assert "table ip filter" in warning
                assert "iptables -I DOCKER-USER -i jc0 -j ACCEPT" in warning
                # Through the relay: the container sees the bridge, but it is reached.
                assert await traffic.call(host.outside.new_socket(), (HOST_IP, 8080), server) == GATEWAY
                await traffic.call(socket.socket(), ("127.0.0.1", 8080), server)

                nft("add rule ip filter DOCKER-USER iifname jc0 accept")
                nft("add rule ip filter DOCKER-USER oifname jc0 accept")
                assert networking.describe()["warning"] == ""
                assert await traffic.call(host.outside.new_socket(), (HOST_IP, 8080), server) == OUTSIDE_IP

    run(test)


def test_published_udp_ports_answer_neighbours_when_forwarding_is_closed(host: LoneHost) -> None:
    async def test() -> None:
        close_forwarding()
        with Namespace() as first, Namespace() as second, second.datagrams(("0.0.0.0", 53)) as server:
            async with network() as networking:
                await attach(networking, first, "first")
                await attach(networking, second, "second", PortMapping(53, "udp", host_port=5353))
                for address in (HOST_IP, GATEWAY):
                    client = first.new_socket(kind=socket.SOCK_DGRAM)
                    assert await traffic.ask(client, (address, 5353), server) == GATEWAY

    run(test)


def test_a_flushed_ruleset_is_built_again_at_the_next_look(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                await attach(networking, container, "web", PortMapping(80, host_port=8080))
                nft("flush ruleset")
                networking.describe()
                assert await traffic.call(host.outside.new_socket(), (HOST_IP, 8080), server) == OUTSIDE_IP

    run(test)


def test_a_bridge_removed_behind_our_back_is_made_again_for_the_next_container(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second, second.listen(("0.0.0.0", 80)) as server:
            async with network() as networking:
                mapping = PortMapping(80, host_port=8080)
                await attach(networking, first, "first", mapping)
                remove_link("jc0")
                await attach(networking, second, "second", mapping)
                await traffic.call(socket.socket(), ("127.0.0.1", 8080), server)

    run(test)


def test_the_subnet_avoids_the_routes_of_the_host(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container:
            async with network(scope="first") as first, network(scope="second") as second:
                await attach(first, container)
                with Namespace() as other:
                    attachment = await attach(second, other)
                assert first.describe()["name"] != second.describe()["name"]
                assert first.describe()["subnet"] == "172.31.0.0/16"
                assert IPv4Address(attachment.ip_address) in IPv4Network("172.30.0.0/16")

    run(test)


def test_the_subnet_can_be_chosen_and_runs_out(host: LoneHost) -> None:
    async def test() -> None:
        async with network(subnet="10.9.8.0/30") as networking:
            with Namespace() as first, Namespace() as second:
                assert (await attach(networking, first, "first")).ip_address == "10.9.8.2"
                with pytest.raises(Unavailable, match=r"no free address in 10\.9\.8\.0/30"):
                    await attach(networking, second, "second", PortMapping(80, host_port=8080))
                with socket.create_server(("0.0.0.0", 8080)):
                    pass

    run(test)


def test_a_mac_address_can_be_chosen(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container:
            async with network() as networking:
                attachment = await attach(networking, container, mac="02:42:AC:00:00:99")
                assert attachment.mac_address == "02:42:ac:00:00:99"
                with pytest.raises(InvalidParameter, match="invalid MAC address 'nonsense'"):
                    await attach(networking, container, "other", mac="nonsense")

    run(test)


def test_a_link_that_cannot_be_made_leaves_nothing(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container:
            async with network() as networking:
                await attach(networking, container, "web")
                before = links()
                with pytest.raises(OSError, match="File exists"):
                    await attach(networking, container, "again", PortMapping(80, host_port=8080))
                await asyncio.to_thread(eventually, lambda: links() == before)
                with socket.create_server(("0.0.0.0", 8080)):
                    pass
                with pytest.raises(Conflict, match="on the network already"):
                    await attach(networking, container, "web")

    run(test)


def test_the_first_attachments_at_once_share_one_bridge(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as first, Namespace() as second:
            async with network() as networking:
                attachments = await asyncio.gather(attach(networking, first, "1"), attach(networking, second, "2"))
                assert {attachment.ip_address for attachment in attachments} == {"172.31.0.2", "172.31.0.3"}

    run(test)


def test_an_attach_given_up_at_the_start_leaves_a_network_that_works(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container:
            async with network() as networking:
                attempt = asyncio.ensure_future(attach(networking, container, "web", PortMapping(80, host_port=8080)))
                await asyncio.sleep(0)
                attempt.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await attempt
                attachment = await attach(networking, container, "web", PortMapping(80, host_port=8080))
                assert attachment.ip_address == "172.31.0.2"

    run(test)


def test_none_has_loopback_only(host: LoneHost) -> None:
    async def test() -> None:
        with Namespace() as container:
            networking = Networking()
            loopback.bring_up(container.netlink)
            with container.listen(("127.0.0.1", 80)) as server:
                await traffic.call(container.new_socket(), ("127.0.0.1", 80), server)
            assert "jc0" not in links()
            await networking.close(remove=False)

    run(test)


def test_beside_the_firewall_of_the_real_host() -> None:
    """Where a dockerd runs, its rules are in force here."""

    async def test() -> None:
        before = links()
        with Namespace() as container, container.listen(("0.0.0.0", 80)) as server:
            async with network(scope=f"test {os.getpid()}") as networking:
                attachment = await attach(networking, container, "web", PortMapping(80))
                port = attachment.published[0].host_port
                for client, address in (
                    (socket.socket(), "127.0.0.1"),
                    (socket.socket(socket.AF_INET6), "::1"),
                    (container.new_socket(), attachment.gateway),
                ):
                    await traffic.call(client, (address, port), server)
        assert before == links()

    run(test)


def _add_route(namespace: Namespace, network: str, *, gateway: str = HOST_IP) -> None:
    Netlink(namespace.netlink).change(
        f"route to {network}", (_route(network, 254, 1, ("RTA_GATEWAY", gateway)), RTM_NEWROUTE, NLM_F_CREATE)
    )


def _lead_loopback_out(namespace: Namespace) -> None:
    """Make a namespace send packets for 127.0.0.1 to the gateway."""
    inside = Netlink(namespace.netlink)
    for local in ("127.0.0.1/32", "127.0.0.0/8"):
        inside.change(f"remove {local}", (_route(local, 255, 2), RTM_DELROUTE, 0))
    _add_route(namespace, "127.0.0.1/32", gateway=GATEWAY)


def _route(network: str, table: int, kind: int, *attributes: tuple[str, object]) -> Any:
    destination = IPv4Network(network)
    message = rtmsg()
    message["family"], message["table"], message["type"] = socket.AF_INET, table, kind
    message["dst_len"] = destination.prefixlen
    message["proto"], message["scope"] = (3, 0) if attributes else (0, 255)  # 0 and RT_SCOPE_NOWHERE match any
    message["attrs"] = [("RTA_DST", str(destination.network_address)), *attributes]
    return message
