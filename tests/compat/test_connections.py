"""Names and networks: hosts, resolv.conf, modes, published ports, and who reaches whom."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually
from tests.support.interfaces import names

LOOPBACK_NAMES = """127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""
ECHO_TCP = "exec nc -ll -p 80 -e cat"
# busybox has no server for UDP: this one runs on the host's Python, in the container's network namespace.
ECHO_UDP = """import socket
with socket.socket(type=socket.SOCK_DGRAM) as server:
    server.bind(("", 53))
    while True:
        server.sendto(*server.recvfrom(16))
"""
ADDRESS = "{{.NetworkSettings.Networks.bridge.IPAddress}}"


def run(docker: Docker, *words: str, **options: object) -> str:
    return docker("run", "--rm", *words, **options).stdout  # type: ignore[arg-type]


@contextmanager
def running(docker: Docker, *words: str) -> Iterator[str]:
    """Run a container (flags, image, command) for the time of a block."""
    name = f"c{uuid.uuid4().hex[:12]}"
    try:
        docker("run", "-d", "--name", name, *words)
        yield name
    finally:
        docker("rm", "-fv", name, code=None)


def address_of(docker: Docker, name: str) -> str:
    return docker("inspect", "-f", ADDRESS, name).stdout.strip()


def echoed(address: tuple[str, int], kind: int = socket.SOCK_STREAM) -> bytes:
    """Send a word and return what comes back: empty while nobody answers."""
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(0.5)
        try:
            client.connect(address)
            client.sendall(b"ping")
            return client.recv(16)
        except OSError:
            return b""


def answers(address: tuple[str, int], kind: int = socket.SOCK_STREAM) -> bool:
    return eventually(lambda: echoed(address, kind), within_seconds=10) == b"ping"


