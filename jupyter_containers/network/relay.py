"""Carry what arrives at a published port's own socket to the container, where the kernel does not redirect it.

That is: IPv6 clients (the bridge speaks IPv4 only), clients from outside when another firewall drops forwarded packets,
and hosts without nftables. dockerd has a process for each port for this, docker-proxy. The container sees the bridge's
address as its client.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, Protocol

_CHUNK = 1 << 16
_IDLE_SECONDS = 60.0
_FLOWS = 1024  # clients of one udp port at a time; the oldest makes room
_DATAGRAMS_AT_ONCE = 64
_IP_PKTINFO = 8  # linux/in.h; Python's socket module does not name it

Target = tuple[str, int]
Client = tuple[Any, ...]


class Relay(Protocol):
    """What carries for one published port until `close`, which ends its connections; the socket is the caller's."""

    def close(self) -> None: ...


async def open_relay(sock: socket.socket, protocol: str, target: Target) -> Relay:
    """Start to carry from a listening (tcp) or bound (udp) non-blocking socket to `target`. Raises OSError."""
    if protocol == "udp":
        return UdpRelay(sock, target)
    relay = TcpRelay(target)
    await relay.open(sock)
    return relay


class TcpRelay:
    """Connections: both directions, each half closing on its own, a slow reader slowing the writer."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[object]] = set()

    async def open(self, sock: socket.socket) -> None:
        # A copy: the server closes its socket, and the reservation must not end with it.
        self._server = await asyncio.start_server(self._carry, sock=sock.dup(), limit=_CHUNK)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._connect_and_pump(reader, writer)
        except asyncio.CancelledError:
            # Only `close` cancels; asyncio would report a handler that ends as cancelled.
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _connect_and_pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target, limit=_CHUNK)
        except OSError:
            return  # nobody listens in the container: the client's connection ends, as it would there
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, far_writer))
                group.create_task(_pump(far_reader, writer))
            # Both ends have said all; what is still buffered goes out before the close.
            far_writer.close()
            writer.close()
            await _closed(far_writer)
            await _closed(writer)
        finally:
            far_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        # One side broke off: so does the other, and its pump ends with it.
        writer.transport.abort()


async def _closed(writer: asyncio.StreamWriter) -> None:
    try:
        await writer.wait_closed()
    except OSError:
        pass  # it broke off, which is closed as well


class UdpRelay:
    """Datagrams: each client has its own socket to the container, so that answers find their way back."""

    def __init__(self, sock: socket.socket, target: Target) -> None:
        self._socket = sock.dup()
        self._target = target
        self._flows: dict[tuple[Client, bytes], _Flow] = {}
        self._loop = asyncio.get_running_loop()
        # The answer must come from the address that was asked, of which a host has many.
        if sock.family == socket.AF_INET6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        self._loop.add_reader(self._socket, self._from_clients)
        self._sweeping = self._loop.call_later(_IDLE_SECONDS, self._sweep)

    def close(self) -> None:
        self._sweeping.cancel()
        self._loop.remove_reader(self._socket)
        for key in list(self._flows):
            self._end(key)
        self._socket.close()

    def _from_clients(self) -> None:
        for _ in range(_DATAGRAMS_AT_ONCE):
            try:
                datagram, ancillary, _flags, client = self._socket.recvmsg(_CHUNK, socket.CMSG_SPACE(20))
            except OSError:
                return  # nothing more, or an ICMP error of an earlier answer
            asked = next((content for _level, _kind, content in ancillary), b"")
            flow = self._flows.get((client, asked)) or self._begin(client, asked)
            if flow is not None:
                flow.send(datagram)

    def _begin(self, client: Client, asked: bytes) -> _Flow | None:
        if len(self._flows) >= _FLOWS:
            self._end(next(iter(self._flows)))
        try:
            flow = _Flow(self._target)
        except OSError:
            return None  # out of descriptors or ports: a datagram may be lost
        self._flows[client, asked] = flow
        self._loop.add_reader(flow.socket, self._from_container, flow, client, _answer_from(self._socket.family, asked))
        return flow

    def _from_container(self, flow: _Flow, client: Client, ancillary: list[tuple[int, int, bytes]]) -> None:
        for _ in range(_DATAGRAMS_AT_ONCE):
            try:
                datagram = flow.socket.recv(_CHUNK)
                flow.is_idle = False
                self._socket.sendmsg([datagram], ancillary, 0, client)
            except OSError:
                return

    def _sweep(self) -> None:
        for key, flow in list(self._flows.items()):
            if flow.is_idle:
                self._end(key)
            flow.is_idle = True
        self._sweeping = self._loop.call_later(_IDLE_SECONDS, self._sweep)

    def _end(self, key: tuple[Client, bytes]) -> None:
        flow = self._flows.pop(key)
        self._loop.remove_reader(flow.socket)
        flow.socket.close()


class _Flow:
    """One client's socket to the container."""

    def __init__(self, target: Target) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self.is_idle = False
        try:
            self.socket.connect(target)
        except OSError:
            self.socket.close()
            raise

    def send(self, datagram: bytes) -> None:
        self.is_idle = False
        for _ in range(2):
            try:
                self.socket.send(datagram)
            except ConnectionRefusedError:
                continue  # this one was not sent: it is the answer to an earlier one
            except OSError:
                return  # full or unreachable: datagrams get lost
            return


def _answer_from(family: int, asked: bytes) -> list[tuple[int, int, bytes]]:
    """Return the ancillary data that sends from the address that was asked. Source: ip(7), ipv6(7)."""
    if not asked:
        return []
    if family == socket.AF_INET6:
        return [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, asked)]
    _index, _local, destination = struct.unpack("=i4s4s", asked)
    return [(socket.IPPROTO_IP, _IP_PKTINFO, struct.pack("=i4s4s", 0, destination, bytes(4)))]
