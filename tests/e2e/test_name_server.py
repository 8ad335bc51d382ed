"""Names when things go wrong: no daemon, another one, a container that has left, one that floods."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

import pytest

from tests.support.daemon import Daemon, Docker
from tests.support.dns import ask, read
from tests.support.dns_client import CLIENT, addresses, in_network_of, outside, question
from tests.support.eventually import eventually

SERVER_FAILURE = 2
FLOOD = """import socket, sys
with socket.socket(type=socket.SOCK_DGRAM) as client:
    client.connect(("127.0.0.11", 53))
    query = sys.stdin.buffer.read()
    print("begun", flush=True)
    while True:
        try:
            client.send(query)
        except OSError:
            pass
"""


@pytest.fixture
def two(docker: Docker) -> Callable[..., None]:
    """Run `web` and `db` on a network `net`; the fixture of the daemon removes the containers."""

    def run(*network_flags: str, web: tuple[str, ...] = ()) -> None:
        docker("network", "create", *network_flags, "net")
        docker("run", "-d", "--name", "db", "--network", "net", "busybox", "sleep", "600")
        docker("run", "-d", "--name", "web", "--network", "net", *web, "busybox", "sleep", "600")

    return run


def address(docker: Docker, name: str) -> str:
    return docker("inspect", "-f", "{{.NetworkSettings.Networks.net.IPAddress}}", name).stdout.strip()


@pytest.mark.parametrize("over", ["udp", "tcp"])
def test_a_question_waits_for_the_next_daemon(
    daemon: Daemon, docker: Docker, two: Callable[..., None], over: str
) -> None:
    two()
    expected, command = [address(docker, "db")], in_network_of(docker, "web", CLIENT, over)
    daemon.kill()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asking:
        assert asking.stdin is not None
        asking.stdin.write(ask("db"))
        asking.stdin.close()
        daemon.start()
        assert asking.stdout is not None
        assert addresses(read(asking.stdout.read())) == expected
    # And the other way round, of containers that the old daemon made.
    assert addresses(question(docker, "db", "web", over=over)) == [address(docker, "web")]


def test_after_an_orderly_restart_all_names_are_there(daemon: Daemon, docker: Docker, two: Callable[..., None]) -> None:
    two()
    daemon.stop()
    daemon.start()
    docker("run", "-d", "--name", "late", "--network", "net", "--network-alias", "new", "busybox", "sleep", "600")
    assert addresses(question(docker, "web", "new")) == [address(docker, "late")]
    assert addresses(question(docker, "late", "db")) == [address(docker, "db")]
    docker("restart", "-t", "0", "db")
    assert addresses(question(docker, "late", "db")) == [address(docker, "db")]


def test_nothing_is_asked_outside_from_an_internal_network_alone(docker: Docker, two: Callable[..., None]) -> None:
    two("--internal")
    with outside(docker, "db"):
        docker("rm", "-f", "web")
        server = ("--dns", address(docker, "db"))
        docker("run", "-d", "--name", "web", "--network", "net", *server, "busybox", "sleep", "600")
        reply = question(docker, "web", "outside.example")
        assert (reply.rcode, reply.answers) == (SERVER_FAILURE, [])
        docker("network", "connect", "bridge", "web")
        assert addresses(question(docker, "web", "outside.example")) == ["192.0.2.77"]
        docker("network", "disconnect", "bridge", "web")
        assert question(docker, "web", "outside.example").rcode == SERVER_FAILURE


def test_what_has_left_the_last_network_with_names_still_asks_outside(docker: Docker, two: Callable[..., None]) -> None:
    two()
    docker("run", "-d", "--name", "dns", "busybox", "sleep", "600")
    server = docker("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "dns").stdout.strip()
    with outside(docker, "dns"):
        docker("run", "-d", "--name", "one", "--network", "net", "--dns", server, "busybox", "sleep", "600")
        docker("network", "connect", "bridge", "one")
        docker("network", "disconnect", "net", "one")
        assert addresses(question(docker, "one", "outside.example")) == ["192.0.2.77"]
        assert question(docker, "one", "db.net").answers == []


def test_a_flood_from_one_container_keeps_neither_the_api_nor_other_names_waiting(
    daemon: Daemon, docker: Docker, two: Callable[..., None]
) -> None:
    two()
    with subprocess.Popen(in_network_of(docker, "web", FLOOD), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as flood:
        try:
            assert flood.stdin is not None
            assert flood.stdout is not None
            flood.stdin.write(ask("db"))
            flood.stdin.close()
            assert flood.stdout.readline() == b"begun\n"
            before = used_seconds(daemon)
            for _ in range(20):
                assert addresses(question(docker, "db", "web")) == [address(docker, "web")]
            docker("ps")
            # 1000 answers a second are some per cent of a processor.
            assert used_seconds(daemon) - before < 20
        finally:
            flood.kill()
    # What it has flooded is waiting in front of it; a datagram might still be lost.
    assert addresses(question(docker, "web", "db", over="tcp")) == [address(docker, "db")]


def used_seconds(daemon: Daemon) -> float:
    with open(f"/proc/{daemon.pid}/stat") as file:
        fields = file.read().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_an_ended_container_leaves_no_socket_in_the_daemon(
    daemon: Daemon, docker: Docker, two: Callable[..., None]
) -> None:
    two()
    docker("run", "--rm", "--network", "net", "busybox", "nslookup", "db")
    before = open_files(daemon)
    for _ in range(3):
        docker("run", "--rm", "--network", "net", "busybox", "nslookup", "db")
    docker("run", "--rm", "--network", "net", "busybox", "not-there", code=127)
    eventually(lambda: open_files(daemon) <= before)


def open_files(daemon: Daemon) -> int:
    return len(os.listdir(f"/proc/{daemon.pid}/fd"))
