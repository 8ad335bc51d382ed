"""Who has a name server; with real containers: tests/compat/test_dns.py and tests/e2e/test_name_server.py."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, cast

import pytest

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.name_server import NameServers
from jupyter_containers.engine.containers.record import HostSettings, Record, State, Status
from jupyter_containers.errors import ContainersError
from jupyter_containers.network.naming import Directory, Member, NetworkName
from jupyter_containers.supervisor.connection import Shim
from tests.support.dns import Reply, ask, read

OWN_NETWORK = Record("a" * 64, "web", 1, "x", host=HostSettings(network_mode="backend"))
ANSWER = [("db", 1, 600, ip_address("10.0.0.3").packed)]


class Shimlet:
    """Hands out sockets of this host, beside what is not a netlink socket: nothing can be redirected with it."""

    def __init__(self, *, fails: bool = False) -> None:
        self.asked: list[int] = []
        self._fails = fails
        self.address = ("", 0)

    async def name_server(self, *, port: int) -> list[int]:
        self.asked.append(port)
        if self._fails:
            raise ContainersError("no")
        listener = socket.create_server(("127.0.0.1", 0))
        datagrams = socket.socket(type=socket.SOCK_DGRAM)
        self.address = listener.getsockname()
        datagrams.bind(self.address)
        fds = [datagrams.detach(), listener.detach()]
        return fds if port else [*fds, socket.socket().detach()]

    async def ask(self) -> Reply:
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            client.connect(self.address)
            client.send(ask("db"))
            return read(await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 512), 5))


def name_servers() -> NameServers:
    directory, network = Directory(), NetworkName("n", "backend")
    directory.join(network, Member(OWN_NETWORK.id, ("web",), (ip_address("10.0.0.2"),)))
    directory.join(network, Member("b" * 64, ("db",), (ip_address("10.0.0.3"),)))
    return NameServers(directory)


@pytest.mark.parametrize("mode", ["bridge", "default", "host", "none", f"container:{'b' * 64}"])
def test_only_a_network_that_somebody_made_has_names(mode: str) -> None:
    async def test() -> None:
        shim = Shimlet()
        record = replace(OWN_NETWORK, host=HostSettings(network_mode=mode))
        await name_servers().open(record, cast(Shim, shim))
        assert shim.asked == []

    asyncio.run(test())


def test_where_nothing_can_be_redirected_the_usual_port_is_taken_and_that_is_said(caplog: Any) -> None:
    async def test() -> None:
        servers, shim = name_servers(), Shimlet()
        await servers.open(OWN_NETWORK, cast(Shim, shim))
        assert shim.asked == [0, 53]
        assert "cannot use port 53 itself" in caplog.text
        assert (await shim.ask()).answers == ANSWER
        await servers.open(OWN_NETWORK, cast(Shim, shim))
        assert shim.asked == [0, 53], "it is served already"
        servers.close(OWN_NETWORK.id)
        servers.close(OWN_NETWORK.id)
        with pytest.raises(ConnectionRefusedError):
            await shim.ask()

    asyncio.run(test())


def test_a_failure_is_the_callers() -> None:
    async def test() -> None:
        with pytest.raises(ContainersError, match="no"):
            await name_servers().open(OWN_NETWORK, cast(Shim, Shimlet(fails=True)))

    asyncio.run(test())


def test_those_of_an_earlier_daemon_are_served_again_if_they_still_run(caplog: Any) -> None:
    async def test() -> None:
        servers = name_servers()
        running = replace(OWN_NETWORK, state=State(status=Status.RUNNING, pid=1, started_at=1))
        containers = [Container(running), Container(OWN_NETWORK), Container(replace(running, id="c" * 64))]
        shims = [Shimlet(), Shimlet(), Shimlet(fails=True)]
        for container, shim in zip(containers, shims, strict=True):
            container.shim = cast(Shim, shim)
        await servers.reopen(containers)
        assert [shim.asked for shim in shims] == [[0, 53], [], [0, 53]]
        assert "has no name server: no" in caplog.text
        assert (await shims[0].ask()).answers == ANSWER
        servers.close_all()

    asyncio.run(test())
