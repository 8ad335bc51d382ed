"""User-defined networks over accidents: a daemon killed or stopped, a start that fails; what the host shows then."""

from __future__ import annotations

import json
import socket
import subprocess

import pytest

from tests.support.daemon import Daemon, Docker
from tests.support.eventually import eventually
from tests.support.interfaces import names, ports

SERVE = "while true; do echo served | nc -l -p 80; done"


def bridge_of(docker: Docker, network: str) -> str:
    """Return the name of the network's bridge."""
    identifier = docker("network", "inspect", "-f", "{{.Id}}", network).stdout
    return f"jcb{identifier[:12]}"


def rules() -> str:
    return subprocess.run(["nft", "list", "ruleset"], check=True, capture_output=True, text=True).stdout


def networks(docker: Docker, container: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(docker("inspect", container).stdout)[0]["NetworkSettings"]["Networks"]
    return found


def served(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            return client.recv(64)
    except OSError:
        return b""


@pytest.fixture
def port(docker: Docker) -> int:
    """Run `web` on the networks `one` and `two`; return where its port is published."""
    docker("network", "create", "--ipv6", "one")
    docker("network", "create", "two")
    docker("run", "-d", "--name", "web", "--network", "one", "-p", "127.0.0.1::80", "busybox", "sh", "-c", SERVE)
    docker("network", "connect", "--alias", "nick", "two", "web")
    return int(docker("port", "web", "80/tcp").stdout.rpartition(":")[2])


def test_everything_is_as_it_was_after_the_daemon_was_killed(daemon: Daemon, docker: Docker, port: int) -> None:
    before, bridges = networks(docker, "web"), [bridge_of(docker, name) for name in ("one", "two")]
    daemon.kill()
    assert all(len(ports(bridge)) == 1 for bridge in bridges)
    daemon.start()
    assert networks(docker, "web") == before
    eventually(lambda: served(port) == b"served\n")
    docker("run", "-d", "--name", "other", "--network", "two", "busybox", "sleep", "600")
    assert docker("exec", "other", "ping", "-c1", "-W2", "nick").returncode == 0
    assert networks(docker, "other")["two"]["IPAddress"] != before["two"]["IPAddress"]
    docker("network", "disconnect", "one", "web")
    assert ports(bridges[0]) == []
    eventually(lambda: served(port) == b"served\n")
    docker("network", "rm", "one")
    assert bridges[0] not in names()
    assert bridges[0] not in rules()


def test_bridges_go_with_a_daemon_whose_containers_have_ended_and_come_back(
    daemon: Daemon, docker: Docker, port: int
) -> None:
    bridges = [bridge_of(docker, name) for name in ("one", "two")]
    docker("stop", "-t", "0", "web")
    eventually(lambda: [ports(bridge) for bridge in bridges] == [[], []])
    daemon.stop()
    assert not any(bridge in names() or bridge in rules() for bridge in bridges)
    daemon.start()
    docker("start", "web")
    assert all(len(ports(bridge)) == 1 for bridge in bridges)
    # The address is still the daemon's to choose; the network is the same.
    assert sorted(networks(docker, "web")) == ["one", "two"]
    docker("rm", "-f", "web")
    docker("network", "rm", "one", "two")


def test_a_start_that_fails_leaves_nobody_on_a_network(docker: Docker) -> None:
    docker("network", "create", "one")
    bridge = bridge_of(docker, "one")
    refused = docker("run", "--name", "bad", "--network", "one", "busybox", "/nowhere", code=127)
    assert "/nowhere" in refused.stderr
    eventually(lambda: ports(bridge) == [])
    assert docker("network", "inspect", "-f", "{{.Containers}}", "one").stdout.strip() == "map[]"
    docker("network", "rm", "one")
    assert bridge not in names()


def test_a_second_network_that_cannot_be_had_leaves_the_container_as_it_was(docker: Docker) -> None:
    docker("network", "create", "one")
    docker("network", "create", "--subnet", "10.222.0.0/30", "full")
    docker("run", "-d", "--name", "first", "--network", "full", "busybox", "sleep", "600")
    docker("run", "-d", "--name", "web", "--network", "one", "busybox", "sleep", "600")
    before = networks(docker, "web")
    assert "no free address in 10.222.0.0/30" in docker("network", "connect", "full", "web", code=1).stderr
    assert networks(docker, "web") == before
    assert "eth1" not in docker("exec", "web", "ip", "link").stdout
    docker("rm", "-f", "first", "web")
    docker("network", "rm", "one", "full")


def test_a_container_is_made_on_several_networks(docker: Docker) -> None:
    """The reference's API is too old for this; the expectations are today's documentation of `docker run`."""
    docker("network", "create", "--subnet", "10.223.0.0/24", "one")
    docker("network", "create", "two")
    docker("network", "create", "--internal", "inner")
    lan = "name=one,ip=10.223.0.9,alias=nick,gw-priority=5,driver-opt=com.docker.network.endpoint.ifname=lan0"
    words = ("--network", "inner", "--network", "two", "--network", f"{lan},mac-address=02:42:0a:00:00:99")
    docker("run", "-d", "--name", "web", *words, "busybox", "sleep", "600")
    found = networks(docker, "web")
    assert sorted(found) == ["inner", "one", "two"]
    assert (found["one"]["IPAddress"], found["one"]["MacAddress"]) == ("10.223.0.9", "02:42:0a:00:00:99")
    assert (found["one"]["GwPriority"], found["one"]["Aliases"]) == (5, ["nick"])
    assert found["one"]["DNSNames"][:2] == ["web", "nick"]
    assert "default via 10.223.0.1 dev lan0" in docker("exec", "web", "ip", "route").stdout
    docker("network", "disconnect", "one", "web")
    gateway = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "two").stdout.strip()
    assert f"default via {gateway}" in docker("exec", "web", "ip", "route").stdout
    docker("network", "disconnect", "two", "web")
    # An internal network leads nowhere.
    assert "default" not in docker("exec", "web", "ip", "route").stdout
    docker("rm", "-f", "web")
    docker("network", "rm", "one", "two", "inner")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--network", "bridge", "--network", "host"), "cannot be connected to any other network"),
        (("--network", "name=bridge,driver-opt=com.docker.network.endpoint.sysctls=net.x=1"), "is not supported"),
        (("-p", "80:80/sctp"), "cannot publish port 80/sctp: only tcp and udp are supported"),
    ],
)
def test_what_cannot_be_done_is_refused_when_the_container_is_made(
    docker: Docker, words: tuple[str, ...], message: str
) -> None:
    assert message in docker("create", *words, "busybox", "true", code=1).stderr
    assert docker("ps", "-aq").stdout == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "com.docker.network.bridge.gateway_mode_ipv4=routed"), "gateway_mode_ipv4=routed of the bridge driver"),
        (("-o", "com.docker.network.bridge.name=lo"), "an interface of this name exists already"),
        (("--ipv4=false",), "EnableIPv4=false"),
        (("--config-only",), "ConfigOnly=true"),
        (("-d", "overlay"), "there is no swarm here"),
        (("--subnet", "10.224.0.5/24"), "invalid subnet 10.224.0.5/24: it should be 10.224.0.0/24"),
    ],
)
def test_a_network_that_cannot_be_made_is_refused_and_nothing_is_left(
    docker: Docker, words: tuple[str, ...], message: str
) -> None:
    assert message in docker("network", "create", *words, "mine", code=1).stderr
    assert docker("network", "ls", "-q", "--filter", "type=custom").stdout == ""


def test_events_of_a_default_container_name_the_bridge(docker: Docker) -> None:
    since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
    docker("run", "--rm", "busybox", "true")
    until = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
    shown = "{{.Action}} {{.Actor.Attributes.name}}"
    words = ("--since", since, "--until", until, "--filter", "type=network", "--format", shown)
    assert docker("events", *words).stdout.splitlines() == ["connect bridge", "disconnect bridge"]
