"""macvlan and ipvlan networks: containers that hang on an interface of the host, here one end of a pair."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.support.daemon import Docker

SUBNET = "10.213.77"
Ip = Callable[..., str]


@pytest.fixture
def ip(docker: Docker) -> Iterator[Ip]:
    """iproute2's ip in the network namespace of the daemon's host."""
    name = f"c{uuid.uuid4().hex[:8]}"
    docker("run", "-d", "--name", name, "--network", "host", "busybox", "sleep", "600")
    pid = docker("inspect", "-f", "{{.State.Pid}}", name).stdout.strip()
    with open(f"/proc/{pid}/ns/net") as namespace:
        docker("rm", "-f", name)

        def run(*words: str) -> str:
            command = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{namespace.fileno()}", "ip", *words]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

        yield run


@pytest.fixture
def pair(ip: Ip) -> Iterator[tuple[str, str]]:
    """Two ends of a cable on the host."""
    one, other = (f"t{uuid.uuid4().hex[:8]}" for _ in range(2))
    ip("link", "add", one, "type", "veth", "peer", "name", other)
    ip("link", "set", one, "up")
    ip("link", "set", other, "up")
    yield one, other
    ip("link", "del", one)


@pytest.fixture
def network(docker: Docker, pair: tuple[str, str]) -> Iterator[Callable[..., str]]:
    """Make networks, with a subnet of the tests; they are removed before the parents."""
    made: list[str] = []

    def make(*flags: str, driver: str = "macvlan", subnet: str = f"{SUBNET}.0/24", code: int = 0) -> str:
        name = f"n{uuid.uuid4().hex[:8]}"
        done = docker("network", "create", "-d", driver, "--subnet", subnet, *flags, name, code=code)
        if code:
            return done.stderr
        made.append(name)
        return name

    yield make
    for name in made:
        docker("network", "rm", name)


@pytest.fixture
def run(docker: Docker, network: Callable[..., str]) -> Iterator[Callable[..., str]]:
    made: list[str] = []

    def start(net: str, *flags: str) -> str:
        name = f"c{uuid.uuid4().hex[:8]}"
        made.append(name)
        docker("run", "-d", "--name", name, "--network", net, *flags, "busybox", "sleep", "600")
        return name

    yield start
    if made:
        docker("rm", "-f", *made)


def inspect(docker: Docker, name: str, text: str) -> str:
    return docker("inspect", "-f", text, name).stdout.strip()


def endpoint(net: str, field: str) -> str:
    return f'{{{{(index .NetworkSettings.Networks "{net}").{field}}}}}'


def reaches(docker: Docker, one: str, other: str) -> bool:
    return docker("exec", one, "ping", "-c", "1", "-W", "2", other, code=None).returncode == 0


def test_containers_on_one_parent_see_each_other_by_address_and_name(
    docker: Docker, pair: tuple[str, str], network: Callable[..., str], run: Callable[..., str]
) -> None:
    net = network("--gateway", f"{SUBNET}.1", "-o", f"parent={pair[0]}")
    one, two = run(net), run(net, "--ip", f"{SUBNET}.77")
    assert reaches(docker, one, f"{SUBNET}.77")
    assert reaches(docker, one, two)
    assert reaches(docker, two, one)
    shown = docker("exec", two, "ip", "address", "show", "eth0").stdout
    assert f"inet {SUBNET}.77/24" in shown
    assert "02:42:0a:d5:4d:4d" in shown
    assert f"default via {SUBNET}.1 dev eth0" in docker("exec", two, "ip", "route").stdout
    assert inspect(docker, two, endpoint(net, "IPAddress")) == f"{SUBNET}.77"
    assert inspect(docker, two, endpoint(net, "Gateway")) == f"{SUBNET}.1"
    assert inspect(docker, two, endpoint(net, "MacAddress")) == "02:42:0a:d5:4d:4d"


def test_they_are_on_the_outsides_own_network_beside_the_host(
    docker: Docker, ip: Ip, pair: tuple[str, str], network: Callable[..., str], run: Callable[..., str]
) -> None:
    net = network("-o", f"parent={pair[0]}")
    ip("address", "add", f"{SUBNET}.200/24", "dev", pair[1])
    one = run(net, "--ip", f"{SUBNET}.10")
    # The other end of the cable is another machine, as far as the container knows: no router, no translation.
    assert reaches(docker, one, f"{SUBNET}.200")
    assert "02:42:0a:d5:4d:0a" in ip("neigh", "show", f"{SUBNET}.10")


@pytest.mark.parametrize("mode", ["private", "vepa"])
def test_another_mode_keeps_them_from_seeing_each_other(
    docker: Docker, pair: tuple[str, str], network: Callable[..., str], run: Callable[..., str], mode: str
) -> None:
    net = network("-o", f"parent={pair[0]}", "-o", f"macvlan_mode={mode}")
    one, _two = run(net), run(net, "--ip", f"{SUBNET}.77")
    assert not reaches(docker, one, f"{SUBNET}.77")


def test_a_network_is_described_as_it_was_asked_for(
    docker: Docker, pair: tuple[str, str], network: Callable[..., str]
) -> None:
    net = network("-o", f"parent={pair[0]}", "-o", "macvlan_mode=private")
    shown = docker("network", "inspect", "-f", "{{.Driver}} {{.Internal}} {{.Options.parent}}", net).stdout
    assert shown == f"macvlan false {pair[0]}\n"
    assert net in docker("network", "ls", "-f", "driver=macvlan", "--format", "{{.Name}}").stdout.split()


def test_an_internal_one_has_no_way_out(
    docker: Docker, pair: tuple[str, str], network: Callable[..., str], run: Callable[..., str]
) -> None:
    net = network("--internal", "-o", f"parent={pair[0]}")
    one = run(net)
    assert "default" not in docker("exec", one, "ip", "route").stdout
    assert docker("network", "inspect", "-f", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", net).stdout == "\n"
    assert inspect(docker, one, endpoint(net, "Gateway")) == ""


def test_ports_are_not_published_over_it(
    docker: Docker, pair: tuple[str, str], network: Callable[..., str], run: Callable[..., str]
) -> None:
    net = network("-o", f"parent={pair[0]}")
    one = run(net, "-p", "18079:80")
    assert inspect(docker, one, "{{json .NetworkSettings.Ports}}") == "{}"
    assert docker("port", one).stdout == ""


def test_a_running_container_is_connected_and_disconnected(
    docker: Docker, pair: tuple[str, str], network: Callable[..., str], run: Callable[..., str]
) -> None:
    net = network("-o", f"parent={pair[0]}")
    own = f"n{uuid.uuid4().hex[:8]}"
    docker("network", "create", "--internal", own)
    try:
        one, two = run(own), run(net, "--ip", f"{SUBNET}.77")
        docker("network", "connect", "--ip", f"{SUBNET}.78", net, one)
        assert reaches(docker, two, one)
        assert reaches(docker, one, two)
        docker("network", "disconnect", net, one)
        assert not reaches(docker, one, f"{SUBNET}.77")
        assert SUBNET not in docker("exec", one, "ip", "address").stdout
        # The address is free again.
        docker("network", "connect", "--ip", f"{SUBNET}.78", net, one)
        assert reaches(docker, one, f"{SUBNET}.77")
        docker("rm", "-f", one)
    finally:
        docker("network", "rm", own)


def test_a_restart_and_a_second_container_get_addresses_as_on_a_bridge(
    docker: Docker, pair: tuple[str, str], network: Callable[..., str], run: Callable[..., str]
) -> None:
    net = network("-o", f"parent={pair[0]}")
    one, two = run(net), run(net)
    docker("restart", "-t", "0", one)
    assert reaches(docker, one, two)
    assert reaches(docker, two, one)
    taken = docker("run", "--rm", "--network", net, "--ip", inspect(docker, two, endpoint(net, "IPAddress")),
                   "busybox", "true", code=125)  # fmt: skip
    assert "Address already in use" in taken.stderr


def test_ipv6_addresses_are_given_beside_the_others(
    docker: Docker, pair: tuple[str, str], network: Callable[..., str], run: Callable[..., str]
) -> None:
    prefix = f"fd{os.urandom(1).hex()}:{os.urandom(2).hex()}"
    net = network("-o", f"parent={pair[0]}", "--ipv6", "--subnet", f"{prefix}::/64")
    one, _two = run(net), run(net, "--ip6", f"{prefix}::77")
    assert docker("exec", one, "ping", "-6", "-c", "1", "-W", "2", f"{prefix}::77").returncode == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-o", "parent=nonesuch"), "invalid subinterface vlan name nonesuch, example formatting is eth0.10"),
        (("-o", "parent=nonesuch.x"), "unable to parse a valid vlan id from: x (ex. eth0.10 for vlan 10)"),
        (("-o", "parent=lo.5000"), "vlan id must be between 1-4094, received: 5000"),
        (("-o", "parent=nonesuch.10"), "was not found on the host: nonesuch"),
        (("-o", "parent=lo"), "loopback interface is not a valid macvlan parent link"),
        (
            ("-o", "macvlan_mode=x"),
            "requested macvlan mode 'x' is not valid, 'bridge' mode is the macvlan driver default",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(network: Callable[..., str], options: tuple[str, ...], words: str) -> None:
    assert words in network(*options, code=1)


def test_one_parent_is_for_one_network(network: Callable[..., str], pair: tuple[str, str]) -> None:
    network("-o", f"parent={pair[0]}")
    words = network("-o", f"parent={pair[0]}", subnet="10.213.78.0/24", code=1)
    assert f"is already using parent interface {pair[0]}" in words
