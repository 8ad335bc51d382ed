"""The name server of one container: its two sockets on the loop, and what keeps a container from flooding the daemon.

A container may ask 1000 questions a second, after a burst of as many; then its socket is left alone for a moment, and
the kernel drops what its buffer does not hold. Of its questions to the outside 128 wait at a time.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from jupyter_containers.network import inside
from jupyter_containers.network.dns import messages
from jupyter_containers.network.dns.answering import Names, Policy, decide
from jupyter_containers.network.dns.forwarding import MAX_OF_ONE, Forwarder, receive_exactly
from jupyter_containers.network.dns.messages import Question, Rcode

QUESTIONS_PER_SECOND = 1000
MAX_CONNECTIONS = 16
# A client that has nothing to say on its connection: RFC 7766, section 6.2.3, leaves it to the server.
IDLE_SECONDS = 10.0

_AT_ONCE = 32  # then others have their turn
_PAUSE_SECONDS = 0.05
_SHORTAGE_SECONDS = 1.0
_SHORTAGE = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_LENGTH_BYTES = 2
_SIOCGSKNS = 0x894C  # linux/sockios.h: a descriptor of the network namespace of a socket


class Server:
    """Answers from `datagrams` (a bound UDP socket) and `listener` (a listening TCP one), which it owns, until `close`.

    `names` and `policy` are looked at for each question: what they say may change at any time.
    """

    def __init__(
        self,
        datagrams: socket.socket,
        listener: socket.socket,
        *,
        names: Names,
        policy: Callable[[], Policy],
        forwarder: Forwarder,
    ) -> None:
        self._names = names
        self._policy = policy
        self._datagrams = datagrams
        self._listener = listener
        self._forwarder = forwarder
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: dict[asyncio.Task[None], socket.socket] = {}
        self._waiting = 0
        self._allowance = Allowance(self._loop.time())
        self._resuming: dict[socket.socket, asyncio.TimerHandle] = {}
        for sock, ready in ((datagrams, self._hear), (listener, self._accept)):
            sock.setblocking(False)
            self._loop.add_reader(sock, ready)

    def close(self) -> None:
        """Close both sockets, which end in the container when nobody else has them; questions under way are dropped."""
        for resuming in self._resuming.values():
            resuming.cancel()
        for task in list(self._tasks):
            task.cancel()
        for sock in (self._datagrams, self._listener):
            self._loop.remove_reader(sock)
            sock.close()

    def _pause(self, sock: socket.socket, ready: Callable[[], None], seconds: float) -> None:
        def resume() -> None:
            del self._resuming[sock]
            self._loop.add_reader(sock, ready)

        self._loop.remove_reader(sock)
        self._resuming[sock] = self._loop.call_later(seconds, resume)

    # --- datagrams ---------------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        for _ in range(min(_AT_ONCE, self._allowance.left(self._loop.time()))):
            try:
                packet, client = self._datagrams.recvfrom(messages.MAX_SIZE)
            except OSError:
                return  # nothing more
            self._allowance.take()
            self._answer_datagram(packet, client)
        if not self._allowance.left(self._loop.time()):
            self._pause(self._datagrams, self._hear, _PAUSE_SECONDS)

    def _answer_datagram(self, packet: bytes, client: Any) -> None:
        decided = decide(packet, self._names, self._policy(), stream=False)
        if isinstance(decided, Question) and self._is_full:
            decided = messages.failure(decided, Rcode.REFUSED)
        if isinstance(decided, Question):
            self._spawn(self._forward_datagram(decided, client))
        elif decided is not None:
            self._send(decided, client)

    async def _forward_datagram(self, question: Question, client: Any) -> None:
        self._send(await self._forward(question, stream=False), client)

    async def _forward(self, question: Question, *, stream: bool) -> bytes:
        self._waiting += 1
        try:
            return await self._forwarder.ask(question, self._policy(), stream=stream, inside=self._open_inside)
        finally:
            self._waiting -= 1

    def _open_inside(self, family: int, kind: int, protocol: int) -> socket.socket:
        """Open a socket where ours are. Takes a thread for a moment; few people have a resolver in their container."""
        netns_fd = fcntl.ioctl(self._datagrams, _SIOCGSKNS)
        try:
            return inside.run(netns_fd, lambda: socket.socket(family, kind, protocol))
        finally:
            os.close(netns_fd)

    @property
    def _is_full(self) -> bool:
        return self._waiting >= MAX_OF_ONE

    def _send(self, answer: bytes, client: Any) -> None:
        try:
            self._datagrams.sendto(answer, client)
        except OSError:
            pass  # the client has gone, or its buffer is full: datagrams get lost

    # --- connections -------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if error.errno in _SHORTAGE:
                self._pause(self._listener, self._accept, _SHORTAGE_SECONDS)
            return  # else: who came has gone again
        connection.setblocking(False)
        if len(self._connections) >= MAX_CONNECTIONS:
            oldest = next(iter(self._connections))
            del self._connections[oldest]
            oldest.cancel()
        task = self._spawn(self._serve(connection))
        self._connections[task] = connection
        task.add_done_callback(lambda done: self._gone(done, connection))

    def _gone(self, task: asyncio.Task[None], connection: socket.socket) -> None:
        self._connections.pop(task, None)
        connection.close()

    async def _serve(self, connection: socket.socket) -> None:
        try:
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    length = int.from_bytes(await receive_exactly(connection, _LENGTH_BYTES), "big")
                    packet = await receive_exactly(connection, length)
                answer = await self._answer(packet)
                if answer is None:
                    return
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._loop.sock_sendall(connection, len(answer).to_bytes(_LENGTH_BYTES, "big") + answer)
        except (OSError, EOFError, TimeoutError):
            return  # the client has gone, or has nothing to say

    async def _answer(self, packet: bytes) -> bytes | None:
        if not self._allowance.left(self._loop.time()):
            await asyncio.sleep(_PAUSE_SECONDS)
        self._allowance.take()
        decided = decide(packet, self._names, self._policy(), stream=True)
        if isinstance(decided, Question):
            if self._is_full:
                return messages.failure(decided, Rcode.REFUSED)
            return await self._forward(decided, stream=True)
        return decided

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work, name="dns")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never gets to its work.
        task.add_done_callback(lambda _task: work.close())
        return task


class Allowance:
    """How many questions may be asked now: refilled as time goes by."""

    def __init__(self, now: float, per_second: int = QUESTIONS_PER_SECOND) -> None:
        self._per_second = per_second
        self._tokens = float(per_second)
        self._at = now

    def left(self, now: float) -> int:
        """Return how many; `now` in seconds, never going back."""
        self._tokens = min(float(self._per_second), self._tokens + (now - self._at) * self._per_second)
        self._at = now
        return int(self._tokens)

    def take(self) -> None:
        self._tokens -= 1
