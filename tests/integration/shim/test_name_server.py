"""The name server's sockets, which the shim opens in the container's network namespace, keeps, and hands out."""

from __future__ import annotations

import os
import signal
import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from jupyter_containers.errors import Conflict
from jupyter_containers.linux import loopback
from jupyter_containers.network.dns.resolvers import Resolvers, Sockets
from jupyter_containers.network.naming import Directory, Member, NetworkName
from jupyter_containers.supervisor import Shim, reconnect
from tests.support.supervised import Place, Supervised, read_streams, supervised

pytestmark = pytest.mark.needs("root", "namespaces", "overlay", "nftables")


def inodes(fds: list[int]) -> list[int]:
    return [os.fstat(fd).st_ino for fd in fds]


def close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


async def with_loopback(container: Supervised) -> None:
    """Create it, and bring up what a container without a network has."""
    created = await container.shim.create()
    container.init_pid = created.pid
    assert created.netlink is not None
    assert created.netns_fd is not None
    loopback.bring_up(created.netlink)
    created.netlink.close()
    os.close(created.netns_fd)


@pytest.mark.parametrize("port", [0, 53])
def test_the_container_gets_answers_at_the_usual_port(tmp_path: Path, rootfs: Path, port: int) -> None:
    async def work(place: Place) -> None:
        container = await place.container("nslookup", "db", "127.0.0.11")
        # Before the loopback link is up.
        created = await container.shim.create()
        fds = await container.shim.name_server(port=port)
        assert len(fds) == (2 if port else 3)
        directory = Directory()
        network = NetworkName("n", "backend")
        directory.join(network, Member(container.shim.container_id, ("web",), (ip_address("10.0.0.2"),)))
        directory.join(network, Member("other", ("db",), (ip_address("10.0.0.3"),)))
        resolvers = Resolvers(directory)
        resolvers.open(container.shim.container_id, Sockets.of(fds))
        assert created.netlink is not None
        assert created.netns_fd is not None
        loopback.bring_up(created.netlink)
        created.netlink.close()
        os.close(created.netns_fd)
        stream = await container.shim.attach(stdout=True, stderr=True)
        await container.shim.start()
        out, err = await read_streams(stream)
        assert b"10.0.0.3" in out, err
        resolvers.close_all()
        await container.shim.wait()
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_the_next_daemon_gets_the_same_sockets_and_the_shim_stays_in_its_own_network(
    tmp_path: Path, rootfs: Path
) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await with_loopback(container)
        await container.shim.start()
        first = await container.shim.name_server()
        network = os.readlink(f"/proc/{container.shim.pid}/ns/net")
        assert network == os.readlink("/proc/self/ns/net")
        assert os.readlink(f"/proc/{container.init_pid}/ns/net") != network
        container.shim.close()
        found = await reconnect(place.run_root, container.shim.container_id, container.bundle.path)
        assert isinstance(found, Shim)
        place.shims.append(found)
        container.shim = found
        second = await found.name_server()
        assert inodes(second)[:2] == inodes(first)[:2]
        other = await found.name_server(port=53)
        assert not set(inodes(other)) & set(inodes(first))
        with socket.socket(fileno=other[0]) as datagrams:
            assert datagrams.getsockname() == ("127.0.0.11", 53)
        close([*first, *second, other[1]])
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)


def test_what_does_not_run_has_no_name_server(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        with pytest.raises(Conflict, match="no container yet"):
            await container.shim.name_server()
        await container.create()
        await container.shim.start()
        await container.shim.kill(signal.SIGKILL)
        await container.shim.wait()
        with pytest.raises(Conflict, match="is not running"):
            await container.shim.name_server()
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)
