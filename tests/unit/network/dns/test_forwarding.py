from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address

from jupyter_containers.network.dns import messages
from jupyter_containers.network.dns.answering import Policy
from jupyter_containers.network.dns.forwarding import Forwarder
from jupyter_containers.network.dns.messages import Rcode, Type
from tests.support.dns import Reply, ask, read
from tests.support.dns_server import reply_to, resolver

CONTENT = IPv4Address("192.0.2.1").packed


def good(query: bytes, _stream: bool) -> bytes:
    return reply_to(query, CONTENT)


def silent(_query: bytes, _stream: bool) -> None:
    return None


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]
    gc.collect()  # a socket that was left open is told here


async def forward(
    port: int, *servers: str, stream: bool = False, timeout_seconds: float = 2, name: str = "example.org"
) -> Reply:
    forwarder = Forwarder(port=port, timeout_seconds=timeout_seconds)
    question = messages.parse(ask(name, Type.A, number=99))
    return read(await forwarder.ask(question, Policy(servers or ("127.0.0.1",)), stream=stream))


def test_an_answer_comes_back_under_the_id_of_the_question_and_the_resolver_sees_another() -> None:
    async def test() -> None:
        async with resolver(good) as server:
            reply = await forward(server.port)
            assert (reply.id, reply.answers) == (99, [("example.org", Type.A, 60, CONTENT)])
            await forward(server.port)
            await forward(server.port)
            ids = {query[:2] for query, _ in server.queries}
            assert len(ids) > 1, "ids are random"

    run(test)


def test_a_stream_asks_over_a_stream() -> None:
    async def test() -> None:
        async with resolver(good) as server:
            assert (await forward(server.port, stream=True)).answers == [("example.org", Type.A, 60, CONTENT)]
            assert [stream for _, stream in server.queries] == [True]

    run(test)


def test_a_truncated_answer_is_passed_on_as_it_is() -> None:
    async def test() -> None:
        async with resolver(lambda query, _stream: reply_to(query, truncated=True)) as server:
            assert (await forward(server.port)).truncated
            assert [stream for _, stream in server.queries] == [False]

    run(test)


def test_what_does_not_answer_the_question_is_not_taken_for_the_answer() -> None:
    async def test() -> None:
        async with resolver(silent) as server:

            def lie(query: bytes, _stream: bool) -> bytes | None:
                # First under a wrong id, then for another name: neither counts.
                wrong_id = bytes([query[0] ^ 1]) + query[1:]
                return reply_to(wrong_id if len(server.queries) == 1 else query.replace(b"org", b"net"), CONTENT)

            server.script = lie
            assert (await forward(server.port, "127.0.0.1", "127.0.0.1", timeout_seconds=0.05)).rcode == 2
            assert len(server.queries) == 2

    run(test)


def test_the_next_is_asked_when_one_fails_refuses_is_silent_or_is_not_there() -> None:
    def answering(**options: int) -> Callable[[bytes, bool], bytes | None]:
        return lambda query, _stream: reply_to(query, **options)  # type: ignore[arg-type]

    async def test(first: Callable[[bytes, bool], bytes | None] | None) -> None:
        async with resolver(good) as second:
            if first is None:
                reply = await forward(second.port, "127.0.0.9", "127.0.0.1", timeout_seconds=1)
            else:
                async with resolver(first, address="127.0.0.2", port=second.port) as one:
                    reply = await forward(second.port, "127.0.0.2", "127.0.0.1", timeout_seconds=0.1)
                    assert len(one.queries) == 1
            assert reply.answers == [("example.org", Type.A, 60, CONTENT)]

    for first in (answering(rcode=2), answering(rcode=5), silent, None):
        run(lambda first=first: test(first))  # type: ignore[misc]


def test_a_name_that_does_not_exist_is_an_answer() -> None:
    async def test() -> None:
        async with resolver(lambda query, _stream: reply_to(query, rcode=3)) as server:
            assert (await forward(server.port, "127.0.0.1", "127.0.0.1")).rcode == 3
            assert len(server.queries) == 1

    run(test)


def test_when_nobody_answers_it_is_a_failure_after_three() -> None:
    async def test() -> None:
        async with resolver(silent) as server:
            reply = await forward(server.port, *["127.0.0.1"] * 5, timeout_seconds=0.02)
            assert reply.rcode == Rcode.SERVER_FAILURE
            assert len(server.queries) == 3

    run(test)


def test_what_cannot_be_a_server_is_passed_over() -> None:
    async def test() -> None:
        async with resolver(good) as server:
            assert (await forward(server.port, "not an address", "127.0.0.1")).answers

    run(test)


def test_a_stream_that_breaks_off_or_lies_counts_as_a_failure() -> None:
    async def test() -> None:
        async with resolver(silent) as server:
            assert (await forward(server.port, stream=True)).rcode == Rcode.SERVER_FAILURE
            server.script = lambda query, _stream: reply_to(b"\0\0" + query[2:].replace(b"org", b"net"))
            assert (await forward(server.port, stream=True)).rcode == Rcode.SERVER_FAILURE

    run(test)


def test_a_crowd_is_refused_above_the_limit_and_served_when_it_is_over() -> None:
    async def test() -> None:
        async with resolver(silent) as server:
            forwarder = Forwarder(port=server.port, timeout_seconds=30, limit=8)
            question = messages.parse(ask("example.org"))
            async with asyncio.TaskGroup() as group:
                waiting = [
                    group.create_task(forwarder.ask(question, Policy(("127.0.0.1",)), stream=False)) for _ in range(8)
                ]
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                assert forwarder.is_full
                refused = read(await forwarder.ask(question, Policy(("127.0.0.1",)), stream=False))
                assert refused.rcode == Rcode.REFUSED
                for task in waiting:
                    task.cancel()
            assert not forwarder.is_full
            server.script = good
            assert read(await forwarder.ask(question, Policy(("127.0.0.1",)), stream=False)).answers

    run(test)


def test_what_is_said_to_be_inside_is_asked_over_a_socket_from_there() -> None:
    async def test() -> None:
        opened: list[int] = []

        def inside(family: int, kind: int, protocol: int) -> socket.socket:
            opened.append(kind & ~(socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC))
            return socket.socket(family, kind, protocol)

        async with resolver(good) as server:
            forwarder = Forwarder(port=server.port)
            question = messages.parse(ask("example.org"))
            policy = Policy(("127.0.0.9", "127.0.0.1"), inside=frozenset({"127.0.0.1"}))
            for stream in (False, True):
                assert read(await forwarder.ask(question, policy, stream=stream, inside=inside)).answers
            assert opened == [socket.SOCK_DGRAM, socket.SOCK_STREAM]

    run(test)
