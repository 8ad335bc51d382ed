"""A resolver for tests: answers over UDP and TCP on one port of 127.0.0.1, as a script tells it to."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

# From the query, and whether it came over TCP, to the answer; None says nothing.
Script = Callable[[bytes, bool], bytes | None]


class Resolver:
    """`queries` are those that came, with whether it was over TCP."""

    def __init__(self, script: Script, port: int) -> None:
        self.queries: list[tuple[bytes, bool]] = []
        self.script = script
        self.port = port

    def answer(self, query: bytes, *, stream: bool) -> bytes | None:
        self.queries.append((query, stream))
        return self.script(query, stream)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        answer = self._resolver.answer(data, stream=False)
        if answer is not None:
            self._transport.sendto(answer, addr)  # type: ignore[arg-type]


@asynccontextmanager
async def resolver(script: Script, *, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Resolver]:
    """Run one for the time of the block."""
    with socket.create_server((address, port)) as listener:
        found = Resolver(script, listener.getsockname()[1])

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while head := await reader.read(2):
                    answer = found.answer(await reader.readexactly(struct.unpack("!H", head)[0]), stream=True)
                    if answer is None:
                        break
                    writer.write(struct.pack("!H", len(answer)) + answer)
            finally:
                writer.close()

        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(serve, sock=listener.dup())
        transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(found), local_addr=(address, found.port))
        try:
            yield found
        finally:
            transport.close()
            server.close()
            await server.wait_closed()
            await asyncio.sleep(0)  # the transport closes its socket in its next turn


def reply_to(query: bytes, content: bytes = b"", *, rcode: int = 0, truncated: bool = False) -> bytes:
    """Return an answer to a query without EDNS: one record with this content, or none."""
    number, flags = struct.unpack_from("!HH", query)
    flags |= 0x8080 | rcode | (0x200 if truncated else 0)
    kind = query[query.index(b"\0", 12) + 1 :][:2]
    record = b"\xc0\x0c" + kind + struct.pack("!HIH", 1, 60, len(content)) + content if content else b""
    return struct.pack("!HHHHHH", number, flags, 1, 1 if content else 0, 0, 0) + query[12:] + record
