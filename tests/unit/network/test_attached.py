"""Relays of a container's published ports: real sockets on loopback."""

from __future__ import annotations

import asyncio
import socket

from jupyter_containers.network.attached import Attached
from jupyter_containers.network.ports import Ports
from jupyter_containers.network.values import Attachment, PortMapping


def test_relays_carry_until_they_are_closed() -> None:
    async def test() -> None:
        ports = Ports()
        with socket.create_server(("127.0.0.1", 0)) as server:
            target = server.getsockname()[1]
            mapping = PortMapping(target, "tcp", "127.0.0.1")
            reserved = ports.reserve("c", [mapping], endpoint="c")
            attached = Attached(Attachment("e", "127.0.0.1", 8, "", "", "jc1"))
            await attached.open_relays(reserved)
            server.setblocking(False)
            _, writer = await asyncio.open_connection("127.0.0.1", reserved[0].published.host_port)
            accepted, _ = await asyncio.get_running_loop().sock_accept(server)
            accepted.close()
            writer.close()
            attached.close_relays()
            attached.close_relays()
            assert attached.relays == []
        ports.close()

    asyncio.run(test())
