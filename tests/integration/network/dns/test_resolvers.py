"""The whole way in a real namespace: a container asks 127.0.0.11, names and the host's resolvers answer."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import pytest

from jupyter_containers.linux import loopback
from jupyter_containers.network.dns.forwarding import Forwarder
from jupyter_containers.network.dns.messages import Rcode, Type
from jupyter_containers.network.dns.resolvers import Resolvers, Sockets
from jupyter_containers.network.naming import Directory, Member, NetworkName
from tests.support.dns import Reply, ask, read
from tests.support.dns_server import reply_to, resolver
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root", "nftables")

WEB, DB, OUTSIDE = "10.0.0.2", "10.0.0.3", IPv4Address("192.0.2.1")


def directory(*, internal: bool = False) -> Directory:
    names = Directory()
    network = NetworkName("n1", "backend", internal)
    names.join(network, Member("web-id", ("web", "alias"), (ip_address(WEB),)))
    names.join(network, Member("db-id", ("db", "alias"), (ip_address(DB),)))
    return names


def sockets(container: Namespace, port: int = 0) -> Sockets:
    loopback.bring_up(container.netlink)
    datagrams, listener = container.datagrams(("127.0.0.11", port)), container.listen(("127.0.0.11", port))
    if port:
        return Sockets(datagrams, listener)
    return Sockets(datagrams, listener, container.new_socket(socket.AF_NETLINK, socket.SOCK_RAW, 12))


async def question(container: Namespace, name: str, kind: int = Type.A) -> Reply:
    with container.new_socket(kind=socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect(("127.0.0.11", 53))
        client.send(ask(name, kind))
        return read(await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 65535), 5))


def contents(reply: Reply) -> list[bytes]:
    return sorted(content for _name, _type, _ttl, content in reply.answers)


def run(test: Callable[[Namespace], Awaitable[None]]) -> None:
    with Namespace() as container:
        asyncio.run(test(container))  # type: ignore[arg-type]


@pytest.mark.parametrize("port", [0, 53])
def test_names_of_the_network_are_answered(port: int) -> None:
    async def test(container: Namespace) -> None:
        resolvers = Resolvers(directory())
        resolvers.open("web-id", sockets(container, port))
        assert "web-id" in resolvers
        assert contents(await question(container, "db")) == [ip_address(DB).packed]
        assert contents(await question(container, "DB.backend")) == [ip_address(DB).packed]
        assert contents(await question(container, "alias")) == [ip_address(WEB).packed, ip_address(DB).packed]
        reply = await question(container, "3.0.0.10.in-addr.arpa", Type.PTR)
        assert contents(reply) == [b"\x02db\x07backend\x00"]
        resolvers.close_all()
        assert "web-id" not in resolvers

    run(test)


def test_other_names_are_asked_where_the_host_asks_or_where_the_user_says(tmp_path: Path) -> None:
    async def test(container: Namespace) -> None:
        async with resolver(lambda query, _stream: reply_to(query, OUTSIDE.packed)) as upstream:
            host_conf = tmp_path / "resolv.conf"
            host_conf.write_text("nameserver 127.0.0.1\n")
            resolvers = Resolvers(directory(), host_conf=host_conf, forwarder=Forwarder(port=upstream.port))
            resolvers.open("web-id", sockets(container))
            assert contents(await question(container, "example.org")) == [OUTSIDE.packed]
            with Namespace() as other:
                resolvers.open("db-id", sockets(other), servers=("127.0.0.77",))
                assert (await question(other, "example.org")).rcode == Rcode.SERVER_FAILURE
            assert len(upstream.queries) == 1
            resolvers.close_all()

    run(test)


def test_nothing_leaves_an_internal_network(tmp_path: Path) -> None:
    async def test(container: Namespace) -> None:
        async with resolver(lambda query, _stream: reply_to(query, OUTSIDE.packed)) as upstream:
            host_conf = tmp_path / "resolv.conf"
            host_conf.write_text("nameserver 127.0.0.1\n")
            names = directory(internal=True)
            resolvers = Resolvers(names, host_conf=host_conf, forwarder=Forwarder(port=upstream.port))
            resolvers.open("web-id", sockets(container))
            assert (await question(container, "example.org")).rcode == Rcode.SERVER_FAILURE
            assert contents(await question(container, "db")) == [ip_address(DB).packed]
            assert upstream.queries == []
            # Connected to one that is not, at once:
            names.join(NetworkName("n2", "front"), Member("web-id", ("web",), (ip_address("10.1.0.2"),)))
            assert contents(await question(container, "example.org")) == [OUTSIDE.packed]
            resolvers.close_all()

    run(test)


@pytest.mark.parametrize("internal", [False, True])
def test_a_server_that_the_user_has_chosen_on_the_loopback_is_asked_in_the_container(internal: bool) -> None:
    async def test(container: Namespace) -> None:
        given = sockets(container)
        with container.datagrams(("127.0.0.1", 0)) as own:
            own.setblocking(False)
            forwarder = Forwarder(port=own.getsockname()[1])
            resolvers = Resolvers(directory(internal=internal), forwarder=forwarder)
            resolvers.open("web-id", given, servers=("127.0.0.1",))
            asking = asyncio.create_task(question(container, "example.org"))
            query, client = await asyncio.wait_for(asyncio.get_running_loop().sock_recvfrom(own, 512), 5)
            own.sendto(reply_to(query, OUTSIDE.packed), client)
            assert contents(await asking) == [OUTSIDE.packed]
            resolvers.close_all()

    run(test)


def test_names_without_a_dot_stay_here_when_the_user_chose_ndots() -> None:
    async def test(container: Namespace) -> None:
        resolvers = Resolvers(directory(), forwarder=Forwarder(port=1))
        resolvers.open("web-id", sockets(container), servers=("127.0.0.1",), searches=True)
        reply = await question(container, "unknown")
        assert (reply.rcode, reply.answers) == (Rcode.NO_ERROR, [])
        resolvers.close_all()

    run(test)


def test_the_next_daemon_answers_on_the_same_sockets_what_was_asked_meanwhile() -> None:
    async def test(container: Namespace) -> None:
        kept = sockets(container)
        assert kept.netfilter is not None
        copies = [os.dup(sock.fileno()) for sock in (kept.datagrams, kept.listener, kept.netfilter)]
        first = Resolvers(directory())
        first.open("web-id", kept)
        first.close_all()
        waiting = asyncio.create_task(question(container, "db"))
        await asyncio.sleep(0)
        second = Resolvers(directory())
        second.open("web-id", Sockets.of(copies))
        assert contents(await waiting) == [ip_address(DB).packed]
        second.close_all()

    run(test)


def test_a_refused_redirection_closes_the_sockets() -> None:
    async def test(container: Namespace) -> None:
        given = sockets(container)
        given.close_netfilter()
        resolvers = Resolvers(directory())
        with pytest.raises(OSError, match="Bad file descriptor"):
            resolvers.open("web-id", given)
        assert (given.datagrams.fileno(), given.listener.fileno()) == (-1, -1)
        assert "web-id" not in resolvers

    run(test)