def own_address() -> str:
    """Return an address of this host that is not loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this host has no route to the outside")
        return str(probe.getsockname()[0])


def published(docker: Docker, name: str, port: str) -> tuple[str, int]:
    host, _, number = docker("port", name, port).stdout.splitlines()[0].rpartition(":")
    return host, int(number)


def test_hosts_names_the_container(docker: Docker) -> None:
    with running(docker, "-h", "box", "busybox", "sleep", "600") as name:
        text = docker("exec", name, "cat", "/etc/hosts").stdout
        assert text == f"{LOOPBACK_NAMES}{address_of(docker, name)}\tbox\n"
        assert docker("exec", name, "cat", "/etc/hostname").stdout == "box\n"
        assert docker("exec", name, "hostname").stdout == "box\n"


def test_without_a_name_the_host_name_is_the_short_id(docker: Docker) -> None:
    with running(docker, "busybox", "sleep", "600") as name:
        short = docker("inspect", "-f", "{{.Id}}", name).stdout[:12]
        assert docker("exec", name, "hostname").stdout == f"{short}\n"


@pytest.mark.parametrize(
    ("flags", "host", "domain"),
    [(("-h", "box", "--domainname", "lab.org"), "box", "lab.org"), (("-h", "box.lab.org"), "box.lab.org", "(none)")],
)
def test_a_full_name_has_its_short_form_in_hosts(
    docker: Docker, flags: tuple[str, ...], host: str, domain: str
) -> None:
    out = run(docker, *flags, "busybox", "sh", "-c", "hostname; cat /proc/sys/kernel/domainname; tail -n 1 /etc/hosts")
    lines = out.splitlines()
    assert lines[:2] == [host, domain]
    assert lines[2].split("\t")[1] == "box.lab.org box"


def test_more_hosts_are_named(docker: Docker) -> None:
    flags = ("--add-host", "a:192.0.2.7", "--add-host", "b:2001:db8::1", "--network", "none")
    assert run(docker, *flags, "busybox", "cat", "/etc/hosts") == f"{LOOPBACK_NAMES}192.0.2.7\ta\n2001:db8::1\tb\n"


def test_the_gateway_is_named_on_request(docker: Docker) -> None:
    out = run(docker, "--add-host", "gw:host-gateway", "busybox", "sh", "-c", "grep gw /etc/hosts; ip route")
    gateway = re.search(r"default via (\S+)", out)
    assert gateway
    assert out.startswith(f"{gateway[1]}\tgw\n")


def test_resolvers_are_the_hosts(docker: Docker) -> None:
    def servers(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.startswith("nameserver")]

    host = servers(Path("/etc/resolv.conf").read_text())
    if not host or any(" 127." in line for line in host):
        pytest.skip("this host's resolver is on its loopback")
    assert servers(run(docker, "busybox", "cat", "/etc/resolv.conf")) == host


def test_resolvers_are_chosen(docker: Docker) -> None:
    flags = ("--dns", "192.0.2.53", "--dns", "192.0.2.54", "--dns-search", "lab.org", "--dns-option", "ndots:2")
    lines = run(docker, *flags, "busybox", "cat", "/etc/resolv.conf").splitlines()
    # The order of the kinds does not matter to a resolver; that of the servers does.
    assert [line for line in lines if line.startswith("nameserver")] == [
        "nameserver 192.0.2.53",
        "nameserver 192.0.2.54",
    ]
    assert {"search lab.org", "options ndots:2"} <= set(lines)
    assert len(lines) == 4


def test_hosts_belongs_to_the_container(docker: Docker) -> None:
    out = run(docker, "busybox", "sh", "-c", "echo 192.0.2.9 mine >> /etc/hosts; tail -n 1 /etc/hosts")
    assert out == "192.0.2.9 mine\n"
    assert "mine" not in run(docker, "busybox", "cat", "/etc/hosts")


def test_the_bridge_gives_address_mac_and_route(docker: Docker) -> None:
    with running(docker, "busybox", "sleep", "600") as name:
        fields = "{{.IPAddress}}/{{.IPPrefixLen}} {{.Gateway}} {{.MacAddress}}"
        inspected = docker("inspect", "-f", f"{{{{with .NetworkSettings.Networks.bridge}}}}{fields}{{{{end}}}}", name)
        address, gateway, mac = inspected.stdout.split()
        shown = docker("exec", name, "sh", "-c", "ip -o -4 addr show eth0; ip route; ip -o link show eth0").stdout
    assert f"inet {address} " in shown
    assert f"default via {gateway} dev eth0" in shown
    assert f"link/ether {mac} " in shown


def test_the_network_of_the_host_has_its_names_and_files(docker: Docker) -> None:
    out = run(docker, "--network", "host", "busybox", "sh", "-c", "hostname; cat /etc/hosts")
    assert out == f"{socket.gethostname()}\n{Path('/etc/hosts').read_text()}"
    done = docker(
        "run", "--rm", "--network", "host", "busybox", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward", code=1
    )
    assert "Read-only file system" in done.stderr


def test_a_shared_network_shares_names_too(docker: Docker) -> None:
    with running(docker, "-h", "first", "busybox", "sh", "-c", ECHO_TCP) as name:
        assert answers((address_of(docker, name), 80))
        script = "tail -n 1 /etc/hosts; hostname; echo hello | nc -w 1 127.0.0.1 80"
        out = run(docker, "-i", "--network", f"container:{name}", "busybox", "sh", "-c", script)
        assert out == f"{address_of(docker, name)}\tfirst\nfirst\nhello\n"


@pytest.mark.parametrize("flag", ["-p", "-h", "--dns", "--add-host"])
def test_a_shared_network_leaves_nothing_to_choose(docker: Docker, flag: str) -> None:
    value = {"-p": "80", "-h": "other", "--dns": "192.0.2.1", "--add-host": "a:192.0.2.1"}[flag]
    with running(docker, "busybox", "sleep", "600") as name:
        done = docker("run", "--rm", flag, value, "--network", f"container:{name}", "busybox", "true", code=125)
    assert "conflicting options: " in done.stderr


def test_the_host_reaches_a_container(docker: Docker) -> None:
    with running(docker, "busybox", "sh", "-c", ECHO_TCP) as name:
        assert answers((address_of(docker, name), 80))


def test_a_container_reaches_the_host(docker: Docker) -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        script = f"nc -w 5 $(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p') {port}"
        process = docker.open("run", "--rm", "busybox", "sh", "-c", script)
        server.settimeout(20)
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"welcome\n")
        assert process.communicate(timeout=30)[0] == b"welcome\n"


def test_containers_reach_one_another_by_address(docker: Docker) -> None:
    skip_where_forwarding_is_closed(docker)
    with running(docker, "busybox", "sh", "-c", ECHO_TCP) as name:
        address = address_of(docker, name)
        assert answers((address, 80))
        assert run(docker, "-i", "busybox", "nc", "-w", "2", address, "80", stdin="hello\n") == "hello\n"


@pytest.mark.parametrize("bind", ["127.0.0.1", "0.0.0.0"])
def test_a_tcp_port_is_published(docker: Docker, bind: str) -> None:
    with running(docker, "-p", f"{bind}::80", "busybox", "sh", "-c", ECHO_TCP) as name:
        host, port = published(docker, name, "80/tcp")
        assert host == bind
        assert answers(("127.0.0.1", port))
        if bind == "0.0.0.0":
            assert answers((own_address(), port))
        else:
            assert echoed((own_address(), port)) == b""
        docker("stop", "-t", "0", name)
        assert echoed(("127.0.0.1", port)) == b""


@pytest.mark.parametrize("bind", ["127.0.0.1", "0.0.0.0"])
def test_a_udp_port_is_published(docker: Docker, bind: str) -> None:
    with running(docker, "-p", f"{bind}::53/udp", "busybox", "sleep", "600") as name:
        host, port = published(docker, name, "53/udp")
        assert host == bind
        with udp_echo_in(docker, name):
            assert answers(("127.0.0.1", port), socket.SOCK_DGRAM)
            if bind == "0.0.0.0":
                assert answers((own_address(), port), socket.SOCK_DGRAM)


@contextmanager
def udp_echo_in(docker: Docker, name: str) -> Iterator[None]:
    pid = docker("inspect", "-f", "{{.State.Pid}}", name).stdout.strip()
    process = subprocess.Popen(["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-c", ECHO_UDP])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_all_exposed_ports_are_published_with_one_flag(docker: Docker) -> None:
    with running(docker, "-P", "--expose", "80", "--expose", "53/udp", "busybox", "sh", "-c", ECHO_TCP) as name:
        host, port = published(docker, name, "80/tcp")
        assert host == "0.0.0.0"
        assert answers(("127.0.0.1", port))
        assert published(docker, name, "53/udp")[1] > 1023


def test_a_range_of_ports_is_published_one_to_one(docker: Docker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        first = free.getsockname()[1] & ~1
    bound = f"127.0.0.1:{first}-{first + 1}:80-81"
    with running(docker, "-p", bound, "busybox", "sh", "-c", ECHO_TCP) as name:
        assert (published(docker, name, "80/tcp")[1], published(docker, name, "81/tcp")[1]) == (first, first + 1)


def skip_where_forwarding_is_closed(docker: Docker) -> None:
    """A dockerd on the same host closes FORWARD for all bridges but its own; ours says so in `docker info`."""
    run(docker, "busybox", "true")
    warnings = docker("info", "-f", "{{json .Warnings}}").stdout
    if "cannot reach the outside or each other" in warnings:
        pytest.skip(warnings)


def test_another_container_reaches_a_published_port_through_the_host(docker: Docker) -> None:
    with running(docker, "-p", "80", "busybox", "sh", "-c", ECHO_TCP) as name:
        _, port = published(docker, name, "80/tcp")
        assert answers(("127.0.0.1", port))
        out = run(docker, "-i", "busybox", "nc", "-w", "2", own_address(), str(port), stdin="hello\n")
        assert out == "hello\n"


def test_a_published_port_is_free_again(docker: Docker) -> None:
    with running(docker, "-p", "127.0.0.1::80", "busybox", "sleep", "600") as name:
        port = published(docker, name, "80/tcp")[1]
    with socket.create_server(("127.0.0.1", port)):
        pass
    assert name not in names()
