from __future__ import annotations

import asyncio
import gc
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address

from jupyter_containers.network.dns.answering import Policy
from jupyter_containers.network.dns.forwarding import MAX_OF_ONE, Forwarder
from jupyter_containers.network.dns.messages import Address, Rcode
from jupyter_containers.network.dns.server import MAX_CONNECTIONS, QUESTIONS_PER_SECOND, Allowance, Server
from tests.support.dns import Reply, ask, read
from tests.support.dns_server import reply_to, resolver

WEB = IPv4Address("10.0.0.2")
OUTSIDE = IPv4Address("192.0.2.1")
SECONDS = 5


class Book:
    def __init__(self, names: Mapping[str, Sequence[Address]]) -> None:
        self.names = dict(names)

    def addresses(self, name: str) -> Sequence[Address] | None:
        return self.names.get(name)

    def name_of(self, _address: Address) -> str | None:
        return None


class Running:
    """A server on 127.0.0.1 and clients of it."""

    def __init__(self, server: Server, address: tuple[str, int], book: Book) -> None:
        self.server, self.address, self.book = server, address, book

    async def ask(self, name: str, **options: int) -> Reply:
        with self.client() as client:
            client.send(ask(name, **options))
            return await self.hear(client)

    def client(self) -> socket.socket:
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        client.connect(self.address)
        return client

    async def hear(self, client: socket.socket) -> Reply:
        return read(await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 65535), SECONDS))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address)


@asynccontextmanager
async def running(policy: Policy | None = None, forwarder: Forwarder | None = None) -> AsyncIterator[Running]:
    book = Book({"web": [WEB]})
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(address)
    server = Server(
        datagrams, listener, names=book, policy=lambda: policy or Policy(), forwarder=forwarder or Forwarder()
    )
    try:
        yield Running(server, address, book)
    finally:
        server.close()
        assert (datagrams.fileno(), listener.fileno()) == (-1, -1)
        await asyncio.sleep(0)  # cancelled tasks end
        await asyncio.sleep(0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]
    gc.collect()  # a socket that was left open is told here


def of(reply: Reply) -> list[bytes]:
    return [content for _name, _type, _ttl, content in reply.answers]


async def over_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, query: bytes) -> Reply:
    writer.write(struct.pack("!H", len(query)) + query)
    return await next_reply(reader)


async def next_reply(reader: asyncio.StreamReader) -> Reply:
    async with asyncio.timeout(SECONDS):
        return read(await reader.readexactly(struct.unpack("!H", await reader.readexactly(2))[0]))


def test_a_datagram_is_answered() -> None:
    async def test() -> None:
        async with running() as one:
            assert of(await one.ask("web")) == [WEB.packed]
            assert (await one.ask("unknown")).rcode == Rcode.SERVER_FAILURE

    run(test)


def test_what_names_say_may_change() -> None:
    async def test() -> None:
        async with running() as one:
            one.book.names["web"] = [OUTSIDE]
            assert of(await one.ask("web")) == [OUTSIDE.packed]

    run(test)


def test_a_connection_takes_several_questions_even_in_pieces() -> None:
    async def test() -> None:
        async with running() as one:
            reader, writer = await one.connect()
            assert of(await over_stream(reader, writer, ask("web"))) == [WEB.packed]
            query = ask("web", number=2)
            writer.write(struct.pack("!H", len(query))[:1])
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(struct.pack("!H", len(query))[1:] + query + struct.pack("!H", len(query)) + query)
            assert [(await next_reply(reader)).id for _ in range(2)] == [2, 2]
            writer.close()

    run(test)


def test_a_client_that_breaks_off_or_talks_nonsense_harms_nobody() -> None:
    async def test() -> None:
        async with running() as one:
            for content in (b"\0", b"\0\x20abc", b"\0\0", struct.pack("!H", 3) + b"abc"):
                reader, writer = await one.connect()
                writer.write(content)
                writer.write_eof()
                assert await asyncio.wait_for(reader.read(), SECONDS) == b""
                writer.close()
            with one.client() as client:
                client.send(b"")
                client.send(b"nonsense")
                client.send(ask("web"))
                assert of(await one.hear(client)) == [WEB.packed]

    run(test)


def test_more_connections_than_allowed_end_the_oldest() -> None:
    async def test() -> None:
        async with running() as one:
            crowd = [await one.connect() for _ in range(MAX_CONNECTIONS)]
            for reader, writer in crowd:
                assert of(await over_stream(reader, writer, ask("web"))) == [WEB.packed]
            newest = await one.connect()
            assert of(await over_stream(*newest, ask("web"))) == [WEB.packed]
            assert await asyncio.wait_for(crowd[0][0].read(), SECONDS) == b""
            assert of(await over_stream(*crowd[1], ask("web"))) == [WEB.packed]
            for _, writer in [*crowd, newest]:
                writer.close()

    run(test)


def test_questions_about_the_outside_are_passed_on() -> None:
    async def test() -> None:
        async with (
            resolver(lambda query, _stream: reply_to(query, OUTSIDE.packed)) as upstream,
            running(Policy(("127.0.0.1",)), Forwarder(port=upstream.port)) as one,
        ):
            assert of(await one.ask("example.org")) == [OUTSIDE.packed]
            reader, writer = await one.connect()
            assert of(await over_stream(reader, writer, ask("example.org"))) == [OUTSIDE.packed]
            writer.close()
            assert [stream for _, stream in upstream.queries] == [False, True]

    run(test)


def test_a_slow_answer_from_outside_keeps_nobody_waiting() -> None:
    async def test() -> None:
        async with (
            resolver(lambda _query, _stream: None) as upstream,
            running(Policy(("127.0.0.1",)), Forwarder(port=upstream.port, timeout_seconds=30)) as one,
        ):
            with one.client() as client:
                client.send(ask("example.org"))
                client.send(ask("web", number=2))
                assert (await one.hear(client)).id == 2

    run(test)


def test_a_flood_of_questions_about_the_outside_is_refused_but_not_our_own() -> None:
    async def test() -> None:
        async with (
            resolver(lambda _query, _stream: None) as upstream,
            running(Policy(("127.0.0.1",)), Forwarder(port=upstream.port, timeout_seconds=30)) as one,
        ):
            with one.client() as client:
                for number in range(MAX_OF_ONE + 1):
                    client.send(ask("example.org", number=number))
                    await asyncio.sleep(0)
                refused = await one.hear(client)
                assert (refused.rcode, refused.id) == (Rcode.REFUSED, MAX_OF_ONE)
            assert of(await one.ask("web")) == [WEB.packed]

    run(test)


def test_a_flood_of_questions_is_left_alone_for_a_while_and_then_answered_again() -> None:
    async def test() -> None:
        async with running() as one:
            with one.client() as client:
                answered = 0
                started = asyncio.get_running_loop().time()
                for number in range(QUESTIONS_PER_SECOND * 3 // 2):
                    client.send(ask("web", number=number))
                    answered += bool(await one.hear(client))
                took = asyncio.get_running_loop().time() - started
            assert answered == QUESTIONS_PER_SECOND * 3 // 2
            # After the burst there is a thousand for each second.
            assert took > 0.4

    run(test)


def test_an_allowance_is_refilled_by_time_up_to_one_second_worth() -> None:
    allowance = Allowance(0.0, per_second=10)
    for _ in range(10):
        assert allowance.left(0.0)
        allowance.take()
    assert allowance.left(0.0) == 0
    assert allowance.left(0.05) == 0
    assert allowance.left(0.1) == 1
    assert allowance.left(60.0) == 10
