"""Over the loopback of this host, where a listening socket stands for the container."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jupyter_containers.network.relay import open_relay
from tests.support import traffic

LOCAL = "127.0.0.1"


def listening() -> socket.socket:
    sock = socket.create_server((LOCAL, 0))
    sock.setblocking(False)
    return sock


def datagrams(family: int = socket.AF_INET, address: str = LOCAL) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    sock.setblocking(False)
    return sock


def address_of(sock: socket.socket) -> tuple[str, int]:
    host, port = sock.getsockname()[:2]
    return host, port


@asynccontextmanager
async def relay(front: socket.socket, protocol: str, target: tuple[str, int]) -> AsyncIterator[None]:
    opened = await open_relay(front, protocol, target)
    try:
        yield
    finally:
        opened.close()


def test_a_connection_is_carried_both_ways_and_half_closes() -> None:
    async def test() -> None:
        with listening() as front, listening() as container:
            async with relay(front, "tcp", address_of(container)):
                await traffic.call(socket.socket(), address_of(front), container)

    asyncio.run(test())


def test_much_data_arrives_whole_at_a_slow_reader() -> None:
    async def test() -> None:
        content = bytes(range(256)) * 40_000
        with listening() as front, listening() as container:
            async with relay(front, "tcp", address_of(container)):
                _, writer = await asyncio.open_connection(*address_of(front))
                accepted, _ = await asyncio.get_running_loop().sock_accept(container)
                writer.write(content)
                writer.write_eof()
                reader, back = await asyncio.open_connection(sock=accepted)
                assert await reader.read() == content
                for one in (back, writer):
                    one.close()
                    await one.wait_closed()

    asyncio.run(test())


def test_a_client_is_cut_off_when_nobody_listens_in_the_container() -> None:
    async def test() -> None:
        with listening() as gone:
            target = address_of(gone)
        with listening() as front:
            async with relay(front, "tcp", target):
                reader, writer = await asyncio.open_connection(*address_of(front))
                assert await asyncio.wait_for(reader.read(), 5) == b""
                writer.close()

    asyncio.run(test())


def test_close_ends_connections_but_not_the_reservation() -> None:
    async def test() -> None:
        with listening() as front, listening() as container:
            async with relay(front, "tcp", address_of(container)):
                reader, writer = await asyncio.open_connection(*address_of(front))
                accepted, _ = await asyncio.get_running_loop().sock_accept(container)
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            accepted.close()
            assert front.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1

    asyncio.run(test())


def test_a_broken_client_breaks_the_connection_to_the_container() -> None:
    async def test() -> None:
        with listening() as front, listening() as container:
            async with relay(front, "tcp", address_of(container)):
                _, writer = await asyncio.open_connection(*address_of(front))
                accepted, _ = await asyncio.get_running_loop().sock_accept(container)
                accepted.setblocking(False)
                writer.transport.abort()
                with accepted:
                    end = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(accepted, 1), 5)
                    assert end == b""

    asyncio.run(test())


def test_each_client_gets_its_own_answers() -> None:
    async def test() -> None:
        with datagrams() as front, datagrams() as container:
            async with relay(front, "udp", address_of(container)):
                loop = asyncio.get_running_loop()
                clients = [datagrams(), datagrams()]
                for number, client in enumerate(clients):
                    client.connect(address_of(front))
                    client.send(b"question %d" % number)
                for _ in clients:
                    question, peer = await asyncio.wait_for(loop.sock_recvfrom(container, 100), 5)
                    container.sendto(question.replace(b"question", b"answer"), peer)
                for number, client in enumerate(clients):
                    assert await asyncio.wait_for(loop.sock_recv(client, 100), 5) == b"answer %d" % number
                    client.close()

    asyncio.run(test())


def test_ipv6_datagrams_reach_an_ipv4_container() -> None:
    async def test() -> None:
        with datagrams(socket.AF_INET6, "::1") as front, datagrams() as container:
            async with relay(front, "udp", address_of(container)):
                client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                await traffic.ask(client, address_of(front), container)

    asyncio.run(test())


def test_datagrams_to_a_closed_port_do_not_end_the_relay() -> None:
    async def test() -> None:
        with datagrams() as container:
            target = address_of(container)
        with datagrams() as front:
            async with relay(front, "udp", target):
                client = datagrams()
                client.connect(address_of(front))
                client.send(b"nobody hears")
                for _ in range(10):
                    await asyncio.sleep(0)
                with socket.socket(type=socket.SOCK_DGRAM) as late:
                    late.bind(target)
                    await traffic.ask(client, address_of(front), late)

    asyncio.run(test())
