"""A macvlan network that hangs on nothing, through restarts of the daemon; on a parent: tests/compat."""

from __future__ import annotations

import socket

import pytest

from tests.support.daemon import Daemon, Docker


@pytest.fixture
def net(docker: Docker) -> str:
    docker("network", "create", "-d", "macvlan", "--subnet", "10.213.79.0/24", "net")
    return "net"


def parents() -> list[str]:
    return [name for _, name in socket.if_nameindex() if name.startswith("jcp")]


def address(docker: Docker, name: str) -> str:
    return docker("inspect", "-f", "{{.NetworkSettings.Networks.net.IPAddress}}", name).stdout.strip()


def test_its_containers_have_each_other_over_a_restart_of_the_daemon(daemon: Daemon, docker: Docker, net: str) -> None:
    docker("run", "-d", "--name", "one", "--network", net, "busybox", "sleep", "600")
    daemon.kill()
    daemon.start()
    docker("run", "-d", "--name", "two", "--network", net, "busybox", "sleep", "600")
    assert address(docker, "one") != address(docker, "two")
    for asking, asked in (("one", "two"), ("two", "one")):
        assert docker("exec", asking, "ping", "-c", "1", "-W", "2", asked).returncode == 0
    assert "default" not in docker("exec", "one", "ip", "route").stdout
    docker("network", "disconnect", net, "two")
    docker("exec", "one", "ping", "-c", "1", "-W", "1", "10.213.79.3", code=1)
    assert len(parents()) == 1
    docker("rm", "-f", "one", "two")
    docker("network", "rm", net)
    assert parents() == []


def test_a_daemon_that_ends_deserted_leaves_no_parent_and_the_next_makes_it_again(
    daemon: Daemon, docker: Docker, net: str
) -> None:
    assert len(parents()) == 1
    daemon.stop()
    assert parents() == []
    daemon.start()
    docker("run", "--rm", "--network", net, "busybox", "ip", "address", "show", "eth0")
    assert len(parents()) == 1
    docker("network", "rm", net)
