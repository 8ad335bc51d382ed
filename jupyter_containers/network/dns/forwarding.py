"""Ask the resolvers of the outside for a container, from the host's own network namespace.

So a resolver on the host's loopback answers too, and a container needs no route to any. Only what the user chose on
the loopback is the container's own, and asked inside. Each question has a socket of
its own that is connected to the resolver, a random port and a random id: nobody else's packet is taken for the answer.
A truncated answer goes back as it is: the client asks again over TCP, and so do we then. Source: RFC 1035, section 4.2;
RFC 5452, section 9.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable

from jupyter_containers.network.dns import messages
from jupyter_containers.network.dns.answering import Policy
from jupyter_containers.network.dns.messages import Question, Rcode

# Docker asks three at most, each for four seconds.
MAX_SERVERS = 3
TIMEOUT_SECONDS = 4.0
# Of all containers together: each takes a descriptor of the daemon's.
MAX_IN_FLIGHT = 512
# Of one container: a flood of it leaves room for the others.
MAX_OF_ONE = 128

_PORT = 53

SocketAddress = tuple[object, ...]
# From family, kind and protocol to a socket.
Opener = Callable[[int, int, int], socket.socket]
_LENGTH_BYTES = 2


class Forwarder:
    """Carries questions of all containers. Docker's rule: a server that fails or refuses makes room for the next."""

    def __init__(
        self, *, port: int = _PORT, timeout_seconds: float = TIMEOUT_SECONDS, limit: int = MAX_IN_FLIGHT
    ) -> None:
        self._port = port
        self._timeout_seconds = timeout_seconds
        self._limit = limit
        self._in_flight = 0

    @property
    def is_full(self) -> bool:
        return self._in_flight >= self._limit

    async def ask(self, question: Question, policy: Policy, *, stream: bool, inside: Opener = socket.socket) -> bytes:
        """Return the answer of the first server that has one, under the question's id; else SERVFAIL.

        `inside` opens sockets for servers that the policy says are in the container. REFUSED when too many are under
        way. Cancelled: its socket is closed.
        """
        if self.is_full:
            return messages.failure(question, Rcode.REFUSED)
        self._in_flight += 1
        try:
            for server in policy.servers[:MAX_SERVERS]:
                opener = inside if server in policy.inside else socket.socket
                answer = await self._ask(question, server, stream, opener)
                if answer and messages.rcode(answer) not in (Rcode.SERVER_FAILURE, Rcode.REFUSED):
                    return question.packet[:2] + answer[2:]
        finally:
            self._in_flight -= 1
        return messages.failure(question, Rcode.SERVER_FAILURE)

    async def _ask(self, question: Question, server: str, stream: bool, opener: Opener) -> bytes | None:
        exchange = _over_stream if stream else _by_datagram
        try:
            wanted = socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
            family, kind, protocol, _, address = _address(server, self._port, wanted)
            with opener(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, protocol) as sock:
                async with asyncio.timeout(self._timeout_seconds):
                    return await exchange(question, sock, address)
        except (OSError, TimeoutError, EOFError):
            return None


async def _by_datagram(question: Question, sock: socket.socket, address: SocketAddress) -> bytes:
    loop = asyncio.get_running_loop()
    sock.connect(address)
    number = secrets.randbits(16)
    sock.send(question.with_id(number))
    while True:
        answer = await loop.sock_recv(sock, messages.MAX_SIZE)
        if messages.answers(answer, question, number):
            return answer


async def _over_stream(question: Question, sock: socket.socket, address: SocketAddress) -> bytes:
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, address)
    number = secrets.randbits(16)
    packet = question.with_id(number)
    await loop.sock_sendall(sock, len(packet).to_bytes(_LENGTH_BYTES, "big") + packet)
    length = int.from_bytes(await receive_exactly(sock, _LENGTH_BYTES), "big")
    answer = await receive_exactly(sock, length)
    if not messages.answers(answer, question, number):
        raise OSError(f"{address[0]} answered something else over TCP")
    return answer


async def receive_exactly(sock: socket.socket, length: int) -> bytes:
    """Read so many bytes from a non-blocking stream. Raises EOFError when it ends before, OSError."""
    loop, content = asyncio.get_running_loop(), bytearray()
    while len(content) < length:
        chunk = await loop.sock_recv(sock, length - len(content))
        if not chunk:
            raise EOFError
        content += chunk
    return bytes(content)


def _address(server: str, port: int, kind: int) -> tuple[int, int, int, str, SocketAddress]:
    """Read an address, which may have a scope ("fe80::1%eth0"), without asking anybody for its name."""
    found = socket.getaddrinfo(server, port, type=kind, flags=socket.AI_NUMERICHOST)
    return found[0]
