"""The network of a container: there before its first instruction, free after its end, also after a failed start."""

from __future__ import annotations

import socket

from tests.support.api_client import Api
from tests.support.eventually import eventually

BRIDGE = {"NetworkMode": "bridge"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def published(port: int) -> dict[str, object]:
    return {**BRIDGE, "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}}


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_the_address_is_there_at_once_and_in_hosts(api: Api) -> None:
    output = api.output("sh", "-c", "ip -4 addr show eth0 | grep -o 'inet [0-9.]*'; tail -1 /etc/hosts", host=BRIDGE)
    address, line = output.splitlines()
    assert line.split()[0] == address.split()[1]


def test_without_a_network_there_is_only_lo(api: Api) -> None:
    assert api.output("sh", "-c", "ls /sys/class/net; ping -c 1 127.0.0.1 >/dev/null && echo up") == "lo\nup\n"


def test_a_published_port_answers_and_is_free_after_the_end(api: Api) -> None:
    port = free_port()
    container = api.run("httpd", "-f", "-h", "/etc", host=published(port))

    def answers() -> bytes:
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as client:
                client.sendall(b"GET /passwd HTTP/1.0\r\n\r\n")
                return b"".join(iter(lambda: client.recv(4096), b""))
        except OSError:
            return b""

    assert b"root:x:0:0" in eventually(answers)
    assert api.inspect(container)["NetworkSettings"]["Ports"]["80/tcp"] == [
        {"HostIp": "127.0.0.1", "HostPort": str(port)}
    ]
    api.post(f"/containers/{container}/kill")
    api.wait(container)
    assert is_free(port)
    assert api.inspect(container)["NetworkSettings"]["IPAddress"] == ""


def test_a_port_in_use_fails_the_start_and_nothing_stays(api: Api) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        container = api.create("true", host=published(port))
        answer = api.post(f"/containers/{container}/start")
        assert answer.status == 500
        assert "driver failed programming external connectivity" in answer.message
        assert str(port) in answer.message
    assert api.post(f"/containers/{container}/start").status == 204
    assert api.wait(container) == 0


def test_a_command_that_is_not_there_frees_the_port(api: Api) -> None:
    port = free_port()
    container = api.create("nope", host=published(port))
    answer = api.post(f"/containers/{container}/start")
    assert answer.status == 400
    assert 'exec: "nope"' in answer.message
    assert is_free(port)
